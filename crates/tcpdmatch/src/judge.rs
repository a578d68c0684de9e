//! Asks the engine, with everything dry.

use hosts_access::access::{Decision, Tables, Verdict, hosts_access};
use hosts_access::request::Request;
use hosts_access::world::{Log, World};
use system::names::SystemResolver;
use system::netgroup::SystemNetgroups;
use tools::accounts::TreeAccounts;
use tools::disk::Disk;
use tools::dry::{DryEffects, NoIdent};
use tools::output::Output;

/// The tables, and the files and accounts that rules refer to.
pub(crate) struct Judge {
    /// The tables.
    pub tables: Tables,
    /// The files.
    pub disk: Disk,
    accounts: TreeAccounts,
}

impl Judge {
    /// Judges by these tables.
    pub(crate) fn new(tables: Tables, disk: Disk) -> Self {
        Self {
            accounts: TreeAccounts::new(&disk),
            tables,
            disk,
        }
    }

    /// What tcpd would do. Banners are shown on `output`, if there is one.
    pub(crate) fn decide(
        &self,
        request: &mut Request,
        log: &dyn Log,
        output: Option<&Output>,
    ) -> Decision {
        let budget = std::rc::Rc::default();
        let resolver = SystemResolver::new(std::rc::Rc::clone(&budget));
        let netgroups = SystemNetgroups::new(budget);
        let world = World {
            files: &self.disk,
            resolver: &resolver,
            ident: &NoIdent,
            netgroups: &netgroups,
            accounts: &self.accounts,
            log,
        };
        hosts_access(&self.tables, request, &world, &mut DryEffects { output })
    }
}

/// The verdict in one word.
pub(crate) fn verdict_word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Granted => "granted",
        Verdict::Denied => "denied",
        Verdict::Twist(_) => "delegated",
    }
}
