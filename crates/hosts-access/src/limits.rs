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

/// Time for a client to take its whole banner.
pub const BANNER_DEADLINE: Duration = Duration::from_secs(10);

/// Longest ident reply that is read, in bytes (RFC 1413, section 4, allows 1,000 characters).
pub const MAX_IDENT_REPLY_BYTES: usize = 1000;

/// Time for the lookup of an address. The resolver's own schedule ends first (28 s for three silent
/// servers), so that a dead name service leaves a name unknown as in the original.
pub const ADDRESS_LOOKUP_DEADLINE: Duration = Duration::from_secs(30);

/// Time for the lookup of a name or netgroup (56 s for three silent servers, as two questions are asked).
pub const NAME_LOOKUP_DEADLINE: Duration = Duration::from_secs(60);

/// Time for all lookups of a request together, ident included.
pub const REQUEST_LOOKUP_DEADLINE: Duration = Duration::from_secs(90);

/// Longest time that the messages of a request wait, all together, for a log daemon that does not read.
pub const LOG_DEADLINE: Duration = Duration::from_secs(5);

/// Longest time that its verdict, and what comes after it, waits besides: a daemon that takes 150 lines a
/// second has then taken those of a thousand clients that came at once, even with a debug line for each.
pub const VERDICT_LOG_DEADLINE: Duration = Duration::from_secs(15);

/// Longest record of the log, in bytes before control characters are escaped: twice what the
/// original could write, and short enough for a socket with the kernel's usual buffer.
pub const MAX_LOG_BYTES: usize = 16 << 10;

/// Longest `argv[0]` that tcpd takes, in bytes.
pub const MAX_ARGV0_BYTES: usize = 8 << 10;
