//! Bytes in messages, escaped: one event is one line, and no terminal obeys what somebody wrote.
//!
//! Text of a stranger and text of a table are two types, since only the second may keep letters of other languages.

use std::fmt;
use std::path::Path;

/// Bytes for a message: text from outside is shown with `\ooo` for all that is not printable
/// ASCII, so one event is one line and no terminal obeys it.
pub struct Shown<'a>(pub &'a [u8]);

impl fmt::Display for Shown<'_> {
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

/// Bytes of a table for a message: printable text of any language stays as it is written, and
/// `\ooo` stands for control characters and bytes that are no text.
pub struct Written<'a>(pub &'a [u8]);

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        for chunk in self.0.utf8_chunks() {
            for letter in chunk.valid().chars() {
                if letter.is_control() {
                    Shown(letter.encode_utf8(&mut [0; 4]).as_bytes()).fmt(f)?;
                } else {
                    f.write_char(letter)?;
                }
            }
            Shown(chunk.invalid()).fmt(f)?;
        }
        Ok(())
    }
}

impl<'a> From<&'a Path> for Written<'a> {
    fn from(path: &'a Path) -> Self {
        Self(path.as_os_str().as_encoded_bytes())
    }
}
