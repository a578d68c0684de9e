//! Hosts by name or address, looked up as the original's tools do: the name must exist, should be
//! the official one, and each of its addresses should lead back to it.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use hosts_access::address::notation::{dotted_quad, parse_ipv6};
use hosts_access::lookup::names;
use hosts_access::report::problem::{NameProblem, Problem};
use hosts_access::request::facts::{Fact, Unanswered};
use hosts_access::text::escape::Untrusted;
use hosts_access::text::number;
use hosts_access::world::{Forward, Resolver};
use system::deadline::{Budget, LookupLimits};
use system::resolver::SystemResolver;

pub use system::resolver::LookupFailure;

/// Time for the lookups of a question, which somebody waits for: less than tcpd has.
pub fn patience() -> Rc<Budget> {
    Rc::new(Budget::new(LookupLimits {
        address: Duration::from_secs(10),
        name: Duration::from_secs(10),
        request: Duration::from_secs(30),
    }))
}

/// The name service, asked for addresses of either family at once.
pub trait HostLookup: Resolver {
    /// Canonical name and addresses, in the resolver's order.
    ///
    /// # Errors
    /// There are none, or nothing is known of them.
    fn all_addresses_of(&self, name: &[u8]) -> Result<Forward, LookupFailure>;
}

impl HostLookup for SystemResolver {
    fn all_addresses_of(&self, name: &[u8]) -> Result<Forward, LookupFailure> {
        Self::all_addresses_of(self, name)
    }
}

/// A host that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its official name, if it was asked for by another one.
    pub official: Option<Vec<u8>>,
    /// Its addresses; at least one. The port is 0.
    pub addresses: Vec<SocketAddr>,
}

/// Looks a host up by its name, or by an address in one of the forms of inet_aton(3).
///
/// # Errors
/// There is no such host, or nothing is known of it.
pub fn find(host: &[u8], resolver: &dyn HostLookup) -> Result<Found, LookupFailure> {
    if host.is_empty() {
        return Err(LookupFailure::NotFound);
    }
    let forward = resolver.all_addresses_of(host)?;
    if forward.addresses.is_empty() {
        return Err(LookupFailure::NotFound);
    }
    let alias = !forward.canonical.is_empty() && !forward.canonical.eq_ignore_ascii_case(host);
    Ok(Found {
        official: alias.then_some(forward.canonical),
        addresses: forward.addresses,
    })
}

/// What the double check of an address's name came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The name.
    pub name: Fact,
    /// What to say of it: nothing if it is confirmed.
    pub complaint: Option<Complaint>,
}

/// Why an address does not lead back to its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Complaint {
    /// It has no name; the address as text.
    NoName(String),
    /// It has one that cannot be confirmed.
    NotConfirmed(NameProblem),
    /// Whether it has one could not be asked; the address as text.
    NotAnswered(String, Unanswered),
}

impl std::fmt::Display for Complaint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoName(address) => write!(f, "host address {address}->name lookup failed"),
            Self::NotConfirmed(problem) => problem.fmt(f),
            Self::NotAnswered(address, why) => {
                Problem::NoName(address.as_bytes().to_vec(), *why).fmt(f)
            }
        }
    }
}

/// Looks an address's name up and checks it. A mapped IPv4 address has the name of the IPv4 address.
pub fn check_address(address: SocketAddr, resolver: &dyn HostLookup) -> Checked {
    let text = text_of(&address);
    let looked_up = match address.ip().to_canonical() {
        ip if ip == address.ip() => address,
        mapped => SocketAddr::new(mapped, address.port()),
    };
    let (name, problem) = names::look_up(Some(looked_up), text.as_bytes(), resolver);
    let complaint = match (problem, &name) {
        (Some(problem), _) => Some(Complaint::NotConfirmed(problem)),
        (None, Fact::Unknown) => Some(Complaint::NoName(text)),
        (None, Fact::InError(why)) => Some(Complaint::NotAnswered(text, *why)),
        (None, _) => None,
    };
    Checked { name, complaint }
}

/// An address as text, with the scope of one that is of a link.
pub fn text_of(address: &SocketAddr) -> String {
    system::resolver::numeric(address)
}

/// `H: host not found`.
pub fn not_found_text(host: &[u8]) -> String {
    format!("{}: host not found", Untrusted(host))
}

/// `H: no answer from the name service`.
pub fn no_answer_text(host: &[u8]) -> String {
    format!("{}: no answer from the name service", Untrusted(host))
}

/// The two lines about a name that is not the official one.
pub fn alias_texts(host: &[u8], official: &[u8]) -> [String; 2] {
    [
        format!("{}: hostname alias", Untrusted(host)),
        format!("(official name: {})", Untrusted(official)),
    ]
}

/// Whether a client is given as a plain address, of which no name is looked up: four numbers with
/// dots, or IPv6 without brackets, with the scope of an interface if there is one. To the original,
/// 255.255.255.255 is no such address.
pub fn is_plain_address(text: &[u8], resolver: &dyn Resolver) -> bool {
    if let Some(address) = dotted_quad(text) {
        return !address.is_broadcast();
    }
    let (address, scope) = match text.iter().position(|byte| *byte == b'%') {
        Some(at) => (
            text.get(..at).unwrap_or_default(),
            Some(text.get(at + 1..).unwrap_or_default()),
        ),
        None => (text, None),
    };
    parse_ipv6(address).is_some()
        && scope.is_none_or(|scope| {
            number::decimal(scope).is_some()
                || matches!(resolver.interface_index(scope), Ok(Some(_)))
        })
}
