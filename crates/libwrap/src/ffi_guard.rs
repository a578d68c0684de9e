//! The guard around every call of an exported function. A panic must not unwind into its frames, nor print on its descriptors, nor
//! grant anything; and whatever way leads back to the program, nothing of the call stays behind.
//!
//! Such ways are a return, a long jump over the library (a signal handler's, or that of a function of the
//! program which the library has called), and an exception or the end of a thread out of such a function.
//! What a thread has noted for the time of a call is in one record, [`Call`], which each of them
//! puts back. What else a jump may not leave as it is, [`left`] undoes. `shim/calls.c` is the other half.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::call::{self, Call};
use crate::{messages, reserve, severities, shim};

/// Room for what C keeps of a call: `ENTRY_WORDS` of wrap.h.
const ENTRY_WORDS: usize = 8;

/// What C keeps of a call.
type Entry = MaybeUninit<[usize; ENTRY_WORDS]>;

unsafe extern "C" {
    fn wrap_enter(entry: *mut Entry, left: unsafe extern "C" fn(*mut c_void), call: *mut c_void);
    fn wrap_leave(entry: *mut Entry);
    fn wrap_restore(entry: *mut Entry);
}

unsafe extern "C-unwind" {
    fn wrap_go_on(jumped: c_int) -> !;
}

/// A call of the library as its frame keeps it.
struct Frame {
    entry: Entry,
    before: Call,
    memory: u32,
}

/// Undoes what a call has left of which a jump has passed the frame: it runs none of its destructors. This may
/// be in a signal handler.
///
/// # Safety
/// The frame of a call that [`guard`] has entered.
unsafe extern "C" fn left(frame: *mut c_void) {
    let frame = frame.cast::<Frame>();
    // SAFETY: as the caller says; the memory is not used for anything else yet.
    unsafe {
        shim::hide();
        severities::release_lock();
        system::process::abandon();
        reserve::give_back((*frame).memory);
        call::replace((*frame).before);
        wrap_restore(&raw mut (*frame).entry);
    }
}

/// Runs the library's part of a call; `failed` is the answer if it has a defect. To be called where only the
/// program's frames are below, since it may leave by an exception or a jump, as the program's code wanted.
pub(crate) fn guard<T: Copy>(failed: T, run: impl FnOnce() -> T) -> T {
    // Not a lock: one that is held while another thread forks is held for ever in the child.
    static HOOKED: AtomicBool = AtomicBool::new(false);
    if !HOOKED.load(Ordering::Relaxed) && !HOOKED.swap(true, Ordering::Relaxed) {
        panic::set_hook(Box::new(|defect| {
            messages::error(&format!("error: defect in libwrap: {defect}"));
        }));
    }
    let before = call::call();
    let mut frame = Frame {
        entry: MaybeUninit::uninit(),
        before,
        memory: reserve::drawn(),
    };
    let at = &raw mut frame;
    call::replace(Call {
        jumped: 0,
        ..before
    });
    // SAFETY: the frame lives until `wrap_leave`, or until a jump has passed it.
    unsafe { wrap_enter(&raw mut (*at).entry, left, at.cast()) };
    let answer = panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or(failed);
    // SAFETY: the entry is the one from above.
    unsafe { wrap_leave(&raw mut (*at).entry) };
    let jumped = call::replace(before).jumped;
    if jumped != 0 {
        // SAFETY: nothing in this frame, nor in that of the exported function, has to be dropped.
        unsafe { wrap_go_on(jumped) };
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" {
        fn pthread_setcancelstate(state: c_int, before: *mut c_int) -> c_int;
    }

    /// The cancellation state of this thread: 1 if it is off.
    fn cancellation() -> c_int {
        let (mut state, mut none) = (0, 0);
        // SAFETY: the pointers are to an int each, and the second state is what the first call gave.
        unsafe {
            pthread_setcancelstate(1, &raw mut state);
            pthread_setcancelstate(state, &raw mut none);
        }
        state
    }

    #[test]
    fn a_defect_gives_the_answer_for_it() {
        let answer = guard("denied", || -> &str { panic!("a defect") });
        assert_eq!(answer, "denied");
    }

    #[test]
    fn cancellation_waits_for_the_end() {
        assert_eq!(guard(9, cancellation), 1);
        assert_eq!(cancellation(), 0);
    }
}
