//! What a table says: joined lines, the fields of a rule, lists with EXCEPT, patterns, and the files that a pattern
//! names ("ACCESS CONTROL RULES", "PATTERNS" and "OPERATORS" of hosts_access(5)).

pub mod filelist;
pub mod line;
pub mod list;
pub mod pattern;
pub mod rule;
