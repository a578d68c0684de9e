//! What goes wrong while tables are read and rules run, where, and in which words
//! (hosts_access(5), ERRORS IN TABLES; hosts_options(5), OPTION ERRORS).
//!
//! The texts that the original has are kept to the letter, since scripts look for them; a text of
//! our own says the remedy too.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use crate::fault::{Fault, reason};
use crate::limits;
use crate::request::facts::Unanswered;
use crate::severity::Level;
use crate::table::entry::EntryError;
use crate::table::place::Place;
use crate::text::escape::{TableText, Untrusted};

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gravity {
    /// Something is reported and evaluation goes on in a defined way.
    Warning,
    /// The request is denied.
    Error,
    /// For information, without a prefix.
    Note,
}

/// A message with its place.
#[derive(Debug)]
pub struct Diagnostic {
    /// Where, if it is about a rule.
    pub place: Option<Place>,
    /// What went wrong.
    pub problem: Problem,
}

impl Diagnostic {
    /// The level at which it is logged.
    pub fn level(&self) -> Level {
        match self.problem.gravity() {
            Gravity::Warning | Gravity::Error => Level::ERR,
            Gravity::Note => Level::INFO,
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problem.gravity() {
            Gravity::Warning => f.write_str("warning: ")?,
            Gravity::Error => f.write_str("error: ")?,
            Gravity::Note => return self.problem.fmt(f),
        }
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        self.problem.fmt(f)
    }
}

/// Whom it refuses that something is in error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedClients {
    /// What is left of hosts.allow cannot be used: who came to a rule above was granted or refused by it.
    Ungranted,
    /// A rule cannot be evaluated, or what is left of hosts.deny cannot be used.
    Reached,
}

impl fmt::Display for RefusedClients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ungranted => "refuses everybody whom no rule above grants",
            Self::Reached => "refuses everybody who gets that far",
        })
    }
}

/// What went wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum Problem {
    /// What makes a table or a rule in error, and whom that refuses.
    InError(Box<Problem>, RefusedClients),
    /// A table exists and cannot be read.
    CannotOpen(PathBuf, io::Error),
    /// A line that cannot be trusted, or a table that could not be read to its end.
    BadLine(EntryError),
    /// A table has NUL bytes that do no harm where they stand.
    NulPassed,
    /// A `/file` list has NUL bytes that do no harm where they stand.
    ListNulPassed(PathBuf),
    /// What a bad line means for the rest of the table.
    RestIgnored,
    /// A rule has no colon outside brackets.
    MissingSeparator,
    /// A `/file` list exists and cannot be read.
    ListOpen(PathBuf, io::Error),
    /// A `/file` list includes itself, or lists nest too deep.
    ListNesting(PathBuf),
    /// More than [`limits::MAX_LISTS`] lists would be opened.
    ListCount(PathBuf),
    /// A `/file` list holds a NUL byte or an endless word.
    ListWord(PathBuf),
    /// A word of slashes only, which is no file.
    NoList(Vec<u8>),
    /// What a host is called could not be asked; the address as text.
    NoName(Vec<u8>, Unanswered),
    /// Who the user at the client is could not be asked.
    NoUser(Unanswered),
    /// Whether a host is in a netgroup could not be asked.
    NoNetgroup(Vec<u8>, Unanswered),
    /// Whether an address is on a DNS list could not be asked; the name that was asked for.
    NoDnsList(Vec<u8>, Unanswered),
    /// The zone of a DNS list is no domain name, or leaves no room for an address.
    DnsListZone(Vec<u8>),
    /// A DNS list has an answer that is no answer of a list: the name that was asked for.
    DnsListAnswer(Vec<u8>, Ipv4Addr),
    /// Which network interface has a name could not be asked.
    NoInterface(Vec<u8>, Unanswered),
    /// An unknown expansion.
    UnrecognizedExpansion(u8),
    /// The double check of a host name failed.
    HostName(NameProblem),
    /// An option is wrong; the request is denied.
    Option(OptionProblem),
    /// An option could not do its work; the request goes on.
    OptionFault(Fault),
    /// An option could not do its work; the request is denied.
    OptionFailed(Fault),
    /// The command of an aclexec could not be run or gave no status: the rule is in error.
    AclexecFailed(Fault),
    /// The command of an aclexec ended with a status other than 0.
    AclexecReturned,
}

/// Why an address has no name, or its owner's claim to one cannot be confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameProblem {
    /// The name is a number.
    Numeric(Vec<u8>),
    /// The name has no address.
    NoAddress(Vec<u8>, crate::address::Family),
    /// The name's canonical name is another one.
    OtherName(Vec<u8>, Vec<u8>),
    /// The name has other addresses only.
    OtherAddress(Vec<u8>, Vec<u8>),
}

/// An error in an option, which denies in either table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionProblem {
    /// An empty field.
    MissingName,
    /// No option has this keyword.
    BadName(Vec<u8>),
    /// A value is missing.
    RequiresValue(Vec<u8>),
    /// There may be no value.
    RequiresNoValue(Vec<u8>),
    /// Something follows allow, deny or twist.
    MustBeAtEnd(Vec<u8>),
    /// The value is not of the option's kind: `bad KIND: "VALUE"`.
    BadValue(&'static str, Vec<u8>),
    /// No such user.
    UnknownUser(Vec<u8>),
    /// No such group.
    UnknownGroup(Vec<u8>),
    /// A variable name that is empty or holds `=`.
    BadVariable(Vec<u8>),
    /// The value is too long after expansion; its start.
    TooLong(Vec<u8>),
    /// The banner exists and reading it failed.
    BannerRead(PathBuf, String),
}

impl Error for Problem {}
impl Error for NameProblem {}
impl Error for OptionProblem {}

impl Problem {
    /// How grave it is.
    pub fn gravity(&self) -> Gravity {
        match self {
            Self::InError(problem, _) => problem.gravity(),
            Self::Option(_) | Self::OptionFailed(_) => Gravity::Error,
            Self::AclexecReturned => Gravity::Note,
            _ => Gravity::Warning,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InError(problem, refused) => write!(f, "{problem} (in error: {refused})"),
            Self::CannotOpen(path, error) => {
                write!(
                    f,
                    "cannot open {}: {}",
                    TableText::from(&**path),
                    reason(error)
                )
            }
            Self::BadLine(error) => error.fmt(f),
            Self::NulPassed => {
                f.write_str("NUL bytes are passed over; write the table again as plain text")
            }
            Self::ListNulPassed(path) => write!(
                f,
                "{}: NUL bytes are passed over; write the list again as plain text",
                TableText::from(&**path)
            ),
            Self::NoList(word) => write!(
                f,
                "{}: slashes alone name no list, so this matches nothing",
                TableText(word)
            ),
            Self::RestIgnored => f.write_str("all the subsequent rules will be ignored"),
            Self::MissingSeparator => f.write_str("missing \":\" separator"),
            Self::ListOpen(path, error) => {
                write!(f, "open {}: {}", TableText::from(&**path), reason(error))
            }
            Self::ListNesting(path) => write!(
                f,
                "{}: lists include each other over {} deep; does one include itself?",
                TableText::from(&**path),
                limits::MAX_LIST_DEPTH
            ),
            Self::ListCount(path) => write!(
                f,
                "{}: over {} lists for one request; include each list once",
                TableText::from(&**path),
                limits::MAX_LISTS
            ),
            Self::ListWord(path) => write!(
                f,
                "{}: NUL byte or endless word; write the list again as plain text",
                TableText::from(&**path)
            ),
            Self::NoName(address, why) => {
                write!(f, "host name of {}: {why}", Untrusted(address))?;
                if_late(f, *why, "; see resolv.conf(5)")
            }
            Self::NoUser(why) => write!(f, "user at the client: {why}"),
            Self::NoNetgroup(group, why) => {
                write!(f, "netgroup {}: {why}", Untrusted(group))?;
                if_late(f, *why, "; see nsswitch.conf(5)")
            }
            Self::NoDnsList(name, why) => {
                write!(
                    f,
                    "DNS list: {}: {why}; see resolv.conf(5)",
                    Untrusted(name)
                )
            }
            Self::DnsListZone(zone) => write!(
                f,
                "DNS list: \"{}\" is no name of a zone; write {{RBL}}.ZONE",
                TableText(zone)
            ),
            Self::DnsListAnswer(name, address) => write!(
                f,
                "DNS list: {} is {address}, which is not in 127.0.0.0/8, so it does not count",
                Untrusted(name)
            ),
            Self::NoInterface(name, why) => write!(f, "interface {}: {why}", TableText(name)),
            Self::UnrecognizedExpansion(letter) => {
                write!(f, "unrecognized %{}", Untrusted(&[*letter]))
            }
            Self::HostName(problem) => problem.fmt(f),
            Self::Option(problem) => problem.fmt(f),
            Self::OptionFault(fault) | Self::OptionFailed(fault) | Self::AclexecFailed(fault) => {
                fault.fmt(f)
            }
            Self::AclexecReturned => f.write_str("aclexec returned 1"),
        }
    }
}

/// Where to look if the name service is late.
fn if_late(f: &mut fmt::Formatter<'_>, why: Unanswered, remedy: &str) -> fmt::Result {
    match why {
        Unanswered::Late => f.write_str(remedy),
        Unanswered::NoAnswer | Unanswered::Failed(_) => Ok(()),
    }
}

impl fmt::Display for NameProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Numeric(name) => write!(
                f,
                "host name/name mismatch: reverse lookup results in non-FQDN {}",
                Untrusted(name)
            ),
            Self::NoAddress(name, family) => write!(
                f,
                "can't verify hostname: getaddrinfo({}, {}) failed",
                Untrusted(name),
                match family {
                    crate::address::Family::Inet => "AF_INET",
                    crate::address::Family::Inet6 => "AF_INET6",
                }
            ),
            Self::OtherName(name, canonical) => write!(
                f,
                "host name/name mismatch: {} != {}",
                Untrusted(name),
                Untrusted(canonical)
            ),
            Self::OtherAddress(address, canonical) => write!(
                f,
                "host name/address mismatch: {} != {}",
                Untrusted(address),
                Untrusted(canonical)
            ),
        }
    }
}

impl fmt::Display for OptionProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingName => f.write_str("missing option name"),
            Self::BadName(key) => write!(f, "bad option name: \"{}\"", TableText(key)),
            Self::RequiresValue(key) => write!(f, "option \"{}\" requires value", TableText(key)),
            Self::RequiresNoValue(key) => {
                write!(f, "option \"{}\" requires no value", TableText(key))
            }
            Self::MustBeAtEnd(key) => write!(f, "option \"{}\" must be at end", TableText(key)),
            Self::BadValue(kind, value) => write!(f, "bad {kind}: \"{}\"", TableText(value)),
            Self::UnknownUser(name) => write!(f, "unknown user: \"{}\"", TableText(name)),
            Self::UnknownGroup(name) => write!(f, "unknown group: \"{}\"", TableText(name)),
            Self::BadVariable(name) => write!(
                f,
                "setenv: bad variable name \"{}\"; write \"setenv NAME VALUE\", with a blank and no \"=\"",
                TableText(name)
            ),
            Self::TooLong(start) => {
                write!(f, "percent_x: expansion too long: {}...", TableText(start))
            }
            Self::BannerRead(path, reason) => write!(f, "{}: {reason}", TableText::from(&**path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;

    #[test]
    fn messages_carry_prefix_and_place() {
        let place = Place {
            table: Arc::from(Path::new("/etc/hosts.allow")),
            first_line: 2,
            line: 3,
        };
        for (problem, text) in [
            (
                Problem::Option(OptionProblem::BadName("x\x1bü".as_bytes().to_vec())),
                r#"error: /etc/hosts.allow, line 3: bad option name: "x\033ü""#,
            ),
            (
                Problem::MissingSeparator,
                r#"warning: /etc/hosts.allow, line 3: missing ":" separator"#,
            ),
            (Problem::AclexecReturned, "aclexec returned 1"),
            (
                Problem::InError(
                    Box::new(Problem::BadLine(EntryError::Nul)),
                    RefusedClients::Ungranted,
                ),
                "warning: /etc/hosts.allow, line 3: NUL byte in the line; write the table again as plain text \
                 (in error: refuses everybody whom no rule above grants)",
            ),
            (
                Problem::ListNesting("/a\x1b[2J\n".into()),
                r"warning: /etc/hosts.allow, line 3: /a\033[2J\012: lists include each other over 8 deep; does one include itself?",
            ),
        ] {
            let diagnostic = Diagnostic {
                place: Some(place.clone()),
                problem,
            };
            assert_eq!(diagnostic.to_string(), text);
        }
    }
}
