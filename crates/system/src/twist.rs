//! Serving a client by the command of a `twist` option, in place of the daemon (hosts_options(5), COMMAND OPTIONS).
//!
//! Becomes the command, or for a datagram runs it. Whatever fails on the way, the daemon is not started: the caller logs
//! the fault and ends.

use std::ffi::CString;
use std::io;
use std::os::fd::AsFd;

use hosts_access::fault::Fault;
use nix::unistd;

use crate::environment::Environment;
use crate::exec::become_program;
use crate::peer::Connection;
use crate::process::{Ended, SHELL, Stdio, run_shell};

/// What a shell that cannot be run is called in the log.
const SHELL_FAULT: &str = "twist_option: /bin/sh";

/// The fault that the client's socket cannot be what the command reads and writes.
pub fn no_socket(error: &io::Error) -> Fault {
    Fault::new("twist_option: dup", error)
}

/// Becomes `/bin/sh -c COMMAND` with the client's socket on descriptors 0, 1 and 2. For a datagram it runs the command
/// and returns the status to end with: one that is left in the queue would make inetd start the service again without
/// end. `connection` is what is known of the socket, if it is one.
///
/// # Errors
/// The command could not be run.
pub fn serve<S: AsFd, C: AsFd>(
    command: &[u8],
    environment: &Environment,
    socket: S,
    connection: Option<&Connection<C>>,
) -> Result<i32, Fault> {
    let socket = socket.as_fd();
    let queued =
        connection.and_then(|connection| Some((connection, connection.queued_datagram()?)));
    unistd::dup2_stdin(socket).map_err(|error| no_socket(&error.into()))?;
    let Some((connection, datagram)) = queued else {
        unistd::dup2_stdout(socket)
            .and_then(|()| unistd::dup2_stderr(socket))
            .map_err(|error| no_socket(&error.into()))?;
        return Err(Fault::new(SHELL_FAULT, &become_shell(command, environment)));
    };
    let ended = run_shell(command, environment, Stdio::Socket);
    // The command may have read it; the next one is another client's.
    if connection.queued_datagram() == Some(datagram) {
        connection.discard_datagram();
    }
    match ended.map_err(|error| error.fault(SHELL_FAULT))? {
        Ended::Exited(status) => Ok(status),
        Ended::Killed { signal, .. } => Ok(128 + signal),
    }
}

/// Returns only if that fails, with the reason.
fn become_shell(command: &[u8], environment: &Environment) -> io::Error {
    match CString::new(command) {
        Ok(command) => become_program(SHELL, &[c"sh".into(), c"-c".into(), command], environment),
        Err(error) => error.into(),
    }
}
