//! Tables and `/file` lists held in memory, with an index of what their parts ask for.
//!
//! A process that serves many clients asks the same tables again and again. Of a table held here a
//! request is shown only the rules that can have to do with it, in their order: the index names
//! them without a look at the others. It decides nothing. A rule that is left out is one that the
//! parser and the matcher would have found not to match, without a message, an error or a lookup;
//! a property test holds that against them.
//!
//! Nothing here reads files or knows whether they have changed: who holds a table must know
//! ([`Files::held_table`](crate::world::Files::held_table)).

mod keys;
mod postings;
#[cfg(test)]
mod tests;

use std::io::{self, Read};
use std::sync::Arc;

use crate::request::{Request, Side};
use crate::table::filelist::{ListError, ListWord, ListWords};
use crate::table::line::{Line, LineError, Lines};

use keys::{Demands, Services};
use postings::{Finder, Index, IndexBuilder};

/// Most bytes that are held of one file, its index included. Longer ones are read for each request.
const MAX_HELD_BYTES: usize = 256 << 20;

/// Up to so many parts it is quicker to test all of them than to find those that count.
pub const FEW: usize = 8;

/// Where a part lies in the held text, and its physical lines.
#[derive(Clone, Copy, Debug)]
struct Part {
    start: u32,
    length: u32,
    first: u32,
    last: u32,
}

/// The text of the parts: rules of a table, words of a list.
#[derive(Debug, Default)]
struct Parts {
    text: Vec<u8>,
    parts: Vec<Part>,
}

impl Parts {
    /// Keeps a part; `None` if that takes too much memory.
    fn push(&mut self, text: &[u8], first: u64, last: u64) -> Option<()> {
        let part = Part {
            start: u32::try_from(self.text.len()).ok()?,
            length: u32::try_from(text.len()).ok()?,
            first: u32::try_from(first).ok()?,
            last: u32::try_from(last).ok()?,
        };
        self.text.try_reserve(text.len()).ok()?;
        self.text.extend_from_slice(text);
        self.parts.try_reserve(1).ok()?;
        self.parts.push(part);
        Some(())
    }

    /// Memory that is taken.
    fn bytes(&self) -> usize {
        self.text.len() + size_of_val(self.parts.as_slice())
    }

    /// The number that the next part will have.
    fn next(&self) -> Option<u32> {
        u32::try_from(self.parts.len()).ok()
    }

    fn line(&self, number: u32) -> Option<Line<'_>> {
        let part = self.parts.get(number as usize)?;
        let start = part.start as usize;
        Some(Line {
            text: self.text.get(start..start + part.length as usize)?,
            first: part.first.into(),
            last: part.last.into(),
            nul: false,
        })
    }
}

/// An index that names a part which is not there must not look like the end of a table.
fn damaged() -> io::Error {
    io::Error::other("the table in memory is damaged")
}

/// How a table ends before its end.
#[derive(Clone, Copy, Debug)]
struct BadLine {
    kind: Bad,
    first: u64,
    last: u64,
}

#[derive(Clone, Copy, Debug)]
enum Bad {
    Unterminated,
    TooLong,
    Nul,
}

/// A table held in memory.
#[derive(Debug)]
pub struct HeldTable {
    rules: Parts,
    /// Those in which NUL bytes were passed over, in order.
    nul: Vec<u32>,
    index: Index,
    end: Option<BadLine>,
}

impl HeldTable {
    /// Reads a whole table, with an index if it has more than `few` rules. `None`: it cannot be read, or
    /// takes too much memory.
    pub fn read(source: impl Read, few: usize) -> Option<Self> {
        Self::read_within(source, few, MAX_HELD_BYTES)
    }

    fn read_within(source: impl Read, few: usize, most: usize) -> Option<Self> {
        let (mut rules, mut nul) = (Parts::default(), Vec::new());
        let (mut builder, mut demands) = (IndexBuilder::default(), Demands::default());
        let mut lines = Lines::new(source);
        let end = loop {
            let kind = match lines.next_line() {
                Ok(Some(line)) => {
                    let number = rules.next()?;
                    if index_rule(&mut builder, &mut demands, number, &line)? {
                        rules.push(line.text, line.first, line.last)?;
                        if line.nul {
                            nul.try_reserve(1).ok()?;
                            nul.push(number);
                        }
                    }
                    if rules.bytes() + size_of_val(nul.as_slice()) + builder.bytes() > most {
                        return None;
                    }
                    continue;
                }
                Ok(None) => break None,
                Err(LineError::Unterminated) => Bad::Unterminated,
                Err(LineError::TooLong) => Bad::TooLong,
                Err(LineError::Nul) => Bad::Nul,
                Err(LineError::Io(_)) => return None,
            };
            break Some(BadLine {
                kind,
                first: lines.first(),
                last: lines.last(),
            });
        };
        Some(Self {
            index: builder.build(rules.parts.len() <= few)?,
            rules,
            nul,
            end,
        })
    }
}

/// Notes what a request must have for a rule to have to do with it; `false` if nothing helps.
fn index_rule(
    builder: &mut IndexBuilder,
    demands: &mut Demands,
    number: u32,
    line: &Line<'_>,
) -> Option<bool> {
    let rule = crate::table::rule::Rule::parse(line.text).filter(|_| !line.nul);
    let Some(rule) = rule else {
        // Whoever gets to it is warned.
        demands.set_always();
        return builder.rule(number, &Services::ALL, demands);
    };
    let services = Services::of(rule.daemons);
    match services.unclear {
        // A lookup of the server's name comes before any client.
        true => demands.set_always(),
        false => demands.set_clients(rule.clients, &mut builder.kinds),
    }
    builder.rule(number, &services, demands)
}

/// Goes through the rules of a held table that can have to do with a request.
pub struct HeldRules {
    table: Arc<HeldTable>,
    finder: Finder,
    place: (u64, u64),
}

impl HeldRules {
    /// Starts at the first rule.
    pub fn new(table: Arc<HeldTable>) -> Self {
        Self {
            table,
            finder: Finder::default(),
            place: (0, 0),
        }
    }

    /// The next rule that can have to do with the request, as it is known now.
    ///
    /// # Errors
    /// The rest of the table is not to be used: see [`LineError`].
    pub fn next_line(&mut self, request: &Request) -> Result<Option<Line<'_>>, LineError> {
        let table = &*self.table;
        let rules = &table.rules;
        let count = rules.parts.len();
        let found = self.finder.next(&table.index, count, request, Side::Client);
        match (found, table.end) {
            (Some(number), _) => {
                let line = rules
                    .line(number)
                    .ok_or_else(damaged)
                    .map_err(LineError::Io)?;
                self.place = (line.first, line.last);
                let nul = table.nul.binary_search(&number).is_ok();
                Ok(Some(Line { nul, ..line }))
            }
            (None, None) => Ok(None),
            (None, Some(end)) => {
                self.place = (end.first, end.last);
                Err(match end.kind {
                    Bad::Unterminated => LineError::Unterminated,
                    Bad::TooLong => LineError::TooLong,
                    Bad::Nul => LineError::Nul,
                })
            }
        }
    }

    /// The first physical line of the rule at hand or, after an error, of the bad line.
    pub fn first(&self) -> u64 {
        self.place.0
    }

    /// The last physical line, likewise.
    pub fn last(&self) -> u64 {
        self.place.1
    }
}

/// A `/file` list held in memory.
#[derive(Debug)]
pub struct HeldList {
    words: Parts,
    index: Index,
    /// Whether the list ends in a word that cannot be used.
    bad_word: bool,
    passed_nul: bool,
}

impl HeldList {
    /// Reads a whole list, with an index if it has more than `few` words. `None`: it cannot be read, or
    /// takes too much memory.
    pub fn read(source: impl Read, few: usize) -> Option<Self> {
        Self::read_within(source, few, MAX_HELD_BYTES)
    }

    fn read_within(source: impl Read, few: usize, most: usize) -> Option<Self> {
        let mut words = Parts::default();
        let (mut builder, mut demands) = (IndexBuilder::default(), Demands::default());
        let mut list = ListWords::new(source);
        let bad_word = loop {
            match list.next_word() {
                Ok(Some(ListWord { word, line })) => {
                    demands.set_word(word, &mut builder.kinds);
                    if builder.rule(words.next()?, &Services::ALL, &demands)? {
                        words.push(word, line, line)?;
                    }
                    if words.bytes() + builder.bytes() > most {
                        return None;
                    }
                }
                Ok(None) => break false,
                Err(ListError::Word) => break true,
                Err(ListError::Io(_)) => return None,
            }
        };
        Some(Self {
            index: builder.build(words.parts.len() <= few)?,
            words,
            bad_word,
            passed_nul: list.passed_nul(),
        })
    }
}

/// Goes through the words of a held list that can have to do with one end of a request.
pub struct HeldWords {
    list: Arc<HeldList>,
    finder: Finder,
}

impl HeldWords {
    /// Starts at the first word.
    pub fn new(list: Arc<HeldList>) -> Self {
        Self {
            list,
            finder: Finder::default(),
        }
    }

    /// Whether NUL bytes were passed over in the list.
    pub fn passed_nul(&self) -> bool {
        self.list.passed_nul
    }

    /// The next word that can have to do with that end, as it is known now.
    ///
    /// # Errors
    /// The list cannot be used: see [`ListError`].
    pub fn next_word(
        &mut self,
        request: &Request,
        side: Side,
    ) -> Result<Option<ListWord<'_>>, ListError> {
        let list = &*self.list;
        let count = list.words.parts.len();
        match self.finder.next(&list.index, count, request, side) {
            Some(number) => {
                let word = list.words.line(number).ok_or_else(damaged);
                let Line { text, first, .. } = word.map_err(ListError::Io)?;
                Ok(Some(ListWord {
                    word: text,
                    line: first,
                }))
            }
            None if list.bad_word => Err(ListError::Word),
            None => Ok(None),
        }
    }
}
