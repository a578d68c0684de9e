//! A file read in blocks, whose unread bytes stay together: a table costs no memory for each line.

use std::io::{self, Read};

use crate::memory;

/// Size of the first read: most tables fit, and need no larger buffer.
const FIRST_BLOCK_BYTES: usize = 4 << 10;

/// Size of the reads of a long file, to which the buffer grows as it is filled; it grows beyond only
/// for longer lines and words.
const BLOCK_BYTES: usize = 64 << 10;

/// What of a text is passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// So many bytes at its start: whole lines, or words with the blanks after them.
    pub bytes: usize,
    /// So many newlines are among them.
    pub lines: u64,
    /// Whether something comes next that is not passed over. If not, the text ended first.
    pub stopped: bool,
}

/// The file, and what of it is in memory.
pub(crate) struct Blocks<R> {
    source: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    at_end: bool,
}

impl<R: Read> Blocks<R> {
    pub(crate) fn new(source: R) -> Self {
        Self {
            source,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            at_end: false,
        }
    }

    /// What was read and not taken.
    pub(crate) fn unread(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Takes so many of these bytes.
    pub(crate) fn take(&mut self, count: usize) {
        self.start += count;
    }

    /// Bytes among those that were taken since the last [`Blocks::fill`]: so many, before the last so many.
    pub(crate) fn taken(&self, count: usize, before_last: usize) -> &[u8] {
        let end = self.start.saturating_sub(before_last);
        let taken = self.buffer.get(end.saturating_sub(count)..end);
        taken.unwrap_or_default()
    }

    /// Reads another block after what is unread; `false` at the end.
    pub(crate) fn fill(&mut self) -> io::Result<bool> {
        if self.at_end {
            return Ok(false);
        }
        let (size, was_full) = (self.buffer.len(), self.end == self.buffer.len());
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if size < BLOCK_BYTES && was_full {
            grow(&mut self.buffer, FIRST_BLOCK_BYTES.max(4 * size))?;
        } else if size >= BLOCK_BYTES && size - self.end < BLOCK_BYTES / 2 {
            grow(&mut self.buffer, 2 * size)?;
        }
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        loop {
            match self.source.read(room) {
                Ok(count) => {
                    self.end += count;
                    self.at_end = count == 0;
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Passes over what `skip` tells of what is unread, reading on as long as nothing stops it, and counts the lines.
    /// `skip` sees no more than `most` bytes at once: what is longer is no entry.
    pub(crate) fn pass_over(
        &mut self,
        most: usize,
        lines: &mut u64,
        skip: impl Fn(&[u8]) -> Skipped,
    ) -> io::Result<()> {
        loop {
            let unread = self.unread();
            let skipped = skip(unread.get(..most).unwrap_or(unread));
            let stuck = skipped.bytes == 0 && !unread.is_empty();
            self.take(skipped.bytes);
            *lines += skipped.lines;
            if skipped.stopped || stuck || !self.fill()? {
                return Ok(());
            }
        }
    }
}

/// Makes a buffer longer. A process may have a memory limit, and a line may be longer than it.
fn grow(buffer: &mut Vec<u8>, length: usize) -> io::Result<()> {
    let more = length.saturating_sub(buffer.len());
    memory::may_fail(|| buffer.try_reserve_exact(more)).map_err(|_| io::ErrorKind::OutOfMemory)?;
    buffer.resize(length, 0);
    Ok(())
}
