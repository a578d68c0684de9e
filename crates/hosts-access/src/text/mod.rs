//! Bytes of a table: numbers, and how a word of a pattern compares with a name.

pub mod bytes;
pub mod compare;
pub mod escape;
pub mod number;
