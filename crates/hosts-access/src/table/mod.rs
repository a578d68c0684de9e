//! What a table says: joined lines, the fields of a rule, lists with EXCEPT, patterns and how they compare, and the files
//! that a pattern names. Nothing here knows the request.

pub mod blocks;
pub mod compare;
pub mod entry;
pub mod filelist;
pub mod line;
pub mod list;
pub mod pattern;
pub mod place;
pub mod rule;
