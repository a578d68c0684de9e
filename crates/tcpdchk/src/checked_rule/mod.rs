//! A rule of a table, with what is known of its form before its words are looked at one by one.

pub(crate) mod bare_ipv6;
pub(crate) mod leftovers;
mod slips;

use hosts_access::options::{Field, Fields};
use hosts_access::table::list::Words;
use hosts_access::table::rule::Rule;

use crate::finding::FilePlace;
use crate::source::{LogicalLine, Origin, offset_in};

/// Options and daemons of a rule that our own checks look at. No real rule has so many; a made-up
/// one must not keep the program busy.
pub(crate) const MAX_OPTIONS: usize = 1000;

/// Which table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    /// hosts.allow.
    Allow,
    /// hosts.deny.
    Deny,
}

/// A rule and where it stands.
#[derive(Debug)]
pub(crate) struct CheckedRule<'r> {
    /// Its table.
    pub table: Table,
    /// Its place.
    pub origin: LogicalLine<'r>,
    /// Its text.
    pub text: &'r [u8],
    /// Its fields.
    pub fields: Rule<'r>,
    /// A comment after the rule, which is no comment to the engine.
    pub comment: Option<&'r [u8]>,
    /// IPv6 addresses without brackets, which the colons have torn apart.
    pub bare_ipv6: Vec<&'r [u8]>,
    /// Whether such an address stands in the daemon list, so that no field is what it seems.
    pub torn: bool,
    /// Whether a template was not filled in, so that no word is what it will be.
    pub unfilled: bool,
    /// Whether clients stand in the place of daemons.
    pub swapped: bool,
    /// Addresses with commas in place of dots.
    pub commas: Vec<&'r [u8]>,
    /// Whether it is a last line without its newline, which does not count.
    pub cut_off: bool,
    /// Whether a blank follows the backslash at its end.
    pub stray_backslash: bool,
}

impl<'r> CheckedRule<'r> {
    /// A rule of a table.
    pub(crate) fn new(
        table: Table,
        origin: LogicalLine<'r>,
        text: &'r [u8],
        fields: Rule<'r>,
    ) -> Self {
        let server = bare_ipv6::bare_server(text, &fields);
        Self {
            table,
            origin,
            text,
            fields,
            comment: comment(text, &fields),
            torn: server.is_some(),
            bare_ipv6: match server {
                Some(address) => vec![address],
                None => bare_ipv6::bare(text, &fields),
            },
            unfilled: leftovers::is_leftover(text),
            cut_off: false,
            swapped: server.is_none() && slips::is_swapped(text, &fields),
            commas: slips::commas(&fields),
            stray_backslash: leftovers::stray_backslash(text).is_some(),
        }
    }

    /// Whether another finding explains what is wrong with this part of the rule.
    pub(crate) fn is_explained(&self, part: &[u8]) -> bool {
        let Some(at) = offset_in(self.text, part) else {
            return false;
        };
        if self.unfilled || self.torn || self.swapped {
            return true;
        }
        if self.stray_backslash && self.text.trim_ascii_end().len() == at + 1 {
            return true;
        }
        let within = |others| slips::is_within(self.text, part, others);
        let comment = self
            .comment
            .and_then(|comment| offset_in(self.text, comment));
        within(&self.commas)
            || within(&self.bare_ipv6)
            || comment.is_some_and(|comment| at >= comment)
    }

    /// Where a list is; an empty one stands for the whole rule.
    pub(crate) fn place_of_list(&self, list: &[u8]) -> FilePlace {
        match list.trim_ascii() {
            [] => self.origin.whole(),
            words => self.origin.place(words),
        }
    }

    /// Whether an IPv6 address lacks its brackets.
    pub(crate) fn has_ipv6(&self) -> bool {
        !self.bare_ipv6.is_empty()
    }

    /// Whether one of these is among the rule's options. It may be if there are more than are looked
    /// at.
    pub(crate) fn has_option(&self, keywords: &[&str]) -> bool {
        let fields = self.fields.options.map(Fields::new);
        let mut fields = fields
            .into_iter()
            .flatten()
            .take(MAX_OPTIONS + 1)
            .enumerate();
        fields.any(|(index, field)| {
            let is = |keyword: &&str| field.keyword.eq_ignore_ascii_case(keyword.as_bytes());
            index == MAX_OPTIONS || keywords.iter().any(is)
        })
    }

    /// The rule's options, as many as are looked at.
    pub(crate) fn options(&self) -> impl Iterator<Item = Field<'r>> {
        let fields = self.fields.options.map(Fields::new);
        fields.into_iter().flatten().take(MAX_OPTIONS)
    }
}

/// Options whose value is a command for the shell, which has comments of its own.
pub(crate) const COMMANDS: [&[u8]; 3] = [b"spawn", b"twist", b"aclexec"];

/// Whether the value of an option is a command for the shell.
pub(crate) fn is_command(keyword: &[u8]) -> bool {
    COMMANDS
        .iter()
        .any(|command| keyword.eq_ignore_ascii_case(command))
}

/// What follows the first `#` that begins a word, up to the rule's end.
fn comment<'r>(text: &'r [u8], fields: &Rule<'r>) -> Option<&'r [u8]> {
    let lists = [fields.daemons, fields.clients].into_iter();
    let word = lists
        .flat_map(Words::new)
        .find(|word| word.starts_with(b"#"));
    let at = match word {
        Some(word) => offset_in(text, word)?,
        None => comment_in_options(text, fields.options?)?,
    };
    text.get(at..).map(<[u8]>::trim_ascii)
}

fn comment_in_options(text: &[u8], options: &[u8]) -> Option<usize> {
    for field in Fields::new(options) {
        let begin = offset_in(text, &field.keyword)?;
        if field.keyword.starts_with(b"#") {
            return Some(begin);
        }
        if is_command(&field.keyword) {
            continue;
        }
        let end = begin + field.keyword.len();
        let value = text.get(end..)?;
        let value = value.split(|byte| *byte == b':').next().unwrap_or(value);
        let hash = value
            .windows(2)
            .position(|pair| matches!(pair, [b' ' | b'\t', b'#']));
        if let Some(hash) = hash {
            return Some(end + hash + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_after_rules() {
        for (text, expected) in [
            ("svcd: ALL", None),
            ("svcd: ALL # all of them", Some("# all of them")),
            ("svcd: ALL #x: y", Some("#x: y")),
            ("svcd #x: ALL", Some("#x: ALL")),
            ("svcd: a#b", None),
            ("svcd: ALL: deny # no", Some("# no")),
            ("svcd: ALL: # no", Some("# no")),
            ("svcd: ALL: umask 022 #x: deny", Some("#x: deny")),
            ("svcd: ALL: spawn echo # no", None),
            ("svcd: ALL: spawn echo # no: deny #x", Some("#x")),
        ] {
            let rule = Rule::parse(text.as_bytes()).unwrap();
            let found = comment(text.as_bytes(), &rule);
            assert_eq!(found, expected.map(str::as_bytes), "{text}");
        }
    }
}
