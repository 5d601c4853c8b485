//! Rows out of CSV and JSON Lines, one after the other, each within a bound. What is wrong with one says nothing about
//! the next, unless nobody can tell where that begins.

use std::{
    fmt,
    io::{self, BufRead, Read as _},
    str,
};

use csv_core::{ReadRecordResult, Reader};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;

use super::{
    Place,
    quotes::Quotes,
    row::{COLUMNS, Row, column},
};
use crate::domain::refusal::{Refusal, RefusalCode};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Cells between commas, quoted where need be; the first row names the columns.
    Csv,
    /// One JSON object a line, whose names are those of the columns.
    JsonLines,
}

/// How many bytes a row may have.
pub const MAX_ROW: usize = 128 * 1024;
/// How much of the name of a column that there is not is told.
const MAX_NAME: usize = 50;

/// A row and where it stands.
pub(super) struct Line {
    pub(super) place: Place,
    pub(super) n_bytes: usize,
    pub(super) row: Result<Row, Refusal>,
}

/// The rows of a file. Where it cannot be read any further, the last one says so.
pub(super) struct Rows<R> {
    lines: Lines<R>,
    /// The columns of CSV; `None`: it is JSON.
    columns: Option<Vec<&'static str>>,
}

impl<R: BufRead> Rows<R> {
    pub(super) fn new(format: Format, from: R) -> Result<Self, Refusal> {
        let csv = (format == Format::Csv).then(Reader::new);
        let mut lines = Lines { from, number: 0, n_read: 0, is_over: false, csv };
        let columns = match format {
            Format::Csv => Some(columns(&mut lines)?),
            Format::JsonLines => None,
        };
        Ok(Self { lines, columns })
    }
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let (number, bytes) = self.lines.next_with_something()?;
        let (n_bytes, row) = match (bytes, &self.columns) {
            (Err(refusal), _) => (0, Err(refusal)),
            (Ok(line), None) => (line.len(), object(&line)),
            (Ok(line), Some(columns)) => match record(line, &mut self.lines) {
                Ok((n_bytes, cells)) => (n_bytes, named(columns, &cells)),
                Err(refusal) => (0, Err(refusal)),
            },
        };
        Some(Line { place: Place { line: number, n_read: self.lines.n_read }, n_bytes, row })
    }
}

/// A line with its end, or that it is too long or cannot be read; and its number.
type Numbered = (u64, Result<Vec<u8>, Refusal>);

/// The lines of a file.
struct Lines<R> {
    from: R,
    /// How many were read.
    number: u64,
    /// How many bytes those have.
    n_read: u64,
    is_over: bool,
    /// Takes records of CSV apart; it is dear to make. `None`: it is JSON.
    csv: Option<Reader>,
}

impl<R: BufRead> Lines<R> {
    /// The next line that is not empty.
    fn next_with_something(&mut self) -> Option<Numbered> {
        loop {
            match self.next()? {
                (_, Ok(line)) if line.trim_ascii().is_empty() => {}
                line => return Some(line),
            }
        }
    }

    fn next(&mut self) -> Option<Numbered> {
        if self.is_over {
            return None;
        }
        self.number += 1;
        match self.read() {
            Ok((line, _)) if line.is_empty() => None,
            Ok((line, true)) if line.len() > MAX_ROW => {
                self.is_over = self.csv.is_some();
                Some((self.number, Err(too_long(self.is_over))))
            }
            Ok((line, false)) if line.len() > MAX_ROW => Some((self.number, Err(too_long(false)))),
            Ok((mut line, _)) => {
                const BOM: &[u8] = "\u{feff}".as_bytes();
                if self.number == 1 && line.starts_with(BOM) {
                    line.drain(..BOM.len());
                }
                Some((self.number, Ok(line)))
            }
            Err(_) => {
                self.is_over = true;
                Some((self.number, Err(bad("cannot be read; nothing behind it was"))))
            }
        }
    }

    /// A line, or as much of one as is too much; the rest of that is passed over. And whether one that is too long may
    /// go on in the next.
    fn read(&mut self) -> io::Result<(Vec<u8>, bool)> {
        let mut line = vec![];
        self.n_read += self.from.by_ref().take(MAX_ROW as u64 + 1).read_until(b'\n', &mut line)? as u64;
        let mut is_cut = line.len() > MAX_ROW && !line.ends_with(b"\n");
        let mut quotes = Quotes::default();
        if line.len() > MAX_ROW {
            quotes.read(&line);
        }
        while is_cut {
            let rest = self.from.fill_buf()?;
            let end = rest.iter().position(|it| *it == b'\n');
            is_cut = end.is_none() && !rest.is_empty();
            let n_bytes = end.map_or(rest.len(), |it| it + 1);
            quotes.read(&rest[..n_bytes]);
            self.from.consume(n_bytes);
            self.n_read += n_bytes as u64;
        }
        Ok((line, quotes.may_go_on()))
    }

    /// Nobody can tell what is a row any more.
    fn give_up(&mut self) -> Refusal {
        self.is_over = true;
        bad(
            "a quote is not closed, or stands within a cell; nothing behind this row was read, since it may belong to it",
        )
    }
}

/// The columns that the first row names.
fn columns(lines: &mut Lines<impl BufRead>) -> Result<Vec<&'static str>, Refusal> {
    let (_, line) = lines.next_with_something().ok_or_else(|| bad("there is nothing in it"))?;
    let (_, cells) = record(line?, lines)?;
    let mut columns = vec![];
    for name in cells.iter() {
        let name = str::from_utf8(name).map_err(|_| bad("must be UTF-8"))?.trim();
        let known = column(name).ok_or_else(|| no_column(name))?;
        if columns.contains(&known) {
            return Err(of(known, "must not be named twice in the first row"));
        }
        columns.push(known);
    }
    if columns.contains(&"kind") { Ok(columns) } else { Err(of("kind", "must be named in the first row")) }
}

fn no_column(name: &str) -> Refusal {
    let name: String = name.chars().filter(|it| !it.is_control()).take(MAX_NAME).collect();
    bad(&format!("the first row must name the columns: `{name}` is none of {}", COLUMNS.join(", ")))
}

/// The record that begins with this line, and how many bytes it has. Where its end cannot be told, the file ends.
fn record(first: Vec<u8>, lines: &mut Lines<impl BufRead>) -> Result<(usize, Cells), Refusal> {
    let mut quotes = Quotes::default();
    quotes.read(first.trim_ascii_end());
    let (is_one_line, mut bytes, mut is_too_long) = (!quotes.is_open(), first, false);
    while quotes.is_open() && !quotes.is_wrong {
        match lines.next() {
            Some((_, Ok(line))) => {
                quotes.read(line.trim_ascii_end());
                is_too_long |= bytes.len() + line.len() > MAX_ROW;
                if !is_too_long {
                    bytes.extend_from_slice(&line);
                }
            }
            Some((_, Err(refusal))) if lines.is_over => return Err(refusal),
            _ => return Err(lines.give_up()),
        }
    }
    if quotes.may_go_on() || (quotes.is_wrong && !is_one_line) {
        return Err(lines.give_up());
    }
    if quotes.is_wrong {
        return Err(bad("a quote must stand around the whole cell, or be doubled within quotes"));
    }
    if is_too_long {
        return Err(too_long(false));
    }
    let n_bytes = bytes.len();
    let csv = lines.csv.as_mut().expect("records are of CSV");
    Ok((n_bytes, Cells::of(bytes, csv)?))
}

/// The cells of a record.
struct Cells {
    texts: Vec<u8>,
    ends: Vec<usize>,
}

impl Cells {
    fn of(mut bytes: Vec<u8>, csv: &mut Reader) -> Result<Self, Refusal> {
        if !bytes.ends_with(b"\n") {
            bytes.push(b'\n');
        }
        let mut texts = vec![0; bytes.len()];
        let mut ends = vec![0; 1 + bytes.iter().filter(|it| **it == b',').count()];
        csv.reset();
        let (result, n_read, _, n_cells) = csv.read_record(&bytes, &mut texts, &mut ends);
        // A carriage return of its own ends a record, too.
        if result != ReadRecordResult::Record || !bytes[n_read..].trim_ascii().is_empty() {
            return Err(bad("must be a row of CSV that ends with a line feed"));
        }
        ends.truncate(n_cells);
        Ok(Self { texts, ends })
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.texts[start..*end])
    }
}

fn named(columns: &[&'static str], cells: &Cells) -> Result<Row, Refusal> {
    if cells.ends.len() != columns.len() {
        return Err(bad("has more or fewer cells than the first row"));
    }
    let mut row = Row::default();
    for (column, cell) in columns.iter().zip(cells.iter()) {
        let text = str::from_utf8(cell).map_err(|_| of(column, "must be UTF-8"))?;
        row.set(column, text.to_owned());
    }
    Ok(row)
}

/// The members of an object, each as it stands there.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = vec![];
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(All)
    }
}

fn object(line: &[u8]) -> Result<Row, Refusal> {
    let Members(members) = serde_json::from_slice(line).map_err(|_| bad("must be one JSON object a line"))?;
    let (mut row, mut seen) = (Row::default(), vec![]);
    for (name, value) in members {
        let column = column(&name)
            .ok_or_else(|| bad(&format!("has a name that is none of {}", COLUMNS.join(", "))))?;
        if seen.contains(&column) {
            return Err(of(column, "must not be there twice"));
        }
        seen.push(column);
        row.set(column, text(column, value)?);
    }
    Ok(row)
}

fn text(column: &'static str, value: Value) -> Result<String, Refusal> {
    match (column, value) {
        (_, Value::Null) => Ok(String::new()),
        (_, Value::String(text)) => Ok(text),
        ("percent", Value::Number(number)) => Ok(number.to_string()),
        ("aspects", Value::Array(names)) => {
            let names: Option<Vec<_>> = names.iter().map(Value::as_str).collect();
            names.map(|it| it.join(" ")).ok_or_else(|| of(column, "must be a list of names"))
        }
        _ => Err(of(column, "must be a text or null")),
    }
}

fn bad(message: &str) -> Refusal {
    Refusal::new(RefusalCode::InvalidInput, message)
}

fn of(column: &'static str, message: &str) -> Refusal {
    Refusal::of(column, RefusalCode::InvalidInput, message)
}

/// The last one may be the beginning of a cell that goes on.
fn too_long(is_last: bool) -> Refusal {
    let end = if is_last { "; nothing behind it was read, since a quote is not closed in it" } else { "" };
    Refusal::new(RefusalCode::TooLong, format!("has more than {MAX_ROW} bytes{end}"))
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};

    use super::*;

    /// A disk that fails.
    struct Failing;

    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("it failed"))
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_to_its_end_says_so() {
        let files = [
            (Format::Csv, "kind,learner\nstart,ada\n", 2),
            (Format::Csv, "kind,learner\nstart,\"ada\n", 1),
            (Format::JsonLines, "{\"kind\": \"start\", \"learner\": \"ada\"}\n", 2),
        ];
        for (format, content, n_rows) in files {
            let rows = Rows::new(format, BufReader::new(content.as_bytes().chain(Failing)));
            let rows: Vec<_> = rows.expect("columns").collect();
            let last = rows[n_rows - 1].row.as_ref().expect_err("it failed");
            assert_eq!((rows.len(), last.code), (n_rows, RefusalCode::InvalidInput), "{content:?}");
            assert!(last.message.starts_with("cannot be read"), "{}", last.message);
        }
    }

    #[test]
    fn lines_that_end_with_a_carriage_return_alone_are_not_lost() {
        let rows = |content: &'static str| Rows::new(Format::Csv, content.as_bytes());
        let refused = rows("kind,learner\rstart,ada\rstart,bob\r").err().expect("no row names the columns");
        assert!(refused.message.contains("line feed"), "{}", refused.message);
        let rows: Vec<_> =
            rows("kind,learner\r\nstart,ada\rstart,bob\nstart,eve\r\n").expect("columns").collect();
        let taken: Vec<_> = rows.iter().map(|it| (it.place.line, it.row.is_ok())).collect();
        assert_eq!(taken, [(2, false), (3, true)]);
    }
}
