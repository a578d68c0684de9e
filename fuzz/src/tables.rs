//! hosts.allow, hosts.deny and two files that rules may name, `/list` and `/banners/svcd`.

use hosts_access::fake::Pieces;
use hosts_access::table::entry::EntryError;
use hosts_access::table::line::Lines;

use crate::case::{Case, WAYS};
use crate::{PIECES, choice, facts, texts, written};

/// Checks the decision about a request (see `case.rs`), and how each table is split into lines.
pub fn check(input: &[u8]) {
    let (choice, rest) = choice(input);
    let [allow, deny, list, banner] = texts(rest);
    // Each way to do it again costs as much as the rest, so an input chooses one of them.
    let way = rest.iter().map(|byte| usize::from(*byte)).sum::<usize>();
    for table in [allow, deny] {
        check_lines(table, PIECES[way / WAYS % PIECES.len()]);
    }
    let lists = [
        ("/list", Some(list)),
        ("/banners/svcd", Some(banner)),
        ("/secret", None),
    ];
    let request = facts::request(choice);
    facts::with_world(|world| {
        Case {
            allow: Some(allow),
            deny: Some(deny),
            lists: &lists,
            others: world,
            request: &request,
            status: i32::from(choice & 64 != 0),
        }
        .check(Some(way % WAYS));
    });
}

/// A line's text with its first and last number; `None` where the table ends in error.
type Known = Option<(Vec<u8>, u64, u64)>;

fn check_lines(table: &[u8], piece: usize) {
    let expected = plainly_split(table);
    let mut lines = Lines::new(Pieces {
        text: table,
        most: piece,
    });
    for known in &expected {
        match (known, lines.next_line()) {
            (Some((text, first, last)), Ok(Some(line))) => {
                assert_eq!(
                    (line.text, line.first, line.last),
                    (&text[..], *first, *last)
                );
                assert!(line.nul || !text.is_empty());
                written::check(line.text);
            }
            (None, Err(EntryError::Unterminated | EntryError::TooLong | EntryError::Nul)) => {}
            (known, found) => panic!("{found:?} in place of {known:?}"),
        }
    }
    if expected.last() != Some(&None) {
        assert!(matches!(lines.next_line(), Ok(None)));
    }
}

/// The lines of a table, told without regard to speed and memory.
fn plainly_split(table: &[u8]) -> Vec<Known> {
    let mut rest = table.strip_prefix(b"\xef\xbb\xbf").unwrap_or(table);
    let mut known = Vec::new();
    let mut last = 0;
    while !rest.is_empty() {
        let first = last + 1;
        let mut text = Vec::new();
        let mut passed = false;
        loop {
            let Some(newline) = rest.iter().position(|byte| *byte == b'\n') else {
                // A line of nothing but continuations is none; NUL bytes at the end are passed over.
                let only_nuls = rest.iter().all(|byte| *byte == 0);
                if text.is_empty() && only_nuls {
                    let run = !rest.is_empty();
                    known.extend(run.then(|| Some((Vec::new(), first, last + 1))));
                } else {
                    known.push(None);
                }
                return known;
            };
            last += 1;
            let line = &rest[..newline];
            let nuls = line.iter().take_while(|byte| **byte == 0).count();
            passed |= nuls > 0;
            let line = &line[nuls..];
            rest = &rest[newline + 1..];
            match line.strip_suffix(b"\\") {
                Some(begun) => text.extend_from_slice(begun),
                None => {
                    text.extend_from_slice(line);
                    break;
                }
            }
        }
        let begin = text.iter().find(|byte| !b" \t\r\0".contains(byte));
        let rule = begin.is_some_and(|byte| *byte != b'#');
        match (rule, text.contains(&0) || passed) {
            (true, _) if text.contains(&0) => {
                known.push(None);
                return known;
            }
            (true, _) => known.push(Some((text, first, last))),
            (false, true) => known.push(Some((Vec::new(), first, last))),
            (false, false) => {}
        }
    }
    known
}
