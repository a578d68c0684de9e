//! What must hold of everything that outsiders can write, whatever it is.
//!
//! One module for each kind of text, each with a `check` that panics if something does not hold.
//! Where the answer can be told in a few plain lines, it is, and compared.
//!
//! An input is one text, or several with the byte `0x1e` between them; where there are facts about
//! a request besides, its first byte chooses them.

#![forbid(unsafe_code)]

pub mod banner;
pub mod expansion;
pub mod file_list;
pub mod finger;
pub mod ident_reply;
pub mod inetd_conf;
pub mod options;
pub mod tables;

#[path = "../../crates/hosts-access/tests/properties/case.rs"]
mod case;
mod facts;
#[path = "../../crates/hosts-access/tests/properties/written.rs"]
mod written;

/// The byte between the texts of an input.
const BETWEEN: u8 = 0x1e;

/// Splits off the first byte, which chooses facts.
fn choice(input: &[u8]) -> (u8, &[u8]) {
    match input {
        [choice, rest @ ..] => (*choice, rest),
        [] => (0, input),
    }
}

/// The texts of an input; those that are missing are empty, the last one is all the rest.
fn texts<const N: usize>(input: &[u8]) -> [&[u8]; N] {
    let mut texts = input.splitn(N, |byte| *byte == BETWEEN);
    std::array::from_fn(|_| texts.next().unwrap_or_default())
}

/// Everything that reads in pieces must read the same by any size of them.
const PIECES: [usize; 2] = [usize::MAX, 3];
