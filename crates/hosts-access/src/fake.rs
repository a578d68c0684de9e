//! A made-up outside world for tests: of the engine, of the tools, and of programs that embed it.
//!
//! Nothing here touches the system. What was asked, logged and carried out is kept to be looked at.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::accounts::{Gid, Uid, User};
use crate::action::{Action, Done};
use crate::address::Family;
use crate::fault::Fault;
use crate::lookup::ident;
use crate::report::problem::{Diagnostic, Gravity, Problem};
use crate::request::facts::{Answer, Unanswered};
#[cfg(feature = "accelerate")]
use crate::search::entries::{Entries, Kind};
use crate::text::escape::TableText;
use crate::world::{Accounts, Effects, Files, Forward, Ident, Log, Netgroups, Resolver, World};

/// A message that was logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// How grave it is.
    pub gravity: Gravity,
    /// Whether it says that a rule or table is in error.
    pub in_error: bool,
    /// The table that it is about.
    pub table: Option<PathBuf>,
    /// Its words.
    pub text: String,
}

impl Logged {
    fn of(diagnostic: &Diagnostic) -> Self {
        let problem = &diagnostic.problem;
        let table = match (problem, &diagnostic.place) {
            (Problem::InError(problem, _), None) => match &**problem {
                Problem::CannotOpen(path, _) => Some(path.clone()),
                _ => None,
            },
            (_, place) => place.as_ref().map(|place| place.table.to_path_buf()),
        };
        Self {
            gravity: problem.gravity(),
            in_error: matches!(problem, Problem::InError(..)),
            table,
            text: diagnostic.to_string(),
        }
    }
}

/// Files, names, accounts and the rest, as a test sets them up.
#[derive(Clone, Default)]
pub struct FakeWorld {
    files: BTreeMap<PathBuf, Option<Vec<u8>>>,
    held: bool,
    /// Most bytes that one read of a file gives; 0 if it gives all there is.
    piece: usize,
    listening: bool,
    pointers: BTreeMap<IpAddr, Vec<u8>>,
    forwards: BTreeMap<Vec<u8>, Forward>,
    list_entries: BTreeMap<Vec<u8>, Vec<Ipv4Addr>>,
    interfaces: BTreeMap<Vec<u8>, u32>,
    netgroups: Vec<(Vec<u8>, Vec<u8>)>,
    users: Vec<User>,
    groups: BTreeMap<Vec<u8>, Gid>,
    ident: Option<Vec<u8>>,
    faults: BTreeMap<&'static str, Fault>,
    aclexec_status: i32,
    /// Commands of aclexec, by their first bytes, that succeed whatever the status of the others.
    aclexec_succeeds: Vec<Vec<u8>>,
    unanswered: Option<Unanswered>,
    /// Questions and texts of messages, in order.
    seen: RefCell<Vec<String>>,
    messages: RefCell<Vec<Logged>>,
    done: RefCell<Vec<Action>>,
}

impl FakeWorld {
    /// An empty world.
    pub fn new() -> Self {
        Self::default()
    }

    /// A file with this text. Its folder exists too.
    #[must_use]
    pub fn file(mut self, path: &str, text: impl AsRef<[u8]>) -> Self {
        self.files.insert(path.into(), Some(text.as_ref().to_vec()));
        self
    }

    /// A file that may not be read.
    #[must_use]
    pub fn unreadable(mut self, path: &str) -> Self {
        self.files.insert(path.into(), None);
        self
    }

    /// Holds tables and lists in memory, indexed, as a process does that serves many clients; without the feature
    /// `accelerate` they are read.
    #[must_use]
    pub fn held(mut self) -> Self {
        self.held = true;
        self
    }

    /// A read of a file gives so many bytes at most.
    #[must_use]
    pub fn in_pieces(mut self, most: usize) -> Self {
        self.piece = most;
        self
    }

    /// Wants to be told of each step, and so is shown every rule.
    #[must_use]
    pub fn listening(mut self) -> Self {
        self.listening = true;
        self
    }

    /// The name of an address.
    #[must_use]
    pub fn pointer(mut self, address: &str, name: &str) -> Self {
        if let Ok(address) = address.parse() {
            self.pointers.insert(address, name.into());
        }
        self
    }

    /// Canonical name and addresses of a name.
    #[must_use]
    pub fn forward(mut self, name: &str, canonical: &str, addresses: &[&str]) -> Self {
        let forward = Forward {
            canonical: canonical.into(),
            addresses: addresses
                .iter()
                .filter_map(|address| address.parse().ok())
                .map(|ip| SocketAddr::new(ip, 0))
                .collect(),
        };
        self.forwards.insert(name.into(), forward);
        self
    }

    /// An entry of a DNS list: its whole name in lower case with the final dot, and its address.
    #[must_use]
    pub fn list_entry(mut self, name: &str, address: Ipv4Addr) -> Self {
        self.list_entries
            .entry(name.into())
            .or_default()
            .push(address);
        self
    }

    /// A network interface.
    #[must_use]
    pub fn interface(mut self, name: &str, index: u32) -> Self {
        self.interfaces.insert(name.into(), index);
        self
    }

    /// A host in a netgroup.
    #[must_use]
    pub fn netgroup(mut self, group: &str, host: &str) -> Self {
        self.netgroups.push((group.into(), host.into()));
        self
    }

    /// A user.
    #[must_use]
    pub fn user(mut self, name: &str, uid: u32, gid: u32) -> Self {
        self.users.push(User {
            name: name.into(),
            uid: Uid(uid),
            gid: Gid(gid),
        });
        self
    }

    /// A group.
    #[must_use]
    pub fn group(mut self, name: &str, gid: u32) -> Self {
        self.groups.insert(name.into(), Gid(gid));
        self
    }

    /// The user that the client's ident server names.
    #[must_use]
    pub fn ident(mut self, user: impl AsRef<[u8]>) -> Self {
        self.ident = Some(user.as_ref().to_vec());
        self
    }

    /// Makes an action fail: its name is the action's as in `Spawn`, `Aclexec`, `User`; the empty name is that of
    /// every action.
    #[must_use]
    pub fn fault(mut self, action: &'static str, what: &str, reason: &str) -> Self {
        let fault = Fault {
            what: what.to_owned(),
            reason: reason.to_owned(),
        };
        self.faults.insert(action, fault);
        self
    }

    /// The status with which each aclexec command ends.
    #[must_use]
    pub fn aclexec_status(mut self, status: i32) -> Self {
        self.aclexec_status = status;
        self
    }

    /// An aclexec command that begins so ends with status 0.
    #[must_use]
    pub fn aclexec_succeeds(mut self, command: impl AsRef<[u8]>) -> Self {
        self.aclexec_succeeds.push(command.as_ref().to_vec());
        self
    }

    /// Nothing can be asked of anybody, for this reason.
    #[must_use]
    pub fn unanswered(mut self, why: Unanswered) -> Self {
        self.unanswered = Some(why);
        self
    }

    /// Notes a question, and whether anybody answers.
    fn ask(&self, question: String) -> Result<(), Unanswered> {
        self.seen.borrow_mut().push(question);
        self.unanswered.map_or(Ok(()), Err)
    }

    /// The world for the engine.
    pub fn world(&self) -> World<'_> {
        World {
            files: self,
            lookups: self,
            netgroups: self,
            accounts: self,
            log: self,
        }
    }

    /// Effects that keep the actions.
    pub fn effects(&self) -> FakeEffects<'_> {
        FakeEffects(self)
    }

    /// The messages that were logged so far.
    pub fn messages(&self) -> Vec<Logged> {
        self.messages.borrow().clone()
    }

    /// The texts of these messages.
    pub fn logged(&self) -> Vec<String> {
        let messages = self.messages().into_iter();
        messages.map(|message| message.text).collect()
    }

    /// All questions and messages so far, in order.
    pub fn seen(&self) -> Vec<String> {
        self.seen.borrow().clone()
    }

    /// What was carried out so far.
    pub fn done(&self) -> Vec<Action> {
        self.done.borrow().clone()
    }
}

impl Files for FakeWorld {
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn Read + '_>>> {
        match self.files.get(path) {
            Some(Some(text)) => Ok(Some(match self.piece {
                0 => Box::new(&text[..]),
                most => Box::new(Pieces { text, most }),
            })),
            Some(None) => Err(io::Error::from_raw_os_error(13)),
            None => Ok(None),
        }
    }

    fn check_exists(&self, path: &Path) -> io::Result<()> {
        if self.files.keys().any(|file| file.starts_with(path)) {
            Ok(())
        } else {
            Err(io::Error::from_raw_os_error(2))
        }
    }

    #[cfg(feature = "accelerate")]
    fn held(&self, path: &Path, kind: Kind) -> Option<Box<dyn Entries>> {
        let text = self.files.get(path).filter(|_| self.held)?.as_ref()?;
        let held = crate::accelerate::index::HeldFile::read(&text[..], kind, 0)?;
        Some(std::sync::Arc::new(held).entries())
    }
}

impl Resolver for FakeWorld {
    fn name_of(&self, address: SocketAddr) -> Answer<Vec<u8>> {
        self.ask(format!("name of {address}"))?;
        Ok(self.pointers.get(&address.ip()).cloned())
    }

    fn addresses_of(&self, name: &[u8], family: Family) -> Answer<Forward> {
        self.ask(format!("addresses of {}", TableText(name)))?;
        let found = self.forwards.get(name).cloned().map(|mut forward| {
            let wanted = |address: &SocketAddr| address.is_ipv4() == (family == Family::Inet);
            forward.addresses.retain(wanted);
            forward
        });
        Ok(found.filter(|forward| !forward.addresses.is_empty()))
    }

    fn list_entry(&self, name: &[u8]) -> Answer<Vec<Ipv4Addr>> {
        self.ask(format!("list entry {}", TableText(name)))?;
        Ok(self.list_entries.get(&name.to_ascii_lowercase()).cloned())
    }

    fn interface_index(&self, name: &[u8]) -> Answer<u32> {
        self.ask(format!("interface {}", TableText(name)))?;
        Ok(self.interfaces.get(name).copied())
    }
}

impl Ident for FakeWorld {
    fn ask(
        &self,
        server: SocketAddr,
        client: SocketAddr,
        _query: &[u8],
        _limit: Duration,
    ) -> Answer<Vec<u8>> {
        self.ask(format!("ident {server} {client}"))?;
        let query = ident::query(client.port(), server.port());
        let reply = |user: &Vec<u8>| {
            let query = query.trim_end().as_bytes();
            [query, b" : USERID : UNIX : ", user, b"\r\n"].concat()
        };
        Ok(self.ident.as_ref().map(reply))
    }
}

impl Netgroups for FakeWorld {
    fn contains_host(&self, group: &[u8], host: &[u8]) -> Result<bool, Unanswered> {
        self.ask(format!("netgroup {} {}", TableText(group), TableText(host)))?;
        let mut members = self.netgroups.iter();
        Ok(members.any(|(name, member)| name == group && member.eq_ignore_ascii_case(host)))
    }
}

impl Accounts for FakeWorld {
    fn user(&self, name: &[u8]) -> Option<User> {
        self.users.iter().find(|user| user.name == name).cloned()
    }

    fn group(&self, name: &[u8]) -> Option<Gid> {
        self.groups.get(name).copied()
    }
}

impl Log for FakeWorld {
    fn diagnostic(&self, diagnostic: &Diagnostic) {
        let logged = Logged::of(diagnostic);
        self.seen.borrow_mut().push(logged.text.clone());
        self.messages.borrow_mut().push(logged);
    }

    fn wants_events(&self) -> bool {
        self.listening
    }
}

/// Keeps actions instead of carrying them out.
pub struct FakeEffects<'w>(&'w FakeWorld);

impl Effects for FakeEffects<'_> {
    fn perform(&mut self, action: &Action) -> Result<Done, Fault> {
        let shown = format!("{action:?}");
        let mut faults = self.0.faults.iter();
        if let Some((_, fault)) = faults.find(|(name, _)| shown.starts_with(**name)) {
            return Err(fault.clone());
        }
        self.0.done.borrow_mut().push(action.clone());
        Ok(match action {
            Action::Aclexec(command) => {
                let mut good = self.0.aclexec_succeeds.iter();
                let succeeds = good.any(|head| command.as_bytes().starts_with(head));
                Done::Exited(if succeeds { 0 } else { self.0.aclexec_status })
            }
            _ => Done::Done,
        })
    }
}

/// A text of which a read gives so many bytes at most.
pub struct Pieces<'t> {
    /// What is left of it.
    pub text: &'t [u8],
    /// Most bytes of a read.
    pub most: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = room.len().min(self.most);
        self.text.read(room.get_mut(..count).unwrap_or_default())
    }
}
