//! The guard at the C boundary: a panic must not unwind into the program's frames, nor print on its
//! descriptors, nor grant anything; and a thread that is cancelled ends when it is back in the program.

use std::cell::Cell;
use std::ffi::c_int;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::report;

thread_local! {
    /// Whether the program's own code wanted to jump out of the request at hand.
    static JUMPED: Cell<bool> = const { Cell::new(false) };
}

unsafe extern "C" {
    fn pthread_setcancelstate(state: c_int, before: *mut c_int) -> c_int;
}

/// `PTHREAD_CANCEL_DISABLE` of pthread.h.
const DISABLE: c_int = 1;

/// Puts a cancellation of this thread off: it would unwind Rust frames. (It is a store in the thread's
/// own memory, not a system call.)
struct NotCancelled(c_int);

impl NotCancelled {
    fn new() -> Self {
        let mut before = 0;
        // SAFETY: the pointer is to an int.
        unsafe { pthread_setcancelstate(DISABLE, &raw mut before) };
        Self(before)
    }
}

impl Drop for NotCancelled {
    fn drop(&mut self) {
        let mut ours = 0;
        // SAFETY: the state is one that the call has given out; the pointer is to an int.
        unsafe { pthread_setcancelstate(self.0, &raw mut ours) };
    }
}

/// Runs the library's part of a call; `failed` is the answer if it has a defect.
pub(crate) fn guard<T>(failed: T, run: impl FnOnce() -> T) -> T {
    // Not a lock: one that is held while another thread forks is held for ever in the child.
    static HOOKED: AtomicBool = AtomicBool::new(false);
    if !HOOKED.load(Ordering::Relaxed) && !HOOKED.swap(true, Ordering::Relaxed) {
        panic::set_hook(Box::new(|defect| {
            report::error(&format!("error: defect in libwrap: {defect}"));
        }));
    }
    let _cancellation_waits = NotCancelled::new();
    panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or(failed)
}

/// Notes how a call of the program's own code ended: not 0 if it wanted to jump out of the request.
pub(crate) fn called(jumped: i32) {
    if jumped != 0 {
        JUMPED.set(true);
    }
}

/// Whether the program's own code wanted to jump, which denies.
pub(crate) fn has_jumped() -> bool {
    JUMPED.get()
}

/// Forgets that it did. Returns what was known before.
pub(crate) fn set_jumped(jumped: bool) -> bool {
    JUMPED.replace(jumped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_defect_gives_the_answer_for_it() {
        let answer = guard("denied", || -> &str { panic!("a defect") });
        assert_eq!(answer, "denied");
    }

    #[test]
    fn cancellation_waits_for_the_end() {
        let state = || {
            let now = NotCancelled::new();
            now.0
        };
        assert_eq!(guard(9, state), DISABLE);
        assert_eq!(state(), 0);
    }
}
