//! What is asked: which daemon on which server, which user at which client.

use std::fmt;

use hosts_access::request::facts::Fact;
use hosts_access::request::{Host, Request};
use hosts_access::text::escape::TableText;
use tools::hosts::{LookupFailure, no_answer_text, not_found_text};
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

/// Why a question cannot be answered; its text says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum QuestionError {
    /// The line has a byte that no text has.
    NulByte,
    /// The line is empty.
    NoDaemon,
    /// The line has one word.
    NoClient,
    /// The line has more than three words.
    ManyWords,
    /// The server of this name has several addresses.
    ManyAddresses(Vec<u8>),
    /// This client is given by name, and a name is given beside it.
    TwoNames(Vec<u8>),
    /// The name service knows nothing of this host, or gives no answer.
    Lookup(Vec<u8>, LookupFailure),
}

impl fmt::Display for QuestionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const FORM: &str = "write DAEMON[@HOST] [USER@]HOST [NAME]";
        match self {
            Self::NulByte => write!(f, "NUL byte in the line; {FORM}"),
            Self::NoDaemon => write!(f, "no daemon; {FORM}"),
            Self::NoClient => write!(f, "no client; {FORM}"),
            Self::ManyWords => write!(f, "more than three words; {FORM}"),
            Self::ManyAddresses(server) => {
                let server = TableText(server);
                write!(
                    f,
                    "{server} has more than one address; give an address instead"
                )
            }
            Self::TwoNames(client) => {
                let client = TableText(client);
                write!(
                    f,
                    "{client} is no address, so it cannot have a NAME too; give its address"
                )
            }
            Self::Lookup(name, failure) => {
                let text = match failure {
                    LookupFailure::NotFound => not_found_text(name),
                    LookupFailure::NoAnswer => no_answer_text(name),
                };
                write!(f, "{text}; give an address instead")
            }
        }
    }
}

impl std::error::Error for QuestionError {}

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
    pub(crate) fn parse(line: &'q [u8]) -> Result<Self, QuestionError> {
        if line.contains(&0) {
            return Err(QuestionError::NulByte);
        }
        let mut words = line
            .split(|byte| byte.is_ascii_whitespace())
            .filter(|word| !word.is_empty());
        let daemon = words.next().ok_or(QuestionError::NoDaemon)?;
        let client = words.next().ok_or(QuestionError::NoClient)?;
        let name = words.next();
        if words.next().is_some() {
            return Err(QuestionError::ManyWords);
        }
        Ok(Self {
            name,
            ..Self::new(daemon, client).with_plain_daemon()
        })
    }

    /// The request of this client to this server.
    pub(crate) fn request(&self, client: &Host, server: &Host) -> Request {
        let mut request = Request::new(self.daemon, client.clone(), server.clone());
        request.user = self.user.map_or(Fact::Unknown, Fact::from_user);
        request
    }
}
