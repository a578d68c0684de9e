//! Becoming another program.

use std::ffi::{CStr, CString};
use std::io;

use nix::libc;
use nix::unistd;

use crate::environment::Environment;
use crate::process::{SHELL, pointers};

/// Becomes the program at `path`. Descriptors, signals and the rest stay as they are.
///
/// Returns only if that fails, with the reason.
pub fn become_program(path: &CStr, arguments: &[CString], environment: &Environment) -> io::Error {
    let arguments = pointers(arguments);
    let variables = pointers(environment.entries());
    // SAFETY: both arrays end with null and hold strings that end in NUL and live through the call.
    unsafe { libc::execve(path.as_ptr(), arguments.as_ptr(), variables.as_ptr()) };
    io::Error::last_os_error()
}

/// Becomes `/bin/sh -c COMMAND` with the client's socket, descriptor 0, on 1 and 2 too.
///
/// Returns only if that fails, with the reason.
pub fn become_shell(command: &[u8], environment: &Environment) -> io::Error {
    let Ok(command) = CString::new(command) else {
        return io::ErrorKind::InvalidInput.into();
    };
    if let Err(error) =
        unistd::dup2_stdout(io::stdin()).and_then(|()| unistd::dup2_stderr(io::stdin()))
    {
        return error.into();
    }
    become_program(SHELL, &[c"sh".into(), c"-c".into(), command], environment)
}
