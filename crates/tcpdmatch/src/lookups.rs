//! The ends of many questions: each host name is looked up once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use hosts_access::facts::Fact;
use hosts_access::request::{Host, Request};
use system::names::SystemResolver;
use tools::hosts::not_found_text;

use crate::answer::text;
use crate::endpoint;
use crate::question::Question;

/// Most hosts that are remembered; past that all are forgotten, which costs lookups only.
const MAX_REMEMBERED: usize = 10_000;

/// Hosts by the text that names them; nothing if there is no such host.
type Known = RefCell<BTreeMap<Vec<u8>, Option<Vec<Host>>>>;

/// Looks hosts up and remembers them.
#[derive(Default)]
pub(crate) struct Lookups {
    clients: Known,
    servers: Known,
}

impl Lookups {
    /// The requests that a question stands for: one for each address of the client.
    ///
    /// # Errors
    /// Why there is none, and what to write instead.
    pub(crate) fn requests(&self, question: &Question<'_>) -> Result<Vec<Request>, String> {
        let resolver = SystemResolver::new(Rc::default());
        let server = match question.server {
            None => Host::unknown().with_name(Fact::Unknown),
            Some(name) => {
                let found = remember(&self.servers, name, || {
                    endpoint::server(name, &resolver).map(hosts)
                })?;
                let [server] = &found[..] else {
                    let name = text(name);
                    return Err(format!(
                        "{name} has more than one address; give an address instead"
                    ));
                };
                server.clone()
            }
        };
        let clients = match (
            endpoint::plain_client(question.client, &resolver),
            question.name,
        ) {
            (Some(client), Some(name)) => vec![client.with_name(Fact::from_value(name))],
            (Some(client), None) => vec![client],
            (None, Some(_)) => {
                let client = text(question.client);
                return Err(format!(
                    "{client} is no address, so it cannot have a NAME too; give its address"
                ));
            }
            (None, None) => remember(&self.clients, question.client, || {
                endpoint::client(question.client, &resolver).map(hosts)
            })?,
        };
        let requests = clients
            .iter()
            .map(|client| question.request(client, &server));
        Ok(requests.collect())
    }
}

fn hosts(found: endpoint::Resolved) -> Vec<Host> {
    found.ends.into_iter().map(|end| end.host).collect()
}

fn remember(
    known: &Known,
    name: &[u8],
    look_up: impl FnOnce() -> Option<Vec<Host>>,
) -> Result<Vec<Host>, String> {
    let remembered = known.borrow().get(name).cloned();
    let found = remembered.unwrap_or_else(|| {
        let found = look_up();
        let known = &mut *known.borrow_mut();
        if known.len() >= MAX_REMEMBERED {
            known.clear();
        }
        known.insert(name.to_vec(), found.clone());
        found
    });
    found.ok_or_else(|| format!("{}; give an address instead", not_found_text(name)))
}
