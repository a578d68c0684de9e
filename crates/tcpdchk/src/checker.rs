//! What every check may ask and where it reports.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use hosts_access::pattern::path_of;
use hosts_access::world::{Netgroups, Resolver};
use system::names::SystemResolver;
use system::netgroup::SystemNetgroups;
use tools::accounts::TreeAccounts;
use tools::disk::Disk;
use tools::inetd::InetdConf;

use crate::finding::Finding;
use crate::names::Names;
use crate::report::Report;

/// What the user wants to see.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wishes {
    /// `-a`.
    pub implicit_allow: bool,
    /// `-v`.
    pub verbose: bool,
}

/// The machine that is looked at, and the report on it.
pub(crate) struct Checker<'c> {
    /// Where findings go.
    pub report: &'c Report<'c>,
    /// What the user wants to see.
    pub wishes: Wishes,
    /// The files.
    pub disk: &'c Disk,
    /// Users and groups.
    pub accounts: &'c TreeAccounts,
    /// What inetd starts.
    pub conf: &'c InetdConf,
    /// Hosts.
    pub names: &'c Names,
    /// Daemons that were spoken of already; once is enough.
    named: RefCell<BTreeSet<Vec<u8>>>,
    /// Lists that were gone through already.
    lists: RefCell<BTreeSet<PathBuf>>,
}

impl<'c> Checker<'c> {
    /// Checks with these.
    pub(crate) fn new(
        report: &'c Report<'c>,
        wishes: Wishes,
        disk: &'c Disk,
        accounts: &'c TreeAccounts,
        conf: &'c InetdConf,
        names: &'c Names,
    ) -> Self {
        Self {
            report,
            wishes,
            disk,
            accounts,
            conf,
            names,
            named: RefCell::default(),
            lists: RefCell::default(),
        }
    }

    /// Reports a finding.
    pub(crate) fn find(&self, finding: Finding) {
        self.report.finding(&finding);
    }

    /// Whether this is the first time that a daemon is spoken of.
    pub(crate) fn is_new_daemon(&self, name: &[u8]) -> bool {
        self.named.borrow_mut().insert(name.to_ascii_lowercase())
    }

    /// Whether this is the first time that a `/file` list is gone through.
    pub(crate) fn is_new_list(&self, path: &Path) -> bool {
        self.lists.borrow_mut().insert(path.to_owned())
    }

    /// Whether a netgroup exists and has a member.
    pub(crate) fn has_netgroup(&self, group: &[u8]) -> bool {
        SystemNetgroups::new(Rc::default()).has_members(group)
    }

    /// The netgroups of this machine.
    pub(crate) fn netgroups(&self) -> impl Netgroups {
        SystemNetgroups::new(Rc::default())
    }

    /// Whether a scope names an interface of this machine.
    pub(crate) fn has_interface(&self, scope: &[u8]) -> bool {
        hosts_access::number::decimal(scope).is_some()
            || SystemResolver::new(Rc::default())
                .interface_index(scope)
                .is_some()
    }

    /// Whether a path of a rule exists.
    pub(crate) fn exists(&self, path: &[u8]) -> bool {
        self.disk.metadata(&path_of(path)).is_ok()
    }

    /// The bytes of a file that a rule names, if it can be read.
    pub(crate) fn read(&self, path: &Path) -> Option<Vec<u8>> {
        self.disk.read(path).ok().flatten()
    }
}
