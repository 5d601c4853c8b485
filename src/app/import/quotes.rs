//! How the quotes of a record of CSV stand.

/// As far as the record was read.
#[derive(Default)]
pub(super) struct Quotes {
    at: At,
    /// There is one that does not stand around a whole cell.
    pub(super) is_wrong: bool,
    /// A cell begins with one.
    is_meant: bool,
    is_odd: bool,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum At {
    /// Before a cell.
    #[default]
    Start,
    /// Behind blanks with which a cell begins.
    Blank,
    /// In a cell without quotes.
    Plain,
    /// Within quotes.
    Quoted,
    /// Behind what may have closed them.
    Closed,
    /// Behind what did not: the next quote may open them again.
    Between,
}

impl Quotes {
    /// Reads on.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.is_odd ^= *byte == b'"';
            let next = match (self.at, byte) {
                (At::Start | At::Blank | At::Closed | At::Between, b'"') => At::Quoted,
                (At::Quoted, b'"') => At::Closed,
                (At::Quoted, _) => At::Quoted,
                (_, b',') => At::Start,
                (At::Start | At::Blank, b' ' | b'\t') => At::Blank,
                (At::Closed | At::Between, _) => At::Between,
                (At::Start | At::Blank | At::Plain, _) => At::Plain,
            };
            self.is_meant |= matches!((self.at, next), (At::Start | At::Blank, At::Quoted));
            let is_within = matches!((self.at, byte), (At::Blank | At::Plain, b'"'));
            self.is_wrong |= is_within || (self.at, next) == (At::Closed, At::Between);
            self.at = next;
        }
    }

    /// Whether what comes is within quotes.
    pub(super) fn is_open(&self) -> bool {
        self.at == At::Quoted
    }

    /// Whether it may go on in the next line, for all that one can tell.
    pub(super) fn may_go_on(&self) -> bool {
        self.is_open() || (self.is_wrong && self.is_meant && self.is_odd)
    }
}
