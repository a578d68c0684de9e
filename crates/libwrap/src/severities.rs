//! The severities of the program: a rule's `severity` takes their place until the next request.
//!
//! They are variables of the whole process, so one record holds what they were. Its lock knows in which
//! process it is held: a thread that held it when the program forked does not exist in the child.

use std::cell::{Cell, UnsafeCell};
use std::ffi::c_int;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use hosts_access::severity::Severity;

use crate::shim;

/// What a `severity` option has changed.
#[derive(Clone, Copy)]
struct Changed {
    allow: c_int,
    deny: c_int,
    to: c_int,
}

/// How often a thread looks whether the lock is free. Whoever holds it does so for some nanoseconds.
const TIMES: u32 = 10_000;

struct Record {
    /// Whether there may be something to undo: mostly there is not, and then no lock is needed.
    used: AtomicBool,
    /// The process in which a thread has the lock; 0 if none has.
    holder: AtomicU32,
    changed: UnsafeCell<Option<Changed>>,
}

// SAFETY: the value is only touched by `with`, by one thread at a time.
unsafe impl Sync for Record {}

static RECORD: Record = Record {
    used: AtomicBool::new(false),
    holder: AtomicU32::new(0),
    changed: UnsafeCell::new(None),
};

thread_local! {
    /// Whether this thread has the lock of [`RECORD`].
    static HOLDS: Cell<bool> = const { Cell::new(false) };
}

/// Gives the lock back that a thread has which a jump has taken out of the library.
pub(crate) fn release_lock() {
    if HOLDS.replace(false) {
        RECORD.holder.store(0, Ordering::Release);
    }
}

impl Record {
    /// Runs something on the record. It gets one of its own where the lock cannot be had, as in a
    /// signal handler that interrupts the holder.
    fn with<T>(&self, run: impl FnOnce(&mut Option<Changed>) -> T) -> T {
        let own = process::id();
        for _ in 0..TIMES {
            let taken = self
                .holder
                .compare_exchange(0, own, Ordering::Acquire, Ordering::Relaxed);
            let is_free = match taken {
                Ok(_) => true,
                Err(holder) if holder == own => false,
                Err(gone) => self.take_from(gone, own),
            };
            if is_free {
                HOLDS.set(true);
                // SAFETY: the lock is ours, and `run` does not come back here.
                let answer = run(unsafe { &mut *self.changed.get() });
                self.holder.store(0, Ordering::Release);
                HOLDS.set(false);
                return answer;
            }
            thread::yield_now();
        }
        run(&mut None)
    }

    /// Takes the lock from a process that this one is a fork of. What it was writing is not used.
    fn take_from(&self, gone: u32, own: u32) -> bool {
        let taken = self
            .holder
            .compare_exchange(gone, own, Ordering::Acquire, Ordering::Relaxed);
        if taken.is_ok() {
            // SAFETY: the lock is ours; the old value, which may be half written, is not read.
            unsafe { self.changed.get().write(None) };
        }
        taken.is_ok()
    }
}

/// Sets the program's severities to that of a rule.
pub(crate) fn set_severities(severity: Option<Severity>) {
    let Some(severity) = severity else {
        return;
    };
    let facility = severity.facility.map_or(0, |facility| facility.0);
    let to = c_int::from(facility) << 3 | c_int::from(severity.level.0);
    RECORD.with(|changed| {
        let (allow, deny) = (&shim::allow_severity, &shim::deny_severity);
        // First the record: of a change that a jump has cut off, there is nothing to undo.
        *changed = Some(match *changed {
            Some(before) => Changed { to, ..before },
            None => Changed {
                allow: allow.load(Ordering::Relaxed),
                deny: deny.load(Ordering::Relaxed),
                to,
            },
        });
        RECORD.used.store(true, Ordering::Relaxed);
        allow.store(to, Ordering::Relaxed);
        deny.store(to, Ordering::Relaxed);
    });
}

/// Undoes what the last request's rule has set, unless the program has set something since.
pub(crate) fn restore_severities() {
    if !RECORD.used.load(Ordering::Relaxed) {
        return;
    }
    let Some(Changed { allow, deny, to }) = RECORD.with(Option::take) else {
        return;
    };
    for (variable, before) in [(&shim::allow_severity, allow), (&shim::deny_severity, deny)] {
        let order = Ordering::Relaxed;
        let _other = variable.compare_exchange(to, before, order, order);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_of_a_process_that_is_gone_is_free() {
        static OWN: Record = Record {
            used: AtomicBool::new(false),
            holder: AtomicU32::new(0),
            changed: UnsafeCell::new(None),
        };
        let value = Changed {
            allow: 1,
            deny: 2,
            to: 3,
        };
        OWN.with(|changed| *changed = Some(value));
        assert_eq!(OWN.with(|changed| changed.map(|value| value.to)), Some(3));
        // Init is no thread of this process.
        OWN.holder.store(1, Ordering::Relaxed);
        assert!(OWN.with(|changed| changed.is_none()));
        // A holder that does not come back.
        OWN.with(|changed| *changed = Some(value));
        OWN.holder.store(process::id(), Ordering::Relaxed);
        assert!(OWN.with(|changed| changed.is_none()));
    }
}
