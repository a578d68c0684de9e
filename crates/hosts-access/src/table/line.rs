//! Logical lines of a table: continuation lines joined, comments and blank lines left out.
//!
//! Hands out slices of its block, so a table costs no memory per line; only what is joined is copied. Lines
//! that cannot be trusted end the table (hosts_access(5), TABLE LINES): one without a newline, one that
//! is too long, one that holds a NUL byte in a rule. A crash can leave NUL bytes in a file, so those that
//! do not touch a rule are passed over: before a physical line, in a comment, in a run at the end.
//!
//! Newlines are searched for in the plain way of the memchr crate: its fast one first finds out what
//! the processor can do, which in a virtual machine takes longer than to read a small table.

use std::io::{self, Read};

use memchr::arch::all::memchr::One;

use crate::limits::MAX_RULE_BYTES;
use crate::memory;
use crate::table::blocks::{Blocks, Skipped};
use crate::table::entry::{Entry, EntryError};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads the logical lines of a table: those that are neither blank nor a comment, or have NUL bytes that were
/// passed over.
pub struct Lines<R> {
    blocks: Blocks<R>,
    /// The line at hand, if it was joined of several.
    joined: Vec<u8>,
    /// Its length, if it was not: it stands in the block, before a newline.
    single: usize,
    first: u64,
    last: u64,
    /// Whether NUL bytes were passed over in the line at hand.
    nul: bool,
    /// Whether the table begins with a byte order mark.
    marked: bool,
    /// Whether a comment was passed that is none in the original.
    live: bool,
}

impl<R: Read> Lines<R> {
    /// Starts at the table's first line.
    pub fn new(source: R) -> Self {
        Self {
            blocks: Blocks::new(source),
            joined: Vec::new(),
            single: 0,
            first: 0,
            last: 0,
            nul: false,
            marked: false,
            live: false,
        }
    }

    /// Number of the first physical line of the line at hand or, after an error, of the bad one.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Number of the last physical line of the line at hand or, after an error, of the bad one.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// The next line that is neither blank nor a comment, or `None` at the end. One with NUL bytes that
    /// were passed over is given too, with an empty text if it is blank or a comment.
    ///
    /// # Errors
    /// The rest of the table is not to be used: see [`EntryError`].
    pub fn next_line(&mut self) -> Result<Option<Entry<'_>>, EntryError> {
        while self.join()? {
            let text = self.text();
            let (nul, rule) = (One::new(0).find(text).is_some(), is_rule(text));
            if nul && rule {
                return Err(EntryError::Nul);
            }
            self.nul |= nul;
            self.live |= !rule && self.is_live_comment();
            if !rule && self.nul {
                self.joined.clear();
                self.single = 0;
            }
            if rule || self.nul {
                return Ok(Some(self.line()));
            }
        }
        Ok(None)
    }

    /// The next comment that tcp_wrappers 7.6 takes for a rule, since `#` is not the first byte of its line.
    ///
    /// # Errors
    /// See [`EntryError`].
    pub fn next_live_comment(&mut self) -> Result<Option<Entry<'_>>, EntryError> {
        while self.join()? {
            if self.is_live_comment() {
                return Ok(Some(self.line()));
            }
        }
        Ok(None)
    }

    /// Passes over whole lines at the start of what is unread, so many as `skip` tells of it.
    ///
    /// # Errors
    /// See [`EntryError`].
    pub fn pass_over(&mut self, skip: impl Fn(&[u8]) -> Skipped) -> Result<(), EntryError> {
        let passed = self.blocks.pass_over(MAX_RULE_BYTES, &mut self.last, skip);
        if passed.is_err() {
            // At the line after those that were passed over.
            self.last += 1;
            self.first = self.last;
        }
        Ok(passed?)
    }

    /// Whether [`Lines::next_line`] has passed such a comment.
    pub fn met_live_comment(&self) -> bool {
        self.live
    }

    /// Whether the line at hand is such a comment.
    fn is_live_comment(&self) -> bool {
        let text = self.text();
        let at_start = text.starts_with(b"#") && !(self.first == 1 && self.marked);
        let nul = self.nul || text.contains(&0);
        !at_start && !nul && !is_rule(text) && text.contains(&b'#')
    }

    fn text(&self) -> &[u8] {
        match &self.joined[..] {
            [] => self.blocks.taken(self.single, 1),
            joined => joined,
        }
    }

    fn line(&self) -> Entry<'_> {
        Entry {
            text: self.text(),
            first: self.first,
            last: self.last,
            nul: self.nul,
        }
    }

    /// Joins the physical lines of the next logical line; `false` at the end of the table.
    fn join(&mut self) -> Result<bool, EntryError> {
        if self.last == 0 {
            self.skip_byte_order_mark()?;
        }
        self.first = self.last + 1;
        self.joined.clear();
        self.single = 0;
        self.nul = false;
        loop {
            let Some(newline) = self.newline()? else {
                return self.unterminated();
            };
            let length = newline - self.pass_nuls(newline);
            self.last += 1;
            let unread = self.blocks.unread().get(..length).unwrap_or_default();
            let (text, continued) = match unread {
                [begun @ .., b'\\'] => (begun, true),
                whole => (whole, false),
            };
            if self.joined.len() + text.len() > MAX_RULE_BYTES {
                return Err(EntryError::TooLong);
            }
            if continued || !self.joined.is_empty() {
                memory::may_fail(|| self.joined.try_reserve(text.len()))
                    .map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
                self.joined.extend_from_slice(text);
            }
            self.blocks.take(length + 1);
            if !continued {
                self.single = length;
                return Ok(true);
            }
        }
    }

    /// Passes over NUL bytes at the start of a physical line of this length. Gives how many they are.
    fn pass_nuls(&mut self, length: usize) -> usize {
        let line = self.blocks.unread().iter().take(length);
        let nuls = line.take_while(|byte| **byte == 0).count();
        self.nul |= nuls > 0;
        self.blocks.take(nuls);
        nuls
    }

    /// The table ends without a newline, unless it ends here altogether: continuations that join
    /// nothing are no line. A run of NUL bytes is passed over as a line.
    fn unterminated(&mut self) -> Result<bool, EntryError> {
        let left = self.blocks.unread().len();
        if left == 0 && self.joined.is_empty() {
            return Ok(false);
        }
        // A line that was begun has its own number; an empty continuation ends with the table.
        self.last += u64::from(left > 0);
        if self.pass_nuls(left) == left && self.joined.is_empty() {
            return Ok(true);
        }
        Err(EntryError::Unterminated)
    }

    /// Offset of the next newline in what is unread, reading on as needed.
    fn newline(&mut self) -> Result<Option<usize>, EntryError> {
        let mut searched = 0;
        loop {
            let unread = self.blocks.unread();
            let tail = unread.get(searched..).unwrap_or_default();
            if let Some(at) = One::new(b'\n').find(tail) {
                return Ok(Some(searched + at));
            }
            searched = unread.len();
            if searched > MAX_RULE_BYTES {
                self.last += 1;
                return Err(EntryError::TooLong);
            }
            match self.blocks.fill() {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => {
                    self.last += 1;
                    return Err(error.into());
                }
            }
        }
    }

    fn skip_byte_order_mark(&mut self) -> Result<(), EntryError> {
        while self.blocks.unread().len() < BYTE_ORDER_MARK.len() && self.blocks.fill()? {}
        if self.blocks.unread().starts_with(BYTE_ORDER_MARK) {
            self.blocks.take(BYTE_ORDER_MARK.len());
            self.marked = true;
        }
        Ok(())
    }
}

/// Whether a line is neither blank nor a comment. A comment may be indented; NUL bytes are no text.
fn is_rule(text: &[u8]) -> bool {
    let first = text
        .iter()
        .find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0));
    first.is_some_and(|byte| *byte != b'#')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that gives one byte at a time, so every boundary is met.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else {
                return Ok(0);
            };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    /// `first-last:text` for each line, with a mark where NUL bytes were passed over, and the number of
    /// a bad line.
    fn show<R: Read>(source: R) -> Vec<String> {
        let mut lines = Lines::new(source);
        let mut shown = Vec::new();
        loop {
            let end = match lines.next_line() {
                Ok(Some(line)) => {
                    let text = String::from_utf8_lossy(line.text);
                    let nul = if line.nul { "~" } else { "" };
                    shown.push(format!("{}-{}:{nul}{text}", line.first, line.last));
                    continue;
                }
                Ok(None) => return shown,
                Err(EntryError::Unterminated) => "error",
                Err(EntryError::TooLong) => "long",
                Err(EntryError::Nul) => "NUL",
                Err(EntryError::Io(_)) => "io",
            };
            shown.push(format!("{end} {}", lines.last()));
            return shown;
        }
    }

    #[test]
    fn logical_lines() {
        for (table, expected) in [
            ("", &[][..]),
            ("a: b\n", &["1-1:a: b"]),
            ("a\n\n# c\n \t\r\nb\n", &["1-1:a", "5-5:b"]),
            ("sv\\\ncd: x\ny\n", &["1-2:svcd: x", "3-3:y"]),
            ("a\\\nb\\\nc\n", &["1-3:abc"]),
            ("a\\\r\nb\n", &["1-1:a\\\r", "2-2:b"]),
            ("a\\ \nb\n", &["1-1:a\\ ", "2-2:b"]),
            ("a\\\\\nb\n", &["1-2:a\\b"]),
            ("# c\\\na\nb\n", &["3-3:b"]),
            ("a\\\n# b\n", &["1-2:a# b"]),
            ("  # c\na\n", &["2-2:a"]),
            ("\x0b\n", &["1-1:\x0b"]),
            ("\u{feff}a\n", &["1-1:a"]),
            ("a\n\u{feff}b\n", &["1-1:a", "2-2:\u{feff}b"]),
            ("a\nb", &["1-1:a", "error 2"]),
            ("a", &["error 1"]),
            ("a\rb\r", &["error 1"]),
            ("x: y\\\n", &["error 1"]),
            ("\\\n", &[]),
            ("a\n\\\n\\\n", &["1-1:a"]),
            ("x: y\\\n\\\n", &["error 2"]),
            ("a\n# comment", &["1-1:a", "error 2"]),
            ("a\\\nb", &["error 2"]),
            ("a\nb\0\nc\n", &["1-1:a", "NUL 2"]),
            ("# \0\na\n", &["1-1:~", "2-2:a"]),
            ("\0\0\na\n", &["1-1:~", "2-2:a"]),
            (" \0 # x\n", &["1-1:~"]),
            ("\0\0a: b\nc\n", &["1-1:~a: b", "2-2:c"]),
            ("a\\\n\0b\nc\n", &["1-2:~ab", "3-3:c"]),
            ("\0a\\\n\0b\\\n\0\nc\n", &["1-3:~ab", "4-4:c"]),
            (" \0a\n", &["NUL 1"]),
            ("\0a\0\n", &["NUL 1"]),
            ("a\n\0\0\0", &["1-1:a", "2-2:~"]),
            ("\\\n\0", &["1-2:~"]),
            ("a\\\n\0", &["error 2"]),
            ("a\0\0", &["error 1"]),
            ("\0a", &["error 1"]),
            ("\\\n\\\na\n", &["1-3:a"]),
        ] {
            assert_eq!(show(table.as_bytes()), expected, "{table:?}");
            assert_eq!(
                show(Trickle(table.as_bytes())),
                expected,
                "{table:?} by bytes"
            );
        }
    }

    /// A reader that fails after its text.
    struct Broken<'a>(&'a [u8]);

    impl Read for Broken<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Err(io::ErrorKind::OutOfMemory.into());
            }
            self.0.read(buffer)
        }
    }

    #[test]
    fn comments_that_the_original_obeys() {
        for (table, expected) in [
            ("# a\n", &[][..]),
            (
                " # a\n#b\n\t#c\\\nd\n\r# e\n",
                &[(1, " # a"), (4, "\t#cd"), (5, "\r# e")],
            ),
            ("\u{feff}# a\n# b\n", &[(1, "# a")]),
            ("a: b # c\n \n", &[]),
            (" # a", &[]),
        ] {
            let mut lines = Lines::new(Trickle(table.as_bytes()));
            let mut found = Vec::new();
            while let Ok(Some(line)) = lines.next_live_comment() {
                found.push((line.last, String::from_utf8_lossy(line.text).into_owned()));
            }
            let found: Vec<_> = found.iter().map(|(at, text)| (*at, &text[..])).collect();
            assert_eq!(found, expected, "{table:?}");
        }
    }

    #[test]
    fn the_line_that_cannot_be_read_has_its_number() {
        assert_eq!(show(Broken(b"a\nb\\\nc")), ["1-1:a", "io 3"]);
    }

    #[test]
    fn long_lines_work_and_endless_ones_end() {
        let long = "x".repeat(MAX_RULE_BYTES - 1);
        assert_eq!(show(format!("{long}\ny\n").as_bytes()).len(), 2);
        assert_eq!(show(io::repeat(b'x')), ["long 1"]);
        assert_eq!(show(io::repeat(0)), ["long 1"]);
        let joined = "x\\\n".repeat(3 * MAX_RULE_BYTES / 2);
        assert_eq!(show(joined.as_bytes()).len(), 1);
    }
}
