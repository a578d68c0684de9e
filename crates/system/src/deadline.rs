//! Time limits for what others may draw out: each lookup has one, and all of a request together.
//!
//! A call into the C library's name services cannot be interrupted, so it runs in a thread of its
//! own. If the limit passes, the thread is left behind and its answer ignored.

use std::cell::Cell;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use hosts_access::limits::{LOOKUP_DEADLINE, REQUEST_LOOKUP_DEADLINE};

/// Room for the name service's plug-ins; it is only taken when touched.
const STACK_BYTES: usize = 1 << 20;

/// The time that one request may still spend on lookups.
#[derive(Debug)]
pub struct Budget {
    left: Cell<Duration>,
    threads: bool,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            left: Cell::new(REQUEST_LOOKUP_DEADLINE),
            threads: true,
        }
    }
}

impl Budget {
    /// A budget that makes no threads, for a process that is not ours: one that is left behind could
    /// hold a lock of the C library while the program forks. A single lookup then takes as long as
    /// the system's resolver allows it.
    pub fn without_threads() -> Self {
        Self {
            threads: false,
            ..Self::default()
        }
    }

    /// Runs something that keeps to the limit it is given, and charges the time it took.
    pub fn spend<T>(&self, limit: Duration, run: impl FnOnce(Duration) -> Option<T>) -> Option<T> {
        let limit = limit.min(self.left.get());
        if limit.is_zero() {
            return None;
        }
        let start = Instant::now();
        let outcome = run(limit);
        self.left
            .set(self.left.get().saturating_sub(start.elapsed()));
        outcome
    }

    /// Runs a blocking lookup, at most for the time that a lookup may take.
    pub fn look_up<T: Send + 'static>(
        &self,
        lookup: impl FnOnce() -> Option<T> + Send + 'static,
    ) -> Option<T> {
        self.spend(LOOKUP_DEADLINE, |limit| {
            if !self.threads {
                return lookup();
            }
            let (sender, receiver) = mpsc::sync_channel(1);
            thread::Builder::new()
                .stack_size(STACK_BYTES)
                .spawn(move || sender.send(lookup()))
                .ok()?;
            receiver.recv_timeout(limit).ok()?
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookups_answer_or_are_given_up() {
        let budget = Budget::default();
        assert_eq!(budget.look_up(|| Some(1)), Some(1));
        assert_eq!(budget.look_up(|| None::<()>), None);
        budget.left.set(Duration::from_millis(50));
        let start = Instant::now();
        let late = budget.look_up(|| {
            thread::sleep(Duration::from_secs(5));
            Some(1)
        });
        assert_eq!(late, None);
        assert!(start.elapsed() < Duration::from_secs(4));
        assert_eq!(budget.look_up(|| Some(1)), None, "nothing is left");
    }
}
