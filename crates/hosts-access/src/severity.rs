//! Names of facilities and levels, as syslog(3) has them, with their old aliases (hosts_options(5), LOG
//! OPTIONS).

use crate::text::bytes::split_outside_brackets;

/// A syslog level, by its number in syslog(3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level(pub u8);

/// A syslog facility, by its number in syslog(3) (not shifted).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facility(pub u8);

impl Level {
    /// Warning conditions: refusals.
    pub const WARNING: Self = Self(4);
    /// Error conditions: all warnings and errors of the tables.
    pub const ERR: Self = Self(3);
    /// Normal but significant.
    pub const NOTICE: Self = Self(5);
    /// Informational: the connect line.
    pub const INFO: Self = Self(6);
    /// Debugging: which rule matched.
    pub const DEBUG: Self = Self(7);
}

impl Facility {
    /// Programs of users: what a program gets that names none.
    pub const USER: Self = Self(1);
    /// System daemons.
    pub const DAEMON: Self = Self(3);
    /// The kernel. A program that asks for it gets its own default facility: zero means
    /// "not given" to syslog(3).
    pub const KERN: Self = Self(0);
}

const LEVELS: &[(&str, u8)] = &[
    ("emerg", 0),
    ("panic", 0),
    ("alert", 1),
    ("crit", 2),
    ("err", 3),
    ("error", 3),
    ("warning", 4),
    ("warn", 4),
    ("notice", 5),
    ("info", 6),
    ("debug", 7),
];

const FACILITIES: &[(&str, u8)] = &[
    ("kern", 0),
    ("user", 1),
    ("mail", 2),
    ("daemon", 3),
    ("auth", 4),
    ("security", 4),
    ("syslog", 5),
    ("lpr", 6),
    ("news", 7),
    ("uucp", 8),
    ("cron", 9),
    ("authpriv", 10),
    ("ftp", 11),
    ("local0", 16),
    ("local1", 17),
    ("local2", 18),
    ("local3", 19),
    ("local4", 20),
    ("local5", 21),
    ("local6", 22),
    ("local7", 23),
];

/// A level, with a facility if one was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Severity {
    /// `None`: the program's own facility.
    pub facility: Option<Facility>,
    /// How grave it is.
    pub level: Level,
}

impl Severity {
    /// The severity that build settings name, as `daemon`/`info` or `LOG_DAEMON`/`LOG_INFO`.
    pub const fn from_settings(facility: &str, level: &str) -> Option<Self> {
        match (
            find(FACILITIES, without_prefix(facility)),
            find(LEVELS, without_prefix(level)),
        ) {
            (Some(facility), Some(level)) => Some(Self {
                facility: Some(Facility(facility)),
                level: Level(level),
            }),
            _ => None,
        }
    }

    /// The same facility at level warning.
    pub const fn at_warning(self) -> Self {
        Self {
            facility: self.facility,
            level: Level::WARNING,
        }
    }

    /// Reads the argument of the `severity` option, `LEVEL` or `FACILITY.LEVEL`.
    ///
    /// # Errors
    /// The half that is no name of syslog(3).
    pub fn parse(text: &[u8]) -> Result<Self, &[u8]> {
        let (facility, level) = match split_outside_brackets(text, b'.', 0) {
            Some((facility, level)) => (Some(facility), level),
            None => (None, text),
        };
        let facility = match facility {
            Some(name) => Some(Facility(find(FACILITIES, name).ok_or(name)?)),
            None => None,
        };
        let level = Level(find(LEVELS, level).ok_or(level)?);
        Ok(Self { facility, level })
    }
}

/// Every level name, for tools that suggest one.
pub fn level_names() -> impl Iterator<Item = &'static str> {
    LEVELS.iter().map(|(name, _)| *name)
}

/// Every facility name, for tools that suggest one.
pub fn facility_names() -> impl Iterator<Item = &'static str> {
    FACILITIES.iter().map(|(name, _)| *name)
}

const fn find(names: &[(&str, u8)], wanted: &[u8]) -> Option<u8> {
    let mut rest = names;
    while let [(name, number), tail @ ..] = rest {
        if name.as_bytes().eq_ignore_ascii_case(wanted) {
            return Some(*number);
        }
        rest = tail;
    }
    None
}

/// A name of a build setting, without the `LOG_` that may stand before it.
const fn without_prefix(name: &str) -> &[u8] {
    match name.as_bytes() {
        [b'L' | b'l', b'O' | b'o', b'G' | b'g', b'_', rest @ ..] => rest,
        all => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities() {
        for (text, expected) in [
            ("info", Ok((None, 6))),
            ("MAIL.Crit", Ok((Some(2), 2))),
            ("authpriv.error", Ok((Some(10), 3))),
            ("ftp.warn", Ok((Some(11), 4))),
            ("kern.info", Ok((Some(0), 6))),
            ("mail", Err("mail")),
            ("mail.", Err("")),
            (".info", Err("")),
            ("mail.info.x", Err("info.x")),
            ("nope.nope2", Err("nope")),
            ("[mail.info", Err("[mail.info")),
            ("none", Err("none")),
            ("LOG_INFO", Err("LOG_INFO")),
            ("6", Err("6")),
        ] {
            let found = Severity::parse(text.as_bytes())
                .map(|severity| (severity.facility.map(|f| f.0), severity.level.0))
                .map_err(|half| std::str::from_utf8(half).unwrap());
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn build_settings_take_both_spellings() {
        assert_eq!(
            Severity::from_settings("LOG_MAIL", "LOG_NOTICE"),
            Severity::from_settings("mail", "notice"),
        );
        assert_eq!(Severity::from_settings("nope", "info"), None);
    }
}
