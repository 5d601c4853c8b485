//! Taking in what others have: an export of a whole store, or progress as CSV or JSON Lines.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Chain, Cursor, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use milepost::{
    app::{App, Env as _, Failure, Format, Import, Imported, SystemEnv, Taken, Verdict, summarizer},
    domain::id::BatchId,
    graphql::code_of,
    store::{
        Store,
        embedded::{
            EmbeddedOptions, EmbeddedStore,
            tools::{self, ToolOptions, Transferred},
        },
        memory::MemoryStore,
    },
};
use tokio::runtime::Builder;

use super::{guide_of, progress_bar, say, tools::DataDir};

/// What to take in.
#[derive(Args)]
pub(crate) struct ImportOptions {
    /// An export of a store, or rows of progress as CSV or JSON Lines; `-`: standard input
    file: PathBuf,
    /// Only say what would become of the rows
    #[arg(long)]
    dry_run: bool,
    /// Say what becomes of every row, not only of those that are refused
    #[arg(long)]
    verdicts: bool,
    /// The guide that the server assesses by, instead of the built-in one
    #[arg(long, env = "MILEPOST_GUIDE", value_name = "FILE")]
    guide: Option<PathBuf>,
    #[command(flatten)]
    store: DataDir,
}

/// How much of a file says what it is.
const HEAD: u64 = 64;
/// How many rows a file may have.
const MAX_ROWS: usize = 1_000_000;
/// How many when nothing is written: whoever would change is kept in memory.
const MAX_ROWS_DRY: usize = 100_000;

/// How many threads read of the store: each keeps memory of its own, and many learners are read of at a time.
const MAX_READERS: usize = 16;

/// Does it; `false`: rows were refused.
pub(super) fn import(options: &ImportOptions, tool: &ToolOptions) -> Result<bool, String> {
    let Input { mut from, head, length } = Input::open(&options.file)?;
    let text = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&head);
    if text.starts_with(br#"{"kind":"milepost export""#) {
        if text.len() != head.len() {
            return Err("an export of a store begins with `{`: something was put before it".into());
        }
        if options.dry_run {
            return Err("an export of a store has no rows to try: `--dry-run` is for progress".into());
        }
        return whole_store(&mut from, options, tool).map(|()| true);
    }
    let is_object = text.trim_ascii_start().starts_with(b"{");
    let format = if is_object { Format::JsonLines } else { Format::Csv };
    rows(from, length, format, options)
}

fn whole_store(from: &mut dyn BufRead, options: &ImportOptions, tool: &ToolOptions) -> Result<(), String> {
    let data_dir = &options.store.data_dir;
    let Transferred { count, digest } = tools::import(from, data_dir, tool).map_err(|it| it.to_string())?;
    say(&format!(
        "records   {count}\ndigest    sha256:{digest}\nthe store is in {}; its first start makes the rows",
        data_dir.display()
    ));
    Ok(())
}

fn rows(
    from: impl BufRead + Send,
    length: Option<u64>,
    format: Format,
    options: &ImportOptions,
) -> Result<bool, String> {
    let runtime = Builder::new_multi_thread().enable_all().max_blocking_threads(MAX_READERS).build();
    let runtime = runtime.map_err(|it| format!("no threads can be had: {it}"))?;
    runtime.block_on(take_in(from, length, format, options))
}

async fn take_in(
    from: impl BufRead + Send,
    length: Option<u64>,
    format: Format,
    options: &ImportOptions,
) -> Result<bool, String> {
    let app = open(options)?;
    let batch = BatchId(SystemEnv.fresh_id());
    let wish = Import {
        format,
        dry_run: options.dry_run,
        max_rows: if options.dry_run { MAX_ROWS_DRY } else { MAX_ROWS },
        actor: "milepost import".into(),
        batch: Some(batch),
    };
    if !options.dry_run {
        // Said before anything is written, so that it can be undone whatever happens.
        say(&format!("batch     {batch}"));
    }
    let progress = progress_bar();
    let tell = |verdict: Verdict| {
        if options.verdicts || verdict.outcome.is_err() {
            say(&line(&verdict));
        }
        if let Some(length) = length {
            progress(verdict.place.n_read, length);
        }
    };
    let imported = app.import(&wish, from, tell).await;
    let closed = app.store.close().await.map_err(|it| it.to_string());
    let imported = imported.map_err(|it| match it {
        Failure::Refused(refusal) => format!("{}: {}", options.file.display(), refusal.message),
        Failure::Fault(error) => error.to_string(),
    })?;
    closed?;
    say(&summary(&imported, options.dry_run));
    Ok(imported.n_refused == 0)
}

fn open(options: &ImportOptions) -> Result<Arc<App>, String> {
    let guide = guide_of(options.guide.as_deref())?;
    let data_dir = &options.store.data_dir;
    let store: Arc<dyn Store> = if options.dry_run && !data_dir.exists() {
        Arc::new(MemoryStore::new())
    } else {
        let store = EmbeddedOptions {
            progress: progress_bar(),
            ..EmbeddedOptions::new(SystemEnv.fresh_id(), summarizer(guide.clone()))
        };
        EmbeddedStore::open(data_dir, store).map_err(|it| it.to_string())?
    };
    Ok(Arc::new(App::new(guide, store, Arc::new(SystemEnv))))
}

fn line(verdict: &Verdict) -> String {
    let line = verdict.place.line;
    match &verdict.outcome {
        Ok(Taken::Applied) => format!("line {line}: APPLIED"),
        Ok(Taken::AlreadySo) => format!("line {line}: ALREADY_SO"),
        Ok(Taken::Repeated) => format!("line {line}: REPEATED"),
        Err(refusal) => {
            let column = refusal.field.map_or(String::new(), |it| format!("{it} "));
            format!("line {line}: REFUSED {}: {column}{}", code_of(refusal.code), refusal.message)
        }
    }
}

fn summary(imported: &Imported, dry_run: bool) -> String {
    let Imported { n_applied, n_already, n_repeated, n_refused, .. } = imported;
    let done = if dry_run { "nothing was written" } else { "all was gone through" };
    format!(
        "applied   {n_applied}\nalready   {n_already}\nrepeated  {n_repeated}\nrefused   {n_refused}\n{done}"
    )
}

type Source = Box<dyn Read + Send>;

/// A file or the standard input.
struct Input {
    from: BufReader<Chain<Cursor<Vec<u8>>, Source>>,
    /// Its first bytes.
    head: Vec<u8>,
    length: Option<u64>,
}

impl Input {
    fn open(file: &Path) -> Result<Self, String> {
        let told = |error: io::Error| format!("{}: {error}", file.display());
        let (mut from, length): (Source, _) = match file == Path::new("-") {
            true => (Box::new(io::stdin()), None),
            false => {
                let file = File::open(file).map_err(told)?;
                let length = file.metadata().map_err(told)?.len();
                (Box::new(file), Some(length))
            }
        };
        let mut head = vec![];
        from.by_ref().take(HEAD).read_to_end(&mut head).map_err(told)?;
        let from = BufReader::new(Cursor::new(head.clone()).chain(from));
        Ok(Self { from, head, length })
    }
}
