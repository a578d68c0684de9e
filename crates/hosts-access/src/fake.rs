//! A made-up outside world for tests: of the engine, of the tools, and of programs that embed it.
//!
//! Nothing here touches the system. What was logged and carried out is kept to be looked at.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::accelerate::index::{HeldList, HeldTable};
use crate::accounts::{Gid, Uid, User};
use crate::action::{Action, Done};
use crate::address::Family;
use crate::fault::Fault;
use crate::lookup::ident;
use crate::report::problem::Diagnostic;
use crate::request::facts::{Answer, Unanswered};
use crate::world::{Accounts, Effects, Files, Forward, Ident, Log, Netgroups, Resolver, World};

/// Files, names, accounts and the rest, as a test sets them up.
#[derive(Clone, Default)]
pub struct FakeWorld {
    files: BTreeMap<PathBuf, Option<Vec<u8>>>,
    held: bool,
    pointers: BTreeMap<IpAddr, Vec<u8>>,
    forwards: BTreeMap<Vec<u8>, Forward>,
    interfaces: BTreeMap<Vec<u8>, u32>,
    netgroups: Vec<(Vec<u8>, Vec<u8>)>,
    users: Vec<User>,
    groups: BTreeMap<Vec<u8>, Gid>,
    ident: Option<Vec<u8>>,
    faults: BTreeMap<&'static str, Fault>,
    aclexec_status: i32,
    unanswered: Option<Unanswered>,
    logged: RefCell<Vec<String>>,
    done: Rc<RefCell<Vec<Action>>>,
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

    /// Holds tables and lists in memory, indexed, as a process does that serves many clients.
    #[must_use]
    pub fn held(mut self) -> Self {
        self.held = true;
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

    /// Makes an action fail: its name is the action's as in `Spawn`, `Aclexec`, `User`.
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

    /// Nothing can be asked of anybody, for this reason.
    #[must_use]
    pub fn unanswered(mut self, why: Unanswered) -> Self {
        self.unanswered = Some(why);
        self
    }

    fn answered(&self) -> Result<(), Unanswered> {
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
    pub fn effects(&self) -> FakeEffects {
        FakeEffects {
            faults: self.faults.clone(),
            aclexec_status: self.aclexec_status,
            done: Rc::clone(&self.done),
        }
    }

    /// What was logged so far.
    pub fn logged(&self) -> Vec<String> {
        self.logged.borrow().clone()
    }

    /// What was carried out so far.
    pub fn done(&self) -> Vec<Action> {
        self.done.borrow().clone()
    }
}

impl Files for FakeWorld {
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn Read + '_>>> {
        match self.files.get(path) {
            Some(Some(text)) => Ok(Some(Box::new(&text[..]))),
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

    fn held_table(&self, path: &Path) -> Option<Arc<HeldTable>> {
        let text = self.files.get(path).filter(|_| self.held)?.as_ref()?;
        HeldTable::read(&text[..], 0).map(Arc::new)
    }

    fn held_list(&self, path: &Path) -> Option<Arc<HeldList>> {
        let text = self.files.get(path).filter(|_| self.held)?.as_ref()?;
        HeldList::read(&text[..], 0).map(Arc::new)
    }
}

impl Resolver for FakeWorld {
    fn name_of(&self, address: SocketAddr) -> Answer<Vec<u8>> {
        self.answered()?;
        Ok(self.pointers.get(&address.ip()).cloned())
    }

    fn addresses_of(&self, name: &[u8], family: Family) -> Answer<Forward> {
        self.answered()?;
        let found = self.forwards.get(name).cloned().map(|mut forward| {
            let wanted = |address: &SocketAddr| address.is_ipv4() == (family == Family::Inet);
            forward.addresses.retain(wanted);
            forward
        });
        Ok(found.filter(|forward| !forward.addresses.is_empty()))
    }

    fn interface_index(&self, name: &[u8]) -> Answer<u32> {
        self.answered()?;
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
        self.answered()?;
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
        self.answered()?;
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
        self.logged.borrow_mut().push(diagnostic.to_string());
    }
}

/// Keeps actions instead of carrying them out.
pub struct FakeEffects {
    faults: BTreeMap<&'static str, Fault>,
    aclexec_status: i32,
    done: Rc<RefCell<Vec<Action>>>,
}

impl Effects for FakeEffects {
    fn perform(&mut self, action: &Action) -> Result<Done, Fault> {
        let shown = format!("{action:?}");
        let fault = self
            .faults
            .iter()
            .find(|(name, _)| shown.starts_with(**name));
        if let Some((_, fault)) = fault {
            return Err(fault.clone());
        }
        self.done.borrow_mut().push(action.clone());
        Ok(match action {
            Action::Aclexec(_) => Done::Exited(self.aclexec_status),
            _ => Done::Done,
        })
    }
}
