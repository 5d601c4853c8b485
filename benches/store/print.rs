//! How results are printed.

use std::{fs, thread};

/// A count with its thousands set apart.
pub(crate) fn count(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place != 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes, in megabytes.
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// A ratio beside what it should be.
pub(crate) fn ratio(name: &str, ratio: f64, wanted: &str) {
    println!("  {name:<58} {ratio:>6.2}   {wanted}");
}

/// The title of a section, and how busy the machine is: so much can the numbers be trusted.
pub(crate) fn title(text: &str) {
    println!("\n== {text}");
    load();
}

/// How busy the machine was in the last minute. Also said after what takes minutes.
pub(crate) fn load() {
    let load = fs::read_to_string("/proc/loadavg").expect("Linux");
    let last_minute = load.split(' ').next().expect("a number");
    let n_processors = thread::available_parallelism().map_or(1, usize::from);
    println!("load of the machine {last_minute}, processors {n_processors}");
}
