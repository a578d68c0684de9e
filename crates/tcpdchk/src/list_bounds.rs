//! How far `/file` lists are followed: within the engine's bounds, and each list once.
//!
//! What the original says of a list it says for every rule that names it; that is repeated as long as
//! it costs little. Lists that name others many times over would else keep the program busy for ever.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hosts_access::limits::{MAX_LIST_DEPTH, MAX_LISTS};
use hosts_access::report::problem::Problem;

/// Bytes of lists that are gone through again, all together; and what a short one counts for.
const MAX_REPEATED_BYTES: usize = 16 << 20;
const MIN_LIST_BYTES: usize = 4 << 10;

/// The lists so far.
#[derive(Debug, Default)]
pub(crate) struct ListBounds {
    known: BTreeMap<PathBuf, KnownList>,
    /// Those that are being gone through, each named by the one before.
    open: Vec<PathBuf>,
    /// How many lists the rule at hand has opened.
    opened: usize,
    /// Bytes of lists that were gone through again.
    repeated_bytes: usize,
}

/// What is known of a list that was gone through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownList {
    /// How many lists are opened for it, itself included.
    pub opens: usize,
    /// How deep they name each other, itself included.
    pub height: usize,
    /// Whether nothing was said of it.
    pub silent: bool,
}

/// What to do with a list that a word names.
pub(crate) enum ListStep {
    /// Go through it.
    Follow {
        /// Whether it is the first time.
        first_time: bool,
    },
    /// Nothing: all was said.
    Pass,
    /// The engine does not follow it.
    Refuse(Problem),
}

impl ListBounds {
    /// Begins the next rule.
    pub(crate) fn begin_rule(&mut self) {
        self.opened = 0;
    }

    /// What to do with a list that a word of the rule at hand names, at this depth.
    pub(crate) fn step(&mut self, path: &Path, depth: usize) -> ListStep {
        let known = self.known.get(path).copied();
        if depth + self.height(path) > MAX_LIST_DEPTH || self.open.iter().any(|open| open == path) {
            return ListStep::Refuse(Problem::ListNesting(path.to_owned()));
        }
        let before = self.opened;
        let (opens, step) = match known {
            None => (1, ListStep::Follow { first_time: true }),
            Some(known) if known.silent || self.repeated_bytes > MAX_REPEATED_BYTES => {
                (known.opens, ListStep::Pass)
            }
            Some(_) => (1, ListStep::Follow { first_time: false }),
        };
        self.opened = before.saturating_add(opens);
        if before > MAX_LISTS {
            // Said once; the rule is in error as a whole.
            ListStep::Pass
        } else if self.is_over() {
            ListStep::Refuse(Problem::ListCount(path.to_owned()))
        } else {
            step
        }
    }

    /// How many lists the rule at hand has opened.
    pub(crate) fn opened(&self) -> usize {
        self.opened
    }

    /// How deep the lists that this one names go, itself included.
    pub(crate) fn height(&self, path: &Path) -> usize {
        self.known.get(path).map_or(1, |known| known.height)
    }

    /// Begins to go through a list.
    pub(crate) fn enter(&mut self, path: &Path) {
        self.open.push(path.to_owned());
    }

    /// Ends a list of so many bytes that was gone through for the first time or again.
    pub(crate) fn leave(&mut self, bytes: usize, first_time: bool, known: KnownList) {
        let path = self.open.pop();
        if !first_time {
            self.repeated_bytes += bytes.max(MIN_LIST_BYTES);
        }
        if let Some(path) = path.filter(|_| !self.is_over()) {
            self.known.insert(path, known);
        }
    }

    /// Whether the rule names more lists than the engine opens.
    pub(crate) fn is_over(&self) -> bool {
        self.opened > MAX_LISTS
    }
}
