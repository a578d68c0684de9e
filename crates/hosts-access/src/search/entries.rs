//! The entries of a file, one after another: the rules of a table, the words of a `/file` list.
//!
//! Whoever searches a table or a list goes through [`Entries`] and knows no more of where they come from. Here they
//! are read, each of them. [`accelerate`](crate::accelerate) has two other ways, with which some are left out.

use std::io::Read;

use crate::request::{Request, Side};
use crate::table::entry::{Entry, EntryError};
use crate::table::filelist::ListWords;
use crate::table::line::Lines;

/// What a file is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A table; its entries are rules.
    Table,
    /// A `/file` list; its entries are words.
    List,
}

/// What was passed over so far that somebody may have to be told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// A comment in a table that tcp_wrappers 7.6 takes for a rule.
    pub live_comment: bool,
    /// NUL bytes in a list.
    pub nul: bool,
}

/// Goes through the entries of a file in their order.
///
/// An entry may be left out only if it has nothing to do with the request: if the test of it would not match, warn,
/// fail or look anything up.
pub trait Entries {
    /// The next entry for an end of a request, as it is known now; the rules of a table are asked for the client.
    ///
    /// # Errors
    /// The rest of the file is not to be used: see [`EntryError`].
    fn next_entry(
        &mut self,
        request: &Request,
        side: Side,
    ) -> Result<Option<Entry<'_>>, EntryError>;

    /// First and last physical line of the entry at hand or, after an error, of the bad one.
    fn lines(&self) -> (u64, u64);

    /// What was passed over so far.
    fn passed(&self) -> Passed;
}

impl<R: Read> Entries for Lines<R> {
    fn next_entry(&mut self, _: &Request, _: Side) -> Result<Option<Entry<'_>>, EntryError> {
        self.next_line()
    }

    fn lines(&self) -> (u64, u64) {
        (self.first(), self.last())
    }

    fn passed(&self) -> Passed {
        Passed {
            live_comment: self.met_live_comment(),
            nul: false,
        }
    }
}

impl<R: Read> Entries for ListWords<R> {
    fn next_entry(&mut self, _: &Request, _: Side) -> Result<Option<Entry<'_>>, EntryError> {
        self.next_word()
    }

    fn lines(&self) -> (u64, u64) {
        (self.line(), self.line())
    }

    fn passed(&self) -> Passed {
        Passed {
            live_comment: false,
            nul: self.passed_nul(),
        }
    }
}

/// Reads a file, each entry of it.
pub fn read<'r>(source: impl Read + 'r, kind: Kind) -> Box<dyn Entries + 'r> {
    match kind {
        Kind::Table => Box::new(Lines::new(source)),
        Kind::List => Box::new(ListWords::new(source)),
    }
}
