//! The engine's world in a foreign process: facts about a request come from the program's structure,
//! and from its own lookups where it has any.

use std::net::Ipv4Addr;
use std::rc::Rc;

use hosts_access::report::problem::NameProblem;
use hosts_access::request::facts::{Answer, Fact};
use hosts_access::request::{Host, Request, Side};
use hosts_access::table::place::Place;
use hosts_access::world::{Lookups, Resolver, World};
use nix::libc::c_char;
use system::deadline::Budget;
#[cfg(not(feature = "accelerate"))]
use system::files::RealFiles as CachedFiles;
use system::netgroup::SystemNetgroups;
use system::resolver::SystemResolver;
#[cfg(feature = "accelerate")]
use system::table_cache::CachedFiles;
use system::user_database::SystemAccounts;

use system::raw_address::internet;

use crate::eval::{address_of, name_of, user_of};
use crate::layout::{HostInfo, RequestInfo, bytes};
use crate::messages::Messages;
use crate::{call, shim, socket_address, unanswered};

/// The facts of one request of the program.
pub(crate) struct ProgramFacts {
    request: *mut RequestInfo,
    resolver: SystemResolver,
    netgroups: SystemNetgroups,
}

impl ProgramFacts {
    /// The facts of a request.
    ///
    /// # Safety
    /// A request that was made by request_init and outlives this value.
    pub(crate) unsafe fn of(request: *mut RequestInfo) -> Self {
        let budget = Rc::new(Budget::without_threads());
        Self {
            request,
            resolver: SystemResolver::new(Rc::clone(&budget)),
            netgroups: SystemNetgroups::new(budget),
        }
    }

    /// The world for the engine. Tables, lists and banners are opened here and nowhere else.
    pub(crate) fn world(&self) -> World<'_> {
        World {
            files: &CachedFiles,
            lookups: self,
            netgroups: &self.netgroups,
            accounts: &SystemAccounts,
            log: &Messages,
        }
    }

    /// The request as the engine has it.
    pub(crate) fn request(&self) -> Request {
        // SAFETY: by `of`; nothing else of ours holds a reference to the structure.
        unsafe {
            let raw = self.request;
            let client = host(&raw mut (*raw).client);
            let server = host(&raw mut (*raw).server);
            let pid = std::str::from_utf8(bytes(&(*raw).pid)).ok();
            let pid = pid.and_then(|pid| pid.parse().ok()).unwrap_or(0);
            let daemon = bytes(&(*raw).daemon);
            let mut request = Request::of_process(pid, daemon, client, server);
            request.user = match bytes(&(*raw).user) {
                b"" => Fact::NotAsked,
                value => Fact::from_user(value),
            };
            request.ident_limit = shim::ident_limit();
            request
        }
    }
}

/// A host name of the structure as a fact.
fn fact<const N: usize>(field: &[c_char; N]) -> Fact {
    match bytes(field) {
        b"" => Fact::NotAsked,
        value => Fact::from_value(value),
    }
}

/// One end as the engine has it. Its address is taken down now, its name only when asked for.
///
/// # Safety
/// An end of a request that was made by request_init.
unsafe fn host(raw: *mut HostInfo) -> Host {
    // SAFETY: as the caller says.
    unsafe {
        address_of(raw);
        socket_address::restore_socket(raw);
        let port = internet((*raw).sin).map_or(0, |address| address.port());
        Host::from_text(bytes(&(*raw).addr))
            .with_name(fact(&(*raw).name))
            .with_port(port)
    }
}

impl Lookups for ProgramFacts {
    /// The program's lookup reports what is wrong itself.
    fn host_name(
        &self,
        _request: &Request,
        side: Side,
        place: Option<&Place>,
    ) -> (Fact, Option<NameProblem>) {
        let place = place.cloned().or_else(call::place);
        // SAFETY: by `of`.
        let name = unsafe {
            let host = match side {
                Side::Client => &raw mut (*self.request).client,
                Side::Server => &raw mut (*self.request).server,
            };
            unanswered::take();
            call::at(place, || name_of(host));
            match unanswered::take() {
                Some(why) => Fact::InError(why),
                None => Fact::from_value(bytes(&(*host).name)),
            }
        };
        (name, None)
    }

    fn user(&self, request: &Request) -> Fact {
        let limit = Some(request.ident_limit);
        // SAFETY: by `of`.
        unsafe {
            unanswered::take();
            call::during(|call| call.ident_limit = limit, || user_of(self.request));
            match unanswered::take() {
                Some(why) => Fact::InError(why),
                None => Fact::from_user(bytes(&(*self.request).user)),
            }
        }
    }

    fn list_entry(&self, name: &[u8]) -> Answer<Vec<Ipv4Addr>> {
        self.resolver.list_entry(name)
    }

    fn interface(&self, name: &[u8]) -> Answer<u32> {
        self.resolver.interface_index(name)
    }
}
