//! A command's status where the program ignores SIGCHLD. In a process of its own, since the
//! disposition is the whole process's and other tests wait for children.

#![allow(unsafe_code)]

use nix::sys::signal::{SigHandler, Signal, signal};
use system::environment::Environment;
use system::process::{Ended, Stdio, run_shell};

#[test]
fn ignored_child_signals_do_not_hide_the_status() {
    // SAFETY: this is the only test of its process, and no handler of it is replaced.
    unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }.unwrap();
    let ended = run_shell(b"exit 7", &Environment::default(), Stdio::Null);
    assert_eq!(ended.unwrap(), Ended::Exited(7));
}
