//! `/file` patterns: a file of host patterns, one of which must match (hosts_access(5), Address
//! files).
//!
//! Words are separated by white space of any kind. A `#` at the start of a word begins a comment up
//! to the end of the line. Reads in blocks and keeps one word at a time. NUL bytes in a comment, and a run of
//! them at the end of the file, are passed over.

use std::error::Error;
use std::fmt;
use std::io::{self, Read};

use crate::accelerate::skim::Skim;
use crate::fault::reason;
use crate::limits::MAX_LIST_WORD_BYTES;
use crate::table::line::grow;
use crate::text::bytes::is_blank;

const BLOCK_BYTES: usize = 64 << 10;

/// Why a list cannot be used.
#[derive(Debug)]
pub enum ListError {
    /// Reading failed.
    Io(io::Error),
    /// A word holds a NUL byte or is longer than [`MAX_LIST_WORD_BYTES`].
    Word,
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => f.write_str(&reason(error)),
            Self::Word => {
                f.write_str("NUL byte or endless word; write the list again as plain text")
            }
        }
    }
}

impl Error for ListError {}

/// A word of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListWord<'b> {
    /// Its bytes, without blanks.
    pub word: &'b [u8],
    /// Its physical line, counted from 1.
    pub line: u64,
}

/// Reads the words of a list.
pub struct ListWords<R> {
    source: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    line: u64,
    passed_nul: bool,
}

impl<R: Read> ListWords<R> {
    /// Starts at the first word.
    pub fn new(source: R) -> Self {
        Self {
            source,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            line: 1,
            passed_nul: false,
        }
    }

    /// Whether NUL bytes were passed over so far.
    pub fn passed_nul(&self) -> bool {
        self.passed_nul
    }

    /// The next word, or `None` at the end.
    ///
    /// # Errors
    /// See [`ListError`].
    pub fn next_word(&mut self) -> Result<Option<ListWord<'_>>, ListError> {
        loop {
            self.skip(is_blank)?;
            match self.peek()? {
                None => return Ok(None),
                Some(b'#') => {
                    let mut nul = false;
                    self.skip(|byte| {
                        nul |= byte == 0;
                        byte != b'\n'
                    })?;
                    self.passed_nul |= nul;
                }
                Some(_) => {
                    let line = self.line;
                    let length = self.word_length()?;
                    let from = self.start;
                    self.start += length;
                    if length == 0 {
                        self.start = self.end;
                        return Ok(None);
                    }
                    let word = self.buffer.get(from..from + length).unwrap_or_default();
                    return Ok(Some(ListWord { word, line }));
                }
            }
        }
    }

    /// The next word but those that plainly cannot match.
    ///
    /// # Errors
    /// See [`ListError`].
    pub fn next_word_past(&mut self, skim: &Skim<'_>) -> Result<Option<ListWord<'_>>, ListError> {
        loop {
            let unread = self.unread();
            let window = unread.get(..MAX_LIST_WORD_BYTES).unwrap_or(unread);
            let skipped = skim.list_words(window);
            let stuck = skipped.bytes == 0 && !unread.is_empty();
            self.start += skipped.bytes;
            self.line += skipped.lines;
            if skipped.stopped || stuck || !self.fill()? {
                return self.next_word();
            }
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, ListError> {
        if self.start == self.end {
            self.fill()?;
        }
        Ok(self.unread().first().copied())
    }

    fn unread(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Skips bytes of a kind.
    fn skip(&mut self, mut kind: impl FnMut(u8) -> bool) -> Result<(), ListError> {
        while let Some(byte) = self.peek()? {
            if !kind(byte) {
                break;
            }
            self.line += u64::from(byte == b'\n');
            self.start += 1;
        }
        Ok(())
    }

    /// Length of the word that begins here; 0 where NUL bytes up to the end do.
    fn word_length(&mut self) -> Result<usize, ListError> {
        let mut length = 0;
        loop {
            let unread = self.unread();
            let tail = unread.get(length..).unwrap_or_default();
            match tail.iter().position(|byte| is_blank(*byte) || *byte == 0) {
                Some(at) => {
                    let nul = tail.get(at) == Some(&0);
                    length += at;
                    if nul {
                        self.pass_last_nuls(length)?;
                    }
                    return Ok(length);
                }
                None => length = unread.len(),
            }
            if length > MAX_LIST_WORD_BYTES {
                return Err(ListError::Word);
            }
            if !self.fill()? {
                return Ok(length);
            }
        }
    }

    /// Sees to it that nothing but NUL bytes follows, from so many bytes on, up to the end.
    fn pass_last_nuls(&mut self, mut from: usize) -> Result<(), ListError> {
        loop {
            let unread = self.unread();
            let tail = unread.get(from..).unwrap_or_default();
            from = unread.len();
            if from > MAX_LIST_WORD_BYTES || tail.iter().any(|byte| *byte != 0) {
                return Err(ListError::Word);
            }
            if !self.fill()? {
                self.passed_nul = true;
                return Ok(());
            }
        }
    }

    /// Reads another block after what is unread; `false` at the end.
    fn fill(&mut self) -> Result<bool, ListError> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            let grown = (self.buffer.len() * 2).max(BLOCK_BYTES);
            grow(&mut self.buffer, grown).map_err(ListError::Io)?;
        }
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        loop {
            match self.source.read(room) {
                Ok(count) => {
                    self.end += count;
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ListError::Io(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &[u8]) -> Vec<String> {
        let mut words = ListWords::new(text);
        let mut shown = Vec::new();
        loop {
            match words.next_word() {
                Ok(Some(ListWord { word, line })) => {
                    let word = String::from_utf8_lossy(word).into_owned();
                    shown.push(format!("{line}:{word}"));
                }
                Ok(None) => {
                    shown.extend(words.passed_nul().then(|| "passed".to_owned()));
                    return shown;
                }
                Err(_) => {
                    shown.push("error".to_owned());
                    return shown;
                }
            }
        }
    }

    #[test]
    fn words() {
        for (text, expected) in [
            ("", &[][..]),
            ("a", &["1:a"]),
            (
                "a b\n\tc\r\n\x0bd\x0ce",
                &["1:a", "1:b", "2:c", "3:d", "3:e"],
            ),
            ("# ALL hosts\na # b ALL\nc#d\n#", &["2:a", "3:c#d"]),
            ("a,b 2001:db8::1", &["1:a,b", "1:2001:db8::1"]),
            ("a\n\0b", &["1:a", "error"]),
            ("a b\0\n", &["1:a", "error"]),
            ("a b\0c", &["1:a", "error"]),
            ("a b\0\0", &["1:a", "1:b", "passed"]),
            ("a\n\0\0", &["1:a", "passed"]),
            ("# \0\na\n", &["2:a", "passed"]),
            ("a # \0", &["1:a", "passed"]),
        ] {
            assert_eq!(show(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn long_words_work_and_endless_ones_end() {
        let long = "x".repeat(MAX_LIST_WORD_BYTES - 1);
        assert_eq!(show(long.as_bytes()), [format!("1:{long}")]);
        assert!(matches!(
            ListWords::new(io::repeat(b'x')).next_word(),
            Err(ListError::Word)
        ));
    }
}
