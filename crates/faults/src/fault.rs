//! What goes wrong in a run: which calls fail how, or which limit is set.
//!
//! A fault has a short text, from which it can be read again: that is how one run is repeated.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, Result, bail};
use serde::{Deserialize, Serialize};

/// The errors that calls fail with.
pub(crate) const ERRORS: [&str; 7] = [
    "EPERM", "ENOSYS", "EMFILE", "ENOMEM", "EIO", "EAGAIN", "EINTR",
];

/// The signals that arrive at a call: one that is ignored unless someone asked for it, the one that the
/// original's time limit of the user lookup is made of, and one that ends the process.
pub(crate) const SIGNALS: [&str; 3] = ["SIGCHLD", "SIGALRM", "SIGTERM"];

/// Calls that make a descriptor: with none left, each of them gives EMFILE.
pub(crate) const DESCRIPTORS: [&str; 10] = [
    "openat",
    "open",
    "socket",
    "socketpair",
    "pipe",
    "pipe2",
    "dup",
    "accept4",
    "epoll_create1",
    "eventfd2",
];

/// Calls that need memory, of the process or of the kernel.
pub(crate) const MEMORY: [&str; 13] = [
    "mmap", "brk", "mremap", "mprotect", "clone", "clone3", "fork", "vfork", "socket", "openat",
    "pipe", "pipe2", "poll",
];

/// The errors with which a call can be made to fail. brk(2) has none: it gives the old end of the heap back, which
/// the C library takes for lack of memory; any error number would be an address that it goes on to use.
pub(crate) fn errors_of(call: &str) -> &'static [&'static str] {
    match call {
        "brk" => &["ENOMEM"],
        _ => &ERRORS,
    }
}

/// Whose calls fail.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Scope {
    /// The first thread of the process.
    Alone,
    /// The same, and no thread can be made: lookups run in it too.
    InPlace,
    /// All threads and all processes up to their execve. A call is counted in each of them for itself.
    Everyone,
}

/// What happens at a call.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum How {
    /// It fails with this error.
    Error(String),
    /// It is made, and this signal arrives.
    Signal(String),
}

/// A call that something happens to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) struct Hit {
    /// Name of the call.
    pub(crate) call: String,
    /// The first time, counted from 1.
    pub(crate) time: u32,
    /// Whether each later time is hit too.
    pub(crate) lasting: bool,
}

/// What goes wrong.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Fault {
    /// Something happens to calls.
    Calls(Scope, Vec<Hit>, How),
    /// So many files may be open (RLIMIT_NOFILE).
    Files(u32),
    /// The address space has so many bytes (RLIMIT_AS).
    Space(u64),
    /// The program's malloc can have one more block of so many bytes, and nothing else.
    Memory(u64),
}

impl Fault {
    /// One call, once.
    pub(crate) fn once(scope: Scope, call: &str, time: u32, how: How) -> Self {
        let call = call.to_owned();
        let hit = Hit {
            call,
            time,
            lasting: false,
        };
        Self::Calls(scope, vec![hit], how)
    }

    /// The call and the time of a single error, which is the one kind that may be exempt.
    pub(crate) fn single(&self) -> Option<(Scope, &Hit)> {
        match self {
            Self::Calls(scope, hits, How::Error(_)) => match &hits[..] {
                [hit] if !hit.lasting => Some((*scope, hit)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The calls that it concerns.
    pub(crate) fn calls(&self) -> impl Iterator<Item = &str> {
        let hits = match self {
            Self::Calls(_, hits, _) => &hits[..],
            _ => &[],
        };
        hits.iter().map(|hit| hit.call.as_str())
    }

    /// What it is called in the list of kinds: the error, the signal or the limit.
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::Calls(_, hits, How::Error(name)) if hits.iter().any(|hit| hit.lasting) => {
                format!("{name} for good")
            }
            Self::Calls(_, _, How::Error(name) | How::Signal(name)) => name.clone(),
            Self::Files(_) => "RLIMIT_NOFILE".into(),
            Self::Space(_) => "RLIMIT_AS".into(),
            Self::Memory(_) => "no memory".into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Calls(scope, hits, how) => {
                f.write_str(match scope {
                    Scope::Alone => "alone",
                    Scope::InPlace => "in-place",
                    Scope::Everyone => "everyone",
                })?;
                for hit in hits {
                    let more = if hit.lasting { "+" } else { "" };
                    write!(f, " {}={}{more}", hit.call, hit.time)?;
                }
                match how {
                    How::Error(name) | How::Signal(name) => write!(f, " {name}"),
                }
            }
            Self::Files(count) => write!(f, "files {count}"),
            Self::Space(bytes) => write!(f, "space {bytes}"),
            Self::Memory(bytes) => write!(f, "memory {bytes}"),
        }
    }
}

impl FromStr for Fault {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let words: Vec<_> = text.split_whitespace().collect();
        let [first, middle @ .., last] = &words[..] else {
            bail!("{text}: no fault");
        };
        let scope = match *first {
            "files" => return Ok(Self::Files(last.parse()?)),
            "space" => return Ok(Self::Space(last.parse()?)),
            "memory" => return Ok(Self::Memory(last.parse()?)),
            "alone" => Scope::Alone,
            "in-place" => Scope::InPlace,
            "everyone" => Scope::Everyone,
            _ => bail!("{first}: not a scope"),
        };
        let hits = middle.iter().map(|word| {
            let (call, time) = word.split_once('=').context("not CALL=TIME")?;
            let lasting = time.ends_with('+');
            Ok(Hit {
                call: call.to_owned(),
                time: time.trim_end_matches('+').parse()?,
                lasting,
            })
        });
        let name = (*last).to_owned();
        let how = if name.starts_with("SIG") {
            How::Signal(name)
        } else {
            How::Error(name)
        };
        Ok(Self::Calls(scope, hits.collect::<Result<_>>()?, how))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_as_it_is_written() {
        for text in [
            "alone openat=7 EMFILE",
            "in-place socket=3+ openat=4+ EMFILE",
            "everyone read=1 SIGALRM",
            "files 4",
            "space 4096000",
            "memory 80",
        ] {
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
        }
        assert!("read=1".parse::<Fault>().is_err());
        assert!("nobody read=1 EIO".parse::<Fault>().is_err());
    }
}
