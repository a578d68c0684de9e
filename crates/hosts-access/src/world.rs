//! The outside world, in small traits: the real ones are in the `system` crate, the fakes in
//! [`fake`](crate::fake).

use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use crate::accounts::{Gid, User};
use crate::action::{Action, Done};
use crate::address::Family;
use crate::fault::Fault;
use crate::report::problem::{Diagnostic, NameProblem};
use crate::report::trace::Event;
use crate::request::facts::{Answer, Fact, Unanswered};
use crate::request::{Request, Side};
use crate::search::entries::{Entries, Kind};
use crate::table::place::Place;

/// Opens tables, `/file` lists and banners.
pub trait Files {
    /// Opens a regular file (or `/dev/null`) without ever blocking. `None`: there is none.
    ///
    /// # Errors
    /// Whatever else stands in the way: no permission, a directory, a FIFO, a device, no free
    /// descriptor.
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn Read + '_>>>;

    /// Whether something with this name exists.
    ///
    /// # Errors
    /// Why it cannot be looked at.
    fn check_exists(&self, path: &Path) -> io::Result<()>;

    /// The entries of the file at a path as it is held in memory, if that is certain to be what is in the file
    /// now. `None`: it is to be opened and read.
    fn held(&self, _path: &Path, _kind: Kind) -> Option<Box<dyn Entries>> {
        None
    }
}

/// What the name service says of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forward {
    /// Its canonical name, as getaddrinfo(3) gives it.
    pub canonical: Vec<u8>,
    /// Its addresses of the family asked for, with the scope of each; ports mean nothing.
    pub addresses: Vec<SocketAddr>,
}

/// The name service: getnameinfo(3) and getaddrinfo(3), with a deadline.
pub trait Resolver {
    /// The name that belongs to an address, if it has one.
    ///
    /// # Errors
    /// Why that is not known.
    fn name_of(&self, address: SocketAddr) -> Answer<Vec<u8>>;

    /// Canonical name and addresses of a name, if it has any.
    ///
    /// # Errors
    /// Why that is not known.
    fn addresses_of(&self, name: &[u8], family: Family) -> Answer<Forward>;

    /// The IPv4 addresses that the DNS has for an entry of a DNS list; `name` ends in a dot. `None`: there is no
    /// such name, or it has none.
    ///
    /// # Errors
    /// Why that is not known; that the name service could not tell is no answer.
    fn list_entry(&self, name: &[u8]) -> Answer<Vec<Ipv4Addr>>;

    /// The index of a network interface, for IPv6 scopes written by name.
    ///
    /// # Errors
    /// Why that is not known.
    fn interface_index(&self, name: &[u8]) -> Answer<u32>;
}

/// The ident protocol's transport (RFC 1413).
pub trait Ident {
    /// Sends `query` from the server's address to port 113 of the client, and returns one line of
    /// reply up to and with its line feed, or what came of it up to
    /// [`MAX_IDENT_REPLY_BYTES`](crate::limits::MAX_IDENT_REPLY_BYTES). `None`: no such reply
    /// within `limit`, which counts connecting, writing and reading together.
    ///
    /// # Errors
    /// It could not be asked, for a reason that lies here and not with the client.
    fn ask(
        &self,
        server: SocketAddr,
        client: SocketAddr,
        query: &[u8],
        limit: Duration,
    ) -> Answer<Vec<u8>>;
}

/// Facts about the ends of a request. Whatever is a [`Resolver`] and an [`Ident`] has them
/// ([`lookup`](crate::lookup)); libwrap has its own, since its programs may bring their own lookups.
pub trait Lookups {
    /// The checked name of one end, and why the check failed if it did; `place` is the rule that asks.
    fn host_name(
        &self,
        request: &Request,
        side: Side,
        place: Option<&Place>,
    ) -> (Fact, Option<NameProblem>);

    /// The client's user.
    fn user(&self, request: &Request) -> Fact;

    /// The addresses of an entry of a DNS list, as of [`Resolver::list_entry`].
    ///
    /// # Errors
    /// Why that is not known.
    fn list_entry(&self, name: &[u8]) -> Answer<Vec<Ipv4Addr>>;

    /// The index of a network interface, for IPv6 scopes written by name.
    ///
    /// # Errors
    /// Why that is not known.
    fn interface(&self, name: &[u8]) -> Answer<u32>;
}

/// The netgroup database, innetgr(3).
pub trait Netgroups {
    /// Whether `(host, any user, the NIS domain)` is in the group.
    ///
    /// # Errors
    /// Why that is not known.
    fn contains_host(&self, group: &[u8], host: &[u8]) -> Result<bool, Unanswered>;
}

/// The user and group databases.
pub trait Accounts {
    /// The user with this name; numbers are not names.
    fn user(&self, name: &[u8]) -> Option<User>;

    /// The group with this name.
    fn group(&self, name: &[u8]) -> Option<Gid>;
}

/// Where the engine's messages go: syslog for tcpd and libwrap, the terminal for the tools.
pub trait Log {
    /// A warning, an error or a note.
    fn diagnostic(&self, diagnostic: &Diagnostic);

    /// A rule matched; its options run next.
    fn matched(&self, _place: &Place) {}

    /// An option is about to run, with its argument as expanded.
    fn option(&self, _keyword: &[u8], _value: &[u8]) {}

    /// A step of the search, for whoever explains it.
    fn event(&self, _event: &Event<'_>) {}

    /// Whether [`Log::event`] is to be told of every rule. If not, the search may pass over what
    /// plainly cannot match.
    fn wants_events(&self) -> bool {
        false
    }
}

/// Everything the engine may ask of the outside.
#[derive(Clone, Copy)]
pub struct World<'w> {
    /// Tables, lists, banners.
    pub files: &'w dyn Files,
    /// Host names, client user names, interfaces.
    pub lookups: &'w dyn Lookups,
    /// Who is in which netgroup.
    pub netgroups: &'w dyn Netgroups,
    /// Users and groups.
    pub accounts: &'w dyn Accounts,
    /// Where messages go.
    pub log: &'w dyn Log,
}

/// What carries out the actions of options, or only reports them.
pub trait Effects {
    /// Carries out one action, in the order of the rule's options.
    ///
    /// # Errors
    /// Why it could not be done; [`options`](crate::options) says for each action whether that is
    /// a warning or denies.
    fn perform(&mut self, action: &Action) -> Result<Done, Fault>;

    /// Whether the client is connected by a stream socket. No other takes a banner.
    fn is_stream(&self) -> bool {
        true
    }
}
