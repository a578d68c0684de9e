//! The bytes of a table: blanks, brackets, paths.

use std::path::PathBuf;

/// White space as C's isspace(3) has it.
pub fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Takes white space off both ends.
pub fn strip(text: &[u8]) -> &[u8] {
    let start = text.iter().take_while(|byte| is_blank(**byte)).count();
    let end = text.iter().rposition(|byte| !is_blank(*byte));
    text.get(start..end.map_or(start, |last| last + 1))
        .unwrap_or_default()
}

/// What stands between brackets, if the word is bracketed.
pub fn bracketed(word: &[u8]) -> Option<&[u8]> {
    word.strip_prefix(b"[")?.strip_suffix(b"]")
}

/// Splits at the first such byte, from an offset on, at which as many brackets were closed as
/// opened since the offset.
pub(crate) fn split_outside_brackets(word: &[u8], byte: u8, from: usize) -> Option<(&[u8], &[u8])> {
    let mut depth = 0_i64;
    let at = word.get(from..)?.iter().position(|found| {
        depth += i64::from(*found == b'[') - i64::from(*found == b']');
        *found == byte && depth == 0
    })?;
    Some((word.get(..from + at)?, word.get(from + at + 1..)?))
}

/// A path as it stands in a table.
pub fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}
