//! Becoming another program.

use std::ffi::{CStr, CString};
use std::io;

use nix::libc;
use nix::unistd;

use crate::environment::Environment;

/// The path by which this program was started, if the kernel tells: `AT_EXECFN`, getauxval(3). Unlike
/// /proc/self/exe it is there in a chroot without /proc.
pub fn own_path() -> Option<&'static CStr> {
    // SAFETY: the call takes a number. What it gives for this one is 0 or the address of a string that the
    // kernel has put above the stack, where it stays as long as the program.
    unsafe {
        match libc::getauxval(libc::AT_EXECFN) {
            0 => None,
            address => Some(CStr::from_ptr(std::ptr::with_exposed_provenance(
                address as usize,
            ))),
        }
    }
}

/// Becomes the program at `path`. Descriptors, signals and the rest stay as they are.
///
/// Returns only if that fails, with the reason.
pub fn become_program(path: &CStr, arguments: &[CString], environment: &Environment) -> io::Error {
    let Err(error) = match environment.changed() {
        Some(variables) => unistd::execve(path, arguments, variables),
        None => unistd::execv(path, arguments),
    };
    error.into()
}
