//! Whether memory runs short in this thread. The allocator of a library that has a reserve asks and notes it
//! here.
//!
//! And whether the system lacks what every lookup needs: where a descriptor or memory cannot be had, the name
//! services find nothing, which is not the answer that there is nothing.
//!
//! Touches nothing but flags of the thread, and needs no memory itself; what [`check`] takes it gives back.

use std::cell::Cell;
use std::hint::black_box;
use std::io;

use hosts_access::facts::Unanswered;
use nix::libc;

/// Memory that a lookup must be able to get: what the C library reads files and answers into.
const LOOKUP_BYTES: usize = 4 << 10;

thread_local! {
    static SHORT: Cell<bool> = const { Cell::new(false) };
    static OPTIONAL: Cell<bool> = const { Cell::new(false) };
}

/// Notes that memory came from the reserve.
pub fn note() {
    SHORT.set(true);
}

/// Whether that was so since this was last asked.
pub fn take() -> bool {
    SHORT.replace(false)
}

/// Whether this thread does something that can be done without, for which the reserve is not.
pub fn is_optional() -> bool {
    OPTIONAL.get()
}

/// Notes that this thread does no such thing any more: a jump has left it.
pub fn end_optional() {
    OPTIONAL.set(false);
}

/// Runs something that can be done without, and tells whether memory ran short in it. Nobody else
/// will know: what it has made is to be dropped then. It must stand large blocks being refused.
pub fn optional<T>(run: impl FnOnce() -> T) -> (T, bool) {
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            OPTIONAL.set(self.0);
        }
    }
    let short = take();
    let before = Before(OPTIONAL.replace(true));
    let made = run();
    drop(before);
    (made, SHORT.replace(short))
}

/// Looks whether a lookup can be made: one descriptor must be free, for a socket, and some memory.
///
/// # Errors
/// What cannot be had.
pub fn check() -> Result<(), Unanswered> {
    // SAFETY: the block is freed at once, and not used; a null pointer may be freed.
    let memory = unsafe {
        let block = black_box(libc::malloc(LOOKUP_BYTES));
        libc::free(block);
        !block.is_null()
    };
    if !memory {
        return Err(Unanswered::Failed(libc::ENOMEM));
    }
    match socket(libc::AF_INET) {
        // A kernel without IPv4 has other sockets.
        Err(libc::EAFNOSUPPORT) => socket(libc::AF_UNIX).map_err(Unanswered::Failed),
        made => made.map_err(Unanswered::Failed),
    }
}

/// Makes a socket and closes it.
fn socket(family: libc::c_int) -> Result<(), i32> {
    // SAFETY: the call takes numbers only; the descriptor that it makes is closed at once.
    unsafe {
        match libc::socket(family, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0) {
            -1 => Err(failure(&io::Error::last_os_error())),
            descriptor => {
                libc::close(descriptor);
                Ok(())
            }
        }
    }
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

    #[test]
    fn what_can_be_done_without_leaves_no_note() {
        assert_eq!(optional(is_optional), (true, false));
        assert_eq!(optional(note), ((), true));
        assert!(!take() && !is_optional());
        note();
        assert_eq!(optional(|| 1), (1, false));
        assert!(take(), "what was short before is known still");
        let defect = std::panic::catch_unwind(|| optional(|| panic!("a defect")));
        assert!(defect.is_err() && !is_optional());
    }
}
