//! Descriptors that keep clear of 0, 1 and 2, which are the client's even where it has closed them.
//!
//! What takes one of the three would be overwritten, or written to, as if it were the client's.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::libc;

/// Descriptor 0: the client's socket. Unlike that of `io::stdin` it needs no buffer.
pub(crate) fn client() -> BorrowedFd<'static> {
    // SAFETY: nothing here ever closes it. Should it be closed from the start, each call says so.
    unsafe { BorrowedFd::borrow_raw(libc::STDIN_FILENO) }
}

/// The same file under a number above 2, closed on exec.
///
/// # Errors
/// No descriptor is free.
pub(crate) fn above_standard(descriptor: OwnedFd) -> io::Result<OwnedFd> {
    if descriptor.as_raw_fd() > libc::STDERR_FILENO {
        return Ok(descriptor);
    }
    let lowest = libc::STDERR_FILENO + 1;
    // SAFETY: the call has no precondition; the descriptor that it makes belongs to nobody else.
    unsafe {
        match libc::fcntl(descriptor.as_raw_fd(), libc::F_DUPFD_CLOEXEC, lowest) {
            -1 => Err(io::Error::last_os_error()),
            higher => Ok(OwnedFd::from_raw_fd(higher)),
        }
    }
}
