//! A client and its connection with everything that a condition may ask for: what a witness is, and what
//! the engine is asked with when an answer is proven.

use std::net::IpAddr;

use hosts_access::request::facts::Fact;
use hosts_access::request::{Host, Request, Side};
use hosts_access::search::matcher::Matcher;
use hosts_access::table::compare::string_match;
use hosts_access::table::pattern::HostPattern;
use hosts_access::world::World;

use crate::condition::Test;

/// A client, its connection, and how what else is asked comes out.
#[derive(Clone, Debug)]
pub struct State {
    /// The client's address, canonical.
    pub address: IpAddr,
    /// The link that the address is on, by the text after its `%`.
    pub link: Option<String>,
    /// The client's host name.
    pub name: Fact,
    /// The client's user.
    pub user: Fact,
    /// The server's end.
    pub server: Host,
    /// The commands of aclexec, by their options, that end with status 0.
    pub aclexec: Vec<Box<[u8]>>,
}

impl State {
    /// A client without name or user, on a connection of which nothing is known.
    pub fn nobody(address: IpAddr) -> Self {
        Self {
            address,
            link: None,
            name: Fact::Unknown,
            user: Fact::Unknown,
            server: Host::unknown().with_name(Fact::Unknown),
            aclexec: Vec::new(),
        }
    }

    /// The text of the client's address.
    pub fn address_text(&self) -> String {
        match &self.link {
            Some(link) => format!("{}%{link}", self.address),
            None => self.address.to_string(),
        }
    }

    /// The request that it makes to a daemon.
    pub fn request(&self, daemon: &[u8]) -> Request {
        let client = Host::from_text(self.address_text()).with_name(self.name.clone());
        let mut request = Request::new(daemon, client, self.server.clone());
        request.user = self.user.clone();
        request
    }

    /// How a test comes out. Netgroups, DNS lists and interfaces are asked of the world; in error is "no".
    pub fn answer(&self, test: &Test, world: &World<'_>) -> bool {
        let host_match = |word: &[u8], side| {
            let mut request = self.request(b"");
            let mut matcher = Matcher {
                request: &mut request,
                world: *world,
                place: None,
            };
            matcher.host_match(word, side).unwrap_or(false)
        };
        match test {
            Test::Name(word) => string_match(word, self.name.text()),
            Test::NameKnown => self.name.known().is_some(),
            Test::NameLocal => self.name.known().is_some_and(|name| !name.contains(&b'.')),
            Test::Netgroup(group) => world
                .netgroups
                .contains_host(group, self.name.text())
                .unwrap_or(false),
            Test::DnsList(zone) => host_match(&[b"{RBL}.", &**zone].concat(), Side::Client),
            Test::User(word) => string_match(word, self.user.text()),
            Test::Scope { link, named } => {
                let net: &[u8] = if *named { b"[fe80::%" } else { b"[::%" };
                let length: &[u8] = if *named { b"]/10" } else { b"]/0" };
                host_match(&[net, link, length].concat(), Side::Client)
            }
            Test::Address(word) => match HostPattern::parse(word) {
                HostPattern::Text { word, .. } => {
                    string_match(word, self.address_text().as_bytes())
                }
                _ => host_match(word, Side::Client),
            },
            Test::Server(word) => host_match(word, Side::Server),
            Test::Port(port) => self.server.port == *port,
            Test::Aclexec(options) => self.aclexec.contains(options),
        }
    }
}
