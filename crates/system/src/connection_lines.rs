//! What the log says of a connection: who was served or refused, and what its socket could not tell.
//!
//! The texts are the original's, since scripts look for them. Text of the client is escaped, so that one event is
//! one line.

use std::fmt;
use std::io;

use hosts_access::fault::reason;
use hosts_access::table::place::Place;
use hosts_access::text::escape::{TableText, Untrusted};

/// The line that refuses a client that nobody has looked at yet, ready before anything can fail.
pub const REFUSED_UNKNOWN: &[u8] = b"refused connect from unknown (unknown)";

/// A line about a connection. Its client is `[user@]host`.
pub enum ConnectionLine<'l> {
    /// The daemon serves this client, with its address.
    Connect(Untrusted<'l>, Untrusted<'l>),
    /// This client is refused, with its address.
    Refused(Untrusted<'l>, Untrusted<'l>),
    /// This client is served by a command instead of the daemon.
    Twist(Untrusted<'l>, TableText<'l>),
    /// The connection of this client has had these IP options.
    IgnoredOptions(Untrusted<'l>, &'l [u8]),
    /// This client is refused, since it chose the way of its packets: its address proves nothing.
    SourceRoute(Untrusted<'l>),
    /// This client is refused, since that cannot be known.
    UnreadOptions(Untrusted<'l>),
    /// Why the IP options cannot be read or cleared.
    OptionsError(&'l io::Error),
    /// Why the client's address is not known.
    NoAddress(&'l io::Error),
    /// Why the socket does not say who is at its ends.
    NoPeer(&'l io::Error),
    /// The rule at this place has matched.
    Matched(&'l Place),
}

impl fmt::Display for ConnectionLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(client, address) => write!(f, "connect from {client} ({address})"),
            Self::Refused(client, address) => {
                write!(f, "refused connect from {client} ({address})")
            }
            Self::Twist(client, command) => write!(f, "twist {client} to {command}"),
            Self::IgnoredOptions(client, options) => {
                write!(f, "connect from {client} with IP options (ignored):")?;
                options.iter().try_for_each(|byte| write!(f, " {byte:02x}"))
            }
            Self::SourceRoute(client) => {
                write!(
                    f,
                    "refused connect from {client} with IP source routing options"
                )
            }
            Self::UnreadOptions(client) => {
                write!(
                    f,
                    "refused connect from {client}: its IP options cannot be read"
                )
            }
            Self::OptionsError(error) => {
                write!(f, "setsockopt IP_OPTIONS NULL: {}", reason(error))
            }
            Self::NoAddress(error) => write!(f, "can't get client address: {}", reason(error)),
            Self::NoPeer(error) => write!(f, "getpeername: {}", reason(error)),
            Self::Matched(place) => {
                let table = TableText::from(&*place.table);
                write!(f, "matched:  {table} line {}", place.line)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_is_ready_is_the_one_that_is_written() {
        let unknown = || Untrusted(b"unknown");
        let written = ConnectionLine::Refused(unknown(), unknown()).to_string();
        assert_eq!(written.as_bytes(), REFUSED_UNKNOWN);
    }

    #[test]
    fn what_a_client_says_is_shown_and_not_obeyed() {
        let client = || Untrusted(b"a\nb@host");
        for (line, text) in [
            (
                ConnectionLine::Refused(client(), Untrusted(b"192.0.2.7")),
                "refused connect from a\\012b@host (192.0.2.7)",
            ),
            (
                ConnectionLine::Twist(client(), TableText(b"echo \xc3\xa9\n")),
                "twist a\\012b@host to echo \u{e9}\\012",
            ),
            (
                ConnectionLine::IgnoredOptions(client(), &[7, 0xab]),
                "connect from a\\012b@host with IP options (ignored): 07 ab",
            ),
        ] {
            assert_eq!(line.to_string(), text);
        }
    }
}
