//! What covers what; and that the engine agrees.

use std::path::Path;

use hosts_access::fake::FakeWorld;
use hosts_access::request::facts::Fact;
use hosts_access::request::{Host, Request};
use hosts_access::search::access::{Tables, hosts_access};
use hosts_access::table::line::Lines;
use hosts_access::table::rule::Rule;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::source::SourceFile;

use super::*;

/// Whether a client word is covered by these.
fn covered(earlier: &[&str], word: &str) -> bool {
    let mut clients = Clients::default();
    let by = By {
        shown: "".into(),
        certain: true,
    };
    for earlier in earlier {
        clients.note(earlier.as_bytes(), &by);
    }
    clients.cover(word.as_bytes()).is_some()
}

#[test]
fn client_words() {
    for (earlier, word, expected) in [
        ("ALL", "10.0.0.1", true),
        ("ALL", "@grp", true),
        ("10.", "10.0.0.1", true),
        ("10.", "10.1.", true),
        ("10.", "10.0.0.0/8", true),
        ("10.", "10.0.0.0/7", false),
        ("10.", "100.0.0.1", false),
        ("10.0.0.0/8", "10.1.", true),
        ("10.0.0.0/8", "10.1.2.3", true),
        ("10.0.0.0/8", "10.1.0.0/16", true),
        ("10.1.0.0/16", "10.0.0.0/8", false),
        ("10.0.0.1", "10.0.0.1", true),
        ("10.0.0.1", "10.0.0.2", false),
        (".example.org", "a.example.org", true),
        (".example.org", ".b.example.org", true),
        (".example.org", "example.org", false),
        (".b.example.org", ".example.org", false),
        ("a.example.org", "A.example.org", true),
        ("LOCAL", "host", false),
        ("10.", "joe@10.0.0.1", false),
        ("10.", "10.*", false),
        (".5", "10.0.0.5", false),
        ("0.0.0.0/0", "10.0.0.1", true),
        ("0.0.0.0/0", "a.example.org", false),
        ("[2001:db8::]/32", "[2001:db8::1]", false),
        ("/srv/list", "/srv/list", true),
        ("/srv/list", "/srv/List", false),
        ("@group", "@Group", false),
        ("[fe80::1%lo]", "[fe80::1%LO]", false),
        (".5", "host.5", false),
        (".5", "1.0.0.5", false),
        ("10.", "10.evil.", false),
        ("10.", "10.evil.example", false),
        ("host.", "host.example.", true),
        ("0.0.0.0/0", "10.*", false),
    ] {
        assert_eq!(covered(&[earlier], word), expected, "{earlier} {word}");
    }
}

#[test]
fn daemon_lists() {
    for (earlier, list, expected) in [
        ("all", "sshd vsftpd", true),
        ("all", "sshd@/list 22 k*", true),
        ("?cd", ".cd", false),
        ("s*", "sshd.", false),
        ("+*", "+22", false),
        ("sshd", "sshd", true),
        ("sshd", "sshd vsftpd", false),
        ("sshd vsftpd", "vsftpd", true),
        ("in.*", "in.ftpd", true),
        ("sshd", "all", false),
        ("sshd", "sshd@10.0.0.1", false),
        ("22", "22", true),
        ("2*", "22", false),
        ("sshd", "", false),
    ] {
        let found = daemons_cover(earlier.as_bytes(), list.as_bytes());
        assert_eq!(found, expected, "{earlier} {list}");
    }
}

const DAEMONS: &[&str] = &[
    "ALL",
    "svcd",
    "SVCD",
    "svc*",
    "s?cd",
    "?cd",
    ".cd",
    "x.cd",
    "svc.",
    "KNOWN",
    "UNKNOWN",
    "EXCEPT",
    "22",
    "+22",
    "022",
    "2*",
    "svcd@ALL",
    "svcd@127.",
    "svcd@/list",
    "svcd@/List",
    "other",
];

const CLIENTS: &[&str] = &[
    "ALL",
    "all",
    "LOCAL",
    "KNOWN",
    "UNKNOWN",
    "PARANOID",
    "EXCEPT",
    "192.0.2.7",
    "192.0.2.",
    "192.",
    "192.0.",
    "192.0.2.*",
    "192.0.2.0/24",
    "192.0.2.7/24",
    "192.0.2.4/30",
    "192.0.2.7/32",
    "192.0.2.0/255.255.255.0",
    "192.0.0.0/255.0.255.0",
    "0.0.0.0/0",
    "10.*",
    "10.",
    "10.evil.",
    ".7",
    "host.7",
    ".example.org",
    "host.example.org",
    "HOST.example.org",
    "host.",
    "host.example.",
    ".org",
    "*.org",
    "host",
    ".host",
    "[2001:db8::5]",
    "[2001:db8::]/32",
    "[::]/0",
    "[fe80::1%lo]",
    "[fe80::1%LO]",
    "[::ffff:192.0.2.0]/120",
    "[::ffff:192.0.2.7]",
    "/list",
    "/List",
    "@trusted",
    "@Trusted",
    "joe@ALL",
    "JOE@ALL",
    "joe@192.0.2.",
    "joe@/list",
    "joe@/List",
    "010.0.0.1",
];

const OPTIONS: &[&str] = &[
    "",
    "",
    "",
    ": deny",
    ": allow",
    ": bogus",
    ": aclexec x",
    ": umask 022",
];

const ADDRESSES: &[&str] = &[
    "192.0.2.7",
    "192.0.2.77",
    "::ffff:192.0.2.7",
    "2001:db8::5",
    "fe80::1%lo",
    "10.0.0.1",
    "",
];

const NAMES: &[&str] = &[
    "",
    "host.example.org",
    "example.org",
    "host",
    "paranoid",
    "10.evil.example",
    "host.7",
];

/// A table, and the lines at which its rules begin that are said to be out of reach.
fn unreached(table: Table, text: &str, earlier: &mut Earlier) -> Vec<u64> {
    let source = SourceFile::new(Path::new("t"), text.as_bytes());
    let mut lines = Lines::new(text.as_bytes());
    let mut found = Vec::new();
    while let Ok(Some(line)) = lines.next_line() {
        let origin = source.logical_line(line.text, line.first, line.last);
        let Some(fields) = Rule::parse(line.text) else {
            continue;
        };
        let rule = CheckedRule::new(table, origin, line.text, fields);
        earlier.enter(table);
        if earlier.covers(&rule).is_some() {
            found.push(line.first);
        }
        earlier.note(&rule, false);
    }
    found
}

fn table() -> impl Strategy<Value = String> {
    let words =
        |words: &'static [&'static str]| vec(select(words), 1..4).prop_map(|words| words.join(" "));
    let daemons = prop_oneof![1 => Just("svcd".to_owned()), 1 => words(DAEMONS)];
    let rule = (daemons, words(CLIENTS), select(OPTIONS));
    let rule =
        rule.prop_map(|(daemons, clients, options)| format!("{daemons}: {clients}{options}\n"));
    vec(rule, 0..6).prop_map(|rules| rules.concat())
}

/// The line of a table's rule that matches.
fn matched(table: &str, request: &Request) -> Option<u64> {
    let world = world(true).file("/etc/hosts.allow", table);
    let (mut effects, mut request) = (world.effects(), request.clone());
    let tables = Tables::in_folder("/etc");
    let decision = hosts_access(&tables, &mut request, &world.world(), &mut effects);
    Some(decision.matched?.first_line)
}

/// Every pair of words of which one is said to cover the other: whatever request the one matches,
/// the other matches.
#[test]
fn words_that_are_covered_match_nothing_more() {
    let pairs = |words: &'static [&str]| {
        words
            .iter()
            .flat_map(move |left| words.iter().map(move |right| (*left, *right)))
    };
    let clients =
        pairs(CLIENTS).map(|(left, right)| [format!("svcd: {left}"), format!("svcd: {right}")]);
    let daemons =
        pairs(DAEMONS).map(|(left, right)| [format!("{left}: ALL"), format!("{right}: ALL")]);
    let mut said = 0;
    for [left, right] in clients.chain(daemons) {
        let both = format!("{left}\n{right}\n");
        if unreached(Table::Allow, &both, &mut Earlier::default()).is_empty() {
            continue;
        }
        said += 1;
        for request in requests() {
            assert_ne!(matched(&both, &request), Some(2), "{both}{request:?}");
        }
    }
    assert!(said > 100, "{said}");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// The engine never matches a rule of which it is said that no client reaches it.
    #[test]
    fn what_is_out_of_reach_never_matches(
        allow in table(),
        deny in table(),
        requests in vec(select(requests()), 80),
    ) {
        let mut earlier = Earlier::default();
        let of_allow = unreached(Table::Allow, &allow, &mut earlier);
        let of_deny = unreached(Table::Deny, &deny, &mut earlier);
        for ok in [true, false] {
            let world = world(ok).file("/etc/hosts.allow", &allow).file("/etc/hosts.deny", &deny);
            for request in &requests {
                let decision = hosts_access(
                    &Tables::in_folder("/etc"), &mut request.clone(), &world.world(), &mut world.effects(),
                );
                let Some(place) = decision.matched else { continue };
                let unreached = if place.table.ends_with("hosts.allow") { &of_allow } else { &of_deny };
                prop_assert!(
                    !unreached.contains(&place.first_line),
                    "{place:?} matches {request:?}\n{allow}--\n{deny}"
                );
            }
        }
    }
}

/// A world in which lists can be read and commands succeed, or one in which they do not.
fn world(ok: bool) -> FakeWorld {
    let world = FakeWorld::new()
        .file("/List", "10. 2001:db8::5\n")
        .netgroup("trusted", "host.example.org")
        .netgroup("Trusted", "host")
        .interface("lo", 1)
        .interface("LO", 2);
    if ok {
        world.file("/list", "192.0.2.7 .example.org\n")
    } else {
        world.unreadable("/list").aclexec_status(1)
    }
}

/// Every daemon, client, user and port.
fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    for (daemon, user, port) in [
        ("svcd", "joe", 22),
        ("x.cd", "", 0),
        (".cd", "", 0),
        ("svc.x", "", 0),
        ("other", "", 22),
        ("+22", "", 0),
        ("unknown", "", 0),
    ] {
        for (address, name) in ADDRESSES
            .iter()
            .flat_map(|address| NAMES.iter().map(move |name| (*address, name)))
        {
            let client = Host::from_text(address).with_name(Fact::from_value(name.as_bytes()));
            let server = Host::from_text("127.0.0.1").with_port(port);
            let mut request = Request::new(daemon, client, server);
            request.user = Fact::from_value(user.as_bytes());
            requests.push(request);
        }
    }
    requests
}
