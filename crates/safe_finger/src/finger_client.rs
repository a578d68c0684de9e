//! The finger protocol (RFC 1288), for machines without a finger program.
//!
//! One TCP connection a question: the text and a line end go out, the answer comes back
//! until the server closes. Everything that is shown passes the filter. Time and volume
//! are limited for all questions together; the caller's supervisor ends what hangs.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use crate::filter::{Flow, escaped};
use crate::query::Query;
use crate::relay::{CHUNK, Relay, reason, unwritten};

/// Why an answer is missing or incomplete.
#[derive(Debug)]
pub enum ClientError {
    /// The host cannot be found.
    Lookup(String, io::Error),
    /// None of the host's addresses takes the connection; this is the last of them.
    Connect(String, SocketAddr, io::Error),
    /// The connection broke.
    Answer(String, io::Error),
    /// What was answered cannot be written.
    Output(io::Error),
}

impl ClientError {
    /// What to tell the user, if anything.
    pub fn message(&self) -> Option<String> {
        match self {
            Self::Lookup(host, error) | Self::Answer(host, error) => {
                Some(format!("{}: {}", escaped(host.as_bytes()), reason(error)))
            }
            Self::Connect(host, address, error) => {
                let (host, address) = (escaped(host.as_bytes()), address.ip());
                Some(format!("{host}: connect to {address}: {}", reason(error)))
            }
            Self::Output(error) => unwritten(error),
        }
    }
}

/// Asks question `number`, and shows `[host]` and the answer.
pub fn ask(
    query: &Query,
    number: usize,
    port: u16,
    deadline: Instant,
    output: &mut Relay,
) -> Result<Flow, ClientError> {
    let host = &query.host;
    let separator = if number > 0 { "\n" } else { "" };
    let heading = output.pass(format!("{separator}[{host}]\n").as_bytes());
    if heading.map_err(ClientError::Output)? == Flow::Full {
        return Ok(Flow::Full);
    }
    let mut server = connect(host, port, deadline)?;
    let sent = server.write_all(&[query.text.as_slice(), b"\r\n"].concat());
    sent.map_err(|error| ClientError::Answer(host.clone(), error))?;
    show(host, server, output)
}

/// Connects to the first of the host's addresses that accepts, sharing the time that is
/// left between those not yet tried: one that never answers must not hide the others.
fn connect(host: &str, port: u16, deadline: Instant) -> Result<TcpStream, ClientError> {
    let lookup = |error| ClientError::Lookup(host.to_string(), error);
    let addresses: Vec<_> = (host, port).to_socket_addrs().map_err(lookup)?.collect();
    let mut failure = lookup(io::Error::other("host has no address"));
    for (address, untried) in addresses.iter().zip((1..=addresses.len()).rev()) {
        let left = deadline.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(untried).unwrap_or(u32::MAX);
        match TcpStream::connect_timeout(address, share.max(Duration::from_millis(1))) {
            Ok(server) => return Ok(server),
            Err(error) => failure = ClientError::Connect(host.to_string(), *address, error),
        }
    }
    Err(failure)
}

/// Shows what the server says until it closes or the relay is full.
fn show(host: &str, mut server: TcpStream, output: &mut Relay) -> Result<Flow, ClientError> {
    let mut line_ends = LineEnds::default();
    let mut chunk = [0; CHUNK];
    loop {
        let (text, end) = match server.read(&mut chunk) {
            Ok(count) if count > 0 => {
                (line_ends.feed(chunk.get(..count).unwrap_or_default()), None)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Ok(_) => (line_ends.finish(), Some(Ok(Flow::Open))),
            Err(error) => (
                line_ends.finish(),
                Some(Err(ClientError::Answer(host.to_string(), error))),
            ),
        };
        match (output.pass(&text).map_err(ClientError::Output)?, end) {
            (Flow::Full, _) => return Ok(Flow::Full),
            (Flow::Open, Some(end)) => return end,
            (Flow::Open, None) => {}
        }
    }
}

/// Turns the protocol's line ends, CR LF, into plain ones. Any other CR is passed on.
#[derive(Default)]
struct LineEnds {
    held: bool,
}

impl LineEnds {
    fn feed(&mut self, input: &[u8]) -> Vec<u8> {
        let mut output = Vec::with_capacity(input.len() + 1);
        for &byte in input {
            if self.held && byte != b'\n' {
                output.push(b'\r');
            }
            self.held = byte == b'\r';
            if !self.held {
                output.push(byte);
            }
        }
        output
    }

    fn finish(&mut self) -> Vec<u8> {
        if std::mem::take(&mut self.held) {
            vec![b'\r']
        } else {
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cr_lf_is_a_line_end() {
        let cases: [(&[u8], &[u8]); 7] = [
            (b"a\r\nb\r\n", b"a\nb\n"),
            (b"a\nb\n", b"a\nb\n"),
            (b"a\rb", b"a\rb"),
            (b"a\r\r\n", b"a\r\n"),
            (b"a\n\r", b"a\n\r"),
            (b"\r", b"\r"),
            (b"", b""),
        ];
        for (input, expected) in cases {
            for size in 1..4 {
                let mut line_ends = LineEnds::default();
                let mut output: Vec<u8> = input
                    .chunks(size)
                    .flat_map(|chunk| line_ends.feed(chunk))
                    .collect();
                output.extend(line_ends.finish());
                assert_eq!(output, expected, "{input:?} by {size}");
            }
        }
    }
}
