//! End-to-end scenarios of tcpd: tables, a client, and what comes of it.
//!
//! Each runs against ours or Debian's (`TCPD_SUBJECT=ours|debian`), in a world of its own;
//! see the crate `scenarios` for the harness and `tests/setup` for what must be there.

#![forbid(unsafe_code)]

mod abuse;
mod banners;
mod booby_trap;
mod checkers;
mod daemons;
mod descriptors;
mod differences;
mod dns_lists;
mod examples;
mod expansions;
mod exports;
mod files;
mod hosts;
mod identity;
mod in_error;
mod inheritance;
mod lines;
mod lists;
mod logging;
mod names;
mod networks;
mod options;
mod program;
mod sockets;
mod superservers;
mod tally;
mod try_from;
mod users;
mod verdict;
