//! What each option does, one line per case (options.md).

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::fake::FakeWorld;
use crate::request::Host;

fn world() -> FakeWorld {
    FakeWorld::new()
        .user("nobody", 65534, 65533)
        .group("daemon", 1)
        .file("/b/svcd", "hi %a\n")
        .unreadable("/secret/svcd")
        .ident("joe")
}

fn outcome(options: &str, fake: &FakeWorld) -> (RuleOutcome, Request) {
    let client = Host::from_socket(([192, 0, 2, 7], 9).into(), "192.0.2.7");
    let server = Host::from_socket(([192, 0, 2, 1], 22).into(), "192.0.2.1");
    let mut request = Request::new("svcd", client, server);
    request.stream = true;
    let table: Arc<Path> = Arc::from(Path::new("T"));
    let place = Place {
        table,
        first_line: 1,
        line: 1,
    };
    let outcome = run(
        options.as_bytes(),
        &mut request,
        &fake.world(),
        &place,
        &mut fake.effects(),
    );
    (outcome, request)
}

/// Options that run through, and the actions they lead to.
#[test]
fn actions() {
    for (options, actions) in [
        ("umask 022", "[Umask(18)]"),
        ("umask +77", "[Umask(63)]"),
        ("nice", "[Nice(10)]"),
        ("nice -5", "[Nice(-5)]"),
        ("NICE = 5: nice 5", "[Nice(5), Nice(5)]"),
        ("linger 0", "[Linger(0)]"),
        ("keepalive", "[KeepAlive]"),
        ("severity mail.crit", "[]"),
        ("rfc931 5", "[]"),
        (
            "group daemon",
            "[Group(Gid(1), [100, 97, 101, 109, 111, 110])]",
        ),
        (
            "banners /b",
            "[Banner([104, 105, 32, 49, 57, 50, 46, 48, 46, 50, 46, 55, 13, 10])]",
        ),
        ("banners /secret", "[]"),
        ("banners /none", "[]"),
        (
            "aclexec %z true %z ",
            "[Aclexec(ShellText([116, 114, 117, 101]))]",
        ),
        ("aclexec true", "[Aclexec(ShellText([116, 114, 117, 101]))]"),
    ] {
        let fake = world();
        assert_eq!(outcome(options, &fake).0, RuleOutcome::Table, "{options}");
        assert_eq!(format!("{:?}", fake.done()), actions, "{options}");
    }
}

/// Options that end a request in an error, with the message.
#[test]
fn errors() {
    for (options, message) in [
        ("", "missing option name"),
        ("umask 022:", "missing option name"),
        ("umask 022::allow", "missing option name"),
        ("bogus", "bad option name: \"bogus\""),
        ("/bin/echo x", "bad option name: \"/bin/echo\""),
        ("SPAWN", "option \"SPAWN\" requires value"),
        ("spawn =", "option \"spawn\" requires value"),
        ("allow x", "option \"allow\" requires no value"),
        ("keepalive on", "option \"keepalive\" requires no value"),
        ("allow: umask 022", "option \"allow\" must be at end"),
        ("deny:", "option \"deny\" must be at end"),
        ("twist x: allow", "option \"twist\" must be at end"),
        ("umask 1777", "bad umask value: \"1777\""),
        ("umask 07 7", "bad umask value: \"07 7\""),
        ("umask 40000000077", "bad umask value: \"40000000077\""),
        ("nice x", "bad nice value: \"x\""),
        ("linger -1", "bad linger value: \"-1\""),
        ("linger \x0b-1", "bad linger value: \"\\013-1\""),
        ("linger 2147483648", "bad linger value: \"2147483648\""),
        ("linger 4294967296", "bad linger value: \"4294967296\""),
        ("rfc931 0", "bad rfc931 timeout: \"0\""),
        ("rfc931 1.5", "bad rfc931 timeout: \"1.5\""),
        ("rfc931 4294967297", "bad rfc931 timeout: \"4294967297\""),
        ("severity none", "bad syslog facility or severity: \"none\""),
        ("user root2", "unknown user: \"root2\""),
        ("user 65534", "unknown user: \"65534\""),
        ("user [.", "unknown user: \"[.\""),
        ("user nobody.", "unknown group: \"\""),
        ("user .daemon", "unknown user: \"\""),
        ("group x", "unknown group: \"x\""),
        (
            "setenv FOO=bar",
            "setenv: bad variable name \"FOO=bar\"; write \"setenv NAME VALUE\", with a blank and no \"=\"",
        ),
    ] {
        let fake = world();
        assert_eq!(outcome(options, &fake).0, RuleOutcome::Failed, "{options}");
        let expected = format!("error: T, line 1: {message}");
        assert_eq!(fake.logged(), [expected], "{options}");
    }
}

#[test]
fn setenv_splits_at_the_first_blank() {
    for (options, name, value) in [
        ("setenv FOO bar  baz", "FOO", "bar  baz"),
        ("setenv FOO", "FOO", ""),
        ("setenv FOO = bar", "FOO", "= bar"),
        ("setenv =bar", "bar", ""),
        ("setenv WHO %a", "WHO", "192.0.2.7"),
        ("setenv FOO\x0b \x0bbar", "FOO", "bar"),
    ] {
        let fake = world();
        let _ = outcome(options, &fake);
        let expected = Action::SetEnv {
            name: name.into(),
            value: value.into(),
        };
        assert_eq!(fake.done(), [expected], "{options}");
    }
}

#[test]
fn effects_before_an_error_stay() {
    let fake = world();
    let (found, request) = outcome("umask 077: severity mail.crit: bogus", &fake);
    assert_eq!(found, RuleOutcome::Failed);
    assert_eq!(fake.done(), [Action::Umask(0o77)]);
    assert_eq!(request.severity.map(|severity| severity.level.0), Some(2));
}

/// The status of aclexec: 0 matches, another one ends the table, later options override.
#[test]
fn aclexec_decides_unless_a_later_option_does() {
    for (status, options, expected) in [
        (0, "aclexec x", RuleOutcome::Table),
        (1, "aclexec x", RuleOutcome::NoMatch),
        (128, "aclexec x: umask 022", RuleOutcome::NoMatch),
        (1, "aclexec x: allow", RuleOutcome::Allow),
        (1, "aclexec x: deny", RuleOutcome::Deny),
    ] {
        let fake = world().aclexec_status(status);
        assert_eq!(outcome(options, &fake).0, expected, "{status} {options}");
    }
}

/// A shell's statuses for "could not be run" are no opinion, whatever follows.
#[test]
fn aclexec_that_was_not_run_is_in_error() {
    for status in [126, 127] {
        for options in ["aclexec x", "aclexec x: allow", "aclexec x: deny"] {
            let fake = world().aclexec_status(status);
            let RuleOutcome::InError(fault) = outcome(options, &fake).0 else {
                panic!("{status} {options}");
            };
            assert!(fault.to_string().contains(&format!("status {status}: ")));
        }
    }
}

/// What a failure of each action means.
#[test]
fn failures() {
    for (action, options, expected, message) in [
        (
            "Spawn",
            "spawn x",
            RuleOutcome::Table,
            "warning: T, line 1: w: r",
        ),
        (
            "Linger",
            "linger 5",
            RuleOutcome::Table,
            "warning: T, line 1: w: r",
        ),
        (
            "Nice",
            "nice -5",
            RuleOutcome::Table,
            "warning: T, line 1: w: r",
        ),
        (
            "Banner",
            "banners /b",
            RuleOutcome::Table,
            "warning: T, line 1: w: r",
        ),
        (
            "User",
            "user nobody: allow",
            RuleOutcome::Failed,
            "error: T, line 1: w: r",
        ),
        (
            "Group",
            "group daemon: allow",
            RuleOutcome::Failed,
            "error: T, line 1: w: r",
        ),
    ] {
        let fake = world().fault(action, "w", "r");
        assert_eq!(outcome(options, &fake).0, expected, "{options}");
        assert_eq!(fake.logged(), [message], "{options}");
    }
    // The rule is in error, which the search tells.
    let fake = world().fault("Aclexec", "w", "r");
    let fault = Fault {
        what: "w".into(),
        reason: "r".into(),
    };
    assert_eq!(
        outcome("aclexec x: allow", &fake).0,
        RuleOutcome::InError(fault)
    );
    assert!(fake.logged().is_empty());
}

#[test]
fn rfc931_asks_at_once() {
    let fake = world();
    let (_, request) = outcome("rfc931 3", &fake);
    assert_eq!(request.user.known(), Some(&b"joe"[..]));
    assert_eq!(request.ident_limit.as_secs(), 3);
}

/// A command that gets too long denies; nothing is run.
#[test]
fn what_gets_too_long_is_an_error() {
    let long = format!("spawn {}", "x".repeat(MAX_EXPANSION_BYTES + 1));
    let many = format!("setenv X {}", "%u".repeat(MAX_EXPANSION_BYTES / 100));
    for options in [long.as_str(), many.as_str()] {
        let fake = world().ident("u".repeat(400));
        assert_eq!(outcome(options, &fake).0, RuleOutcome::Failed);
        assert_eq!(fake.done(), []);
        assert_eq!(fake.logged().len(), 1);
    }
}

/// A banner of any length goes out, until the client takes no more.
#[test]
fn long_banners_go_out_in_chunks() {
    let text = vec![b'x'; 1 << 20];
    let fake = world().file("/b/svcd", &text);
    assert_eq!(outcome("banners /b", &fake).0, RuleOutcome::Table);
    let sent = fake.done().into_iter().map(|action| match action {
        Action::Banner(chunk) => chunk,
        other => panic!("{other:?}"),
    });
    assert_eq!(sent.collect::<Vec<_>>().concat(), text);
    let fake = world().file("/b/svcd", &text).fault("Banner", "w", "r");
    assert_eq!(outcome("banners /b", &fake).0, RuleOutcome::Table);
    assert_eq!(fake.logged().len(), 1);
}

#[test]
fn a_missing_banner_directory_is_a_warning() {
    let fake = world();
    let _ = outcome("banners /none", &fake);
    let _ = outcome("banners \x1b[2J", &fake);
    assert_eq!(
        fake.logged(),
        [
            "warning: T, line 1: /none: No such file or directory",
            "warning: T, line 1: \\033[2J: No such file or directory",
        ]
    );
}

#[test]
fn keywords_are_told_apart() {
    for (index, option) in OPTIONS.iter().enumerate() {
        let first = OPTIONS
            .iter()
            .position(|other| other.keyword == option.keyword);
        assert_eq!(first, Some(index), "{}", option.keyword);
    }
}
