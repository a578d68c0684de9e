//! Standard output, in sequence, without a panic when nobody reads it any more.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};

use hosts_access::text::escape::TableText;

/// Where facts and findings are written. A failed write is kept and told once, at the end.
pub struct Output {
    state: RefCell<Sink>,
}

struct Sink {
    sink: BufWriter<Box<dyn Write>>,
    failed: io::Result<()>,
}

impl Output {
    /// The program's standard output.
    pub fn stdout() -> Self {
        Self::new(io::stdout())
    }

    /// Writes to this.
    pub fn new(sink: impl Write + 'static) -> Self {
        Self {
            state: RefCell::new(Sink {
                sink: BufWriter::new(Box::new(sink)),
                failed: Ok(()),
            }),
        }
    }

    /// Writes a line.
    pub fn line(&self, text: impl fmt::Display) {
        self.attempt(|sink| writeln!(sink, "{text}"));
    }

    /// Writes bytes as they are.
    pub fn bytes(&self, bytes: &[u8]) {
        self.attempt(|sink| sink.write_all(bytes));
    }

    fn attempt(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        let state = &mut *self.state.borrow_mut();
        if state.failed.is_ok() {
            state.failed = write(&mut state.sink);
        }
    }

    /// Whether a write has failed: nothing that is written from now on arrives.
    pub fn has_failed(&self) -> bool {
        self.state.borrow().failed.is_err()
    }

    /// Hands on now what is still held back; a failure is told by [`flush`](Self::flush).
    pub fn push(&self) {
        self.attempt(|sink| sink.flush());
    }

    /// Hands on what is still held back.
    ///
    /// # Errors
    /// The first write that failed, unless the reader has simply gone.
    pub fn flush(&self) -> io::Result<()> {
        self.attempt(|sink| sink.flush());
        let state = &mut *self.state.borrow_mut();
        match std::mem::replace(&mut state.failed, Ok(())) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            outcome => outcome,
        }
    }
}

/// Whether standard output may be coloured: it is a terminal that can, and NO_COLOR is not set.
pub fn is_coloured() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_none_or(|kind| kind == "dumb");
    io::stdout().is_terminal() && !set("NO_COLOR") && !dumb
}

/// `option:   KEYWORD VALUE`, with the tabs of the value as they are.
pub fn option_line(keyword: &[u8], value: &[u8]) -> String {
    let parts = value.split(|byte| *byte == b'\t');
    let parts: Vec<_> = parts.map(|part| TableText(part).to_string()).collect();
    format!("option:   {} {}", TableText(keyword), parts.join("\t"))
}

/// Says on standard error why something cannot be done.
pub fn complain(text: impl fmt::Display) {
    // With standard error closed, the exit status alone has to tell.
    let _ = writeln!(io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_arrive_in_order() {
        let (mut reader, writer) = io::pipe().unwrap();
        let output = Output::new(writer);
        output.line("a");
        output.bytes(b"\xff\n");
        output.flush().unwrap();
        drop(output);
        let mut text = Vec::new();
        io::Read::read_to_end(&mut reader, &mut text).unwrap();
        assert_eq!(text, b"a\n\xff\n");
    }

    #[test]
    fn a_reader_that_has_gone_is_no_error() {
        for (kind, ok) in [
            (ErrorKind::BrokenPipe, true),
            (ErrorKind::StorageFull, false),
        ] {
            let output = Output::new(Failing(kind));
            output.line("x".repeat(1 << 16));
            output.line("y");
            assert_eq!(output.flush().is_ok(), ok);
        }
    }
}
