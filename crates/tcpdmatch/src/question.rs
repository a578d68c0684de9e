//! What is asked: which daemon on which server, which user at which client.

use hosts_access::facts::Fact;
use hosts_access::request::{Host, Request};

use crate::endpoint::{split_server, split_user};

/// A question as the user writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question<'q> {
    /// The daemon's name.
    pub daemon: &'q [u8],
    /// The server, by name or address.
    pub server: Option<&'q [u8]>,
    /// The user at the client.
    pub user: Option<&'q [u8]>,
    /// The client, by name or address.
    pub client: &'q [u8],
    /// The client's name, if none is to be looked up.
    pub name: Option<&'q [u8]>,
}

impl<'q> Question<'q> {
    /// The question of two words: `daemon[@server]` and `[user@]client`.
    pub(crate) fn new(daemon: &'q [u8], client: &'q [u8]) -> Self {
        let (daemon, server) = split_server(daemon);
        let (user, client) = split_user(client);
        Self {
            daemon,
            server,
            user,
            client,
            name: None,
        }
    }

    /// The request of this client to this server.
    pub(crate) fn request(&self, client: &Host, server: &Host) -> Request {
        let mut request = Request::new(self.daemon, client.clone(), server.clone());
        request.user = self.user.map_or(Fact::Unknown, Fact::from_user);
        request
    }
}
