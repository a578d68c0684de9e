//! A rule's fields: daemon list, client list and options (hosts_access(5), RULES).

use nom::bytes::complete::take;
use nom::character::complete::char;
use nom::combinator::opt;
use nom::sequence::{pair, preceded, terminated};
use nom::{IResult, Parser};

/// The fields of a rule, as slices of its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule<'l> {
    /// The daemon list: for which services it is.
    pub daemons: &'l [u8],
    /// The client list: for whom.
    pub clients: &'l [u8],
    /// The options, if there is a third field. Their own colons are left in it.
    pub options: Option<&'l [u8]>,
}

impl<'l> Rule<'l> {
    /// Splits a line at its first two colons outside brackets. `None`: there is no such colon.
    pub fn parse(line: &'l [u8]) -> Option<Self> {
        let (daemons, rest) = split_daemons(line)?;
        let (clients, options) = split_clients(rest);
        Some(Self {
            daemons,
            clients,
            options,
        })
    }
}

/// The daemon list and what follows its colon. Most rules are about other daemons, so the search
/// splits the rest only if this list matches.
pub fn split_daemons(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (rest, daemons) = terminated(field, char(':')).parse(line).ok()?;
    Some((daemons, rest))
}

/// The client list, and the options if there are any, of what follows the daemon list.
pub fn split_clients(rest: &[u8]) -> (&[u8], Option<&[u8]>) {
    let options = opt(preceded(char(':'), nom::combinator::rest));
    let split = pair(field, options).parse(rest);
    split.map_or((rest, None), |(_, fields)| fields)
}

/// Text up to the first colon at which as many brackets were closed as opened, or all of it.
fn field(text: &[u8]) -> IResult<&[u8], &[u8]> {
    let mut depth = 0_i64;
    let end = text.iter().position(|byte| {
        depth += i64::from(*byte == b'[') - i64::from(*byte == b']');
        *byte == b':' && depth == 0
    });
    take(end.unwrap_or(text.len())).parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        for (line, daemons, clients, options) in [
            ("svcd: ALL", "svcd", " ALL", None),
            ("svcd: ALL:", "svcd", " ALL", Some("")),
            ("a b : c : d : e", "a b ", " c ", Some(" d : e")),
            (": ALL", "", " ALL", None),
            ("svcd:", "svcd", "", None),
            (
                "x: [2001:db8::1] : deny",
                "x",
                " [2001:db8::1] ",
                Some(" deny"),
            ),
            ("x: 2001:db8::1", "x", " 2001", Some("db8::1")),
            ("x: [a: b", "x", " [a: b", None),
            ("x: y : [z : deny", "x", " y ", Some(" [z : deny")),
        ] {
            let rule = Rule::parse(line.as_bytes()).unwrap();
            assert_eq!(rule.daemons, daemons.as_bytes(), "{line}");
            assert_eq!(rule.clients, clients.as_bytes(), "{line}");
            assert_eq!(rule.options, options.map(str::as_bytes), "{line}");
        }
        for line in ["svcd ALL", "svcd[: ALL", "svcd]: ALL", ""] {
            assert_eq!(Rule::parse(line.as_bytes()), None, "{line}");
        }
    }
}
