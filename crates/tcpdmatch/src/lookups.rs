//! The ends of many questions: each host name is looked up once.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hosts_access::request::facts::Fact;
use hosts_access::request::{Host, Request};
use system::resolver::SystemResolver;
use tools::hosts::{LookupFailure, patience};

use crate::endpoint;
use crate::question::{Question, QuestionError};

/// Most hosts that are remembered; past that all are forgotten, which costs lookups only.
const MAX_REMEMBERED: usize = 10_000;

/// Time that may go by without an answer, all together. Then the name service is taken for dead:
/// many questions would else take as many times as long.
const PATIENCE: Duration = Duration::from_secs(30);

/// Hosts by the text that names them.
type Known = RefCell<BTreeMap<Vec<u8>, Result<Vec<Host>, LookupFailure>>>;

/// Looks hosts up and remembers them.
#[derive(Default)]
pub(crate) struct Lookups {
    clients: Known,
    servers: Known,
    /// Time that went by without an answer.
    wasted: Cell<Duration>,
}

impl Lookups {
    /// The requests that a question stands for: one for each address of the client.
    ///
    /// # Errors
    /// Why there is none, and what to write instead.
    pub(crate) fn requests(&self, question: &Question<'_>) -> Result<Vec<Request>, QuestionError> {
        let resolver = SystemResolver::new(patience());
        let server = match question.server {
            None => Host::unknown().with_name(Fact::Unknown),
            Some(name) => {
                let found = self.remember(&self.servers, name, || {
                    endpoint::server(name, &resolver).map(hosts)
                })?;
                let [server] = &found[..] else {
                    return Err(QuestionError::ManyAddresses(name.to_vec()));
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
                return Err(QuestionError::TwoNames(question.client.to_vec()));
            }
            (None, None) => self.remember(&self.clients, question.client, || {
                endpoint::client(question.client, &resolver).map(hosts)
            })?,
        };
        let requests = clients
            .iter()
            .map(|client| question.request(client, &server));
        Ok(requests.collect())
    }

    fn remember(
        &self,
        known: &Known,
        name: &[u8],
        look_up: impl FnOnce() -> Result<Vec<Host>, LookupFailure>,
    ) -> Result<Vec<Host>, QuestionError> {
        let remembered = known.borrow().get(name).cloned();
        let found = remembered.unwrap_or_else(|| {
            let found = self.ask(look_up);
            let known = &mut *known.borrow_mut();
            if known.len() >= MAX_REMEMBERED {
                known.clear();
            }
            known.insert(name.to_vec(), found.clone());
            found
        });
        found.map_err(|failure| QuestionError::Lookup(name.to_vec(), failure))
    }

    fn ask<T>(
        &self,
        look_up: impl FnOnce() -> Result<T, LookupFailure>,
    ) -> Result<T, LookupFailure> {
        if self.wasted.get() >= PATIENCE {
            return Err(LookupFailure::NoAnswer);
        }
        let start = Instant::now();
        let found = look_up();
        if matches!(found, Err(LookupFailure::NoAnswer)) {
            self.wasted.set(self.wasted.get() + start.elapsed());
        }
        found
    }
}

fn hosts(found: endpoint::Resolved) -> Vec<Host> {
    found.ends.into_iter().map(|end| end.host).collect()
}
