//! Banner files: text for the client, with expansions, in network line ends (hosts_options(5),
//! BANNER FILES).
//!
//! Read and handed on in chunks, so a banner of any length costs little memory. The odd cases are
//! the original's: bytes after a NUL are left out together with their line end, and a line with
//! unbalanced brackets keeps its bare line feed.

use std::io::{self, Read};

/// Size of a read. A chunk that is all expansions grows by their values.
const CHUNK_BYTES: usize = 4 << 10;

/// Reads a banner file in chunks.
pub struct Banner<R> {
    source: R,
    /// A `%` whose letter is in the next chunk.
    percent: bool,
    /// Whether only NUL bytes came so far, which are sent as they are.
    leading: bool,
    /// Whether a NUL was met in this line, so that the rest of it is left out.
    cut: bool,
    /// Opening brackets less closing ones in this line.
    depth: i64,
}

impl<R: Read> Banner<R> {
    /// Starts at the file's begin.
    pub fn new(source: R) -> Self {
        Self {
            source,
            percent: false,
            leading: true,
            cut: false,
            depth: 0,
        }
    }

    /// The next chunk with network line ends; its expansions are still to be done, and none
    /// reaches over its end. `None` at the end of the file.
    ///
    /// # Errors
    /// Reading failed.
    pub fn next_chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut block = [0; CHUNK_BYTES];
        let count = loop {
            match self.source.read(&mut block) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        let mut chunk = Vec::with_capacity(count + 1);
        if std::mem::take(&mut self.percent) {
            chunk.push(b'%');
        }
        if count == 0 {
            return Ok((!chunk.is_empty()).then_some(chunk));
        }
        for byte in block.get(..count).unwrap_or_default() {
            self.send(*byte, &mut chunk);
        }
        if ends_in_percent(&chunk) {
            chunk.pop();
            self.percent = true;
        }
        Ok(Some(chunk))
    }

    /// Adds what a byte of the file becomes.
    fn send(&mut self, byte: u8, chunk: &mut Vec<u8>) {
        match byte {
            0 if self.leading => chunk.push(0),
            0 => {
                // At the end of what is sent of a line a `%` stands for itself.
                if ends_in_percent(chunk) {
                    chunk.push(b'%');
                }
                self.cut = true;
            }
            b'\n' => {
                if !self.cut && self.depth == 0 {
                    chunk.push(b'\r');
                }
                if !self.cut {
                    chunk.push(b'\n');
                }
                self.cut = false;
                self.depth = 0;
            }
            _ if self.cut => {}
            _ => {
                self.depth += i64::from(byte == b'[') - i64::from(byte == b']');
                chunk.push(byte);
            }
        }
        self.leading &= byte == 0;
    }
}

/// Whether the last `%` of a text is not the second of a pair.
fn ends_in_percent(text: &[u8]) -> bool {
    let percents = text.iter().rev().take_while(|byte| **byte == b'%');
    percents.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(text: &[u8]) -> Vec<Vec<u8>> {
        let mut banner = Banner::new(text);
        std::iter::from_fn(|| banner.next_chunk().unwrap()).collect()
    }

    /// One line per case of options.md, section 3.
    #[test]
    fn lines() {
        for (text, expected) in [
            ("", ""),
            ("a\nb\n", "a\r\nb\r\n"),
            ("a\nb", "a\r\nb"),
            ("a\r\n", "a\r\r\n"),
            ("\0\0a\n", "\0\0a\r\n"),
            ("a\0b\nc\n", "ac\r\n"),
            ("a\n\0b\nc\n", "a\r\nc\r\n"),
            ("[a\nb\n", "[a\nb\r\n"),
            ("a]\n[b]\n", "a]\n[b]\r\n"),
            ("\x1b\u{e9}\n", "\x1b\u{e9}\r\n"),
            ("50%", "50%"),
            ("50%\n", "50%\r\n"),
            ("50%\0x\n\0\na%%\0\nb", "50%%a%%b"),
        ] {
            let sent = sent(text.as_bytes()).concat();
            assert_eq!(String::from_utf8_lossy(&sent), expected, "{text:?}");
        }
    }

    #[test]
    fn an_expansion_is_never_torn() {
        for percents in 1..6 {
            for at in CHUNK_BYTES - 6..CHUNK_BYTES + 2 {
                let text = ["x".repeat(at), "%".repeat(percents), "a".repeat(9)].concat();
                let chunks = sent(text.as_bytes());
                assert_eq!(chunks.concat(), text.as_bytes());
                for chunk in &chunks {
                    assert!(!ends_in_percent(chunk), "{percents} at {at}");
                }
            }
        }
    }
}
