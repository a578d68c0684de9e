//! The place of a rule: its table and its physical lines.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::text::escape::TableText;

/// A rule's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The table, or the `/file` list in which tcpdchk found a word.
    pub table: Arc<Path>,
    /// The rule's first physical line, counted from 1.
    pub first_line: u64,
    /// Its last physical line: the number that the classic messages carry.
    pub line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", TableText::from(&*self.table), self.line)
    }
}
