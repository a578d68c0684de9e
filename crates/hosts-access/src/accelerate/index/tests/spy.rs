//! A world that notes, in order, each message and each question that the engine puts to it.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::time::Duration;

use crate::address::Family;
use crate::fake::FakeWorld;
use crate::report::problem::Diagnostic;
use crate::request::facts::{Answer, Unanswered};
use crate::world::{Forward, Ident, Log, Netgroups, Resolver, World};

/// Answers as the fake world does.
pub(super) struct Spy<'f> {
    fake: &'f FakeWorld,
    /// Whether each rule is to be shown to the parser and the matcher.
    wants_events: bool,
    seen: RefCell<Vec<String>>,
}

impl<'f> Spy<'f> {
    pub(super) fn on(fake: &'f FakeWorld, wants_events: bool) -> Self {
        Self {
            fake,
            wants_events,
            seen: RefCell::default(),
        }
    }

    pub(super) fn world(&self) -> World<'_> {
        World {
            log: self,
            lookups: self,
            netgroups: self,
            ..self.fake.world()
        }
    }

    /// What was noted.
    pub(super) fn seen(&self) -> Vec<String> {
        self.seen.borrow().clone()
    }

    fn note(&self, what: String) {
        self.seen.borrow_mut().push(what);
    }
}

impl Log for Spy<'_> {
    fn diagnostic(&self, diagnostic: &Diagnostic) {
        self.note(diagnostic.to_string());
    }

    fn wants_events(&self) -> bool {
        self.wants_events
    }
}

impl Resolver for Spy<'_> {
    fn name_of(&self, address: SocketAddr) -> Answer<Vec<u8>> {
        self.note(format!("name of {address}"));
        self.fake.name_of(address)
    }

    fn addresses_of(&self, name: &[u8], family: Family) -> Answer<Forward> {
        self.note(format!("addresses of {name:?}"));
        self.fake.addresses_of(name, family)
    }

    fn interface_index(&self, name: &[u8]) -> Answer<u32> {
        self.note(format!("interface {name:?}"));
        self.fake.interface_index(name)
    }
}

impl Netgroups for Spy<'_> {
    fn contains_host(&self, group: &[u8], host: &[u8]) -> Result<bool, Unanswered> {
        self.note(format!("netgroup {group:?} {host:?}"));
        self.fake.contains_host(group, host)
    }
}

impl Ident for Spy<'_> {
    fn ask(
        &self,
        server: SocketAddr,
        client: SocketAddr,
        query: &[u8],
        limit: Duration,
    ) -> Answer<Vec<u8>> {
        self.note(format!("ident {server} {client}"));
        self.fake.ask(server, client, query, limit)
    }
}
