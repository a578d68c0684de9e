//! A filtered stream on its way out.
//!
//! Nothing is held back: what was read is written before more is read, so that whatever
//! ends the program, all that came before has been shown.

use std::io::{self, Write};

use crate::filter::{Column, Filter, Flow};

/// Size of the pieces in which streams are read.
pub const CHUNK: usize = 4096;

/// A filter in front of an output.
pub struct Relay {
    filter: Filter,
    column: Column,
    sink: Box<dyn Write + Send>,
    shown: Vec<u8>,
}

impl Relay {
    /// Writes to `sink`, which stands at this column, what becomes of the first `limit` bytes of a
    /// stream.
    pub fn new(limit: usize, sink: Box<dyn Write + Send>, column: Column) -> Self {
        Self {
            filter: Filter::new(limit, column.clone()),
            column,
            sink,
            shown: Vec::new(),
        }
    }

    /// Filters and writes a piece of the stream.
    pub fn pass(&mut self, input: &[u8]) -> io::Result<Flow> {
        self.shown.clear();
        let flow = self.filter.feed(input, &mut self.shown);
        self.sink.write_all(&self.shown)?;
        Ok(flow)
    }

    /// Writes a message of our own, if there is one, on a line of its own. Errors have nowhere to go.
    pub fn complain(&mut self, message: Option<String>) {
        if let Some(message) = message {
            let begin = if self.column.get() == 0 { "" } else { "\n" };
            self.column.set(0);
            let _ = writeln!(self.sink, "{begin}safe_finger: {message}");
        }
    }
}

/// What to say when standard output fails: nothing if its reader has gone, as usual.
pub fn unwritten(error: &io::Error) -> Option<String> {
    let gone = error.kind() == io::ErrorKind::BrokenPipe;
    (!gone).then(|| format!("standard output: {}", reason(error)))
}

/// The plain reason of an error, without the number that the standard library adds.
pub fn reason(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => nix::errno::Errno::from_raw(number).desc().to_string(),
        None => error.to_string(),
    }
}
