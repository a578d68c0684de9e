//! Banner files: text for the client, with expansions, in network line ends (hosts_options(5),
//! `banners`).
//!
//! The odd cases are the original's: bytes behind a NUL are left out together with their line end,
//! and a line with unbalanced brackets keeps its bare line feed.

use std::io::{self, Read};

use crate::limits::MAX_BANNER_BYTES;

/// A banner file that is longer than [`MAX_BANNER_BYTES`].
#[derive(Debug)]
pub enum BannerError {
    /// Too long.
    TooLong,
    /// Reading failed.
    Io(io::Error),
}

/// Reads a banner file and puts network line ends into it; expansions are still to be done.
///
/// Each item is a piece of text in which expansions do not reach over the end.
///
/// # Errors
/// See [`BannerError`].
pub fn read(source: impl Read) -> Result<Vec<Vec<u8>>, BannerError> {
    let mut text = Vec::new();
    let bound = MAX_BANNER_BYTES as u64 + 1;
    source
        .take(bound)
        .read_to_end(&mut text)
        .map_err(BannerError::Io)?;
    if text.len() > MAX_BANNER_BYTES {
        return Err(BannerError::TooLong);
    }
    Ok(pieces(&text))
}

fn pieces(text: &[u8]) -> Vec<Vec<u8>> {
    let nuls = text.iter().take_while(|byte| **byte == 0).count();
    let (nuls, text) = text.split_at(nuls);
    let mut pieces = vec![nuls.to_vec()];
    pieces.extend(
        text.split_inclusive(|byte| *byte == b'\n')
            .map(network_line),
    );
    pieces
}

/// One line with the line end that the client gets.
fn network_line(line: &[u8]) -> Vec<u8> {
    if let Some(nul) = line.iter().position(|byte| *byte == 0) {
        return line.get(..nul).unwrap_or_default().to_vec();
    }
    match line.strip_suffix(b"\n") {
        Some(text) if is_balanced(text) => [text, b"\r\n"].concat(),
        _ => line.to_vec(),
    }
}

/// Whether as many brackets are closed as opened.
fn is_balanced(text: &[u8]) -> bool {
    let count = |bracket| text.iter().filter(|byte| **byte == bracket).count();
    count(b'[') == count(b']')
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ] {
            let sent = read(text.as_bytes()).unwrap().concat();
            assert_eq!(String::from_utf8_lossy(&sent), expected, "{text:?}");
        }
    }

    #[test]
    fn long_banners_are_refused_whole() {
        let text = vec![b'x'; MAX_BANNER_BYTES];
        assert!(read(&text[..]).is_ok());
        assert!(matches!(read(io::repeat(b'x')), Err(BannerError::TooLong)));
    }
}
