//! How much memory this process takes, as Linux counts it.

use std::fs;

/// The most that it ever took, in bytes.
pub(crate) fn peak() -> u64 {
    status("VmHWM:")
}

/// What it takes now, in bytes.
pub(crate) fn resident() -> u64 {
    status("VmRSS:")
}

fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|it| it.strip_prefix(name)).expect("a line");
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kilobytes * 1_024
}
