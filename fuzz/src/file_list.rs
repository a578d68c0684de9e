//! `/file` lists.

use hosts_access::fake::Pieces;
use hosts_access::table::entry::EntryError;
use hosts_access::table::filelist::ListWords;

use crate::PIECES;

/// Checks how a list is split into words. What they match is checked with the tables.
pub fn check(input: &[u8]) {
    let expected = plainly_split(input);
    for piece in PIECES {
        let mut words = ListWords::new(Pieces {
            text: input,
            most: piece,
        });
        let mut found = Vec::new();
        let end = loop {
            match words.next_word() {
                Ok(Some(word)) => {
                    found.push((word.text.to_vec(), word.first));
                }
                Ok(None) => break true,
                Err(EntryError::Nul | EntryError::TooLong) => break false,
                Err(error) => panic!("{error}"),
            }
        };
        assert_eq!((found, end), expected, "read by {piece}");
    }
}

/// The words with their lines, and whether the list is well-formed to its end.
fn plainly_split(list: &[u8]) -> (Vec<(Vec<u8>, u64)>, bool) {
    let mut words = Vec::new();
    // A run of NUL bytes at the end is passed over.
    let run = list.iter().rev().take_while(|byte| **byte == 0).count();
    let list = &list[..list.len() - run];
    for (number, line) in list.split(|byte| *byte == b'\n').enumerate() {
        for word in line.split(|byte| b" \t\x0b\x0c\r".contains(byte)) {
            match word {
                [] => {}
                [b'#', ..] => break,
                _ if word.contains(&0) => return (words, false),
                _ => words.push((word.to_vec(), number as u64 + 1)),
            }
        }
    }
    (words, true)
}
