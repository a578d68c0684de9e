//! What options do, as data.

use crate::accounts::{Gid, User};
use crate::fault::Fault;
use crate::severity::Severity;

/// Text whose expansions went through the character filter, so that nothing a client chose has a
/// meaning to a shell. Only [`expand`](crate::options::expand) makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellText(Vec<u8>);

impl ShellText {
    pub(crate) fn new(text: Vec<u8>) -> Self {
        Self(text)
    }

    /// A part of the same text.
    pub(crate) fn map(&self, part: impl FnOnce(&[u8]) -> &[u8]) -> Self {
        Self(part(&self.0).to_vec())
    }

    /// The text, for `/bin/sh -c`. It holds no NUL byte.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What an option asks to be done (hosts_options(5)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Run a command without the client's socket and wait for it.
    Spawn(ShellText),
    /// Run a command without the client's socket; its exit status decides about the rule.
    Aclexec(ShellText),
    /// Send this text to the client.
    Banner(Vec<u8>),
    /// Set a variable in the environment of all that runs later.
    SetEnv {
        /// Not empty, without `=` and NUL.
        name: Vec<u8>,
        /// Without NUL.
        value: Vec<u8>,
    },
    /// Set the file mode mask.
    Umask(u32),
    /// Add to the nice value.
    Nice(i32),
    /// Set SO_LINGER to so many seconds; 0 switches it off.
    Linger(u32),
    /// Switch SO_KEEPALIVE on.
    KeepAlive,
    /// Become this user, with the given group or its own groups.
    User {
        /// The user and its own group.
        user: User,
        /// The group of `user NAME.GROUP`, with its name.
        group: Option<(Gid, Vec<u8>)>,
    },
    /// Take this group, with its name, and no other.
    Group(Gid, Vec<u8>),
}

/// How an action ended that could be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was done.
    Done,
    /// The command of an aclexec ended with this status.
    Exited(i32),
}

/// What one option asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Something to be carried out.
    Act(Action),
    /// Send the banner that lies in this directory under the daemon's name.
    Banners(Vec<u8>),
    /// Log at this severity.
    Severity(Severity),
    /// Look the user up, within so many seconds if given.
    User(Option<u32>),
    /// The verdict, whatever the table.
    End(RuleOutcome),
}

/// What the options of a rule make of its match.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleOutcome {
    /// The table's own verdict.
    Table,
    /// `allow`: the client is served.
    Allow,
    /// `deny`: the client is refused.
    Deny,
    /// The client is served by this command instead.
    Twist(ShellText),
    /// An aclexec said no: the table does not match.
    NoMatch,
    /// The rule is in error: the command of an aclexec could not be run, and this is why.
    InError(Fault),
    /// An option is wrong or failed: denied.
    Failed,
}
