//! The search of the tables for the rule that decides ("ACCESS CONTROL FILES" of hosts_access(5)).

pub mod access;
pub mod comments;
