//! Banner files.

use hosts_access::fake::Pieces;
use hosts_access::options::banner::Banner;

use crate::PIECES;

/// Checks the text that goes to the client, before its expansions, against one told plainly; and
/// that none of the chunks tears an expansion.
pub fn check(input: &[u8]) {
    let expected = plainly_sent(input);
    for piece in PIECES {
        let mut banner = Banner::new(Pieces {
            text: input,
            most: piece,
        });
        let mut sent = Vec::new();
        let mut torn = false;
        while let Some(chunk) = banner.next_chunk().expect("no error of reading") {
            assert!(!torn, "an expansion is torn");
            torn = ends_in_percent(&chunk);
            sent.extend_from_slice(&chunk);
        }
        assert_eq!(sent, expected, "read by {piece}");
    }
}

/// Whether the next byte would belong to an expansion that has begun.
fn ends_in_percent(chunk: &[u8]) -> bool {
    let mut open = false;
    for byte in chunk {
        open = !open && *byte == b'%';
    }
    open
}

/// A banner as it is sent, line by line.
fn plainly_sent(banner: &[u8]) -> Vec<u8> {
    let text = banner.iter().position(|byte| *byte != 0);
    let (nuls, text) = banner.split_at(text.unwrap_or(banner.len()));
    let mut sent = nuls.to_vec();
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let nul = line.iter().position(|byte| *byte == 0);
        let (text, end) = match (nul, line.strip_suffix(b"\n")) {
            (Some(nul), _) => (&line[..nul], &b""[..]),
            (None, Some(text)) => (text, &b"\n"[..]),
            (None, None) => (line, &b""[..]),
        };
        let count = |bracket| text.iter().filter(|byte| **byte == bracket).count();
        sent.extend_from_slice(text);
        // What is cut off cannot be an expansion's letter.
        if nul.is_some() && ends_in_percent(text) {
            sent.push(b'%');
        }
        if end == b"\n" && count(b'[') == count(b']') {
            sent.push(b'\r');
        }
        sent.extend_from_slice(end);
    }
    sent
}
