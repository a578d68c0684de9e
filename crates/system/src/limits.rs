//! Bounds of what is asked of the system, each with its reason (hosts_access(5), LIMITS).

use std::time::Duration;

/// Time for a client to take its whole banner.
pub const BANNER_DEADLINE: Duration = Duration::from_secs(10);

/// How long a refused client may take to read its banner before the connection is closed.
pub const FAREWELL_DEADLINE: Duration = Duration::from_secs(1);

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
