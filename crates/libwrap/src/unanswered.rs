//! Lookups that found nothing because they could not be made. The structure of a request has no word for that:
//! to the program such a name is unknown, and nothing is kept of it, so that the next question is asked anew.

use std::cell::Cell;

use hosts_access::request::facts::Unanswered;
use system::lookup_resources;

thread_local! {
    /// Why the lookup at hand in this thread came to nothing.
    static WHY: Cell<Option<Unanswered>> = const { Cell::new(None) };
}

/// Notes that the lookup at hand could not be made.
pub(crate) fn note(why: Unanswered) {
    WHY.set(Some(why));
}

/// Forgets what was noted; gives it.
pub(crate) fn take() -> Option<Unanswered> {
    WHY.take()
}

/// Runs a lookup of the program's or ours, and looks whether what it needs could be had if it has found nothing.
/// `true`: it could not be made.
pub(crate) fn after(look_up: impl FnOnce(), found_nothing: impl FnOnce() -> bool) -> bool {
    take();
    look_up();
    if WHY.get().is_none()
        && found_nothing()
        && let Err(why) = lookup_resources::check_after()
    {
        note(why);
    }
    WHY.get().is_some()
}
