//! What a file is read as: the entries of a table are its rules, those of a `/file` list its words.

use std::error::Error;
use std::fmt;
use std::io;

use crate::fault::reason;

/// A rule of a table as a logical line, or a word of a `/file` list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'b> {
    /// The text: a line without its final newline, a word without blanks.
    pub text: &'b [u8],
    /// The first physical line, counted from 1.
    pub first: u64,
    /// The last physical line.
    pub last: u64,
    /// Whether NUL bytes were passed over in a line. Then its text may be empty.
    pub nul: bool,
}

/// Why a file ends before its end.
#[derive(Debug)]
pub enum EntryError {
    /// A table ends without a newline.
    Unterminated,
    /// A line is longer than [`MAX_RULE_BYTES`](crate::limits::MAX_RULE_BYTES), or a word than
    /// [`MAX_LIST_WORD_BYTES`](crate::limits::MAX_LIST_WORD_BYTES).
    TooLong,
    /// A NUL byte in a rule or a word.
    Nul,
    /// Reading failed.
    Io(io::Error),
}

impl fmt::Display for EntryError {
    /// In the words of the message about a table.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unterminated | Self::TooLong => f.write_str("missing newline or line too long"),
            Self::Nul => f.write_str("NUL byte in the line; write the table again as plain text"),
            Self::Io(error) => write!(f, "cannot read on: {}", reason(error)),
        }
    }
}

impl Error for EntryError {}

impl From<io::Error> for EntryError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
