//! What a side did with a case: its events in order, and the verdict.

use std::fmt;

/// One thing that a side said or did.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// A message.
    Message(Vec<u8>),
    /// A command of a spawn.
    Spawn(Vec<u8>),
    /// A command of an aclexec.
    Aclexec(Vec<u8>),
    /// Text for the client.
    Banner(Vec<u8>),
    /// `NAME=VALUE`.
    SetEnv(Vec<u8>),
    Umask(i64),
    Nice(i64),
    Linger(i64),
    KeepAlive,
    /// An ident query with its time limit in seconds.
    Ident(i64),
    /// A user or group is taken.
    Identity(String),
}

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Granted,
    Denied,
    /// This command runs in place of the service.
    Twist(Vec<u8>),
    /// The original's process ends without a verdict.
    Exit,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) events: Vec<Event>,
    pub(crate) verdict: Verdict,
    /// What `severity` set, as syslog(3) counts; -1 if nothing.
    pub(crate) severity: i64,
}

impl Event {
    /// What kind of thing it is.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Spawn(_) => "spawn",
            Self::Aclexec(_) => "aclexec",
            Self::Banner(_) => "banner",
            Self::SetEnv(_) => "setenv",
            Self::Umask(_) => "umask",
            Self::Nice(_) => "nice",
            Self::Linger(_) => "linger",
            Self::KeepAlive => "keepalive",
            Self::Ident(_) => "ident",
            Self::Identity(_) => "user",
        }
    }
}

impl Outcome {
    /// Adds an event; pieces of a banner are one text.
    pub(crate) fn push(events: &mut Vec<Event>, event: Event) {
        if let Event::Banner(text) = &event {
            if let Some(Event::Banner(before)) = events.last_mut() {
                before.extend_from_slice(text);
                return;
            }
            if text.is_empty() {
                return;
            }
        }
        events.push(event);
    }

    /// The verdict without its command, and the last rule that matched.
    pub(crate) fn coarse(&self) -> (Verdict, Option<&Event>) {
        let matched =
            self.events.iter().rev().find(
                |event| matches!(event, Event::Message(text) if text.starts_with(b"matched:  ")),
            );
        let verdict = match &self.verdict {
            Verdict::Twist(_) => Verdict::Twist(Vec::new()),
            other => other.clone(),
        };
        (verdict, matched)
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, text) = match self {
            Self::Message(text) => ("", text),
            Self::Spawn(text) => ("spawn ", text),
            Self::Aclexec(text) => ("aclexec ", text),
            Self::Banner(text) => ("banner ", text),
            Self::SetEnv(text) => ("setenv ", text),
            Self::Umask(number) => return write!(f, "umask {number:o}"),
            Self::Nice(number) => return write!(f, "nice {number}"),
            Self::Linger(number) => return write!(f, "linger {number}"),
            Self::KeepAlive => return f.write_str("keepalive"),
            Self::Ident(limit) => return write!(f, "ident {limit}"),
            Self::Identity(who) => return f.write_str(who),
        };
        write!(f, "{kind}{}", text.escape_ascii())
    }
}
