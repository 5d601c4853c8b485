//! Guide documents: which one is in force, and whether one is in order.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Subcommand;
use milepost::domain::guide::{self, Guide};

use super::say;

/// What can be done with guide documents.
#[derive(Subcommand)]
pub(crate) enum GuideCommand {
    /// Check a guide document: name what is wrong, where, and what would be right
    Check {
        /// The document, in JSON
        file: PathBuf,
    },
}

/// Does it.
pub(crate) fn guide(command: &GuideCommand) -> Result<(), String> {
    let GuideCommand::Check { file } = command;
    let guide = read_guide(file)?;
    say(&format!("{}: {} revision {} is in order", file.display(), guide.slug, guide.revision));
    Ok(())
}

/// The guide in a file, or the built-in one.
pub(crate) fn guide_of(file: Option<&Path>) -> Result<Arc<Guide>, String> {
    Ok(Arc::new(match file {
        Some(file) => read_guide(file)?,
        None => guide::backend_2026(),
    }))
}

fn read_guide(file: &Path) -> Result<Guide, String> {
    let text = std::fs::read_to_string(file).map_err(|it| format!("{}: {it}", file.display()))?;
    guide::check(&text).map_err(|errors| {
        let lines: Vec<_> = errors.iter().map(|it| format!("  {it}")).collect();
        format!("{} is not in order:\n{}", file.display(), lines.join("\n"))
    })
}
