//! Options and lookups without consequences: what would be done is shown or passed over.

use std::net::SocketAddr;
use std::time::Duration;

use hosts_access::action::{Action, Done, Fault};
use hosts_access::world::{Effects, Ident};

use crate::output::Output;

/// Carries nothing out. A banner is shown; a command counts as one that succeeds.
pub struct DryEffects<'o> {
    /// Where banners are shown, if they are.
    pub output: Option<&'o Output>,
}

impl Effects for DryEffects<'_> {
    fn perform(&mut self, action: &Action) -> Result<Done, Fault> {
        match (action, self.output) {
            (Action::Banner(text), Some(output)) => output.bytes(text),
            (Action::Aclexec(_), _) => return Ok(Done::Exited(0)),
            _ => {}
        }
        Ok(Done::Done)
    }
}

/// Asks no ident server.
pub struct NoIdent;

impl Ident for NoIdent {
    fn ask(&self, _: SocketAddr, _: SocketAddr, _: &[u8], _: Duration) -> Option<Vec<u8>> {
        None
    }
}
