//! `/file` patterns: a file of host patterns, one of which must match (hosts_access(5), Address
//! files).
//!
//! Words are separated by white space of any kind. A `#` at the start of a word begins a comment up
//! to the end of the line. Keeps one word at a time. NUL bytes in a comment, and a run of
//! them at the end of the file, are passed over.

use std::io::{self, Read};

use crate::limits::MAX_LIST_WORD_BYTES;
use crate::table::blocks::{Blocks, Skipped};
use crate::table::entry::{Entry, EntryError};
use crate::text::bytes::is_blank;

/// Reads the words of a list.
pub struct ListWords<R> {
    blocks: Blocks<R>,
    line: u64,
    passed_nul: bool,
}

impl<R: Read> ListWords<R> {
    /// Starts at the first word.
    pub fn new(source: R) -> Self {
        Self {
            blocks: Blocks::new(source),
            line: 1,
            passed_nul: false,
        }
    }

    /// Number of the physical line that is read.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Whether NUL bytes were passed over so far.
    pub fn passed_nul(&self) -> bool {
        self.passed_nul
    }

    /// The next word, or `None` at the end.
    ///
    /// # Errors
    /// The list cannot be used: see [`EntryError`].
    pub fn next_word(&mut self) -> Result<Option<Entry<'_>>, EntryError> {
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
                    let length = self.word_length()?;
                    if length == 0 {
                        self.blocks.take(self.blocks.unread().len());
                        return Ok(None);
                    }
                    self.blocks.take(length);
                    return Ok(Some(Entry {
                        text: self.blocks.taken(length, 0),
                        first: self.line,
                        last: self.line,
                        nul: false,
                    }));
                }
            }
        }
    }

    /// Passes over whole words at the start of what is unread, so many as `skip` tells of it.
    ///
    /// # Errors
    /// See [`EntryError`].
    pub fn pass_over(&mut self, skip: impl Fn(&[u8]) -> Skipped) -> Result<(), EntryError> {
        let passed = self
            .blocks
            .pass_over(MAX_LIST_WORD_BYTES, &mut self.line, skip);
        Ok(passed?)
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        if self.blocks.unread().is_empty() {
            self.blocks.fill()?;
        }
        Ok(self.blocks.unread().first().copied())
    }

    /// Skips bytes of a kind.
    fn skip(&mut self, mut kind: impl FnMut(u8) -> bool) -> io::Result<()> {
        while let Some(byte) = self.peek()? {
            if !kind(byte) {
                break;
            }
            self.line += u64::from(byte == b'\n');
            self.blocks.take(1);
        }
        Ok(())
    }

    /// Length of the word that begins here; 0 where NUL bytes up to the end do.
    fn word_length(&mut self) -> Result<usize, EntryError> {
        let mut length = 0;
        loop {
            let unread = self.blocks.unread();
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
                return Err(EntryError::TooLong);
            }
            if !self.blocks.fill()? {
                return Ok(length);
            }
        }
    }

    /// Sees to it that nothing but NUL bytes follows, from so many bytes on, up to the end.
    fn pass_last_nuls(&mut self, mut from: usize) -> Result<(), EntryError> {
        loop {
            let unread = self.blocks.unread();
            let tail = unread.get(from..).unwrap_or_default();
            from = unread.len();
            if from > MAX_LIST_WORD_BYTES || tail.iter().any(|byte| *byte != 0) {
                return Err(EntryError::Nul);
            }
            if !self.blocks.fill()? {
                self.passed_nul = true;
                return Ok(());
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
                Ok(Some(Entry { text, first, .. })) => {
                    let word = String::from_utf8_lossy(text).into_owned();
                    shown.push(format!("{first}:{word}"));
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
            Err(EntryError::TooLong)
        ));
    }
}
