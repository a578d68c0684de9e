//! Bytes of a table: numbers, and how a word of a pattern compares with a name.

pub mod number;
pub mod strings;
