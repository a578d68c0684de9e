//! Whether memory runs short in this thread. The allocator of a library that has a reserve asks and notes it here.
//!
//! Touches nothing but flags of the thread, and needs no memory itself.

use std::cell::Cell;

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
    struct RestoreFlag(bool);
    impl Drop for RestoreFlag {
        fn drop(&mut self) {
            OPTIONAL.set(self.0);
        }
    }
    let short = take();
    let before = RestoreFlag(OPTIONAL.replace(true));
    let made = run();
    drop(before);
    (made, SHORT.replace(short))
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
