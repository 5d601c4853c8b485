//! From offsets in a text to lines and columns, however long the lines are.

use apollo_compiler::parser::SourceSpan;
use async_graphql::Pos;

/// Where the lines of a text begin.
pub(super) struct Places {
    lines: Vec<usize>,
    /// The offsets of bytes that begin no character.
    within: Vec<usize>,
}

impl Places {
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(offset, byte)| match byte {
            b'\n' => true,
            b'\r' => bytes.get(offset + 1) != Some(&b'\n'),
            _ => false,
        });
        let lines = std::iter::once(0).chain(ends.map(|(offset, _)| offset + 1)).collect();
        let within = (0..bytes.len()).filter(|it| !text.is_char_boundary(*it)).collect();
        Self { lines, within }
    }

    /// The line and the column, counted in characters from 1.
    pub(super) fn at(&self, offset: usize) -> Pos {
        let line = self.lines.partition_point(|it| *it <= offset);
        let start = self.lines[line - 1];
        let before = |offset| self.within.partition_point(|it| *it < offset);
        Pos { line, column: offset - start - (before(offset) - before(start)) + 1 }
    }

    /// Where what was parsed begins.
    pub(super) fn of_span(&self, span: Option<SourceSpan>) -> Option<Pos> {
        Some(self.at(span?.offset()))
    }

    /// Where what was parsed begins; what was not parsed is nowhere.
    pub(super) fn or_nowhere(&self, span: Option<SourceSpan>) -> Pos {
        self.of_span(span).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_three_ways_and_columns_count_characters() {
        let text = "a\nbé c\r\nd\re";
        let at = |sign: char| Places::of(text).at(text.find(sign).expect("a sign"));
        for (sign, line, column) in
            [('a', 1, 1), ('b', 2, 1), ('é', 2, 2), ('c', 2, 4), ('d', 3, 1), ('e', 4, 1)]
        {
            assert_eq!(at(sign), Pos { line, column }, "{sign}");
        }
    }
}
