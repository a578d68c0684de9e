//! Runs of bytes that reach from one mark to another, in a block and on into the next.
//!
//! Adding a bit at the lower end of a run of ones carries to the end of that run. The bit stands for
//! the start of a run, the ones for bytes that do not end it, so one addition finds all runs of a
//! block.

/// The runs of a block.
#[derive(Clone, Copy, Default)]
pub(super) struct Run {
    /// The bytes of the runs.
    pub(super) covered: u64,
    /// The bytes after them, which end them.
    pub(super) ends: u64,
    /// Whether the last one goes on.
    goes_on: bool,
}

impl Run {
    /// From each start to the next byte that is not free. A start may itself be that byte.
    #[inline(always)]
    fn new(starts: u64, free: u64) -> Self {
        let (sum, goes_on) = free.overflowing_add(starts);
        Self {
            covered: (sum ^ free) & free,
            ends: sum & !free,
            goes_on,
        }
    }
}

/// Where the client list of each line is: from its first colon to the next colon or newline.
pub(super) struct Fields {
    in_daemons: bool,
    in_clients: bool,
}

impl Default for Fields {
    /// At the start of a line.
    fn default() -> Self {
        Self {
            in_daemons: true,
            in_clients: false,
        }
    }
}

impl Fields {
    /// The bytes of client lists, and the newlines of lines without a colon.
    #[inline(always)]
    pub(super) fn next(&mut self, newline: u64, colon: u64) -> (u64, u64) {
        let free = !(newline | colon);
        let daemons = Run::new(newline << 1 | u64::from(self.in_daemons), free);
        self.in_daemons = daemons.goes_on || newline >> 63 == 1;
        let first_colon = daemons.ends & colon;
        let clients = Run::new(first_colon << 1 | u64::from(self.in_clients), free);
        self.in_clients = clients.goes_on || first_colon >> 63 == 1;
        (clients.covered, daemons.ends & newline)
    }
}

/// What stands between brackets.
#[derive(Default)]
pub(super) struct Brackets {
    is_open: bool,
}

impl Brackets {
    /// Whether a bracket is open where the next block begins.
    #[inline(always)]
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// From each opening bracket to what ends it.
    #[inline(always)]
    pub(super) fn next(&mut self, open: u64, ends: u64) -> Run {
        let run = Run::new(open << 1 | u64::from(self.is_open), !ends);
        self.is_open = run.goes_on || open >> 63 == 1;
        run
    }
}

/// What lies just before each byte of a block, with what the block before has left.
pub(super) struct Edges {
    boundary: u64,
    tail: u64,
}

impl Default for Edges {
    /// Before the text there is a boundary.
    fn default() -> Self {
        Self {
            boundary: 1 << 63,
            tail: 0,
        }
    }
}

impl Edges {
    /// Marks each byte after one of the boundaries, and after one of the tails.
    #[inline(always)]
    pub(super) fn shift(&mut self, boundary: u64, tail: u64) -> (u64, u64) {
        let shifted = (
            boundary << 1 | self.boundary >> 63,
            tail << 1 | self.tail >> 63,
        );
        *self = Self { boundary, tail };
        shifted
    }
}
