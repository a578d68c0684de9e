//! What the engine has to say: warnings, errors and notes for the log, and each step for who asks why.

pub mod problem;
pub mod trace;
