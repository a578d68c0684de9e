//! Tables against requests: verdicts, messages and what the options did.

use super::*;
use crate::fake::FakeWorld;
use crate::request::Host;

/// The verdict, the matched rule as `allow:LINE` or `deny:LINE`, and what was logged.
fn decide(fake: &FakeWorld) -> (String, String, Vec<String>) {
    let mut request = Request::new("svcd", Host::from_text("192.0.2.7"), Host::unknown());
    let decision = hosts_access(
        &Tables {
            allow: "/A".into(),
            deny: "/D".into(),
        },
        &mut request,
        &fake.world(),
        &mut fake.effects(),
    );
    let verdict = match decision.verdict {
        Verdict::Granted => "granted".to_owned(),
        Verdict::Denied => "denied".to_owned(),
        Verdict::Twist(command) => {
            format!("twist {}", String::from_utf8_lossy(command.as_bytes()))
        }
    };
    let matched = decision.matched.map_or(String::new(), |place| {
        format!("{}:{}", place.table.display(), place.line)
    });
    (verdict, matched, fake.logged())
}

fn tables(allow: &str, deny: &str) -> FakeWorld {
    FakeWorld::new().file("/A", allow).file("/D", deny)
}

/// Tables, verdict and matched rule, one case a line.
#[test]
fn verdicts() {
    for (allow, deny, verdict, matched) in [
        ("", "", "granted", ""),
        ("svcd: ALL\n", "ALL: ALL\n", "granted", "/A:1"),
        ("other: ALL\n", "ALL: ALL\n", "denied", "/D:1"),
        (
            "svcd: 10.\nsvcd: 192.0.2.\n",
            "ALL: ALL\n",
            "granted",
            "/A:2",
        ),
        ("svcd: ALL: deny\n", "", "denied", "/A:1"),
        ("", "svcd: ALL: allow\n", "granted", "/D:1"),
        (
            "svcd: ALL: twist echo %a\n",
            "",
            "twist echo 192.0.2.7",
            "/A:1",
        ),
        ("svcd: ALL: bogus\n", "", "denied", "/A:1"),
        ("", "svcd: ALL: bogus\n", "denied", "/D:1"),
        ("svcd: ALL:\n", "", "denied", "/A:1"),
        ("svcd ALL\nsvcd: ALL\n", "ALL: ALL\n", "granted", "/A:2"),
        ("", "svcd ALL\n", "granted", ""),
        ("ALL: ALL: deny", "", "granted", ""),
        ("ALL: ALL", "ALL: ALL\n", "denied", "/D:1"),
        ("", "x: y", "denied", ""),
        ("", "svcd: ALL: allow\nx: y", "granted", "/D:1"),
        ("", "# comment", "denied", ""),
        ("", "x: y\0\n", "denied", ""),
        ("x: y\0\nsvcd: ALL\n", "ALL: ALL\n", "denied", "/D:1"),
        (" # svcd: ALL\n", "ALL: ALL\n", "denied", "/D:1"),
        ("", "svcd: 10.9.9.9 # see ALL notes\n", "denied", "/D:1"),
        ("svcd: /secret\nsvcd: ALL\n", "x: y\n", "denied", ""),
        ("svcd: /secret\n", "", "denied", ""),
        ("svcd: /secret\n", "svcd: ALL: allow\n", "denied", ""),
        ("svcd: /secret\n", "svcd: ALL: twist x\n", "denied", ""),
        ("svcd: /secret\n", "svcd: ALL: deny\n", "denied", "/D:1"),
        (
            "svcd: /secret\n",
            "svcd: ALL: aclexec x\n",
            "denied",
            "/D:1",
        ),
        ("other: /secret\n", "", "granted", ""),
        ("svcd: ALL\nx: /secret\n", "", "granted", "/A:1"),
        ("x: y\0\n", "", "denied", ""),
        ("x: y\0\n", "svcd: ALL: allow\n", "denied", ""),
        ("x: y", "svcd: ALL: allow\n", "granted", "/D:1"),
        ("\0x: y\n", "", "denied", ""),
        ("\0svcd: ALL: deny\n", "", "denied", ""),
        ("svcd: 10.9. / 255.0.0.0 // home\n", "", "granted", ""),
        ("", "svcd: 10.9. / 255.0.0.0 // home\n", "granted", ""),
        (
            "# \0\n\0\0\nsvcd: ALL\n\0\0",
            "ALL: ALL\n",
            "granted",
            "/A:3",
        ),
        ("# \0\n\0\0", "", "granted", ""),
        ("", "# \0\n\0\0\n\0\0", "granted", ""),
        ("", "\0\0x: y\n", "granted", ""),
        ("", "\0\0svcd: ALL\n", "denied", "/D:1"),
        ("", "svcd: \\\n\0ALL\n", "denied", "/D:2"),
        ("", "\0\0svcd: ALL: allow\n", "denied", ""),
        ("", "x: \0y\n", "denied", ""),
        ("svcd: /nul\n", "", "granted", ""),
        ("svcd: /odd\n", "", "denied", ""),
        ("svcd: /secret\nsvcd: ALL\n", "ALL: ALL\n", "denied", "/D:1"),
        ("svcd: 192.0.2. /secret\n", "ALL: ALL\n", "granted", "/A:1"),
        ("", "svcd: /secret\n", "denied", ""),
        ("", "svcd: ALL EXCEPT /secret\n", "denied", ""),
        ("", "svcd: 10. EXCEPT /secret\n", "granted", ""),
        ("", "svcd: /missing\n", "granted", ""),
    ] {
        let fake = tables(allow, deny)
            .unreadable("/secret")
            .file("/nul", "# \0\n10.\0")
            .file("/odd", "10.\0\n");
        for fake in [&fake, &fake.clone().held()] {
            let (found, place, _) = decide(fake);
            assert_eq!(
                (found.as_str(), place.as_str()),
                (verdict, matched),
                "{allow:?} {deny:?}"
            );
        }
    }
}

#[test]
fn what_a_rule_sets_ends_with_the_request() {
    let rules = "svcd: 192.0.2.7: severity mail.crit: rfc931 3\nsvcd: 192.0.2.8\n";
    let fake = tables(rules, "");
    let places = Tables {
        allow: "/A".into(),
        deny: "/D".into(),
    };
    let found = ["192.0.2.7", "192.0.2.8"].map(|client| {
        let mut request = Request::new("svcd", Host::from_text(client), Host::unknown());
        let _ = hosts_access(&places, &mut request, &fake.world(), &mut fake.effects());
        (request.severity.is_some(), request.ident_limit.as_secs())
    });
    let usual = crate::limits::IDENT_LIMIT.as_secs();
    assert_eq!(found, [(true, 3), (false, usual)]);
}

#[test]
fn tables_that_cannot_be_opened() {
    let fake = FakeWorld::new().unreadable("/A").file("/D", "");
    let warning = "warning: cannot open /A: Permission denied \
        (in error: refuses everybody whom no rule above grants)";
    assert_eq!(
        decide(&fake),
        ("denied".into(), String::new(), vec![warning.into()])
    );
    let fake = FakeWorld::new().file("/A", "").unreadable("/D");
    assert_eq!(decide(&fake).0, "denied");
}

#[test]
fn a_decision_says_what_was_in_error() {
    let fake = tables("svcd: /secret\n", "x: y\0\n").unreadable("/secret");
    let mut request = Request::new("svcd", Host::from_text("192.0.2.7"), Host::unknown());
    let places = Tables {
        allow: "/A".into(),
        deny: "/D".into(),
    };
    let decision = hosts_access(&places, &mut request, &fake.world(), &mut fake.effects());
    let said: Vec<_> = decision
        .in_error
        .iter()
        .map(Diagnostic::to_string)
        .collect();
    assert_eq!(said, fake.logged()[..2]);
    let lines = decision
        .in_error
        .iter()
        .map(|diagnostic| diagnostic.place.as_ref());
    let lines: Vec<_> = lines.map(|place| place.map(|place| place.line)).collect();
    assert_eq!(lines, [Some(1), Some(1)]);
}

#[test]
fn bad_lines_are_reported_with_their_number() {
    for (table, messages) in [
        (
            "x: y\nsvcd: ALL",
            &[
                "warning: /A, line 2: missing newline or line too long",
                "warning: /A, line 2: all the subsequent rules will be ignored",
            ][..],
        ),
        (
            "a\\\nb\n",
            &["warning: /A, line 2: missing \":\" separator"],
        ),
        (
            "svcd: /loop\n",
            &[
                "warning: /A, line 1: /loop: lists include each other over 8 deep; does one include itself? \
                 (in error: refuses everybody who gets that far)",
            ],
        ),
    ] {
        let fake = tables(table, "").file("/loop", "/loop");
        assert_eq!(decide(&fake).2, messages, "{table:?}");
    }
}
