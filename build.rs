//! Puts GraphiQL and the example operations into the binary, as tables of bytes that `src/http/pages.rs` serves.
//!
//! GraphiQL comes from `web/dist` when that is up to date; otherwise npm builds it below `OUT_DIR`, once, so that
//! cargo never writes to the source tree. Without npm, or when it fails, the binary carries no GraphiQL and its page
//! loads one from the network: whoever has Rust alone can still build and run the server.
//! `MILEPOST_SKIP_WEB=1` leaves GraphiQL out on purpose.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;
use std::{env, fs, io};

/// All that GraphiQL is built from.
const WEB_SOURCES: [&str; 6] =
    ["index.html", "main.css", "main.jsx", "package-lock.json", "package.json", "vite.config.js"];

const EXAMPLES: &str = "schema/examples";

/// Only what the lock file names, no scripts of packages, and no minutes of retries on a machine without a network.
const NPM_CI: [&str; 9] = [
    "ci",
    "--include=dev",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    "--fetch-retries=1",
    "--fetch-timeout=60000",
    "--fetch-retry-mintimeout=1000",
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build.rs");

    let files = match graphiql(&root.join("web"), &out.join("web")) {
        Ok(dist) => gzipped_files(&dist)?,
        Err(reason) => {
            println!("cargo::warning=GraphiQL falls back to a page from the network: {reason}");
            Vec::new()
        }
    };
    let examples = examples(&root)?;
    fs::write(out.join("pages.rs"), tables(&files, &examples))?;
    Ok(())
}

/// The folder of the built GraphiQL, or the reason why there is none.
fn graphiql(web: &Path, work: &Path) -> Result<PathBuf, String> {
    println!("cargo::rerun-if-env-changed=MILEPOST_SKIP_WEB");
    for source in WEB_SOURCES {
        println!("cargo::rerun-if-changed=web/{source}");
    }
    if env::var_os("MILEPOST_SKIP_WEB").is_some() {
        return Err("MILEPOST_SKIP_WEB is set".to_owned());
    }

    let changed = newest_source(web).map_err(|error| format!("web/ cannot be read: {error}"))?;
    let (by_hand, by_cargo) = (web.join("dist"), work.join("dist"));
    if is_current(&by_hand, changed) {
        println!("cargo::rerun-if-changed=web/dist");
        return Ok(by_hand);
    }
    if is_current(&by_cargo, changed) {
        return Ok(by_cargo);
    }
    build(web, work).inspect_err(|_| {
        // The whole folder, so that a `web/dist` built by hand is noticed. Without npm it is small.
        println!("cargo::rerun-if-changed=web");
    })?;
    Ok(by_cargo)
}

fn newest_source(web: &Path) -> io::Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    for source in WEB_SOURCES {
        newest = newest.max(fs::metadata(web.join(source))?.modified()?);
    }
    Ok(newest)
}

/// The build writes the compressed manifest last, so that an interrupted one is not taken for whole.
fn is_current(dist: &Path, changed: SystemTime) -> bool {
    let built = fs::metadata(dist.join("manifest.json.gz")).and_then(|it| it.modified());
    built.is_ok_and(|built| built >= changed)
}

/// Builds GraphiQL in `work`, from a copy of the sources.
fn build(web: &Path, work: &Path) -> Result<(), String> {
    copy_sources(web, work).map_err(|error| format!("web/ cannot be copied: {error}"))?;
    npm(work, &NPM_CI)?;
    npm(work, &["run", "build"])?;
    // Hundreds of megabytes in each profile, needed again only after a change.
    fs::remove_dir_all(work.join("node_modules")).map_err(|error| format!("cannot tidy up: {error}"))
}

fn copy_sources(web: &Path, work: &Path) -> io::Result<()> {
    fs::create_dir_all(work)?;
    for source in WEB_SOURCES {
        fs::copy(web.join(source), work.join(source))?;
    }
    Ok(())
}

fn npm(work: &Path, arguments: &[&str]) -> Result<(), String> {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    // With `NODE_ENV` set, npm leaves packages out or React comes in its slow variant.
    let output = Command::new(program)
        .args(arguments)
        .arg("--loglevel=error")
        .current_dir(work)
        .env_remove("NODE_ENV")
        .output()
        .map_err(|error| format!("npm does not start ({error}); it comes with Node.js"))?;
    if output.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = complaint.lines().filter(|line| !line.trim().is_empty()).take(4).collect();
    Err(format!("npm {} failed: {}", arguments[0], lines.join(" | ")))
}

/// Path as in a URL, and file, of everything compressed below `dist`, in order of the paths.
fn gzipped_files(dist: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    let mut folders = vec![(String::new(), dist.to_owned())];
    while let Some((prefix, folder)) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                folders.push((format!("{name}/"), entry.path()));
            } else if let Some(name) = name.strip_suffix(".gz") {
                files.push((name.to_owned(), entry.path()));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Name, query file and, where there is one, variables file of each example operation, in order of the names.
fn examples(root: &Path) -> io::Result<Vec<(String, PathBuf, Option<PathBuf>)>> {
    let folder = root.join(EXAMPLES);
    // To cargo a path that does not exist has always changed, so the folder around it is the better one to watch.
    let watched = if folder.exists() || !root.join("schema").exists() { EXAMPLES } else { "schema" };
    println!("cargo::rerun-if-changed={watched}");
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut examples = Vec::new();
    for entry in fs::read_dir(folder)? {
        let query = entry?.path();
        if query.extension().is_some_and(|it| it == "graphql") {
            let name = query.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let variables = Some(query.with_extension("json")).filter(|it| it.exists());
            examples.push((name, query, variables));
        }
    }
    examples.sort();
    Ok(examples)
}

/// The Rust source of the two tables.
fn tables(files: &[(String, PathBuf)], examples: &[(String, PathBuf, Option<PathBuf>)]) -> String {
    let mut source = String::from(
        "/// Path below `/graphiql/` and gzipped content of each file of GraphiQL; empty when it was left out.\n\
         pub(crate) static FILES: &[(&str, &[u8])] = &[\n",
    );
    for (path, file) in files {
        let _ = writeln!(source, "    ({path:?}, include_bytes!({file:?})),");
    }
    source.push_str(
        "];\n\n/// Name, operation and variables (JSON, or nothing) of each example.\n\
         pub(crate) static EXAMPLES: &[(&str, &str, &str)] = &[\n",
    );
    for (name, query, variables) in examples {
        let variables =
            variables.as_ref().map_or("\"\"".to_owned(), |file| format!("include_str!({file:?})"));
        let _ = writeln!(source, "    ({name:?}, include_str!({query:?}), {variables}),");
    }
    source.push_str("];\n");
    source
}
