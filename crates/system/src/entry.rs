//! The start of a program that must hand on its process exactly as it got it.
//!
//! Rust's runtime ignores SIGPIPE and opens missing descriptors before `main`. A daemon started by
//! tcpd would inherit both, so tcpd starts at the C library's entry point instead.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Exit status of a program that ended by a defect of its own.
pub const EXIT_DEFECT: c_int = 70;

/// Makes `fn() -> i32` the program's start, without Rust's runtime before it.
#[macro_export]
macro_rules! entry_point {
    ($run:path) => {
        /// The C library's entry point.
        // SAFETY: the name is the one that the C library calls, once, and no other item has it; a
        // main that takes no arguments may ignore those it is given.
        #[unsafe(no_mangle)]
        extern "C" fn main() -> std::ffi::c_int {
            $crate::entry::start($run)
        }
    };
}

/// Runs the program. A defect ends it with a status of its own, after the panic hook has told.
pub fn start(run: fn() -> i32) -> c_int {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(EXIT_DEFECT)
}
