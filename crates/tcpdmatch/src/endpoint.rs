//! The ends of a connection as the user writes them: `[user@]client`, `daemon[@server]`.

use hosts_access::request::Host;
use hosts_access::request::facts::{Fact, PARANOID, UNKNOWN};
use tools::hosts::{
    Complaint, HostLookup, LookupFailure, check_address, find, is_plain_address, text_of,
};

/// Splits at the first `@`; without one, all of it is the right side.
pub(crate) fn split_user(text: &[u8]) -> (Option<&[u8]>, &[u8]) {
    match text.iter().position(|byte| *byte == b'@') {
        Some(at) => (text.get(..at), text.get(at + 1..).unwrap_or_default()),
        None => (None, text),
    }
}

/// Splits `daemon[@server]` at the first `@`.
pub(crate) fn split_server(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    match split_user(text) {
        (Some(daemon), server) => (daemon, Some(server)),
        (None, daemon) => (daemon, None),
    }
}

/// An end of a connection, and what there is to say of its name.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    /// What the engine is asked about.
    pub host: Host,
    /// Why its name is in doubt.
    pub complaint: Option<Complaint>,
}

/// An end given by name or by a loose form of an address, with all its addresses.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// The official name, if it was asked for by another one.
    pub official: Option<Vec<u8>>,
    /// One end for each address.
    pub ends: Vec<Endpoint>,
}

impl Resolved {
    fn one(host: Host) -> Self {
        Self {
            official: None,
            ends: vec![Endpoint {
                host,
                complaint: None,
            }],
        }
    }
}

/// The words `unknown` and `paranoid`, which mean these states and no host.
fn state(text: &[u8]) -> Option<Host> {
    if text.eq_ignore_ascii_case(UNKNOWN) {
        Some(Host::unknown().with_name(Fact::Unknown))
    } else if text.eq_ignore_ascii_case(PARANOID) {
        Some(Host::unknown().with_name(Fact::Paranoid))
    } else {
        None
    }
}

/// A client that is given in full: a plain address, of which no name is looked up, or a state.
pub(crate) fn plain_client(text: &[u8], resolver: &dyn HostLookup) -> Option<Host> {
    let plain = || Host::from_text(text).with_name(Fact::Unknown);
    state(text).or_else(|| is_plain_address(text, resolver).then(plain))
}

/// The client.
pub(crate) fn client(text: &[u8], resolver: &dyn HostLookup) -> Result<Resolved, LookupFailure> {
    match plain_client(text, resolver) {
        Some(host) => Ok(Resolved::one(host)),
        None => look_up(text, resolver),
    }
}

/// The server, whose name is looked up in any form.
pub(crate) fn server(text: &[u8], resolver: &dyn HostLookup) -> Result<Resolved, LookupFailure> {
    match state(text) {
        Some(host) => Ok(Resolved::one(host)),
        None => look_up(text, resolver),
    }
}

fn look_up(text: &[u8], resolver: &dyn HostLookup) -> Result<Resolved, LookupFailure> {
    let found = find(text, resolver)?;
    let ends = found.addresses.into_iter().map(|address| {
        let checked = check_address(address, resolver);
        Endpoint {
            host: Host::from_socket(address, text_of(&address)).with_name(checked.name),
            complaint: checked.complaint,
        }
    });
    Ok(Resolved {
        official: found.official,
        ends: ends.collect(),
    })
}
