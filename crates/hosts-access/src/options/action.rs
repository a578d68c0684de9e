//! What options do, as data.

use std::io;

use crate::report::problem::reason;
use crate::world::{Gid, User};

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
    /// Run a command likewise; its exit status decides about the rule.
    Aclexec(ShellText),
    /// Send this text to the client, if it is connected by a stream socket.
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
        /// Who.
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

/// Why an action could not be carried out: what failed, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What failed, as `setgid(nobody)`.
    pub what: String,
    /// The reason, as `Operation not permitted`.
    pub reason: String,
}

impl Fault {
    /// A fault from a system call.
    pub fn new(what: impl Into<String>, error: &io::Error) -> Self {
        Self {
            what: what.into(),
            reason: reason(error),
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.reason.is_empty() {
            f.write_str(&self.what)
        } else {
            write!(f, "{}: {}", self.what, self.reason)
        }
    }
}
