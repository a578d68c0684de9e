//! Words of both lists against requests.

use std::net::Ipv4Addr;

use super::*;
use crate::fake::FakeWorld;
use crate::request::Host;
use crate::request::facts::Unanswered;

/// Whether a client word matches; the client has the address, name and user given.
fn client(word: &str, address: &str, name: &str) -> bool {
    let fake = FakeWorld::new()
        .netgroup("trusted", "host.example.org")
        .interface("lo", 1)
        .file("/list", "# ALL of ours\n192.0.2.7 .example.org\n")
        .file("/v6", "2001:db8::5 2001:db9:*\n")
        .file("/nested", "/list");
    let mut request = Request::new(
        "svcd",
        Host::from_text(address).with_name(Fact::from_value(name.as_bytes())),
        Host::unknown(),
    );
    request.user = Fact::from_value(b"joe");
    let world = fake.world();
    Matcher {
        request: &mut request,
        world,
        place: None,
    }
    .client_match(word.as_bytes())
    .unwrap()
}

/// One line per case of rules.md, sections 5, 7 and 8, with rows T2, T4 and T6.
#[test]
fn client_words() {
    for (word, address, name, expected) in [
        ("ALL", "192.0.2.7", "", true),
        ("all", "", "", true),
        ("192.0.2.7", "192.0.2.7", "", true),
        ("192.0.2.07", "192.0.2.7", "", false),
        ("192.0.2", "192.0.2.7", "", false),
        ("192.0.2.7.", "192.0.2.7", "", false),
        ("192.0.2.", "192.0.2.7", "", true),
        ("192.0.2.", "10.0.0.1", "192.0.2.7.evil.org", false),
        ("192.0.2.*", "192.0.2.7", "", true),
        ("10.*", "192.0.2.7", "10.evil.example", false),
        ("1?.*", "192.0.2.7", "10.evil.example", false),
        ("*", "192.0.2.7", "", true),
        ("?*.example.org", "192.0.2.7", "host.example.org", true),
        (".5", "192.0.2.5", "", true),
        ("host.example.org", "192.0.2.7", "HOST.example.org", true),
        ("host.example.org.", "192.0.2.7", "host.example.org", false),
        ("host.", "192.0.2.7", "host.example.org", true),
        (".example.org", "192.0.2.7", "host.example.org", true),
        (".example.org", "192.0.2.7", "example.org", false),
        ("UNKNOWN", "192.0.2.7", "", true),
        ("UNKNOWN", "", "", true),
        ("UNKNOWN", "192.0.2.7", "host.example.org", false),
        ("UNKNOWN", "192.0.2.7", "paranoid", false),
        ("PARANOID", "192.0.2.7", "paranoid", true),
        ("PARANOID", "192.0.2.7", "", false),
        ("par*", "192.0.2.7", "paranoid", true),
        ("un*", "192.0.2.7", "", true),
        ("KNOWN", "192.0.2.7", "host.example.org", true),
        ("KNOWN", "192.0.2.7", "", false),
        ("KNOWN", "192.0.2.7", "paranoid", false),
        ("KNOWN", "", "host.example.org", false),
        ("LOCAL", "192.0.2.7", "host", true),
        ("LOCAL", "192.0.2.7", "host.example.org", false),
        ("LOCAL", "192.0.2.7", "", false),
        ("LOCAL", "192.0.2.7", "paranoid", false),
        ("[2001:DB8:0:0::5]", "2001:db8::5", "", true),
        ("[2001:db8::6]", "2001:db8::5", "", false),
        ("2001:db8::5", "2001:db8::5", "", true),
        ("fe80*", "fe80::1%lo", "", true),
        ("[fe80::1]", "fe80::1%lo", "", true),
        ("[fe80::1%lo]", "fe80::1%lo", "", true),
        ("[fe80::1%1]", "fe80::1%lo", "", true),
        ("[fe80::1%2]", "fe80::1%lo", "", false),
        ("[fe80::1%nope]", "fe80::1%lo", "", false),
        ("[fe80::1%lo]/64", "fe80::1%lo", "", true),
        ("[fe80::%1]/64", "fe80::1%lo", "", true),
        ("[fe80::%2]/64", "fe80::1%lo", "", false),
        ("[fe80::%eth9]/64", "fe80::1%lo", "", false),
        ("[fc00::%lo]/6", "fe80::1%lo", "", false),
        ("j*@[fe80::1]", "fe80::1%lo", "", true),
        ("[@ALL", "192.0.2.7", "", false),
        ("[::1]@ALL", "::1", "", false),
        ("]/8", "192.0.2.7", "]/8", true),
        ("[::ffff:192.0.2.7%lo]", "::ffff:192.0.2.7", "", false),
        ("[2001:db8::%lo]/32", "2001:db8::5", "", false),
        ("[ALL]", "2001:db8::5", "", false),
        ("[2001:db8:]", "2001:db8::5", "", false),
        ("[::/0]", "2001:db8::5", "", false),
        ("[192.0.2.7]", "192.0.2.7", "", false),
        ("[::ffff:192.0.2.7]", "::ffff:192.0.2.7", "", true),
        ("[::ffff:192.0.2.7]", "192.0.2.7", "", true),
        ("192.0.2.7", "::ffff:192.0.2.7", "", true),
        (".2.7", "::ffff:192.0.2.7", "", true),
        ("192.0.2.0/24", "::ffff:192.0.2.7", "", true),
        ("192.0.2.0/24", "", "", false),
        ("[2001:db8::]/32", "2001:db8::5", "", true),
        ("@trusted", "192.0.2.7", "host.example.org", true),
        ("@trusted", "192.0.2.7", "", false),
        ("@trusted/24", "192.0.2.7", "host.example.org", false),
        ("/list", "192.0.2.7", "", true),
        ("/list", "192.0.2.8", "a.example.org", true),
        ("/list", "192.0.2.8", "", false),
        ("/nested", "192.0.2.7", "", true),
        ("/v6", "2001:db8::5", "", true),
        ("/v6", "2001:db9::1", "", true),
        ("/missing", "192.0.2.7", "", false),
        ("/", "192.0.2.7", "", false),
        ("//", "192.0.2.7", "", false),
        ("joe@192.0.2.7", "192.0.2.7", "", true),
        ("joe@/list", "192.0.2.7", "", true),
        ("j*@ALL", "192.0.2.7", "", true),
        ("KNOWN@ALL", "192.0.2.7", "", true),
        ("jim@ALL", "192.0.2.7", "", false),
        ("joe@", "192.0.2.7", "", false),
        ("@trusted@ALL", "192.0.2.7", "host.example.org", false),
        ("[::1]@ALL", "::1", "", false),
        ("FAIL", "192.0.2.7", "", false),
    ] {
        assert_eq!(
            client(word, address, name),
            expected,
            "{word} {address} {name}"
        );
    }
}

#[test]
fn daemon_words() {
    for (word, expected) in [
        ("svcd", true),
        ("SVCD", true),
        ("svc", false),
        ("svc*", true),
        (".cd", false),
        ("ALL", true),
        ("KNOWN", true),
        ("UNKNOWN", false),
        ("22", true),
        ("022", true),
        ("+22", true),
        ("\x0b22", true),
        ("23", false),
        ("4294967318", false),
        ("0x16", false),
        ("svcd@127.0.0.1", true),
        ("svcd@127.0.0.2", false),
        ("22@ALL", true),
        ("svcd@/list", true),
        ("svcd@", false),
        ("@svcd", false),
        ("[svcd]", false),
        ("/svcd", false),
    ] {
        let fake = FakeWorld::new().file("/list", "127.");
        let server = Host::from_text("127.0.0.1").with_port(22);
        let mut request = Request::new("svcd", Host::unknown(), server);
        let mut matcher = Matcher {
            request: &mut request,
            world: fake.world(),
            place: None,
        };
        assert_eq!(
            matcher.daemon_match(word.as_bytes()).unwrap(),
            expected,
            "{word}"
        );
    }
}

#[test]
fn lists_that_cannot_be_used_are_errors() {
    let fake = FakeWorld::new()
        .unreadable("/secret")
        .file("/loop", "/loop")
        .file("/nul", "10.\0x");
    for word in ["/secret", "/loop", "/nul", "joe@/secret"] {
        let mut request = Request::new("svcd", Host::from_text("192.0.2.7"), Host::unknown());
        let mut matcher = Matcher {
            request: &mut request,
            world: fake.world(),
            place: None,
        };
        assert!(matcher.client_match(word.as_bytes()).is_err(), "{word}");
    }
}

/// What would need an answer that cannot be had is an error; what needs none is not.
#[test]
fn what_cannot_be_asked_for_is_an_error() {
    for why in [Unanswered::Late, Unanswered::Failed(24)] {
        let fake = FakeWorld::new().unanswered(why).file("/names", ".x\n");
        for (word, error) in [
            ("ALL", None),
            ("192.0.2.7", None),
            ("10.", None),
            ("10.*", None),
            ("10.0.0.0/8", None),
            ("ALL@ALL", None),
            ("joe@10.", None),
            ("@trusted", Some("host name of 192.0.2.7: ")),
            (".x", Some("host name of 192.0.2.7: ")),
            ("un*", Some("host name of 192.0.2.7: ")),
            ("KNOWN", Some("host name of 192.0.2.7: ")),
            ("UNKNOWN", Some("host name of 192.0.2.7: ")),
            ("PARANOID", Some("host name of 192.0.2.7: ")),
            ("LOCAL", Some("host name of 192.0.2.7: ")),
            ("/names", Some("host name of 192.0.2.7: ")),
            ("joe@ALL", Some("user at the client: ")),
            ("KNOWN@ALL", Some("user at the client: ")),
            ("UNKNOWN@192.0.2.7", Some("user at the client: ")),
        ] {
            let ends = ["192.0.2.7", "192.0.2.1"].map(|address| {
                let socket = format!("{address}:9").parse().unwrap();
                Host::from_socket(socket, address)
            });
            let [client, server] = ends;
            let mut request = Request::new("svcd", client, server);
            request.stream = true;
            let mut matcher = Matcher {
                request: &mut request,
                world: fake.world(),
                place: None,
            };
            let found = matcher.client_match(word.as_bytes());
            let found = found.err().map(|problem| problem.to_string());
            let expected = error.map(|error| format!("{error}{why}"));
            let begins = found.as_deref().map(|found| {
                let end = expected.as_ref().map_or(0, String::len).min(found.len());
                &found[..end]
            });
            assert_eq!(begins, expected.as_deref(), "{word}");
        }
    }
}

#[test]
fn a_netgroup_or_interface_that_cannot_be_asked_for_is_an_error() {
    let fake = FakeWorld::new().unanswered(Unanswered::Failed(24));
    for (word, address, name, error) in [
        ("@trusted", "192.0.2.7", "a.x", "netgroup trusted: "),
        ("[fe80::1%lo]", "fe80::1%1", "", "interface lo: "),
        ("[fe80::%1]/64", "fe80::1%lo", "", "interface lo: "),
    ] {
        let client = Host::from_text(address).with_name(Fact::from_value(name.as_bytes()));
        let mut matcher = Matcher {
            request: &mut Request::new("svcd", client, Host::unknown()),
            world: fake.world(),
            place: None,
        };
        let problem = matcher.client_match(word.as_bytes()).unwrap_err();
        assert_eq!(
            problem.to_string(),
            format!("{error}cannot be asked for: Too many open files")
        );
    }
}

/// The client is asked for below the zone; only an answer in 127.0.0.0/8 means that it is on the list.
#[test]
fn a_dns_list_has_an_address_or_not() {
    let fake = FakeWorld::new()
        .list_entry("7.2.0.192.bl.example.", Ipv4Addr::new(127, 0, 0, 2))
        .list_entry("8.2.0.192.bl.example.", Ipv4Addr::new(192, 0, 2, 1))
        .list_entry("9.2.0.192.bl.example.", Ipv4Addr::new(192, 0, 2, 1))
        .list_entry("9.2.0.192.bl.example.", Ipv4Addr::new(127, 255, 255, 255))
        .list_entry(
            "5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.example.",
            Ipv4Addr::LOCALHOST,
        )
        .file("/list", "10.0.0.1 {RBL}.bl.example\n");
    let odd = |of: &str| {
        format!(
            "warning: DNS list: {of}.2.0.192.bl.example. is 192.0.2.1, which is not in 127.0.0.0/8, so it does not count"
        )
    };
    for (word, address, expected, warning) in [
        ("{RBL}.bl.example", "192.0.2.7", true, None),
        ("{rbl}.BL.example.", "::ffff:192.0.2.7", true, None),
        ("{RBL}.bl.example", "192.0.2.6", false, None),
        ("{RBL}.bl.example", "192.0.2.8", false, Some(odd("8"))),
        ("{RBL}.bl.example", "192.0.2.9", true, Some(odd("9"))),
        ("{RBL}.bl.example", "2001:db8::5", true, None),
        ("{RBL}.bl.example", "2001:db8::6", false, None),
        ("{RBL}.bl.example", "", false, None),
        ("/list", "192.0.2.7", true, None),
        ("ALL@{RBL}.bl.example", "192.0.2.7", true, None),
        ("{RBL}bl.example", "192.0.2.7", false, None),
        ("{RBL}", "192.0.2.7", false, None),
    ] {
        let fake = fake.clone();
        let mut matcher = Matcher {
            request: &mut Request::new("svcd", Host::from_text(address), Host::unknown()),
            world: fake.world(),
            place: None,
        };
        let matched = matcher.client_match(word.as_bytes()).unwrap();
        assert_eq!(matched, expected, "{word} {address}");
        assert_eq!(fake.logged(), Vec::from_iter(warning), "{word} {address}");
    }
}

/// An answer that cannot be had is none, and a word that is no zone could never have one.
#[test]
fn a_dns_list_that_cannot_be_asked_is_an_error() {
    for (why, words) in [
        (Unanswered::Late, "no answer in time"),
        (Unanswered::NoAnswer, "no answer"),
        (
            Unanswered::Failed(24),
            "cannot be asked for: Too many open files",
        ),
    ] {
        let fake = FakeWorld::new().unanswered(why);
        for (word, error) in [
            (
                "{RBL}.bl.example",
                format!("DNS list: 7.2.0.192.bl.example.: {words}; see resolv.conf(5)"),
            ),
            (
                "{RBL}.*",
                "DNS list: \"*\" is no name of a zone; write {RBL}.ZONE".to_owned(),
            ),
            (
                "{RBL}.",
                "DNS list: \"\" is no name of a zone; write {RBL}.ZONE".to_owned(),
            ),
        ] {
            let client = Host::from_text("192.0.2.7");
            let mut matcher = Matcher {
                request: &mut Request::new("svcd", client, Host::unknown()),
                world: fake.world(),
                place: None,
            };
            let problem = matcher.client_match(word.as_bytes()).unwrap_err();
            assert_eq!(problem.to_string(), error);
        }
    }
}

/// Seven lists, each of which includes the next one a hundred times.
#[test]
fn lists_that_multiply_are_an_error() {
    let mut fake = FakeWorld::new().file("/7", "10.");
    for list in 1..7 {
        fake = fake.file(&format!("/{list}"), format!("/{} ", list + 1).repeat(100));
    }
    let mut request = Request::new("svcd", Host::from_text("192.0.2.7"), Host::unknown());
    let mut matcher = Matcher {
        request: &mut request,
        world: fake.world(),
        place: None,
    };
    let problem = matcher.client_match(b"/1").unwrap_err();
    assert!(matches!(problem, Problem::ListCount(_)), "{problem}");
}

#[test]
fn names_are_looked_up_only_when_a_word_needs_them() {
    for (word, asked) in [
        ("ALL", false),
        ("192.0.2.", false),
        ("10.0.0.0/8", false),
        ("192.*", false),
        ("192.0.2.*x", true),
        ("host", true),
        ("[::1]", true),
        ("KNOWN", true),
    ] {
        let fake = FakeWorld::new();
        let socket = "192.0.2.7:9".parse().unwrap();
        let client = Host::from_socket(socket, "192.0.2.7");
        let mut request = Request::new("svcd", client, Host::unknown());
        let mut matcher = Matcher {
            request: &mut request,
            world: fake.world(),
            place: None,
        };
        let _ = matcher.client_match(word.as_bytes());
        assert_eq!(!request.client.name.is_not_asked(), asked, "{word}");
    }
}
