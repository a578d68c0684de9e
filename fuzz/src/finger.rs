//! What a finger program or server says, and the questions that a rule asks it with names which the
//! client chose.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use safe_finger::filter::{Column, Filter, Flow};
use safe_finger::query;

use crate::choice;

/// A line and its last character, a note or an escape.
const LONGEST_LINE: usize = 132;

/// What one byte of input can become: four characters, and a continued line with its blank.
const GROWTH: usize = 7;

const NOTE_BYTES: usize = 60;

/// Checks the filter on an answer, and the parser on the same text as a command line.
pub fn check(input: &[u8]) {
    let (choice, answer) = choice(input);
    let limit = match choice % 4 {
        0 => answer.len().saturating_sub(1),
        1 => answer.len(),
        2 => 1,
        _ => 100_000,
    };
    let whole = filtered(answer, limit, answer.len().max(1));
    assert_eq!(filtered(answer, limit, 1), whole, "by single bytes");
    assert_eq!(
        filtered(answer, limit, 1 + usize::from(choice / 4)),
        whole,
        "in pieces"
    );
    let (shown, flow) = whole;
    assert_eq!(flow == Flow::Full, answer.len() > limit);
    assert!(shown.len() <= GROWTH * answer.len().min(limit) + NOTE_BYTES);
    for line in shown.split(|byte| *byte == b'\n') {
        assert!(line.len() <= LONGEST_LINE, "{} bytes", line.len());
        assert!(
            matches!(line, [] | [b' ', ..]),
            "a line begins {:?}",
            line[0]
        );
        assert!(
            line.iter()
                .all(|byte| matches!(byte, b' '..=b'~' | b'\t' | 11 | 12))
        );
    }
    check_query(answer);
}

fn filtered(answer: &[u8], limit: usize, piece: usize) -> (Vec<u8>, Flow) {
    let mut filter = Filter::new(limit, Column::default());
    let mut shown = Vec::new();
    for piece in answer.chunks(piece) {
        if filter.feed(piece, &mut shown) == Flow::Full {
            return (shown, Flow::Full);
        }
    }
    (shown, Flow::Open)
}

/// One question must stay one question, and a message one line.
fn check_query(text: &[u8]) {
    let arguments: Vec<_> = text
        .split(|byte| *byte == b' ')
        .map(|word| OsString::from_vec(word.to_vec()))
        .collect();
    match query::parse(&arguments) {
        Ok(queries) => {
            assert!(queries.len() <= arguments.len());
            for query in queries {
                assert!(!query.host.is_empty() && !query.host.contains('@'));
                assert!(!query.host.bytes().any(|byte| byte.is_ascii_control()));
                assert!(!query.text.iter().any(u8::is_ascii_control));
            }
        }
        Err(unasked) => {
            let text = unasked.to_string();
            assert!(
                text.bytes().all(|byte| matches!(byte, b' '..=b'~')),
                "{text:?}"
            );
        }
    }
}
