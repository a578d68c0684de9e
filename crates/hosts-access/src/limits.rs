//! Bounds against abuse, each with its reason (hosts_access(5), LIMITS).
//!
//! The original had small fixed buffers; the bounds here are far above any table in use. Passing
//! one is an error of the rule and never grants access.

use std::time::Duration;

/// Longest rule after its continuation lines are joined, in bytes. A ban list of a million
/// addresses on one line fits; a table that is really another kind of file ends the search.
pub const MAX_RULE_BYTES: usize = 16 << 20;

/// Longest word in a `/file` list, in bytes.
pub const MAX_LIST_WORD_BYTES: usize = 1 << 20;

/// How deep `/file` lists may include each other. A list that includes itself ends here.
pub const MAX_LIST_DEPTH: usize = 8;

/// How many `/file` lists are opened for one request. Lists that include each other many times, a few
/// deep, would else be read without end.
pub const MAX_LISTS: usize = 10_000;

/// Longest value of an option after expansion, in bytes: the kernel takes no longer argument
/// (`MAX_ARG_STRLEN`, with its final NUL).
pub const MAX_EXPANSION_BYTES: usize = (128 << 10) - 1;

/// Longest piece of a banner after expansion, in bytes: a chunk of nothing but expansions, each as
/// long as a name can be, fits. A banner itself may have any length; its delivery has a deadline.
pub const MAX_BANNER_CHUNK_BYTES: usize = 4 << 20;

/// Longest ident reply that is read, in bytes (RFC 1413, section 4, allows 1,000 characters).
pub const MAX_IDENT_REPLY_BYTES: usize = 1000;

/// Time limit of an ident query, in whole, unless the program or a rule sets another.
pub const IDENT_LIMIT: Duration = Duration::from_secs(10);
