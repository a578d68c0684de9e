//! The search of the tables for the rule that decides and its test against the request.

pub mod access;
pub mod comments;
pub mod matcher;
