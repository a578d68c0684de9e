//! Whether the system lacks what every lookup needs: where a descriptor or memory cannot be had, the name services find
//! nothing, which is not the answer that there is nothing.
//!
//! What is taken to find that out is given back at once.

use std::hint::black_box;
use std::io;
use std::ptr;

use hosts_access::request::facts::Unanswered;
use nix::libc;
use socket2::{Domain, Socket, Type};

/// Memory that a lookup must be able to get: what the C library reads files and answers into.
const LOOKUP_BYTES: usize = 4 << 10;

/// Memory that the C library takes for a long answer besides: 64 kB, and what surrounds it.
const ANSWER_BYTES: usize = 96 << 10;

/// Name servers that it asks, at most (`MAXNS` of resolv.h). It keeps the socket to each until the lookup ends.
const NAME_SERVERS: usize = 3;

/// Looks whether a lookup can be made: one descriptor must be free, for a socket, and some memory.
///
/// # Errors
/// What cannot be had.
pub fn check() -> Result<(), Unanswered> {
    hold(1)
}

/// Looks whether a lookup that has found nothing could have everything that the C library takes for one. A name server
/// that it could not ask for want of that is to it like one that does not answer.
///
/// # Errors
/// What cannot be had.
pub fn check_after() -> Result<(), Unanswered> {
    // SAFETY: the kernel chooses a place that nothing uses, and the block is given back at once.
    let memory = unsafe {
        let (protection, kind) = (
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
        );
        let block = libc::mmap(ptr::null_mut(), ANSWER_BYTES, protection, kind, -1, 0);
        block != libc::MAP_FAILED && libc::munmap(block, ANSWER_BYTES) == 0
    };
    if !memory {
        return Err(Unanswered::Failed(libc::ENOMEM));
    }
    hold(NAME_SERVERS)
}

/// Takes a block of memory and so many sockets at once, and gives them back.
fn hold(sockets: usize) -> Result<(), Unanswered> {
    // SAFETY: the block is freed at once, and not used; a null pointer may be freed.
    let memory = unsafe {
        let block = black_box(libc::malloc(LOOKUP_BYTES));
        libc::free(block);
        !block.is_null()
    };
    if !memory {
        return Err(Unanswered::Failed(libc::ENOMEM));
    }
    let mut held: [Option<Socket>; NAME_SERVERS] = [const { None }; NAME_SERVERS];
    for place in held.iter_mut().take(sockets) {
        let made = match Socket::new(Domain::IPV4, Type::DGRAM, None) {
            // A kernel without IPv4 has other sockets.
            Err(error) if error.raw_os_error() == Some(libc::EAFNOSUPPORT) => {
                Socket::new(Domain::UNIX, Type::DGRAM, None)
            }
            made => made,
        };
        *place = Some(made.map_err(|error| Unanswered::Failed(failure(&error)))?);
    }
    Ok(())
}

/// The number of a system error; of one that is none, that of an error of input or output.
pub(crate) fn failure(error: &io::Error) -> i32 {
    match error.raw_os_error() {
        Some(number) if number != 0 => number,
        _ => libc::EIO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name servers that were not asked for want of a descriptor look to the C library like silent ones, so after a lookup
    /// more than the one that it begins with must be there.
    #[test]
    fn one_descriptor_is_enough_before_a_lookup_and_not_after_it() {
        let allowed = |free: libc::rlim_t| {
            // SAFETY: the child makes calls that may follow fork(2), and ends there.
            let pid = unsafe { libc::fork() };
            if pid == 0 {
                // SAFETY: as above; the pointers are to values on this stack.
                unsafe {
                    let lowest = libc::open(c"/dev/null".as_ptr(), libc::O_RDONLY);
                    // What other tests have open above it would be in the way.
                    libc::close_range(lowest.cast_unsigned(), libc::c_uint::MAX, 0);
                    let most = lowest as libc::rlim_t + free;
                    let limit = libc::rlimit {
                        rlim_cur: most,
                        rlim_max: most,
                    };
                    libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
                    let (before, after) = (check().is_ok(), check_after().is_ok());
                    libc::_exit(i32::from(before) + 2 * i32::from(after));
                }
            }
            let mut status = 0;
            // SAFETY: the pointer is to a status word.
            unsafe { libc::waitpid(pid, &raw mut status, 0) };
            libc::WEXITSTATUS(status)
        };
        let found: Vec<_> = (0..=3).map(allowed).collect();
        assert_eq!(found, [0, 1, 1, 3]);
    }
}
