//! Checks that the original does not make, one module for each group, and when each is made.

pub(crate) mod commands;
pub(crate) mod files;
pub(crate) mod ipv6;
pub(crate) mod lines;
pub(crate) mod networks;
pub(crate) mod options;
pub(crate) mod reach;
pub(crate) mod services;
pub(crate) mod words;

use tools::remark::Level;

use crate::checker::Checker;
use crate::clients::{Host, split_client};
use crate::finding::{Finding, Place};
use crate::rule::{RuleAt, Table};
use crate::source::Source;

/// Before a table's first rule.
pub(crate) fn begin_table(source: &Source<'_>, checker: &Checker<'_>) {
    files::check_table(source.path, checker);
    lines::check(source, checker);
}

/// Behind the last rule of a table, if it has one.
pub(crate) fn end_table(table: Table, last: Option<Place>, checker: &Checker<'_>) {
    if table == Table::Deny {
        reach::check_end(last, checker);
    }
}

/// Whether a finding explains why a line is no rule.
pub(crate) fn explains_line(text: &[u8]) -> bool {
    lines::explains(text)
}

/// A word of a daemon list, without its host.
pub(crate) fn daemon_word(daemon: &Host<'_>, checker: &Checker<'_>) {
    if daemon.minor {
        return;
    }
    let odd = words::check_characters(daemon).or_else(|| words::check_template(daemon));
    match odd {
        Some(finding) => checker.find(finding),
        None => services::check(daemon, checker),
    }
}

/// What there is to say of a word of a client list.
pub(crate) fn client_word(client: &Host<'_>) -> Option<Finding> {
    if client.minor {
        return None;
    }
    words::check_template(client)
        .or_else(|| words::check_option(client))
        .or_else(|| host_word(&client.part(split_client(client.word).1)))
}

/// What there is to say of a word in host position.
pub(crate) fn host_word(host: &Host<'_>) -> Option<Finding> {
    words::check_characters(host)
        .or_else(|| ipv6::check_host(host))
        .or_else(|| networks::check_host(host))
        .or_else(|| words::check_name(host))
}

/// Whether what the original says of the same word does not count beside a finding.
pub(crate) fn explains_word(finding: Option<&Finding>) -> bool {
    finding.is_some_and(|finding| finding.check.level > Level::Note)
}

/// A rule as a whole, behind all that is said of its words; `grants` is what its options come to.
pub(crate) fn rule(rule: &RuleAt<'_>, grants: bool, checker: &Checker<'_>) {
    lines::check_comment(rule, checker);
    ipv6::check_rule(rule, checker);
    options::check(rule, checker);
    commands::check(rule, checker);
    reach::check(rule, grants, checker);
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
    use crate::source::Origin;
    use hosts_access::access::{Tables, hosts_access};
    use hosts_access::facts::Fact;
    use hosts_access::fake::FakeWorld;
    use hosts_access::request::Request;
    use hosts_access::rule::Rule;
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
            let host = Host { word: word.as_bytes(), origin: &Nowhere, minor: false };
            let Some(finding) = client_word(&host) else { return Ok(()) };
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
