//! What a policy says of a range of clients: decisions in order, and the rules for one service that they come from.

use hosts_access::request::facts::UNKNOWN;
use hosts_access::table::compare::string_match;

use crate::condition::{Condition, Test};
use crate::space::Family;
use crate::tables::Table;

/// What becomes of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// It is served.
    Granted,
    /// It is refused.
    Denied,
    /// It is served by the command of a twist.
    Twist,
}

/// What decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum By {
    /// The rule with this index in [`Rules::rules`](crate::tables::Rules::rules).
    Rule(u32),
    /// No rule: nothing matched.
    Nothing,
    /// No rule granted after this one, which was in error.
    RuleInError(u32),
    /// No rule granted after this table was in error.
    TableInError(bool),
}

/// One decision of a list, of which the first whose condition holds counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decision {
    /// When it counts; the last of a list always does.
    pub when: Condition,
    /// What it says.
    pub verdict: Verdict,
    /// What says it.
    pub by: By,
}

/// A range of addresses with one list of decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Its family.
    pub family: Family,
    /// Number of its first address.
    pub from: u128,
    /// Number of its last address.
    pub to: u128,
    /// Its decisions: an index for [`Access::decisions`](crate::access::Access::decisions).
    pub answer: usize,
}

/// The tables do not fit into what can be told of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooMuch {
    /// More conditions than are kept.
    Conditions,
    /// More `/file` lists than one request may open: which of them are opened depends on the client.
    Lists,
}

impl std::fmt::Display for TooMuch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Conditions => "the rules depend on more than can be told of each address",
            Self::Lists => "the tables name more /file lists than tcpd opens for one client",
        })
    }
}

impl std::error::Error for TooMuch {}

/// How a rule that matches ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Verdict(Verdict),
    /// An aclexec said no: the table has no rule for the client.
    Left,
    InError,
}

/// A rule, or what is in error after the rules of a table, for one service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judged {
    pub by: By,
    pub table: Table,
    pub end: End,
    /// How it ends if its aclexec says no, and that test.
    pub refused: Option<(Condition, End)>,
}

/// A rule on an active range.
pub(crate) type Entry = (u32, Condition, Condition);

/// Whether the search of its table always ends with a rule.
pub(crate) fn is_sure((_, matches, in_error): &Entry) -> bool {
    *matches == Condition::ALWAYS || *in_error == Condition::ALWAYS
}

/// How a test comes out for a client without name or user on a connection of which nothing is known.
pub(crate) fn nameless(test: &Test) -> bool {
    match test {
        Test::Name(word) | Test::User(word) => string_match(word, UNKNOWN),
        Test::NameKnown
        | Test::NameLocal
        | Test::Netgroup(_)
        | Test::DnsList(_)
        | Test::Scope { .. }
        | Test::Address(_)
        | Test::Server(_)
        | Test::Port(_)
        | Test::Aclexec(_) => false,
    }
}
