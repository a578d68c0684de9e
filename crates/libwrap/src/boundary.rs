//! The boundary to the program. A panic must not unwind into its frames, nor print on its descriptors, nor
//! grant anything; and whatever way leads back to the program, nothing of the call stays behind.
//!
//! Such ways are a return, a long jump over the library (a signal handler's, or that of a function of the
//! program which the library has called), and an exception or the end of a thread out of such a function.
//! What a thread has noted for the time of a call is in one record, [`Call`], which each of them
//! puts back. What else a jump may not leave as it is, [`left`] undoes. `shim/calls.c` is the other half.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::panic::{self, AssertUnwindSafe};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hosts_access::table::place::Place;

use crate::{memory, report, severities, shim};

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

/// What this thread has noted for the time of a call.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    /// The place of the rule at hand, which is on the stack of `report::at`; or null.
    pub(crate) place: *const Place,
    /// Time limit of an ident query, where a rule of the request at hand has set one.
    pub(crate) ident_limit: Option<Duration>,
    /// Not 0 if the program's own code wanted to leave the request at hand: what wrap.h has for it.
    jumped: c_int,
}

thread_local! {
    static CALL: Cell<Call> = const { Cell::new(Call { place: ptr::null(), ident_limit: None, jumped: 0 }) };
}

/// What this thread has noted.
pub(crate) fn call() -> Call {
    CALL.get()
}

/// Notes something else for the time in which something runs.
pub(crate) fn during<T>(change: impl FnOnce(&mut Call), run: impl FnOnce() -> T) -> T {
    struct Before(Call);
    impl Drop for Before {
        fn drop(&mut self) {
            let jumped = CALL.get().jumped;
            CALL.set(Call { jumped, ..self.0 });
        }
    }
    let mut call = CALL.get();
    let _before = Before(call);
    change(&mut call);
    CALL.set(call);
    run()
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
        severities::let_go();
        system::process::abandon();
        memory::give_back((*frame).memory);
        CALL.set((*frame).before);
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
            report::error(&format!("error: defect in libwrap: {defect}"));
        }));
    }
    let before = CALL.get();
    let mut frame = Frame {
        entry: MaybeUninit::uninit(),
        before,
        memory: memory::drawn(),
    };
    let at = &raw mut frame;
    CALL.set(Call {
        jumped: 0,
        ..before
    });
    // SAFETY: the frame lives until `wrap_leave`, or until a jump has passed it.
    unsafe { wrap_enter(&raw mut (*at).entry, left, at.cast()) };
    let answer = panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or(failed);
    // SAFETY: the entry is the one from above.
    unsafe { wrap_leave(&raw mut (*at).entry) };
    let jumped = CALL.replace(before).jumped;
    if jumped != 0 {
        // SAFETY: nothing in this frame, nor in that of the exported function, has to be dropped.
        unsafe { wrap_go_on(jumped) };
    }
    answer
}

/// Notes how a call of the program's own code ended: not 0 if it wanted to leave the request.
pub(crate) fn called(jumped: c_int) {
    if jumped != 0 {
        CALL.set(Call {
            jumped,
            ..CALL.get()
        });
    }
}

/// Whether the program's own code wanted to leave, which denies.
pub(crate) fn has_jumped() -> bool {
    CALL.get().jumped != 0
}

/// Whether it did, where a jump to `tcpd_buf` has its end. (An exception goes on to the program.)
pub(crate) fn end_jump() -> bool {
    let call = CALL.get();
    if call.jumped != THROWN {
        CALL.set(Call { jumped: 0, ..call });
    }
    call.jumped != 0
}

/// What a function of the program returns that has thrown an exception: wrap.h.
const THROWN: c_int = c_int::MAX;

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

    #[test]
    fn what_is_noted_ends() {
        let limit = Some(Duration::from_secs(3));
        let seen = during(|call| call.ident_limit = limit, || call().ident_limit);
        assert_eq!((seen, call().ident_limit), (limit, None));
    }
}
