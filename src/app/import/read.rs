//! Rows out of CSV and JSON Lines, one after the other, each within a bound.

use std::{
    io::{self, BufRead, Read},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder};
use serde_json::{Map, Value};

use super::row::{COLUMNS, Row, column};
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

/// A row and the number of the line at which it begins, from 1.
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) row: Result<Row, Refusal>,
}

/// The rows of a file. Behind one that is too long nothing is read.
pub(super) fn rows<'a>(
    format: Format,
    mut from: impl BufRead + Send + 'a,
) -> Result<Box<dyn Iterator<Item = Line> + Send + 'a>, Refusal> {
    const BOM: &[u8] = "\u{feff}".as_bytes();
    if from.fill_buf().is_ok_and(|it| it.starts_with(BOM)) {
        from.consume(BOM.len());
    }
    match format {
        Format::Csv => Ok(Box::new(Table::new(from)?)),
        Format::JsonLines => Ok(Box::new(Objects { from, number: 0, is_over: false })),
    }
}

struct Table<R> {
    reader: Reader<Counted<R>>,
    columns: Vec<&'static str>,
    read: Arc<AtomicUsize>,
    is_over: bool,
}

impl<R: Read> Table<R> {
    fn new(from: R) -> Result<Self, Refusal> {
        let read = Arc::new(AtomicUsize::new(0));
        let mut reader = ReaderBuilder::new().from_reader(Counted { from, read: read.clone() });
        let head = reader.headers().map_err(|_| bad("the first row must name the columns"))?;
        let columns: Vec<_> =
            head.iter().map(|it| column(it.trim())).collect::<Option<_>>().ok_or_else(|| {
                bad(&format!("the first row must name the columns, which can be {}", COLUMNS.join(", ")))
            })?;
        if (1..columns.len()).any(|it| columns[..it].contains(&columns[it])) {
            return Err(bad("a column must not be named twice"));
        }
        if !columns.contains(&"kind") {
            return Err(bad("the first row must name the column kind"));
        }
        Ok(Self { reader, columns, read, is_over: false })
    }

    fn row(&self, record: &ByteRecord) -> Result<Row, Refusal> {
        let mut row = Row::default();
        for (column, cell) in self.columns.iter().zip(record) {
            let text = str::from_utf8(cell).map_err(|_| of(column, "must be UTF-8"))?;
            row.set(column, text.to_owned());
        }
        Ok(row)
    }
}

impl<R: Read> Iterator for Table<R> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        if self.is_over {
            return None;
        }
        self.read.store(0, Ordering::Relaxed);
        let number = self.reader.position().line();
        let mut record = ByteRecord::new();
        let row = match self.reader.read_byte_record(&mut record) {
            Ok(false) => return None,
            Ok(true) => self.row(&record),
            Err(error) if matches!(error.kind(), ErrorKind::UnequalLengths { .. }) => {
                Err(bad("has more or fewer cells than the first row"))
            }
            Err(_) => {
                self.is_over = true;
                Err(too_long())
            }
        };
        let number = record.position().map_or(number, |it| it.line());
        Some(Line { number, row })
    }
}

/// Gives no more than a row may have before the count is set to 0 again.
struct Counted<R> {
    from: R,
    read: Arc<AtomicUsize>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read.load(Ordering::Relaxed) > MAX_ROW {
            return Err(io::Error::other("the row is too long"));
        }
        let n_bytes = self.from.read(buffer)?;
        self.read.fetch_add(n_bytes, Ordering::Relaxed);
        Ok(n_bytes)
    }
}

struct Objects<R> {
    from: R,
    number: u64,
    is_over: bool,
}

impl<R: BufRead> Iterator for Objects<R> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let mut line = vec![];
        while !self.is_over {
            self.number += 1;
            line.clear();
            let read = self.from.by_ref().take(MAX_ROW as u64 + 1).read_until(b'\n', &mut line);
            let is_read = read.is_ok_and(|it| it > 0);
            let row = match () {
                () if !is_read => return None,
                () if line.len() > MAX_ROW => {
                    self.is_over = true;
                    Err(too_long())
                }
                () if line.trim_ascii().is_empty() => continue,
                () => object(&line),
            };
            return Some(Line { number: self.number, row });
        }
        None
    }
}

fn object(line: &[u8]) -> Result<Row, Refusal> {
    let object: Map<String, Value> =
        serde_json::from_slice(line).map_err(|_| bad("must be one JSON object a line"))?;
    let mut row = Row::default();
    for (name, value) in object {
        let column = column(&name)
            .ok_or_else(|| bad(&format!("has a name that is none of {}", COLUMNS.join(", "))))?;
        row.set(column, text(value).ok_or_else(|| of(column, "must be a text, a whole number or null"))?);
    }
    Ok(row)
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        Value::Array(texts) => {
            let texts: Option<Vec<_>> = texts.iter().map(Value::as_str).collect();
            texts.map(|it| it.join(" "))
        }
        _ => None,
    }
}

fn bad(message: &str) -> Refusal {
    Refusal::new(RefusalCode::InvalidInput, message)
}

fn of(column: &'static str, message: &str) -> Refusal {
    Refusal::of(column, RefusalCode::InvalidInput, message)
}

fn too_long() -> Refusal {
    let message = format!("has more than {MAX_ROW} bytes, or cannot be read; nothing behind it was read");
    Refusal::new(RefusalCode::TooLong, message)
}
