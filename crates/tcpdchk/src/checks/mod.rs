//! Checks that the original does not make, one module for each group, and when each is made.

pub(crate) mod aclexec;
pub(crate) mod commands;
pub(crate) mod files;
pub(crate) mod forms;
pub(crate) mod ipv6;
pub(crate) mod lines;
pub(crate) mod networks;
pub(crate) mod options;
pub(crate) mod programs;
pub(crate) mod reach;
pub(crate) mod services;
pub(crate) mod words;

use hosts_access::options::find as find_option;
use hosts_access::table::list::Words;
use hosts_access::table::pattern::HostPattern;
use tools::remark::Level;

use crate::checker::Checker;
use crate::clients::{Host, is_fail, is_reserved, is_zero_length, split_client};
use crate::finding::{Finding, Place};
use crate::rule::{RuleAt, Table};
use crate::source::{Origin, Source};

/// Before a table's first rule.
pub(crate) fn begin_table(source: &Source<'_>, checker: &Checker<'_>) {
    files::check_table(source.path, checker);
    lines::check(source, checker);
    lines::check_table(source, checker);
}

/// Behind the last rule of a table, if it has one.
pub(crate) fn end_table(table: Table, last: Option<Place>, checker: &Checker<'_>) {
    if table == Table::Deny {
        aclexec::check_end(checker);
        reach::check_end(last, checker);
    }
}

/// Whether a finding explains why a line is no rule: one about itself, or about the line before it.
pub(crate) fn explains_line(text: &[u8], source: &Source<'_>, first: u64) -> bool {
    let before = first.checked_sub(1).map(|before| source.line(before));
    lines::explains(text) || before.is_some_and(|before| lines::stray_backslash(before).is_some())
}

/// A word of a daemon list, without its host.
pub(crate) fn daemon_word(daemon: &Host<'_>, rule: &RuleAt<'_>, checker: &Checker<'_>) {
    if daemon.minor {
        return;
    }
    let odd = words::check_invisible(daemon)
        .or_else(|| words::check_template(daemon))
        .or_else(|| words::check_ascii(daemon));
    match odd {
        Some(finding) => checker.find(finding),
        None => services::check(daemon, rule, checker),
    }
}

/// What there is to say of a word of a client list. `ends`: it is the last word of its rule, and not
/// the first client.
pub(crate) fn client_word(client: &Host<'_>, ends: bool) -> Option<Finding> {
    if client.minor {
        return None;
    }
    words::check_template(client)
        .or_else(|| words::check_option(client, ends))
        .or_else(|| host_word(&client.part(split_client(client.word).1)))
}

/// What there is to say of a word in host position, with what to write instead only if nothing is to be
/// said of that.
pub(crate) fn host_word(host: &Host<'_>) -> Option<Finding> {
    let mut finding = find_in_host(host)?;
    finding.instead = finding.instead.filter(|meant| is_sound(meant));
    Some(finding)
}

/// The gravest first: what is said of letters must not hide that a word never matches.
fn find_in_host(host: &Host<'_>) -> Option<Finding> {
    words::check_invisible(host)
        .or_else(|| ipv6::check_host(host))
        .or_else(|| networks::check_host(host))
        .or_else(|| words::check_name(host))
        .or_else(|| words::check_ascii(host))
}

/// Whether a word in host position may be proposed: it is one word, of which nothing is to be said, and no
/// wildcard, which could let everybody in.
pub(crate) fn is_sound(word: &str) -> bool {
    struct Nowhere;
    impl Origin for Nowhere {
        fn place(&self, _: &[u8]) -> Place {
            Place::line("", 0)
        }
    }
    let host = Host::new(word.as_bytes(), &Nowhere);
    let sense = match HostPattern::parse(host.word) {
        HostPattern::Net { mask, .. } => mask.is_some(),
        HostPattern::Text { word, .. } => !is_reserved(word) && !is_fail(word),
        _ => false,
    };
    // The first group of an IPv6 address, of which a colon keeps the rest.
    let group = word.len() <= 4 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    // What the original has words for.
    let numeric = word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.'));
    let dotted = word.ends_with('.') && !numeric || word.starts_with('.') && numeric;
    let taken = find_option(host.word).is_some() || words::check_template(&host).is_some();
    let odd = group || dotted || taken || is_zero_length(host.word);
    sense && !odd && Words::new(host.word).eq([host.word]) && find_in_host(&host).is_none()
}

/// How grave a finding is, if it is more than a note.
pub(crate) fn graver_than_note(finding: Option<&Finding>) -> Option<Level> {
    let level = finding?.check.level;
    (level > Level::Note).then_some(level)
}

/// A rule as a whole, behind all that is said of its words; `grants` is what its options come to.
pub(crate) fn rule(rule: &RuleAt<'_>, grants: bool, checker: &Checker<'_>) {
    forms::check(rule, checker);
    lines::check_comment(rule, checker);
    ipv6::check_rule(rule, checker);
    options::check(rule, checker);
    commands::check(rule, checker);
    services::check_names(rule, checker);
    aclexec::check(rule, grants, checker);
    if !rule.cut_off {
        reach::check(rule, grants, checker);
    }
}

/// A `/file` list, the first time that it is named.
pub(crate) fn list(source: &Source<'_>, place: &Place, checker: &Checker<'_>) {
    files::check(source.path, place, checker);
    lines::check(source, checker);
    lines::check_list(source, checker);
}

#[cfg(test)]
mod tests {
    use super::*;
    use hosts_access::fake::FakeWorld;
    use hosts_access::request::Request;
    use hosts_access::request::facts::Fact;
    use hosts_access::search::access::{Tables, hosts_access};
    use hosts_access::table::rule::Rule;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    /// Of which words are put together.
    const PIECES: &[&str] = &[
        "10",
        "192",
        "0",
        "1",
        "2",
        "7",
        "07",
        "255",
        "300",
        ".",
        ".",
        ".",
        "/",
        "8",
        "24",
        "32",
        "[",
        "]",
        "[2001:db8::",
        "::",
        "5",
        "]/32",
        "%lo",
        "*",
        "?",
        "ALL",
        "LOCAL",
        "KNOWN",
        "UNKNOWN",
        "host",
        ".example",
        ".org",
        "-",
        "_",
        "0x",
        "@",
        ";",
        "é",
        "\u{200b}",
        "deny",
        "joe@",
        "192.0.2.7",
        "192.0.2.",
        "192.0.2.0",
        "/255.255.255.0",
    ];

    struct Nowhere;

    impl Origin for Nowhere {
        fn place(&self, _: &[u8]) -> Place {
            Place::line("t", 1)
        }
    }

    /// Clients of many kinds; their names are those that hosts may have.
    fn clients() -> Vec<Request> {
        let addresses = [
            "192.0.2.7",
            "10.0.0.1",
            "10.1.2.7",
            "1.1.1.1",
            "::ffff:192.0.2.7",
            "2001:db8::5",
            "2001:db8::",
            "fe80::5%lo",
            "",
        ];
        let names = [
            "",
            "host",
            "host.example.org",
            "10.example.org",
            "a-b.org",
            "7",
            "paranoid",
        ];
        let requests = addresses.iter().flat_map(|address| {
            names.iter().map(move |name| {
                let client = hosts_access::request::Host::from_text(*address);
                let client = client.with_name(Fact::from_value(name.as_bytes()));
                let server = hosts_access::request::Host::from_text("127.0.0.1");
                let mut request = Request::new("svcd", client, server);
                request.user = Fact::from_value(b"joe");
                request
            })
        });
        requests.collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 1000,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        /// What is said never to match never does. An administrator may take it out.
        #[test]
        fn what_never_matches_does_not(pieces in vec(select(PIECES), 1..7)) {
            let word = pieces.concat();
            let host = Host::new(word.as_bytes(), &Nowhere);
            let Some(finding) = client_word(&host, false) else { return Ok(()) };
            let claim = finding.text.contains("never matches")
                || ["invisible-character", "ipv6-length-inside"].contains(&finding.check.id);
            let text = format!("svcd: {word}");
            // In a rule, colons outside of brackets end the list.
            let whole = Rule::parse(text.as_bytes()).is_some_and(|rule| rule.options.is_none());
            if !claim || !whole {
                return Ok(());
            }
            let world = FakeWorld::new()
                .file("/etc/hosts.allow", text + "\n")
                .interface("lo", 1);
            for mut request in clients() {
                let decision = hosts_access(
                    &Tables::default(), &mut request, &world.world(), &mut world.effects(),
                );
                prop_assert!(decision.matched.is_none(), "{} {request:?}", finding.text);
            }
        }
    }
}
