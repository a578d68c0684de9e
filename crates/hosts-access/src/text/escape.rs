//! Bytes in messages, escaped: one event is one line, and no terminal obeys what somebody wrote.
//!
//! Text of a stranger and text of a table are two types, since only the second may keep letters of other languages.

use std::fmt;
use std::path::Path;

/// Text of a stranger (a client, its name server, its ident server) in a message: `\ooo` stands for all that is
/// not printable ASCII.
pub struct Untrusted<'a>(pub &'a [u8]);

impl fmt::Display for Untrusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        for byte in self.0 {
            match byte {
                b' '..=b'~' => f.write_char(char::from(*byte))?,
                other => write!(f, "\\{other:03o}")?,
            }
        }
        Ok(())
    }
}

/// Text of this machine's administrator (a table, a path, an argument) in a message: letters of any language
/// stay, and `\ooo` stands for control characters and bytes that are no text.
pub struct TableText<'a>(pub &'a [u8]);

impl fmt::Display for TableText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        for chunk in self.0.utf8_chunks() {
            for letter in chunk.valid().chars() {
                if letter.is_control() {
                    Untrusted(letter.encode_utf8(&mut [0; 4]).as_bytes()).fmt(f)?;
                } else {
                    f.write_char(letter)?;
                }
            }
            Untrusted(chunk.invalid()).fmt(f)?;
        }
        Ok(())
    }
}

impl<'a> From<&'a Path> for TableText<'a> {
    fn from(path: &'a Path) -> Self {
        Self(path.as_os_str().as_encoded_bytes())
    }
}
