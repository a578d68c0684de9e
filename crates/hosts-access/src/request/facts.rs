//! What is known of an endpoint: five states that are never mixed up.

use std::error::Error;
use std::fmt;
use std::io;

use crate::fault::reason;

/// A fact about a client or a server: fetched only when a rule or an expansion asks, once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fact {
    /// Nothing has asked for it yet.
    #[default]
    NotAsked,
    /// It was asked for and cannot be known.
    Unknown,
    /// It was asked for, and no answer came: whatever depends on it is in error. Shown as unknown.
    InError(Unanswered),
    /// A host name that the address's owner claims and its domain does not confirm.
    Paranoid,
    /// The value, as it came from outside.
    Known(Vec<u8>),
}

/// Why a question has no answer, which is not the answer that there is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// None came within the limit of time.
    Late,
    /// The name service had no answer to give, such as SERVFAIL.
    NoAnswer,
    /// It could not be asked: the number of a system error.
    Failed(i32),
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Late => f.write_str("no answer in time"),
            Self::NoAnswer => f.write_str("no answer"),
            Self::Failed(number) => {
                let error = io::Error::from_raw_os_error(*number);
                write!(f, "cannot be asked for: {}", reason(&error))
            }
        }
    }
}

impl Error for Unanswered {}

/// An answer; `None` if it is that there is nothing.
pub type Answer<T> = Result<Option<T>, Unanswered>;

/// The word that stands for a fact that cannot be known.
pub const UNKNOWN: &[u8] = b"unknown";

/// The word that stands for a host name that failed the double check.
pub const PARANOID: &[u8] = b"paranoid";

impl Fact {
    /// A value from outside. The words `unknown` and `paranoid`, in any case, are those states
    /// themselves, as hosts_access(5) has it.
    pub fn from_value(value: &[u8]) -> Self {
        if Self::is_known(value) {
            Self::Known(value.to_vec())
        } else if value.eq_ignore_ascii_case(PARANOID) {
            Self::Paranoid
        } else {
            Self::Unknown
        }
    }

    /// Whether a value from outside is a value, and neither nothing nor a word for a state.
    pub fn is_known(value: &[u8]) -> bool {
        !value.is_empty()
            && !value.eq_ignore_ascii_case(UNKNOWN)
            && !value.eq_ignore_ascii_case(PARANOID)
    }

    /// A user name from outside. Only `unknown` is a state: somebody may be called `paranoid`.
    pub fn from_user(value: &[u8]) -> Self {
        if value.eq_ignore_ascii_case(PARANOID) {
            Self::Known(value.to_vec())
        } else {
            Self::from_value(value)
        }
    }

    /// The value if it is known and good.
    pub fn known(&self) -> Option<&[u8]> {
        match self {
            Self::Known(value) => Some(value),
            _ => None,
        }
    }

    /// The text that patterns are compared with and expansions show.
    pub fn text(&self) -> &[u8] {
        match self {
            Self::Known(value) => value,
            Self::Paranoid => PARANOID,
            Self::NotAsked | Self::Unknown | Self::InError(_) => UNKNOWN,
        }
    }

    /// Why it is in error, if it is.
    pub fn unanswered(&self) -> Option<Unanswered> {
        match self {
            Self::InError(why) => Some(*why),
            _ => None,
        }
    }

    /// Whether its text can be told without asking.
    pub fn is_answered(&self) -> bool {
        !matches!(self, Self::NotAsked | Self::InError(_))
    }

    /// Whether nothing has asked yet.
    pub fn is_not_asked(&self) -> bool {
        matches!(self, Self::NotAsked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_states_are_the_states() {
        assert_eq!(Fact::from_value(b"UnKnown"), Fact::Unknown);
        assert_eq!(Fact::from_value(b"paranoid"), Fact::Paranoid);
        assert_eq!(Fact::from_value(b""), Fact::Unknown);
        assert_eq!(Fact::from_value(b"a.b").known(), Some(&b"a.b"[..]));
        assert_eq!(Fact::from_user(b"unknown"), Fact::Unknown);
        assert_eq!(Fact::from_user(b"paranoid").known(), Some(&b"paranoid"[..]));
        assert_eq!(Fact::Paranoid.known(), None);
        assert_eq!(Fact::NotAsked.text(), b"unknown");
        let late = Fact::InError(Unanswered::Late);
        assert_eq!(late.text(), b"unknown");
        assert!(!late.is_not_asked() && !late.is_answered() && late.known().is_none());
    }
}
