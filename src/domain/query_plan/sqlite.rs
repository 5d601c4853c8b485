//! SQLite: each step of a plan is a line that begins with SCAN or SEARCH.

/// `|--SEARCH t USING INDEX i (a=?)` of SQLite's `EXPLAIN QUERY PLAN`, also as a row of a table
/// in any of the shell's modes: the numbers before the detail are passed over.
pub(super) fn node(line: &str) -> Option<&str> {
    let is_before_detail = |it: char| it.is_ascii_digit() || it.is_whitespace() || "|│-`,\"".contains(it);
    let detail = line.trim_start_matches(is_before_detail);
    let mut words = detail.split_whitespace().peekable();
    let kind = words.next().filter(|it| matches!(*it, "SCAN" | "SEARCH"))?;
    words.next_if_eq(&"TABLE");
    words.next().filter(|it| is_identifier(it))?;
    if words.next_if_eq(&"AS").is_some() {
        words.next().filter(|it| is_identifier(it))?;
    }
    match words.next() {
        None => (kind == "SCAN").then_some(kind),
        Some("USING" | "VIRTUAL" | "LEFT-JOIN") => Some(kind),
        Some(_) => None,
    }
}

fn is_identifier(word: &str) -> bool {
    word.chars().all(|it| it.is_alphanumeric() || matches!(it, '_' | '"' | '.' | '(' | ')' | '-'))
}
