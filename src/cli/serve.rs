//! Serving: options, opening, an orderly end.

use std::{
    io::{self, IsTerminal as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::Args;
use milepost::{
    app::{App, Env, Failure, Rule, SystemEnv, fill_with_demo, summarizer},
    domain::guide::Guide,
    graphql::{self, EndpointOptions, Form, Manifest},
    http,
    store::embedded::{EmbeddedOptions, EmbeddedStore},
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    net::{TcpListener, TcpSocket},
    signal::unix::{SignalKind, signal},
    task::JoinSet,
};
use tracing_subscriber::EnvFilter;

use super::{guide_of, progress_bar};

/// How many connections may wait to be accepted, if the system allows as many.
const BACKLOG: u32 = 4_096;

/// How to serve.
#[derive(Args)]
pub(crate) struct ServeOptions {
    /// The address to listen on; without authentication it must be a loopback address
    #[arg(long, value_name = "IP:PORT", env = "MILEPOST_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where learners are kept
    #[arg(long, env = "MILEPOST_DATA_DIR", default_value = "milepost-data")]
    data_dir: PathBuf,
    /// Where `createBackup` puts backups; without it, `backups` in the data directory
    #[arg(long, env = "MILEPOST_BACKUP_DIR", value_name = "DIR")]
    backup_dir: Option<PathBuf>,
    /// Fill an empty store with twelve learners in different places on the way
    #[arg(long, env = "MILEPOST_DEMO")]
    demo: bool,
    /// The guide to assess by, instead of the built-in one
    #[arg(long, env = "MILEPOST_GUIDE", value_name = "FILE")]
    guide: Option<PathBuf>,
    /// With less room on the disk, in MiB, writes are refused: 1 to 1,048,576
    #[arg(long, env = "MILEPOST_MIN_FREE_MIB", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    min_free_mib: u64,
    /// Within so many minutes after an erasure nothing of the learner is left in any file: 0 to 1,440
    #[arg(long, env = "MILEPOST_FORGET_WITHIN_MIN", default_value_t = 60, value_parser = clap::value_parser!(u64).range(0..=1_440))]
    forget_within_min: u64,
    /// Memory for cached learners, for sled and for what waits for it, in MiB: 16 to 65,536
    #[arg(long, env = "MILEPOST_CACHE_MIB", default_value_t = 256, value_parser = clap::value_parser!(u64).range(16..=65_536))]
    cache_mib: u64,
    /// An origin, such as https://app.example.com, whose pages may ask and read the answers; may be repeated
    #[arg(long, env = "MILEPOST_ALLOW_ORIGIN", value_name = "ORIGIN", value_delimiter = ',')]
    allow_origin: Vec<http::Origin>,
    /// Answer with the status codes of the newest draft of GraphQL over HTTP, such as 422 and 294
    #[arg(long, env = "MILEPOST_DRAFT_STATUSES")]
    draft_statuses: bool,
    /// Serve the schema as a subgraph, with `_entities` and `_service`, to a gateway (Apollo Federation 2)
    #[arg(long, env = "MILEPOST_FEDERATION")]
    federation: bool,
    /// A manifest of operations that clients send by their hash, as Apollo's and Relay's tools write it
    #[arg(long, env = "MILEPOST_OPERATIONS", value_name = "FILE")]
    operations: Option<PathBuf>,
    /// Serve nothing but the operations of that manifest
    #[arg(long, env = "MILEPOST_ONLY_OPERATIONS", requires = "operations")]
    only_operations: bool,
    /// A host, an IP address or a network, such as 10.0.0.0/8, that webhooks may lead to though it is not public, over
    /// plain http as well; may be repeated
    #[arg(long, env = "MILEPOST_WEBHOOK_ALLOW", value_name = "HOST-OR-CIDR", value_delimiter = ',')]
    webhook_allow: Vec<Rule>,
    /// What to log, such as `info` or `milepost=debug`
    #[arg(long, env = "MILEPOST_LOG", default_value = "info")]
    log: String,
}

/// Serves until it is interrupted.
#[tokio::main]
pub(crate) async fn serve(options: ServeOptions) -> Result<(), String> {
    let filter = EnvFilter::try_new(&options.log).map_err(|it| format!("--log: {it}"))?;
    let colors = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colors).with_writer(std::io::stderr).init();
    http::log_panics();
    if !options.listen.ip().is_loopback() {
        return Err(format!(
            "refusing to listen on {}: this version has no authentication, so everybody who can reach it could \
             change everything; listen on a loopback address such as 127.0.0.1:{}",
            options.listen,
            options.listen.port()
        ));
    }
    let guide = guide_of(options.guide.as_deref())?;
    let manifest = options.operations.as_deref().map(manifest_of).transpose()?.unwrap_or_default();
    graphql::check_manifest(form_of(&options), &manifest)?;
    raise_limit_of_files();
    #[cfg(target_os = "linux")]
    keep_pages_small();
    // Whoever finds the port open can end the server in order.
    let interrupted = interrupted()?;
    let listener = listen(options.listen)
        .map_err(|it| format!("cannot listen on {}: {it}; choose with --listen", options.listen))?;
    let app = open(&options, guide)?;
    if options.demo {
        fill(&app).await?;
    }
    announce(&listener, &options);
    let within = Duration::from_secs(60 * options.forget_within_min);
    let served = serve_and_keep(listener, app, http_options(options, manifest), within, interrupted).await;
    served.map_err(|it| it.to_string())?;
    tracing::info!("closed");
    Ok(())
}

/// Serves, and meanwhile tells what time takes away, and removes within so long what erased learners left.
async fn serve_and_keep(
    listener: TcpListener,
    app: Arc<App>,
    options: http::Options,
    forget_within: Duration,
    interrupted: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (teller, forgetful) = (app.clone(), app.clone());
    let telling = tokio::spawn(again(move || {
        let teller = teller.clone();
        async move { teller.keep_telling_lapses().await }
    }));
    let forgetting = tokio::spawn(again(move || {
        let forgetful = forgetful.clone();
        async move { forgetful.forget_in_time(forget_within).await }
    }));
    let ended = async move {
        interrupted.await;
        // What it is writing is written or not, and is told after the next start if not.
        telling.abort();
    };
    let served = http::serve(listener, app, options, ended).await;
    forgetting.abort();
    served
}

/// Begins work again that panicked, which has been logged, a little later.
async fn again<F: Future<Output = ()> + Send + 'static>(mut work: impl FnMut() -> F) {
    const PAUSE: Duration = Duration::from_secs(10);
    loop {
        let mut tasks = JoinSet::new();
        tasks.spawn(work());
        if let Some(Ok(())) = tasks.join_next().await {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn manifest_of(path: &Path) -> Result<Manifest, String> {
    let text = std::fs::read_to_string(path).map_err(|it| it.to_string());
    let manifest = text.and_then(|it| Manifest::parse(&it));
    manifest.map_err(|it| format!("--operations {}: {it}", path.display()))
}

fn form_of(options: &ServeOptions) -> Form {
    if options.federation { Form::Subgraph } else { Form::Plain }
}

fn http_options(options: ServeOptions, manifest: Manifest) -> http::Options {
    let form = form_of(&options);
    http::Options {
        allow_origins: options.allow_origin,
        draft_statuses: options.draft_statuses,
        webhooks: http::WebhookOptions { allow: options.webhook_allow, ..http::WebhookOptions::default() },
        endpoint: EndpointOptions { form, manifest, only_manifest: options.only_operations },
        ..http::Options::default()
    }
}

/// Each connection is an open file, and so is each segment of the ledger.
fn raise_limit_of_files() {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::warn!(error = %error, "the limit of open files stays as it was");
    }
}

/// The allocator asks for pages of 2 MiB, of which most stays empty in bursts: 50 clients that read nothing took 81 to
/// 95 MiB with them and 9 without, and no request was faster for them.
#[cfg(target_os = "linux")]
fn keep_pages_small() {
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(error = %error, "pages of memory may be large");
    }
}

fn open(options: &ServeOptions, guide: Arc<Guide>) -> Result<Arc<App>, String> {
    let env: Arc<dyn Env> = Arc::new(SystemEnv);
    let cache = options.cache_mib << 20;
    let store = EmbeddedOptions {
        cache_bytes: cache / 8 * 3,
        pending_bytes: usize::try_from(cache / 4).expect("at most 16 GiB"),
        sled_cache_bytes: cache / 8 * 3,
        min_free_bytes: options.min_free_mib << 20,
        backup_dir: options.backup_dir.clone(),
        progress: progress_bar(),
        ..EmbeddedOptions::new(env.fresh_id(), summarizer(guide.clone()))
    };
    let store = EmbeddedStore::open(&options.data_dir, store).map_err(|it| it.to_string())?;
    Ok(Arc::new(App::new(guide, store, env)))
}

async fn fill(app: &App) -> Result<(), String> {
    match fill_with_demo(app).await {
        Ok(0) => tracing::info!("there are learners already, so that the demo was left out"),
        Ok(n_learners) => tracing::info!(n_learners, "the demo is there"),
        Err(Failure::Refused(refusal)) => {
            return Err(format!("the demo cannot be written: {}", refusal.message));
        }
        Err(Failure::Fault(error)) => return Err(format!("the demo cannot be written: {error}")),
    }
    Ok(())
}

/// As by `TcpListener::bind`, where no more than 128 may wait: whoever comes then tries again after a second.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn announce(listener: &TcpListener, options: &ServeOptions) {
    let address = listener.local_addr().map_or(options.listen, |it| it);
    tracing::info!(data_dir = %options.data_dir.display(), "open: everybody on this machine is the administrator");
    if !http::graphiql_is_bundled() {
        tracing::warn!("built without Node.js: GraphiQL needs the network");
    }
    tracing::info!("GraphiQL is at http://{address}/ and the API at http://{address}/graphql");
}

/// From now on Ctrl-C and SIGTERM do not end the process but what this answers, so that whoever was
/// told where the server is can also end it in order.
fn interrupted() -> Result<impl Future<Output = ()> + Send + 'static, String> {
    let listen = |kind| signal(kind).map_err(|it| format!("cannot listen for signals: {it}"));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("closing");
    })
}
