//! Descriptors that keep clear of 0, 1 and 2, which are the client's even where it has closed them.
//!
//! What takes one of the three would be overwritten, or written to, as if it were the client's.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

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
    let is_above = |descriptor: &OwnedFd| descriptor.as_raw_fd() > libc::STDERR_FILENO;
    if is_above(&descriptor) {
        return Ok(descriptor);
    }
    // The standard library's copy keeps clear of the three too, but does not promise that it always will.
    let copy = descriptor.try_clone()?;
    if is_above(&copy) {
        Ok(copy)
    } else {
        Err(io::Error::from_raw_os_error(libc::EMFILE))
    }
}
