//! What every check may ask and where it reports.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use hosts_access::world::{Netgroups, Resolver};
use system::netgroup::SystemNetgroups;
use system::resolver::SystemResolver;
use tools::disk::Disk;
use tools::inetd::InetdConf;
use tools::services::Services;
use tools::tree_accounts::TreeAccounts;

use crate::cover::Earlier;
use crate::finding::{FilePlace, Finding};
use crate::list_bounds::ListBounds;
use crate::name_service::{HostLookups, NetgroupLookups};
use crate::reporter::Reporter;
use crate::shell::Shell;

/// What the user wants to see.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flags {
    /// `-a`.
    pub implicit_allow: bool,
    /// `-v`.
    pub verbose: bool,
    /// Whether the name service is asked.
    pub dns: bool,
    /// Whether the tables are in their place, on this machine or in a tree.
    pub in_place: bool,
    /// Whether the tables are in their place on this machine, and not still to be installed.
    pub installed: bool,
}

/// The machine that is looked at, and the report on it.
pub(crate) struct Checker<'c> {
    /// Where findings go.
    pub report: &'c Reporter<'c>,
    /// What the user wants to see.
    pub flags: Flags,
    /// The files of the machine.
    pub disk: &'c Disk,
    /// Users and groups of the machine.
    pub accounts: &'c TreeAccounts,
    /// What inetd starts.
    pub conf: &'c InetdConf,
    /// What this machine runs.
    pub services: &'c Services<'c>,
    /// What the name service says of the hosts of the tables.
    pub names: &'c HostLookups,
    /// What is known of the netgroups of the tables.
    groups: NetgroupLookups,
    /// What the rules so far match.
    pub earlier: RefCell<Earlier>,
    /// Rules of hosts.allow that ask a command, and that no rule of hosts.deny backs so far.
    pub unbacked: RefCell<Vec<UnbackedRule>>,
    /// What was said or looked at already, of which daemon or path: once is enough.
    done: RefCell<BTreeSet<(&'static str, Vec<u8>)>>,
    /// Whether a rule so far lets somebody in by the address alone.
    pub lets_in: Cell<bool>,
    /// The `/file` lists so far.
    pub lists: RefCell<ListBounds>,
    /// What the shell said of commands so far.
    shell: Shell,
}

/// A rule of hosts.allow that asks a command, and whose no must refuse somewhere.
#[derive(Debug)]
pub(crate) struct UnbackedRule {
    /// Its daemons, as `cover::plain` writes them.
    pub daemons: Vec<u8>,
    /// Its clients, as `cover::plain` writes them.
    pub clients: Vec<u8>,
    /// Where it asks.
    pub place: FilePlace,
}

impl<'c> Checker<'c> {
    /// Checks with these.
    pub(crate) fn new(
        report: &'c Reporter<'c>,
        flags: Flags,
        disk: &'c Disk,
        accounts: &'c TreeAccounts,
        conf: &'c InetdConf,
        services: &'c Services<'c>,
        names: &'c HostLookups,
    ) -> Self {
        Self {
            report,
            flags,
            disk,
            accounts,
            conf,
            services,
            names,
            groups: NetgroupLookups::of_system(),
            earlier: RefCell::default(),
            unbacked: RefCell::default(),
            done: RefCell::default(),
            lets_in: Cell::default(),
            lists: RefCell::default(),
            shell: Shell::default(),
        }
    }

    /// Reports a finding.
    pub(crate) fn find(&self, finding: Finding) {
        self.report.finding(&finding);
    }

    /// Whether this is the first time that this is said or done about this name or path.
    pub(crate) fn is_new(&self, what: &'static str, about: &[u8]) -> bool {
        self.done.borrow_mut().insert((what, about.to_vec()))
    }

    /// Why the shell cannot read a command, if it cannot.
    pub(crate) fn shell_complaint(&self, command: &[u8]) -> Option<String> {
        if self.names.is_collecting() {
            None
        } else {
            self.shell.complaint(command)
        }
    }

    /// Whether a netgroup exists and has a member. `None`: no answer.
    pub(crate) fn has_netgroup(&self, group: &[u8]) -> Option<bool> {
        if self.names.is_collecting() {
            Some(true)
        } else {
            self.groups.has_members(group)
        }
    }

    /// The netgroups of this machine.
    pub(crate) fn netgroups(&self) -> impl Netgroups {
        SystemNetgroups::new(Rc::default())
    }

    /// Whether a scope names an interface of this machine. Those of a tree's machine are not known.
    pub(crate) fn has_interface(&self, scope: &[u8]) -> bool {
        self.disk.is_rooted()
            || hosts_access::text::number::decimal(scope).is_some()
            || SystemResolver::new(Rc::default()).interface_index(scope) != Ok(None)
    }
}
