//! What is found wrong outside the rules: in inetd.conf, in the paths to files, in host names.
//!
//! The texts are the original's to the letter. Each belongs to a [`Check`], which tcpdchk explains.

use std::fmt;
use std::path::{Path, PathBuf};

use hosts_access::text::escape::TableText;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Worth knowing.
    Note,
    /// Probably not what was meant.
    Warning,
    /// The tables do not do what they say.
    Error,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// A kind of finding: everything that its explanation and the manual say.
#[derive(Debug)]
pub struct Check {
    /// Its name for users, as `net-mask`.
    pub id: &'static str,
    /// How much it matters.
    pub level: Level,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What to do instead.
    pub remedy: &'static str,
}

/// Defines checks, and the list of them all, in one place.
#[macro_export]
macro_rules! checks {
    (
        $(#[$list_doc:meta])* $list:ident;
        $($name:ident: $id:literal, $level:ident, $title:literal,
            why $why:literal, remedy $remedy:literal;)*
    ) => {
        $(
            #[doc = $title]
            pub static $name: $crate::remark::Check = $crate::remark::Check {
                id: $id,
                level: $crate::remark::Level::$level,
                title: $title,
                why: $why,
                remedy: $remedy,
            };
        )*
        $(#[$list_doc])*
        pub static $list: &[&$crate::remark::Check] = &[$(&$name),*];
    };
}

/// One thing that was found.
#[derive(Debug)]
pub struct Remark {
    /// Of which kind.
    pub check: &'static Check,
    /// Where: a file and a line of it, if it is about one.
    pub place: Option<(PathBuf, u64)>,
    /// The original's words.
    pub text: String,
    /// Whether it is nothing to worry about, though the original warns.
    pub harmless: bool,
}

impl Remark {
    /// A remark about no line in particular.
    pub fn new(check: &'static Check, text: impl Into<String>) -> Self {
        Self {
            check,
            place: None,
            text: text.into(),
            harmless: false,
        }
    }

    /// The same remark, which is nothing to worry about if this is so.
    #[must_use]
    pub fn harmless_if(mut self, harmless: bool) -> Self {
        self.harmless = harmless;
        self
    }

    /// The same remark about a line of a file.
    #[must_use]
    pub fn at(mut self, file: &Path, line: u64) -> Self {
        self.place = Some((file.to_owned(), line));
        self
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some((file, line)) => {
                write!(
                    f,
                    "warning: {}, line {line}: {}",
                    TableText::from(&**file),
                    self.text
                )
            }
            None => write!(f, "warning: {}", self.text),
        }
    }
}

checks! {
    /// Every check that is made here.
    CHECKS;
    DAEMON_DIRECTORY: "daemon-directory", Error, "the folder for daemons is missing",
        why "tcpd looks there for every daemon whose name in inetd.conf is not a full path.",
        remedy "Create the folder, or build tcpd with the folder that the daemons are in.";
    WORLD_WRITABLE: "world-writable", Error, "anybody may change this file or folder",
        why "Whoever may write to a table, or to a folder on the way to it, decides who is let in.",
        remedy "Take the permission away: chmod o-w PATH.";
    INETD_INCOMPLETE: "inetd-incomplete", Warning, "an inetd.conf line without its last words",
        why "inetd needs the name of the program as the first word of its arguments.",
        remedy "Add the name of the daemon at the end of the line.";
    PROGRAM_MISSING: "program-missing", Warning, "an inetd.conf line names no program",
        why "The service cannot start, so its rules have no effect.",
        remedy "Correct the path, install the program, or remove the line.";
    PROGRAM_NOT_EXECUTABLE: "program-not-executable", Warning, "an inetd.conf line names a file that cannot be run",
        why "The service cannot start, so its rules have no effect.",
        remedy "Correct the path, or make the file executable for its owner.";
    INSECURE_SERVICE: "insecure-service", Warning, "a service that is unsafe by design",
        why "rexd runs commands for anybody who says who he is; rules by address do not mend that.",
        remedy "Remove the line from inetd.conf.";
    TCPD_RECURSION: "tcpd-recursion", Error, "tcpd is told to run tcpd",
        why "The daemon is the first word behind tcpd's path; tcpd refuses to run itself.",
        remedy "Write the daemon's name in place of tcpd at the end of the line.";
    TCPD_SETUID: "tcpd-setuid", Error, "tcpd has a set-uid or set-gid bit",
        why "tcpd needs no rights but its caller's; with that bit every user gets them.",
        remedy "Take the bits away: chmod ug-s PATH.";
    TCPD_INSERTED: "tcpd-inserted", Warning, "tcpd was put before a whole command",
        why "The path of the daemon is now its name, and the old name is its first argument.",
        remedy "Write the path of the daemon once: tcpd's path, then the daemon's path or name.";
    FILE_LOOKUP: "file-lookup", Warning, "a program cannot be looked at",
        why "Whether the service goes through tcpd is then not known.",
        remedy "See to the reason that is given.";
    RPC_TCP: "rpc-tcp", Warning, "a service that tcpd cannot guard",
        why "For rpc/tcp services inetd hands over a listening socket: the client is not known yet.",
        remedy "Use a daemon that checks its clients itself, or a firewall.";
}
