//! Speed alone: entries that have nothing to do with a request are left out. Nothing here decides.
//!
//! Two ways to go through the entries of a file stand here for that of [`entries`](crate::search::entries): one reads the
//! file and skims over what plainly cannot matter, one finds the entries that may matter of a file held in memory. The
//! crate does without either, if it is built without the feature `accelerate`. docs/acceleration.md says why no
//! entry that is left out can matter, and which tests show it.

pub mod index;
mod skim;

use std::io::Read;

use crate::request::{Request, Side};
use crate::search::entries::{Entries, Kind, Passed};
use crate::table::entry::{Entry, EntryError};
use crate::table::filelist::ListWords;
use crate::table::line::Lines;
use skim::Skim;

/// Where skimming gains nothing, it is tried again after at most so many lines.
const MAX_PAUSE: u32 = 63;

/// Reads a file, but for what plainly has nothing to do with a request.
pub(crate) fn read<'r>(source: impl Read + 'r, kind: Kind) -> Box<dyn Entries + 'r> {
    match kind {
        Kind::Table => Box::new(SkimmedLines {
            lines: Lines::new(source),
            left: 0,
            pause: 0,
        }),
        Kind::List => Box::new(SkimmedWords(ListWords::new(source))),
    }
}

/// The lines of a table that are left.
struct SkimmedLines<R> {
    lines: Lines<R>,
    /// Lines until skimming is tried again.
    left: u32,
    /// How many they were the last time.
    pause: u32,
}

impl<R: Read> Entries for SkimmedLines<R> {
    fn next_entry(
        &mut self,
        request: &Request,
        side: Side,
    ) -> Result<Option<Entry<'_>>, EntryError> {
        let before = self.lines.last();
        if self.left > 0 {
            self.left -= 1;
        } else if before > 0
            // The first line may begin with a byte order mark.
            && let Some(skim) = Skim::new(request.host(side))
        {
            self.lines.pass_over(|text| skim.lines(text))?;
            self.pause = if self.lines.last() > before {
                0
            } else {
                MAX_PAUSE.min(2 * self.pause + 1)
            };
            self.left = self.pause;
        }
        self.lines.next_line()
    }

    fn lines(&self) -> (u64, u64) {
        self.lines.lines()
    }

    fn passed(&self) -> Passed {
        self.lines.passed()
    }
}

/// The words of a list that are left.
struct SkimmedWords<R>(ListWords<R>);

impl<R: Read> Entries for SkimmedWords<R> {
    fn next_entry(
        &mut self,
        request: &Request,
        side: Side,
    ) -> Result<Option<Entry<'_>>, EntryError> {
        if let Some(skim) = Skim::new(request.host(side)) {
            self.0.pass_over(|text| skim.list_words(text))?;
        }
        self.0.next_word()
    }

    fn lines(&self) -> (u64, u64) {
        self.0.lines()
    }

    fn passed(&self) -> Passed {
        self.0.passed()
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::request::Host;
    use crate::search::entries;

    /// A reader that fails after its text.
    struct Broken<'a>(&'a [u8]);

    impl Read for Broken<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer) {
                Ok(0) => Err(io::ErrorKind::OutOfMemory.into()),
                read => read,
            }
        }
    }

    /// What is said of a file names the same lines, however it is read.
    #[test]
    fn what_cannot_be_read_on_fails_at_the_same_line() {
        let request = Request::new("svcd", Host::from_text("192.0.2.7"), Host::unknown());
        let rules = "svcd: 10.1.2.3\n".repeat(300);
        for text in [
            "",
            "svcd: 10.1.2.3",
            &rules,
            &format!("{rules}svcd: x\n"),
            &format!("{rules}svcd: 10.1."),
            &format!("{rules}svcd: x\\\n"),
            &format!("{rules}svcd: x\n{rules}svcd: x\\\n10."),
        ] {
            let end = |mut entries: Box<dyn Entries + '_>| loop {
                match entries.next_entry(&request, Side::Client) {
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("{text:?} ends"),
                    Err(error) => return (error.to_string(), entries.lines()),
                }
            };
            let source = || Broken(text.as_bytes());
            assert_eq!(
                end(read(source(), Kind::Table)),
                end(entries::read(source(), Kind::Table)),
                "{text:?}"
            );
        }
    }
}
