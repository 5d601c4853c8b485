//! What is done with a store that nobody serves.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use milepost::{
    app::{Env as _, SystemEnv, summarizer},
    store::{
        Maintenance as _, Shrunk, Store as _,
        embedded::{
            EmbeddedOptions, EmbeddedStore,
            tools::{self, ToolOptions, Transferred},
        },
    },
};

use super::{
    guide_of,
    import::{ImportOptions, import},
    progress_bar, say,
};

/// What can be done with a store that nobody serves.
#[derive(Subcommand)]
pub(crate) enum ToolCommand {
    /// Read everything that is stored and say what is damaged; nothing is changed
    Verify(DataDir),
    /// Save what is whole of a damaged ledger; the damaged one is kept
    Repair(DataDir),
    /// Copy the ledger to a new directory; while the server runs, ask it for `createBackup` instead
    Backup {
        /// The directory to make
        directory: PathBuf,
        #[command(flatten)]
        store: DataDir,
    },
    /// Make a store of a backup, in a directory that is not there or is empty
    Restore {
        /// The backup
        directory: PathBuf,
        #[command(flatten)]
        store: DataDir,
    },
    /// Remove what erased learners left in the ledger, and make the rest as small as it can be
    Compact {
        /// The guide that the server assesses by, instead of the built-in one
        #[arg(long, env = "MILEPOST_GUIDE", value_name = "FILE")]
        guide: Option<PathBuf>,
        #[command(flatten)]
        store: DataDir,
    },
    /// Write the ledger as JSON Lines; of a running server, export a backup of it
    Export {
        /// The file to make; `-`: standard output
        #[arg(default_value = "-")]
        file: PathBuf,
        #[command(flatten)]
        store: DataDir,
    },
    /// Take in rows of progress, or make a store of an export in a directory that is not there or is empty
    Import(ImportOptions),
}

/// Which store.
#[derive(Args)]
pub(crate) struct DataDir {
    /// Where learners are kept
    #[arg(long, env = "MILEPOST_DATA_DIR", default_value = "milepost-data")]
    pub(super) data_dir: PathBuf,
}

/// Does it; `false`: it found damage, or refused rows.
pub(crate) fn run(command: &ToolCommand) -> Result<bool, String> {
    let options = ToolOptions { progress: progress_bar(), ..ToolOptions::new(SystemEnv.now()) };
    let done = match command {
        ToolCommand::Verify(store) => {
            let verified = text(tools::verify(&store.data_dir, &options))?;
            say(&verified.to_string());
            return Ok(!verified.is_damaged());
        }
        ToolCommand::Repair(store) => {
            let repaired = text(tools::repair(&store.data_dir, &options))?;
            say(&repaired.to_string());
            return Ok(repaired.is_good());
        }
        ToolCommand::Backup { directory, store } => {
            let made = text(tools::backup(&store.data_dir, directory, &options))?;
            format!("{made}\nthe backup is in {}", directory.display())
        }
        ToolCommand::Restore { directory, store } => {
            let made = text(tools::restore(directory, &store.data_dir, &options))?;
            format!("{made}\nthe store is in {}; its first start makes the rows", store.data_dir.display())
        }
        ToolCommand::Compact { guide, store } => compact(&store.data_dir, guide.as_deref())?,
        ToolCommand::Export { file, store } => return export(file, &store.data_dir, &options).map(|()| true),
        ToolCommand::Import(wish) => return import(wish, &options),
    };
    say(&done);
    Ok(true)
}

#[tokio::main]
async fn compact(data_dir: &Path, guide: Option<&Path>) -> Result<String, String> {
    // Opening would make a store where there is none.
    text(tools::check_store(data_dir))?;
    let options = EmbeddedOptions {
        progress: progress_bar(),
        ..EmbeddedOptions::new(SystemEnv.fresh_id(), summarizer(guide_of(guide)?))
    };
    let store = text(EmbeddedStore::open(data_dir, options))?;
    let shrunk = store.shrink(None).await;
    let closed = store.close().await;
    let Shrunk { before, after, n_blanked, .. } = text(shrunk)?;
    text(closed)?;
    Ok(format!("blanked   {n_blanked} records of erased learners\nbytes     {after}; there were {before}"))
}

fn export(file: &Path, data_dir: &Path, options: &ToolOptions) -> Result<(), String> {
    if file == Path::new("-") {
        return text(tools::export(data_dir, &mut io::stdout().lock(), options)).map(drop);
    }
    let told = |error: io::Error| format!("{}: {error}", file.display());
    if file.exists() {
        return Err(format!("{} is there already", file.display()));
    }
    let mut unfinished = file.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    let mut writer = BufWriter::new(File::create(&unfinished).map_err(told)?);
    let done = text(tools::export(data_dir, &mut writer, options)).and_then(|exported| {
        writer.flush().and_then(|()| writer.get_ref().sync_all()).map_err(told)?;
        fs::rename(&unfinished, file).map_err(told)?;
        Ok(exported)
    });
    let Transferred { count, digest } = done.inspect_err(|_| drop(fs::remove_file(&unfinished)))?;
    say(&format!("records   {count}\ndigest    sha256:{digest}\nthe export is in {}", file.display()));
    Ok(())
}

fn text<T>(result: Result<T, impl ToString>) -> Result<T, String> {
    result.map_err(|it| it.to_string())
}
