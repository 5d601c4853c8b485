//! The commands, one file a group of them.

mod guide;
mod import;
mod serve;
mod tools;

use std::{
    io::{ErrorKind, Write as _},
    sync::Arc,
};

use indicatif::{ProgressBar, ProgressDrawTarget};
use milepost::store::embedded::Progress;

pub(crate) use guide::{GuideCommand, guide, guide_of};
pub(crate) use serve::{ServeOptions, serve};
pub(crate) use tools::{ToolCommand, run};

/// Says something to whoever called; what cannot be said is a failure.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let said = out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n"));
    // Whoever closed a pipe has read enough.
    if let Err(error) = said
        && error.kind() != ErrorKind::BrokenPipe
    {
        eprintln!("milepost: the standard output cannot be written: {error}");
        std::process::exit(1);
    }
}

/// Shows how far something is, where a terminal is there to show it on.
fn progress_bar() -> Progress {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    Arc::new(move |done, total| {
        bar.set_length(total);
        bar.set_position(done);
        if done >= total {
            bar.finish_and_clear();
        }
    })
}
