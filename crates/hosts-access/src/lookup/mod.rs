//! Lookups: answers from outside become facts of a request.
//!
//! Names and the user are fetched only when a rule or an expansion asks, once.

pub mod dns_list;
pub mod ident;
pub mod names;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::address::Family;
use crate::report::problem::{Diagnostic, NameProblem, Problem};
use crate::report::trace::{Event, Need};
use crate::request::facts::{Answer, Fact};
use crate::request::{Request, Side};
use crate::table::place::Place;
use crate::world::{Forward, Ident, Lookups, Resolver, World};

/// Looks the host name of one end up, unless that was done; a failed double check is logged.
///
/// # Errors
/// Nothing is known of it, since it could not be asked for.
pub fn fetch_name(
    request: &mut Request,
    side: Side,
    world: &World<'_>,
    place: Option<&Place>,
) -> Result<(), Problem> {
    world.log.event(&Event::Needs(Need::Name(side)));
    if request.host(side).name.is_not_asked() {
        let (name, problem) = world.lookups.host_name(request, side, place);
        request.host_mut(side).name = name;
        if let Some(problem) = problem {
            world.log.diagnostic(&Diagnostic {
                place: place.cloned(),
                problem: Problem::HostName(problem),
            });
        }
    }
    let host = request.host(side);
    match host.name.unanswered() {
        Some(why) => Err(Problem::NoName(host.address_text().to_vec(), why)),
        None => Ok(()),
    }
}

/// Asks the client's ident server for the user, unless that was done.
///
/// # Errors
/// Nothing is known of it, since it could not be asked for.
pub fn fetch_user(request: &mut Request, world: &World<'_>) -> Result<(), Problem> {
    world.log.event(&Event::Needs(Need::User));
    if request.user.is_not_asked() {
        request.user = world.lookups.user(request);
    }
    match request.user.unanswered() {
        Some(why) => Err(Problem::NoUser(why)),
        None => Ok(()),
    }
}

/// What speaks to the name service and to ident servers answers by the engine's rules: names are checked twice,
/// and only connected stream sockets have a user.
impl<T: Resolver + Ident> Lookups for T {
    fn host_name(
        &self,
        request: &Request,
        side: Side,
        _place: Option<&Place>,
    ) -> (Fact, Option<NameProblem>) {
        let host = request.host(side);
        names::look_up(host.socket(), host.address_text(), self)
    }

    fn user(&self, request: &Request) -> Fact {
        match (request.client.socket(), request.server.socket()) {
            (Some(client), Some(server)) if request.stream => {
                ident::look_up(client, server, request.ident_limit, self)
            }
            _ => Fact::Unknown,
        }
    }

    fn list_entry(&self, name: &[u8]) -> Answer<Vec<Ipv4Addr>> {
        Resolver::list_entry(self, name)
    }

    fn interface(&self, name: &[u8]) -> Answer<u32> {
        self.interface_index(name)
    }
}

/// A name service and a transport to ident servers, together.
impl<R: Resolver, I> Resolver for (R, I) {
    fn name_of(&self, address: SocketAddr) -> Answer<Vec<u8>> {
        self.0.name_of(address)
    }

    fn addresses_of(&self, name: &[u8], family: Family) -> Answer<Forward> {
        self.0.addresses_of(name, family)
    }

    fn list_entry(&self, name: &[u8]) -> Answer<Vec<Ipv4Addr>> {
        self.0.list_entry(name)
    }

    fn interface_index(&self, name: &[u8]) -> Answer<u32> {
        self.0.interface_index(name)
    }
}

impl<R, I: Ident> Ident for (R, I) {
    fn ask(
        &self,
        server: SocketAddr,
        client: SocketAddr,
        query: &[u8],
        limit: Duration,
    ) -> Answer<Vec<u8>> {
        self.1.ask(server, client, query, limit)
    }
}
