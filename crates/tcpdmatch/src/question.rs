//! What is asked: which daemon on which server, which user at which client.

use hosts_access::request::facts::Fact;
use hosts_access::request::{Host, Request};
use tools::paths::base_name;

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

    /// The same question, with the daemon's path as its name, which is what tcpd makes of it.
    pub(crate) fn with_plain_daemon(mut self) -> Self {
        if self.daemon.starts_with(b"/") {
            self.daemon = base_name(self.daemon);
        }
        self
    }

    /// The question of a line: two words, and the client's name if it is not to be looked up.
    ///
    /// # Errors
    /// What is wrong with the line, and what to write instead.
    pub(crate) fn parse(line: &'q [u8]) -> Result<Self, String> {
        const FORM: &str = "write DAEMON[@HOST] [USER@]HOST [NAME]";
        if line.contains(&0) {
            return Err(format!("NUL byte in the line; {FORM}"));
        }
        let mut words = line
            .split(|byte| byte.is_ascii_whitespace())
            .filter(|word| !word.is_empty());
        let daemon = words.next().ok_or(format!("no daemon; {FORM}"))?;
        let client = words.next().ok_or(format!("no client; {FORM}"))?;
        let name = words.next();
        match words.next() {
            Some(_) => Err(format!("more than three words; {FORM}")),
            None => Ok(Self {
                name,
                ..Self::new(daemon, client).with_plain_daemon()
            }),
        }
    }

    /// The request of this client to this server.
    pub(crate) fn request(&self, client: &Host, server: &Host) -> Request {
        let mut request = Request::new(self.daemon, client.clone(), server.clone());
        request.user = self.user.map_or(Fact::Unknown, Fact::from_user);
        request
    }
}
