//! Tables and `/file` lists held in memory, with an index of what their entries ask for.
//!
//! A process that serves many clients asks the same tables again and again. Of a file held here a
//! request is shown only the entries that can have to do with it, in their order: the index names
//! them without a look at the others. It decides nothing. An entry that is left out is one that the
//! parser and the matcher would have found not to match, without a message, an error or a lookup;
//! a property test holds that against them.
//!
//! Nothing here reads files or knows whether they have changed: who holds a file must know
//! ([`Files::held`](crate::world::Files::held)).

mod keys;
mod postings;

use std::io::{self, Read};
use std::sync::Arc;

use crate::request::{Request, Side};
use crate::search::entries::{Entries, Kind, Passed};
use crate::table::entry::{Entry, EntryError};
use crate::table::filelist::ListWords;
use crate::table::line::Lines;
use crate::table::rule::Rule;

use keys::{Demands, Services};
use postings::{Finder, Index, IndexBuilder};

/// Most bytes that are held of one file, its index included. Longer ones are read for each request.
const MAX_HELD_BYTES: usize = 256 << 20;

/// Up to so many entries it is quicker to test all of them than to find those that count.
pub const FEW: usize = 8;

/// Where an entry lies in the held text, and its physical lines.
#[derive(Clone, Copy, Debug)]
struct Extent {
    start: u32,
    length: u32,
    first: u32,
    last: u32,
}

/// Why a file ends before its end.
#[derive(Clone, Copy, Debug)]
enum End {
    Unterminated,
    TooLong,
    Nul,
}

/// A table or a list held in memory.
#[derive(Debug, Default)]
pub struct HeldFile {
    text: Vec<u8>,
    extents: Vec<Extent>,
    /// Rules in which NUL bytes were passed over, in order.
    nul: Vec<u32>,
    index: Index,
    /// The end before the end, and its physical lines.
    end: Option<(End, (u64, u64))>,
    /// Whether NUL bytes were passed over in a list.
    passed_nul: bool,
}

impl HeldFile {
    /// Reads a whole file, with an index if it has more than `few` entries. `None`: it cannot be read, or
    /// takes too much memory.
    pub fn read(source: impl Read, kind: Kind, few: usize) -> Option<Self> {
        Self::read_within(source, kind, few, MAX_HELD_BYTES)
    }

    fn read_within(source: impl Read, kind: Kind, few: usize, most: usize) -> Option<Self> {
        let (mut held, mut builder) = (Self::default(), IndexBuilder::default());
        let (end, lines) = match kind {
            Kind::Table => {
                let mut lines = Lines::new(source);
                let end =
                    held.fill(&mut builder, most, index_rule, &mut lines, Lines::next_line)?;
                (end, lines.lines())
            }
            Kind::List => {
                let mut words = ListWords::new(source);
                let end = held.fill(
                    &mut builder,
                    most,
                    index_word,
                    &mut words,
                    ListWords::next_word,
                )?;
                held.passed_nul = words.passed_nul();
                (end, words.lines())
            }
        };
        held.end = end.map(|end| (end, lines));
        held.index = builder.build(held.extents.len() <= few)?;
        Some(held)
    }

    /// Its entries, for a search.
    pub fn entries(self: &Arc<Self>) -> Box<dyn Entries> {
        Box::new(HeldEntries::new(Arc::clone(self)))
    }

    /// Keeps the entries of a source that something can satisfy. Gives why it ends before its end; `None` if it
    /// cannot be read, or takes too much memory.
    fn fill<S>(
        &mut self,
        builder: &mut IndexBuilder,
        most: usize,
        index: fn(&mut IndexBuilder, &mut Demands, u32, &Entry<'_>) -> Option<bool>,
        source: &mut S,
        next: for<'s> fn(&'s mut S) -> Result<Option<Entry<'s>>, EntryError>,
    ) -> Option<Option<End>> {
        let mut demands = Demands::default();
        loop {
            match next(source) {
                Ok(Some(entry)) => {
                    let number = u32::try_from(self.extents.len()).ok()?;
                    if index(builder, &mut demands, number, &entry)? {
                        self.push(number, &entry)?;
                    }
                    if self.bytes() + builder.bytes() > most {
                        return None;
                    }
                }
                Ok(None) => return Some(None),
                Err(EntryError::Unterminated) => return Some(Some(End::Unterminated)),
                Err(EntryError::TooLong) => return Some(Some(End::TooLong)),
                Err(EntryError::Nul) => return Some(Some(End::Nul)),
                Err(EntryError::Io(_)) => return None,
            }
        }
    }

    fn push(&mut self, number: u32, entry: &Entry<'_>) -> Option<()> {
        let extent = Extent {
            start: u32::try_from(self.text.len()).ok()?,
            length: u32::try_from(entry.text.len()).ok()?,
            first: u32::try_from(entry.first).ok()?,
            last: u32::try_from(entry.last).ok()?,
        };
        self.text.try_reserve(entry.text.len()).ok()?;
        self.text.extend_from_slice(entry.text);
        self.extents.try_reserve(1).ok()?;
        self.extents.push(extent);
        if entry.nul {
            self.nul.try_reserve(1).ok()?;
            self.nul.push(number);
        }
        Some(())
    }

    /// Memory that is taken, without the index.
    fn bytes(&self) -> usize {
        self.text.len() + size_of_val(&self.extents[..]) + size_of_val(&self.nul[..])
    }

    fn entry(&self, number: u32) -> Option<Entry<'_>> {
        let extent = self.extents.get(number as usize)?;
        let start = extent.start as usize;
        Some(Entry {
            text: self.text.get(start..start + extent.length as usize)?,
            first: extent.first.into(),
            last: extent.last.into(),
            nul: self.nul.binary_search(&number).is_ok(),
        })
    }
}

/// Notes what a request must have for a rule to have to do with it; `false` if nothing helps.
fn index_rule(
    builder: &mut IndexBuilder,
    demands: &mut Demands,
    number: u32,
    line: &Entry<'_>,
) -> Option<bool> {
    let Some(rule) = Rule::parse(line.text).filter(|_| !line.nul) else {
        // Whoever gets to it is warned.
        demands.set_always();
        return builder.rule(number, &Services::ALL, demands);
    };
    let services = Services::of(rule.daemons);
    if services.unclear {
        // A lookup of the server's name comes before any client.
        demands.set_always();
    } else {
        demands.set_clients(rule.clients, &mut builder.kinds);
    }
    builder.rule(number, &services, demands)
}

/// The same for a word of a list.
fn index_word(
    builder: &mut IndexBuilder,
    demands: &mut Demands,
    number: u32,
    word: &Entry<'_>,
) -> Option<bool> {
    demands.set_word(word.text, &mut builder.kinds);
    builder.rule(number, &Services::ALL, demands)
}

/// Goes through those that can have to do with a request.
struct HeldEntries {
    file: Arc<HeldFile>,
    finder: Finder,
    lines: (u64, u64),
}

impl HeldEntries {
    /// Starts at the first entry.
    fn new(file: Arc<HeldFile>) -> Self {
        Self {
            file,
            finder: Finder::default(),
            lines: (0, 0),
        }
    }
}

impl Entries for HeldEntries {
    fn next_entry(
        &mut self,
        request: &Request,
        side: Side,
    ) -> Result<Option<Entry<'_>>, EntryError> {
        let file = &*self.file;
        let count = file.extents.len();
        let Some(number) = self.finder.next(&file.index, count, request, side) else {
            let Some((end, lines)) = file.end else {
                return Ok(None);
            };
            self.lines = lines;
            return Err(match end {
                End::Unterminated => EntryError::Unterminated,
                End::TooLong => EntryError::TooLong,
                End::Nul => EntryError::Nul,
            });
        };
        // An index that names an entry which is not there must not look like the end of a table.
        let damaged = || io::Error::other("the table in memory is damaged");
        let entry = file.entry(number).ok_or_else(damaged)?;
        self.lines = (entry.first, entry.last);
        Ok(Some(entry))
    }

    fn lines(&self) -> (u64, u64) {
        self.lines
    }

    /// Nobody who holds tables wants to know of comments.
    fn passed(&self) -> Passed {
        Passed {
            live_comment: false,
            nul: self.file.passed_nul,
        }
    }
}

#[cfg(test)]
mod tests;
