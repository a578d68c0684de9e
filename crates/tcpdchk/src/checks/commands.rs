//! Commands and banners of rules: whether the shell gets them whole and can read them, and whether they hold a
//! client up or come to nothing. Which programs they run is the job of `command_programs`.

use std::borrow::Cow;
use std::path::Path;

use hosts_access::options::{self, Field, OPTIONS};
use hosts_access::table::compare::is_glob;
use hosts_access::table::list::Words;
use hosts_access::table::pattern::split_at_sign;
use hosts_access::text::bytes::path_of;
use hosts_access::text::escape::TableText;

use crate::checked_rule::{CheckedRule, MAX_OPTIONS, is_command};
use crate::checker::Checker;
use crate::finding::{FilePlace, Finding};
use crate::source::{Origin, offset_in};
use crate::suggest::closest;
use crate::word::is_reserved;

use super::command_programs;

tools::checks! {
    /// What is wrong with commands and banners.
    CHECKS;
    SPAWN_WAITS: "spawn-waits", Warning, "a command that holds the client up",
        why "tcpd waits for the command to end before it goes on, so a slow command keeps the client waiting.",
        remedy "End the command with &, as in: spawn (safe_finger -l @%h | mail root) &";
    COMMAND_COLON: "command-colon", Error, "a colon that ends a command",
        why "Options are separated by colons. What stands after this one is taken for an option, so the rule denies \
             everybody it matches.",
        remedy "Write \\: for a colon in a command.";
    COMMAND_SYNTAX: "command-syntax", Error, "a command that the shell cannot read",
        why "Quotes or parentheses do not pair, or something is missing. The shell then runs nothing of the command, \
             and nobody is told.",
        remedy "Try the command with sh -n, which runs nothing.";
    UDP_OPTION: "udp-option", Warning, "twist or banners for a service that takes datagrams",
        why "There is no connection to answer on: a banner is not sent, and the command of a twist finds the \
             client's datagram in the place of a stream.",
        remedy "Use spawn, allow or deny for such services, in a rule of their own.";
    BANNER_MISSING: "banner-missing", Warning, "a daemon without a banner of its name",
        why "The banner is the file with the daemon's name in the folder; without one nothing is sent.",
        remedy "Create the file; prototypes are made by the Makefile that hosts_options(5) shows.";
}

/// Looks at each option of a rule that runs a command or sends a banner.
pub(crate) fn check(rule: &CheckedRule<'_>, checker: &Checker<'_>) {
    let rests = rests(rule);
    for (index, field) in rule.options().enumerate() {
        let place = place(rule, &field);
        let value = field.value.trim_ascii();
        if rests.get(index) == Some(&true) {
            let text =
                "a colon ends the command before it, and the rest of the command is no option";
            let (place, instead) = match colon(rule, &field) {
                Some(colon) => (rule.origin.place(colon), Some("\\:".to_owned())),
                None => (place.clone(), None),
            };
            checker.find(
                Finding::own(&COMMAND_COLON, text)
                    .at(place)
                    .instead(instead),
            );
        }
        if is_command(&field.keyword) {
            let whole = rests.get(index + 1) != Some(&true);
            if whole && !value.is_empty() {
                check_command(&field, &place, checker);
            }
            command_programs::check(rule, &field, &place, checker);
        }
        if field.keyword.eq_ignore_ascii_case(b"banners") {
            check_banners(rule, &path_of(value), &place, checker);
        }
        let answers = [&b"twist"[..], b"banners"]
            .iter()
            .any(|keyword| field.keyword.eq_ignore_ascii_case(keyword));
        if answers {
            check_udp(rule, &field, &place, checker);
        }
    }
}

/// Looks at a command that no colon has cut off.
fn check_command(field: &Field<'_>, place: &FilePlace, checker: &Checker<'_>) {
    if let Some(reason) = checker.shell_complaint(&field.value) {
        let reason = TableText(reason.as_bytes());
        let text = format!(
            "{}: the shell cannot read the command: {reason}",
            TableText(&field.keyword)
        );
        checker.find(Finding::own(&COMMAND_SYNTAX, text).at(place.clone()));
    } else if field.keyword.eq_ignore_ascii_case(b"spawn") && !runs_aside(&field.value) {
        let text = "spawn: the client waits for the command to end";
        checker.find(Finding::own(&SPAWN_WAITS, text).at(place.clone()));
    }
}

/// Which options are the rest of a command that a colon ends: they are no options, nor hardly misspelled ones.
pub(super) fn rests(rule: &CheckedRule<'_>) -> Vec<bool> {
    let mut after_command = false;
    let rests = rule.options().map(|field| {
        if options::find(&field.keyword).is_some() {
            after_command = is_command(&field.keyword);
            return false;
        }
        let empty = field.keyword.is_empty() && field.last;
        after_command &=
            !empty && known_alike(&field.keyword).is_none() && !field.keyword.starts_with(b"#");
        after_command
    });
    rests.collect()
}

/// The option whose name a word resembles.
pub(super) fn known_alike(word: &[u8]) -> Option<String> {
    closest(word, OPTIONS.iter().map(|option| option.keyword))
}

/// The colon before an option.
fn colon<'r>(rule: &CheckedRule<'r>, field: &Field<'r>) -> Option<&'r [u8]> {
    let Cow::Borrowed(keyword) = field.keyword else {
        return None;
    };
    let before = rule.text.get(..offset_in(rule.text, keyword)?)?;
    let at = before.iter().rposition(|byte| *byte == b':')?;
    rule.text.get(at..=at)
}

fn place(rule: &CheckedRule<'_>, field: &Field<'_>) -> FilePlace {
    match &field.value {
        Cow::Borrowed(value) if !value.is_empty() => rule.origin.place(value),
        _ => rule.origin.place(&field.keyword),
    }
}

/// Whether the last part of a command runs in the background.
fn runs_aside(command: &[u8]) -> bool {
    let end = command.trim_ascii_end();
    let end = end.strip_suffix(b")").unwrap_or(end).trim_ascii_end();
    end.ends_with(b"&") && !end.ends_with(b"&&")
}

/// Daemons of a rule by their plain names; `None` stands for patterns of names.
fn daemons<'r>(rule: &CheckedRule<'r>) -> impl Iterator<Item = Option<&'r [u8]>> {
    Words::new(rule.fields.daemons)
        .before_except()
        .take(MAX_OPTIONS)
        .map(|word| split_at_sign(word).map_or(word, |(name, _)| name))
        .map(|name| (!is_reserved(name) && !is_glob(name)).then_some(name))
}

fn check_banners(rule: &CheckedRule<'_>, folder: &Path, place: &FilePlace, checker: &Checker<'_>) {
    // A folder that is missing is reported in the original's words.
    let Ok(entries) = checker.disk.entries(folder) else {
        return;
    };
    super::file_rights::check(folder, place, checker);
    let empty = entries.is_empty();
    for daemon in daemons(rule) {
        let text = match daemon {
            Some(name) => {
                let path = folder.join(path_of(name));
                if checker.disk.metadata(&path).is_ok() {
                    super::file_rights::check(&path, place, checker);
                    continue;
                }
                format!(
                    "{}: no banner for {}",
                    TableText::from(&*path),
                    TableText(name)
                )
            }
            None if empty => format!("{}: there are no banners", TableText::from(folder)),
            None => continue,
        };
        checker.find(Finding::own(&BANNER_MISSING, text).at(place.clone()));
    }
}

fn check_udp(rule: &CheckedRule<'_>, field: &Field<'_>, place: &FilePlace, checker: &Checker<'_>) {
    for name in daemons(rule).flatten() {
        if checker.services.takes_datagrams(name) {
            let text = format!(
                "{}: {} takes datagrams",
                TableText(&field.keyword),
                TableText(name)
            );
            checker.find(Finding::own(&UDP_OPTION, text).at(place.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_in_the_background() {
        for (command, aside) in [
            ("x &", true),
            ("(x | y) &", true),
            ("(x &)", true),
            ("x", false),
            ("x & y", false),
            ("x 2>&1", false),
            ("x &&", false),
        ] {
            assert_eq!(runs_aside(command.as_bytes()), aside, "{command}");
        }
    }
}
