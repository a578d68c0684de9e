//! Where the words of a file stand: from the engine's joined lines back to lines and columns.

use std::cell::Cell;
use std::ops::Range;
use std::path::Path;

use hosts_access::text::escape::TableText;

use crate::finding::{FilePlace, MarkedWord};

/// Bytes of a long line that are shown before and after a word.
const BEFORE_BYTES: usize = 40;
const AFTER_BYTES: usize = 80;

/// Longest line that is shown whole, in bytes.
const WHOLE_BYTES: usize = 200;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file that was read.
#[derive(Debug)]
pub(crate) struct SourceFile<'s> {
    /// Its name for messages.
    pub path: &'s Path,
    /// Its lines, without their line feeds.
    lines: Vec<&'s [u8]>,
    /// The last place that was asked for: places come mostly from left to right, and a line may be
    /// very long.
    last: Cell<Position>,
    /// Where the last word of a list was found.
    found: Cell<Position>,
}

/// A byte of a line, and the characters before it.
#[derive(Clone, Copy, Debug, Default)]
struct Position {
    line: u64,
    byte: usize,
    characters: usize,
}

/// A logical line of a file: the physical lines that it was joined from.
#[derive(Debug)]
pub(crate) struct LogicalLine<'s> {
    source: &'s SourceFile<'s>,
    /// The joined text. Words are told from each other by where they stand in it.
    text: &'s [u8],
    /// The first physical line.
    first: u64,
    /// The last physical line.
    last: u64,
    /// Where each physical line begins in the joined text. A rule may have a million of them.
    begins: Vec<Begin>,
}

/// The bytes and characters of a logical line before one of its physical lines.
#[derive(Clone, Copy, Debug, Default)]
struct Begin {
    byte: usize,
    characters: usize,
}

impl<'s> SourceFile<'s> {
    /// Finds the lines.
    pub(crate) fn new(path: &'s Path, bytes: &'s [u8]) -> Self {
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        Self {
            path,
            lines: bytes.split(|byte| *byte == b'\n').collect(),
            last: Cell::default(),
            found: Cell::default(),
        }
    }

    /// All lines with their numbers.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (u64, &'s [u8])> {
        (1..).zip(self.lines.iter().copied())
    }

    /// A line by its number.
    pub(crate) fn line(&self, number: u64) -> &'s [u8] {
        let index = usize::try_from(number).unwrap_or(0).wrapping_sub(1);
        self.lines.get(index).copied().unwrap_or_default()
    }

    /// The beginning of a line.
    fn head(&self, number: u64) -> String {
        let line = self.line(number);
        shown(line.get(..WHOLE_BYTES).unwrap_or(line))
    }

    /// A range of bytes of a physical line.
    pub(crate) fn place(&self, number: u64, range: Range<usize>) -> FilePlace {
        FilePlace {
            file: self.path.to_owned(),
            number,
            first: number,
            head: None,
            mark: Some(self.mark(number, range, 0)),
        }
    }

    /// A whole physical line, but for blanks around it.
    pub(crate) fn whole_line(&self, number: u64) -> FilePlace {
        let line = self.line(number);
        let start = line.len() - line.trim_ascii_start().len();
        self.place(number, start..start + line.trim_ascii().len())
    }

    /// A word of a physical line, found by its text.
    pub(crate) fn word(&self, number: u64, word: &[u8]) -> FilePlace {
        let line = self.line(number);
        let last = self.found.get();
        let from = if last.line == number { last.byte } else { 0 };
        let at = (from..line.len()).find(|at| {
            let starts = line.get(*at..).is_some_and(|rest| rest.starts_with(word));
            let before = at.checked_sub(1).and_then(|before| line.get(before));
            starts && before.is_none_or(|byte| byte.is_ascii_whitespace())
        });
        self.found.set(Position {
            line: number,
            byte: at.unwrap_or(0),
            characters: 0,
        });
        match at {
            Some(at) => self.place(number, at..at + word.len()),
            None => self.whole_line(number),
        }
    }

    /// Marks a range of bytes of a line, before which its rule has so many characters.
    fn mark(&self, number: u64, range: Range<usize>, before_line: usize) -> MarkedWord {
        let line = self.line(number);
        let end = range.end.min(line.len());
        let start = range.start.min(end);
        let whole = line.len() <= WHOLE_BYTES;
        let part = if whole {
            0..line.len()
        } else {
            let from = start.saturating_sub(BEFORE_BYTES);
            from..(start + AFTER_BYTES).min(line.len())
        };
        let text = |range: Range<usize>| shown(line.get(range).unwrap_or_default());
        let before = text(part.start..start);
        let word = text(start..end.min(part.end));
        let excerpt = format!("{before}{word}{}", text(end.min(part.end)..part.end));
        let column = self.column(number, start);
        MarkedWord {
            line: number,
            column,
            rule_column: before_line + column,
            bytes: start..end,
            span: before.len()..before.len() + word.len(),
            excerpt,
            whole,
        }
    }

    /// The column of a byte in characters, counted from 1.
    fn column(&self, number: u64, byte: usize) -> usize {
        let last = self.last.get();
        let (from, counted) = if last.line == number && last.byte <= byte {
            (last.byte, last.characters)
        } else {
            (0, 0)
        };
        let between = self.line(number).get(from..byte).unwrap_or_default();
        let characters = counted + String::from_utf8_lossy(between).chars().count();
        self.last.set(Position {
            line: number,
            byte,
            characters,
        });
        characters + 1
    }

    /// The logical line of these physical lines.
    pub(crate) fn logical_line(&'s self, text: &'s [u8], first: u64, last: u64) -> LogicalLine<'s> {
        let mut begins = vec![Begin::default()];
        let mut at = Begin::default();
        for number in first..last {
            let line = self.line(number);
            let joined = line.strip_suffix(b"\\").unwrap_or(line);
            at.byte += joined.len() - self.skipped(number);
            at.characters += String::from_utf8_lossy(joined).chars().count();
            begins.push(at);
        }
        LogicalLine {
            source: self,
            text,
            first,
            last,
            begins,
        }
    }

    /// Bytes at the beginning of a line that are no part of its rule.
    fn skipped(&self, number: u64) -> usize {
        match number {
            1 if self.line(1).starts_with(BYTE_ORDER_MARK) => BYTE_ORDER_MARK.len(),
            _ => {
                let nuls = self.line(number).iter().take_while(|byte| **byte == 0);
                nuls.count()
            }
        }
    }
}

/// Something whose parts have places.
pub(crate) trait Origin {
    /// Where a part of it is; anything else stands for all of it.
    fn place(&self, part: &[u8]) -> FilePlace;
}

impl Origin for LogicalLine<'_> {
    fn place(&self, part: &[u8]) -> FilePlace {
        match offset_in(self.text, part) {
            Some(start) => self.place_at(start..start + part.len()),
            None => self.place_at(0..self.text.len()),
        }
    }
}

/// A word of a `/file` list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListOrigin<'s> {
    /// The list.
    pub source: &'s SourceFile<'s>,
    /// The word's physical line.
    pub line: u64,
    /// The word.
    pub word: &'s [u8],
}

impl Origin for ListOrigin<'_> {
    fn place(&self, _: &[u8]) -> FilePlace {
        self.source.word(self.line, self.word)
    }
}

impl LogicalLine<'_> {
    /// All of it, but for blanks around it.
    pub(crate) fn whole(&self) -> FilePlace {
        self.place(self.text.trim_ascii())
    }

    /// Its last physical line, but for blanks around it.
    pub(crate) fn last_line(&self) -> FilePlace {
        let line = self.source.line(self.last);
        let begin = self.begins.last().map_or(0, |begin| begin.byte);
        let blanks = line.len() - line.trim_ascii_start().len();
        let start = (begin + blanks).saturating_sub(self.source.skipped(self.last));
        self.place_at(start..start + line.trim_ascii().len())
    }

    /// The table and the first line, as `hosts.allow:3`.
    pub(crate) fn name(&self) -> String {
        format!("{}:{}", TableText::from(self.source.path), self.first)
    }

    fn place_at(&self, range: Range<usize>) -> FilePlace {
        let after = self
            .begins
            .partition_point(|begin| begin.byte <= range.start);
        let index = after.saturating_sub(1);
        let begin = self.begins.get(index).copied().unwrap_or_default();
        let number = self.first + index as u64;
        let end_of_line = self.begins.get(index + 1);
        let end = end_of_line.map_or(range.end, |next| range.end.min(next.byte));
        let shift = self.source.skipped(number);
        let start = range.start - begin.byte + shift;
        let end = (end - begin.byte + shift).max(start);
        FilePlace {
            file: self.source.path.to_owned(),
            number: self.last,
            first: self.first,
            head: (number != self.first).then(|| self.source.head(self.first)),
            mark: Some(self.source.mark(number, start..end, begin.characters)),
        }
    }
}

/// Text for an excerpt. Its renderer knows ASCII's control characters, but not the others.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.replace(|letter| matches!(letter, '\u{80}'..='\u{9f}'), "\u{fffd}")
}

/// Where a part of a text begins in it.
pub(crate) fn offset_in(text: &[u8], part: &[u8]) -> Option<usize> {
    let offset = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    (offset + part.len() <= text.len()).then_some(offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hosts_access::table::line::Lines;
    use hosts_access::table::list::Words;

    /// `line:column:marked` of each word of each rule, with the column in the rule if that is another.
    fn marks(table: &str) -> Vec<String> {
        let source = SourceFile::new(Path::new("t"), table.as_bytes());
        let mut lines = Lines::new(table.as_bytes());
        let mut found = Vec::new();
        while let Ok(Some(line)) = lines.next_line() {
            let origin = source.logical_line(line.text, line.first, line.last);
            for word in Words::new(line.text) {
                let mark = origin.place(word).mark.unwrap();
                let marked = &mark.excerpt[mark.span.clone()];
                let (column, in_rule) = (mark.column, mark.rule_column);
                found.push(if column == in_rule {
                    format!("{}:{column}:{marked}", mark.line)
                } else {
                    format!("{}:{column}({in_rule}):{marked}", mark.line)
                });
            }
        }
        found
    }

    #[test]
    fn words_are_found_in_their_physical_lines() {
        for (table, expected) in [
            ("a: b\n", &["1:1:a:", "1:4:b"][..]),
            ("\n# x\n  a: b\n", &["3:3:a:", "3:6:b"]),
            (
                "a: b \\\n  c\\\nd e\n",
                &["1:1:a:", "1:4:b", "2:3(8):c", "3:3(11):e"],
            ),
            ("\u{feff}a: b\n", &["1:2:a:", "1:5:b"]),
            ("é: b\n", &["1:1:é:", "1:4:b"]),
            ("\\\n\\\na: b\n", &["3:1:a:", "3:4:b"]),
            ("\u{feff}é: \\\n b\n", &["1:2:é:", "2:2(6):b"]),
        ] {
            assert_eq!(marks(table), expected, "{table:?}");
        }
    }

    #[test]
    fn long_lines_are_cut_around_the_word() {
        let table = format!("svcd: {} y\n", "10.0.0.1 ".repeat(10_000));
        let source = SourceFile::new(Path::new("t"), table.as_bytes());
        let at = table.len() - 2;
        let mark = source.place(1, at..at + 1).mark.unwrap();
        assert_eq!(mark.column, at + 1);
        assert!(!mark.whole && mark.excerpt.len() < WHOLE_BYTES);
        assert_eq!(&mark.excerpt[mark.span], "y");
    }

    #[test]
    fn words_of_lists_are_found_by_their_text() {
        let source = SourceFile::new(Path::new("t"), b"ab b\n\tc");
        for (number, word, column) in [(1, "b", 4), (1, "ab", 1), (2, "c", 2), (2, "x", 2)] {
            let mark = source.word(number, word.as_bytes()).mark.unwrap();
            assert_eq!(mark.column, column, "{word}");
        }
    }
}
