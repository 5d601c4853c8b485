//! How results are printed.

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

/// The title of a section.
pub(crate) fn title(text: &str) {
    println!("\n== {text}");
}
