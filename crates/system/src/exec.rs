//! Becoming another program.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::AsFd;

use nix::libc;
use nix::unistd;

use crate::environment::Environment;
use crate::process::SHELL;

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

/// Becomes `/bin/sh -c COMMAND` with the client's socket on descriptors 0, 1 and 2.
///
/// Returns only if that fails, with the reason.
pub fn become_shell(command: &[u8], environment: &Environment, socket: impl AsFd) -> io::Error {
    let Ok(command) = CString::new(command) else {
        return io::ErrorKind::InvalidInput.into();
    };
    let socket = socket.as_fd();
    if let Err(error) = unistd::dup2_stdin(socket)
        .and_then(|()| unistd::dup2_stdout(socket))
        .and_then(|()| unistd::dup2_stderr(socket))
    {
        return error.into();
    }
    become_program(SHELL, &[c"sh".into(), c"-c".into(), command], environment)
}
