//! Memory that may be refused: whoever asks for it knows what to do without.
//!
//! Other memory is had, or the program ends: its allocator asks here which of the two it is.

use std::cell::Cell;

thread_local! {
    static MAY_FAIL: Cell<bool> = const { Cell::new(false) };
}

/// Asks for memory that may be refused.
pub(crate) fn may_fail<R>(ask: impl FnOnce() -> R) -> R {
    let before = MAY_FAIL.replace(true);
    let answer = ask();
    MAY_FAIL.set(before);
    answer
}

/// Whether what this thread asks for at the moment may be refused.
pub fn may_fail_now() -> bool {
    MAY_FAIL.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_asked_for_so_may_fail() {
        assert!(!may_fail_now());
        assert!(may_fail(|| may_fail(may_fail_now) && may_fail_now()));
        assert!(!may_fail_now());
    }
}
