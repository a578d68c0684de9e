//! The system as the engine's world, with one budget of time for all lookups of a request.

use std::rc::Rc;

use hosts_access::world::{Log, World};

use crate::deadline::Budget;
use crate::files::RealFiles;
use crate::ident_client::TcpIdent;
use crate::netgroup::SystemNetgroups;
use crate::resolver::SystemResolver;
use crate::user_database::SystemAccounts;

/// Files, name services and ident of this system, for one request.
pub struct SystemWorld {
    lookups: (SystemResolver, TcpIdent),
    netgroups: SystemNetgroups,
}

impl SystemWorld {
    /// A world in which no time was spent yet.
    pub fn new() -> Self {
        let budget: Rc<Budget> = Rc::default();
        Self {
            lookups: (
                SystemResolver::new(Rc::clone(&budget)),
                TcpIdent::new(Rc::clone(&budget)),
            ),
            netgroups: SystemNetgroups::new(budget),
        }
    }

    /// The world for the engine; messages go to this log.
    pub fn with_log<'w>(&'w self, log: &'w dyn Log) -> World<'w> {
        World {
            files: &RealFiles,
            lookups: &self.lookups,
            netgroups: &self.netgroups,
            accounts: &SystemAccounts,
            log,
        }
    }
}

impl Default for SystemWorld {
    fn default() -> Self {
        Self::new()
    }
}
