//! What our own checks say of one word of a list, the gravest first.

use hosts_access::options::find as find_option;
use hosts_access::table::list::Words;
use hosts_access::table::pattern::HostPattern;
use tools::remark::Level;

use crate::finding::{FilePlace, Finding};
use crate::source::Origin;
use crate::word::{HostWord, is_fail, is_reserved, is_zero_length, split_client};

use super::{ipv6, networks, spelling};

/// What there is to say of a word of a client list. `ends`: it is the last word of its rule, and not
/// the first client.
pub(crate) fn client_word(client: &HostWord<'_>, ends: bool) -> Option<Finding> {
    if client.minor {
        return None;
    }
    spelling::check_template(client)
        .or_else(|| spelling::check_option(client, ends))
        .or_else(|| host_word(&client.part(split_client(client.word).1)))
}

/// What there is to say of a word in host position, with what to write instead only if nothing is to be
/// said of that.
pub(crate) fn host_word(host: &HostWord<'_>) -> Option<Finding> {
    let mut finding = find_in_host(host)?;
    finding.instead = finding.instead.filter(|meant| is_sound(meant));
    Some(finding)
}

/// The gravest first: what is said of letters must not hide that a word never matches.
fn find_in_host(host: &HostWord<'_>) -> Option<Finding> {
    spelling::check_invisible(host)
        .or_else(|| ipv6::check_host(host))
        .or_else(|| networks::check_host(host))
        .or_else(|| spelling::check_name(host))
        .or_else(|| spelling::check_ascii(host))
}

/// Whether a word in host position may be proposed: it is one word, of which nothing is to be said, and no
/// wildcard, which could let everybody in.
pub(crate) fn is_sound(word: &str) -> bool {
    let host = HostWord::new(word.as_bytes(), &Nowhere);
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
    let taken = find_option(host.word).is_some() || spelling::check_template(&host).is_some();
    let odd = group || dotted || taken || is_zero_length(host.word);
    sense && !odd && Words::new(host.word).eq([host.word]) && find_in_host(&host).is_none()
}

/// Where a word is that stands in no file.
struct Nowhere;

impl Origin for Nowhere {
    fn place(&self, _: &[u8]) -> FilePlace {
        FilePlace::line("", 0)
    }
}

/// How grave a finding is, if it is more than a note.
pub(crate) fn graver_than_note(finding: Option<&Finding>) -> Option<Level> {
    let level = finding?.check.level;
    (level > Level::Note).then_some(level)
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
            let host = HostWord::new(word.as_bytes(), &Nowhere);
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
                    &Tables::in_folder("/etc"), &mut request, &world.world(), &mut world.effects(),
                );
                prop_assert!(decision.matched.is_none(), "{} {request:?}", finding.text);
            }
        }
    }
}
