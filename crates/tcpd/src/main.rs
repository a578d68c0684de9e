//! tcpd: stands between inetd and a daemon, and checks each connection before it becomes it.
//!
//! Reads the access tables, logs, may run commands that the tables name, and executes the daemon
//! with the client's socket as it got it. Whatever fails is logged and never grants access. Nothing
//! is ever printed: descriptors 0 to 2 are the client's.
//!
//! Its own part is small: [`argv0`] finds out which daemon is meant, [`one_connection`] sees one
//! connection through. The rules are in `hosts-access`, the system calls in `system`.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), no_main)]

mod argv0;
mod one_connection;

use std::panic;

use system::connection_lines::REFUSED_UNKNOWN;
use system::entry::EXIT_DEFECT;
use system::log;

#[cfg(not(test))]
system::entry_point!(run);

#[global_allocator]
static MEMORY: log::Memory = log::Memory;

/// Exit status of everything but a twist, as inetd has always seen it.
const EXIT_OK: i32 = 0;

#[cfg_attr(test, expect(dead_code))]
fn run() -> i32 {
    log::prepare(b"tcpd", REFUSED_UNKNOWN);
    panic::set_hook(Box::new(|defect| {
        log::end(EXIT_DEFECT, format_args!("error: defect in tcpd: {defect}"));
    }));
    one_connection::see_through(std::env::args_os().collect())
}
