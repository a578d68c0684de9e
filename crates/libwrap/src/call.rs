//! What a thread has noted for the time of a call of the library: the place of the rule at hand, a time limit, and
//! whether the program's own code wanted to leave.
//!
//! It is one record, so that whatever way leads back to the program can put back what it was ([`ffi_guard`](crate::ffi_guard)).

use std::cell::Cell;
use std::ffi::c_int;
use std::ptr;
use std::time::Duration;

use hosts_access::table::place::Place;

/// What this thread has noted for the time of a call.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    /// The place of the rule at hand, which is on the stack of [`at`]; or null.
    pub(crate) place: *const Place,
    /// Time limit of an ident query, where a rule of the request at hand has set one.
    pub(crate) ident_limit: Option<Duration>,
    /// Not 0 if the program's own code wanted to leave the request at hand: what wrap.h has for it.
    pub(crate) jumped: c_int,
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
    struct RestoreCall(Call);
    impl Drop for RestoreCall {
        fn drop(&mut self) {
            let jumped = CALL.get().jumped;
            CALL.set(Call { jumped, ..self.0 });
        }
    }
    let mut call = CALL.get();
    let _before = RestoreCall(call);
    change(&mut call);
    CALL.set(call);
    run()
}

/// Notes this, and tells what was noted before.
pub(crate) fn replace(call: Call) -> Call {
    CALL.replace(call)
}

/// The place of the rule at hand in this thread.
pub(crate) fn place() -> Option<Place> {
    // SAFETY: null, or a place that `at` keeps while it runs what asks.
    unsafe { call().place.as_ref() }.cloned()
}

/// Runs something at the place of a rule. Its reports name the place. (It is on this stack: a value that has
/// to be dropped when the thread ends would need memory, without which the C library ends the process.)
pub(crate) fn at<T>(place: Option<Place>, run: impl FnOnce() -> T) -> T {
    let here = place.as_ref().map_or(ptr::null(), ptr::from_ref);
    during(|call| call.place = here, run)
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

    #[test]
    fn what_is_noted_ends() {
        let limit = Some(Duration::from_secs(3));
        let seen = during(|call| call.ident_limit = limit, || call().ident_limit);
        assert_eq!((seen, call().ident_limit), (limit, None));
    }
}
