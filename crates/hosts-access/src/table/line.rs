//! Logical lines of a table: continuation lines joined, comments and blank lines left out.
//!
//! Reads in blocks and hands out slices of its buffer, so a table costs no memory per line. Lines
//! that cannot be trusted end the table (hosts_access(5), TABLE LINES): one without a newline, one that
//! is too long, one that holds a NUL byte in a rule. A crash can leave NUL bytes in a file, so those that
//! do not touch a rule are passed over: before a physical line, in a comment, in a run at the end.
//!
//! Newlines are searched for in the plain way of the memchr crate: its fast one first finds out what
//! the processor can do, which in a virtual machine takes longer than to read a small table.

use std::error::Error;
use std::fmt;
use std::io::{self, Read};

use memchr::arch::all::memchr::One;

use crate::accelerate::memory;
use crate::accelerate::skim::Skim;
use crate::fault::reason;
use crate::limits::MAX_RULE_BYTES;

/// Size of the first read: most tables fit, and need no larger buffer.
const FIRST_BLOCK_BYTES: usize = 4 << 10;

/// Size of the reads of a long table, to which the buffer grows as it is filled; it grows beyond only
/// for longer lines.
const BLOCK_BYTES: usize = 64 << 10;

/// Where skimming gains nothing, it is tried again after at most so many lines.
const MAX_PAUSE: u32 = 63;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A logical line that is neither blank nor a comment, or has NUL bytes that were passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'b> {
    /// The text, without the final newline.
    pub text: &'b [u8],
    /// The first physical line, counted from 1.
    pub first: u64,
    /// The last physical line.
    pub last: u64,
    /// Whether NUL bytes were passed over in it. Then its text may be empty.
    pub nul: bool,
}

/// Why a table ends before its end.
#[derive(Debug)]
pub enum LineError {
    /// The table ends without a newline.
    Unterminated,
    /// Longer than [`MAX_RULE_BYTES`].
    TooLong,
    /// A NUL byte in a rule.
    Nul,
    /// Reading failed.
    Io(io::Error),
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unterminated | Self::TooLong => f.write_str("missing newline or line too long"),
            Self::Nul => f.write_str("NUL byte in the line; write the table again as plain text"),
            Self::Io(error) => write!(f, "cannot read on: {}", reason(error)),
        }
    }
}

impl Error for LineError {}

/// Reads the logical lines of a table.
///
/// The buffer holds the joined part of the line at hand (`start..joined`), a gap that joining has
/// left, and what was read beyond (`raw..end`). Each byte moves a bounded number of times.
pub struct Lines<R> {
    source: R,
    buffer: Vec<u8>,
    start: usize,
    joined: usize,
    raw: usize,
    end: usize,
    at_end: bool,
    first: u64,
    last: u64,
    /// Whether NUL bytes were passed over in the line at hand.
    nul: bool,
    /// Lines until skimming is tried again, and how many they were the last time.
    pause: (u32, u32),
    /// Whether the table begins with a byte order mark.
    marked: bool,
    /// Whether a comment was passed that is none in the original.
    live: bool,
}

impl<R: Read> Lines<R> {
    /// Starts at the table's first line.
    pub fn new(source: R) -> Self {
        Self {
            source,
            buffer: Vec::new(),
            start: 0,
            joined: 0,
            raw: 0,
            end: 0,
            at_end: false,
            first: 0,
            last: 0,
            nul: false,
            pause: (0, 0),
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
    /// The rest of the table is not to be used: see [`LineError`].
    pub fn next_line(&mut self) -> Result<Option<Line<'_>>, LineError> {
        loop {
            if !self.join()? {
                return Ok(None);
            }
            let text = self.buffer.get(self.start..self.joined).unwrap_or_default();
            let (nul, rule) = (One::new(0).find(text).is_some(), is_rule(text));
            if nul && rule {
                return Err(LineError::Nul);
            }
            self.nul |= nul;
            if rule {
                break;
            }
            self.live |= self.is_live_comment();
            if self.nul {
                self.joined = self.start;
                break;
            }
        }
        Ok(Some(Line {
            nul: self.nul,
            text: self.buffer.get(self.start..self.joined).unwrap_or_default(),
            first: self.first,
            last: self.last,
        }))
    }

    /// The next line as [`Lines::next_line`] gives it, but without those that plainly have nothing to
    /// do with a request.
    ///
    /// # Errors
    /// See [`LineError`].
    pub fn next_line_past(&mut self, skim: &Skim<'_>) -> Result<Option<Line<'_>>, LineError> {
        match self.pause {
            // The first line may begin with a byte order mark.
            _ if self.last == 0 => {}
            (0, length) => {
                let before = self.last;
                self.skip(skim)?;
                let gained = self.last > before;
                let length = if gained {
                    0
                } else {
                    MAX_PAUSE.min(2 * length + 1)
                };
                self.pause = (length, length);
            }
            (left, length) => self.pause = (left - 1, length),
        }
        self.next_line()
    }

    /// The next comment that tcp_wrappers 7.6 takes for a rule, since `#` is not the first byte of its line.
    ///
    /// # Errors
    /// See [`LineError`].
    pub fn next_live_comment(&mut self) -> Result<Option<Line<'_>>, LineError> {
        loop {
            if !self.join()? {
                return Ok(None);
            }
            if self.is_live_comment() {
                break;
            }
        }
        Ok(Some(Line {
            nul: false,
            text: self.buffer.get(self.start..self.joined).unwrap_or_default(),
            first: self.first,
            last: self.last,
        }))
    }

    /// Whether the line at hand is such a comment.
    fn is_live_comment(&self) -> bool {
        let text = self.buffer.get(self.start..self.joined).unwrap_or_default();
        let at_start = text.starts_with(b"#") && !(self.first == 1 && self.marked);
        let nul = self.nul || text.contains(&0);
        !at_start && !nul && !is_rule(text) && text.contains(&b'#')
    }

    /// Whether [`Lines::next_line`] has passed such a comment.
    pub fn met_live_comment(&self) -> bool {
        self.live
    }

    /// Passes lines over, reading on as long as nothing stops it.
    fn skip(&mut self, skim: &Skim<'_>) -> Result<(), LineError> {
        loop {
            let unread = self.buffer.get(self.raw..self.end).unwrap_or_default();
            let window = unread.get(..MAX_RULE_BYTES).unwrap_or(unread);
            let skipped = skim.lines(window);
            let stuck = skipped.bytes == 0 && !unread.is_empty();
            self.raw += skipped.bytes;
            self.last += skipped.lines;
            self.first = self.last + 1;
            self.start = self.raw;
            self.joined = self.raw;
            if skipped.stopped || stuck || self.at_end || !self.fill()? {
                return Ok(());
            }
        }
    }

    /// Joins the physical lines of the next logical line; `false` at the end of the table.
    fn join(&mut self) -> Result<bool, LineError> {
        if self.last == 0 {
            self.skip_byte_order_mark()?;
        }
        self.first = self.last + 1;
        self.start = self.raw;
        self.joined = self.raw;
        self.nul = false;
        loop {
            let Some(newline) = self.newline()? else {
                return self.unterminated();
            };
            let newline = newline - self.pass_nuls(newline);
            self.last += 1;
            let continued = newline > 0 && self.buffer.get(self.raw + newline - 1) == Some(&b'\\');
            let kept = newline - usize::from(continued);
            if self.joined != self.raw {
                self.buffer
                    .copy_within(self.raw..self.raw + kept, self.joined);
            }
            self.joined += kept;
            self.raw += newline + 1;
            if self.joined - self.start > MAX_RULE_BYTES {
                return Err(LineError::TooLong);
            }
            if !continued {
                return Ok(true);
            }
        }
    }

    /// Passes over NUL bytes at the start of a physical line of this length. Gives how many they are.
    fn pass_nuls(&mut self, length: usize) -> usize {
        let line = self.buffer.get(self.raw..self.raw + length);
        let line = line.unwrap_or_default();
        let nuls = line.iter().take_while(|byte| **byte == 0).count();
        if nuls > 0 {
            self.nul = true;
            if self.joined == self.start {
                self.start = self.raw + nuls;
                self.joined = self.start;
            }
            self.raw += nuls;
        }
        nuls
    }

    /// The table ends without a newline, unless it ends here altogether: continuations that join
    /// nothing are no line. A run of NUL bytes is passed over as a line.
    fn unterminated(&mut self) -> Result<bool, LineError> {
        let nothing_joined = self.joined == self.start;
        if self.raw == self.end && nothing_joined {
            return Ok(false);
        }
        // A line that was begun has its own number; an empty continuation ends with the table.
        self.last += u64::from(self.raw < self.end);
        self.pass_nuls(self.end - self.raw);
        if self.raw == self.end && nothing_joined {
            return Ok(true);
        }
        Err(LineError::Unterminated)
    }

    /// Offset of the next newline in what was read beyond the joined part, reading on as needed.
    fn newline(&mut self) -> Result<Option<usize>, LineError> {
        let mut searched = 0;
        loop {
            let unread = self.buffer.get(self.raw + searched..self.end);
            if let Some(at) = unread.and_then(|unread| One::new(b'\n').find(unread)) {
                return Ok(Some(searched + at));
            }
            searched = self.end - self.raw;
            if searched > MAX_RULE_BYTES {
                self.last += 1;
                return Err(LineError::TooLong);
            }
            if self.at_end {
                return Ok(None);
            }
            match self.fill() {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => {
                    self.last += 1;
                    return Err(error);
                }
            }
        }
    }

    /// Closes the gaps and reads another block; `false` at the end.
    fn fill(&mut self) -> Result<bool, LineError> {
        let was_full = self.end == self.buffer.len();
        if self.start > 0 || self.joined < self.raw {
            self.buffer.copy_within(self.start..self.joined, 0);
            self.joined -= self.start;
            self.start = 0;
            self.buffer.copy_within(self.raw..self.end, self.joined);
            self.end -= self.raw - self.joined;
            self.raw = self.joined;
        }
        let room = self.buffer.len() - self.end;
        if self.buffer.is_empty() {
            grow(&mut self.buffer, FIRST_BLOCK_BYTES).map_err(LineError::Io)?;
        } else if was_full && self.buffer.len() < BLOCK_BYTES {
            let grown = self.buffer.len() * 4;
            grow(&mut self.buffer, grown).map_err(LineError::Io)?;
        } else if room == 0 || (self.buffer.len() >= BLOCK_BYTES && room < BLOCK_BYTES / 2) {
            let grown = (self.buffer.len() * 2).max(BLOCK_BYTES);
            grow(&mut self.buffer, grown).map_err(LineError::Io)?;
        }
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        loop {
            match self.source.read(room) {
                Ok(0) => {
                    self.at_end = true;
                    return Ok(false);
                }
                Ok(count) => {
                    self.end += count;
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(LineError::Io(error)),
            }
        }
    }

    fn skip_byte_order_mark(&mut self) -> Result<(), LineError> {
        while self.end < BYTE_ORDER_MARK.len() && self.fill()? {}
        let begin = self.buffer.get(..self.end).unwrap_or_default();
        if begin.starts_with(BYTE_ORDER_MARK) {
            self.raw = BYTE_ORDER_MARK.len();
            self.marked = true;
        }
        Ok(())
    }
}

/// Makes a buffer longer. A process may have a memory limit, and a line may be longer than it.
pub(crate) fn grow(buffer: &mut Vec<u8>, length: usize) -> io::Result<()> {
    let more = length.saturating_sub(buffer.len());
    memory::may_fail(|| buffer.try_reserve_exact(more)).map_err(|_| io::ErrorKind::OutOfMemory)?;
    buffer.resize(length, 0);
    Ok(())
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
                Err(LineError::Unterminated) => "error",
                Err(LineError::TooLong) => "long",
                Err(LineError::Nul) => "NUL",
                Err(LineError::Io(_)) => "io",
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

    /// A reader that fails behind its text.
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
