//! What text is made of: bytes, numbers, and escapes for messages.

pub mod bytes;
pub mod escape;
pub mod number;
