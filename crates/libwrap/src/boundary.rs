//! The guard at the C boundary: a panic must not unwind into the program's frames, nor print on its
//! descriptors, nor grant anything.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use crate::report;

thread_local! {
    /// Whether the program's own code wanted to jump out of the request at hand.
    static JUMPED: Cell<bool> = const { Cell::new(false) };
}

/// Runs the library's part of a call; `failed` is the answer if it has a defect.
pub(crate) fn guard<T>(failed: T, run: impl FnOnce() -> T) -> T {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        panic::set_hook(Box::new(|defect| {
            report::error(&format!("error: defect in libwrap: {defect}"));
        }));
    });
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
