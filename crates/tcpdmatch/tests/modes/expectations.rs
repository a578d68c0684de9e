//! What `--test` and `--coverage` say of expectations.

use std::process::Command;

use test_kit::run;

use crate::{ask, feed, objects, tables};

/// A line of a policy, the exit status, and what is told.
#[test]
fn expectations() {
    let scratch = tables();
    for (line, status, told) in [
        (&b"svcd 192.0.2.7 => granted"[..], 0, "ok: 1 met"),
        (
            b"svcd 192.0.2.7 => granted by hosts.allow:2",
            0,
            "ok: 1 met",
        ),
        (b"svcd 192.0.2.7=>granted", 0, "ok: 1 met"),
        (
            b"  svcd joe@2001:db8::5 => granted # no",
            2,
            "\"# no\" makes no sense here; write \"by TABLE:LINE\"",
        ),
        (b"# comment\n\n svcd 10.2.3.4 => granted\n", 0, "ok: 1 met"),
        (
            b"svcd 172.16.0.1 a.example.test => granted by hosts.allow:1",
            0,
            "ok: 1 met",
        ),
        (
            b"svcd 172.16.0.1 paranoid => denied by hosts.deny:2",
            0,
            "ok: 1 met",
        ),
        (
            b"svcd list => granted",
            2,
            "list: host not found; give an address instead",
        ),
        (
            b"svcd unknown q.list2 => granted by hosts.allow:4",
            0,
            "ok: 1 met",
        ),
        (
            b"svcd unknown q.list2 => granted by hosts.allow:3",
            0,
            "ok: 1 met",
        ),
        (
            b"svcd unknown q.list2 => granted by hosts.allow:5",
            1,
            "came:     granted by hosts.allow:4\n    rule:     svcd: q.list  q.list2",
        ),
        (
            b"x 192.0.2.7 => delegated by /etc/hosts.deny:1",
            0,
            "ok: 1 met",
        ),
        (
            b"x 192.0.2.7 => denied",
            1,
            "policy:1: FAILED: x 192.0.2.7 => denied\n    expected: denied\n    came:     delegated by hosts.deny:1\n    rule:     ALL: 192.0.2.: twist echo %h\nFAILED: 0 met, 1 not met, 0 in error\n",
        ),
        (
            b"x 192.0.2.7 => delegated by hosts.allow:1",
            1,
            "expected: delegated by hosts.allow:1",
        ),
        (
            b"svcd 192.0.2.7",
            2,
            "policy:1: error: no \"=>\"; write QUESTION => granted|denied|delegated",
        ),
        (
            b"svcd => granted",
            2,
            "no client; write DAEMON[@HOST] [USER@]HOST [NAME]",
        ),
        (b"=> granted", 2, "no daemon; write"),
        (b"a b c d => granted", 2, "more than three words"),
        (
            b"svcd 192.0.2.7 => allowed",
            2,
            "no such verdict: \"allowed\"; write granted, denied or delegated",
        ),
        (
            b"svcd 192.0.2.7 => granted by 3",
            2,
            "write \"by TABLE:LINE\"",
        ),
        (
            b"svcd 192.0.2.7 => granted by hosts.allow:x",
            2,
            "write \"by TABLE:LINE\"",
        ),
        (b"svcd 192.0.2.7\0 => granted", 2, "NUL byte in the line"),
        (b"svcd \xff => granted", 2, "\\377: host not found"),
        (
            b"svcd host.example.test x => granted",
            2,
            "is no address, so it cannot have a NAME too",
        ),
        (b"", 2, "policy: no expectations; write QUESTION => VERDICT"),
    ] {
        scratch.file("policy", line);
        let came = ask(&scratch, &["-d", "--test", "policy"]);
        assert!(came.stdout.contains(told), "{told:?} in {came:?}");
        assert_eq!(
            (came.status, came.stderr.as_str()),
            (Some(status), ""),
            "{came:?}"
        );
        assert_eq!(
            feed(&scratch, &["-d", "--test", "-"], line).status,
            Some(status)
        );
        let json = ask(&scratch, &["-d", "--format", "json", "--test", "policy"]);
        assert_eq!(json.status, Some(status));
        let sums = objects(&json.stdout).pop().unwrap();
        assert_eq!(sums["failed"], u64::from(status == 1));
    }
    let came = ask(&scratch, &["-d", "--test", "none"]);
    assert_eq!(came.status, Some(2));
    assert_eq!(came.stderr, "none: No such file or directory\n");
}

/// What no expectation reaches is told on demand, and changes nothing else.
#[test]
fn coverage_of_expectations() {
    let scratch = tables();
    let policy = "svcd 10.2.3.4 => granted\nsvcd 10.1.2.3 => denied\nx 192.0.2.7 => delegated\n";
    scratch.file("policy", policy);
    let came = ask(&scratch, &["-d", "--test", "policy", "--coverage"]);
    assert_eq!(
        came.stdout,
        "hosts.allow:1: no expectation reaches .example.test of its clients\n\
         hosts.allow:2: no expectation reaches this rule: svcd: 192.0.2.0/24 joe@[2001:db8::]/32 LOCAL: umask 077: spawn echo %a\n\
         hosts.allow:3: no expectation reaches this rule: svcd: q.list  q.list2\n\
         coverage: 3 of 5 rules, 9 of 15 words\n\
         ok: 3 met, 0 not met, 0 in error\n"
    );
    assert_eq!(came.status, Some(0));
    // Once everything is reached, nothing is listed.
    let list = scratch.file("list", "10.0.0.1\n192.0.2.7\n");
    scratch.file(
        "hosts.allow",
        format!("svcd: {} EXCEPT 192.0.2.7\n", list.display()),
    );
    scratch.file("hosts.deny", "ALL: ALL\n");
    scratch.file(
        "policy",
        "svcd 10.0.0.1 => granted\nsvcd 192.0.2.7 => denied\n",
    );
    let came = ask(&scratch, &["-d", "--test", "policy", "--coverage"]);
    assert_eq!(
        came.stdout,
        "coverage: 2 of 2 rules, 5 of 5 words\nok: 2 met, 0 not met, 0 in error\n"
    );
    let json = ask(
        &scratch,
        &["-d", "--format", "json", "--test", "policy", "--coverage"],
    );
    let found = objects(&json.stdout);
    let coverage = found.iter().find_map(|object| object.get("coverage"));
    assert_eq!(coverage.unwrap()["words_reached"], 5, "{json:?}");
    let alone = ask(&scratch, &["-d", "--coverage", "svcd", "10.0.0.1"]);
    assert_eq!(alone.status, Some(1), "{alone:?}");
}

/// The example for CI holds its tables to its expectations, and these reach every rule.
#[test]
fn the_example_for_ci() {
    let place = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/ci");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tcpdmatch"));
    let tables = [
        "--tables",
        "hosts.allow",
        "hosts.deny",
        "--test",
        "policy",
        "--coverage",
    ];
    let came = run(command.current_dir(place).args(tables));
    assert_eq!(
        came.stdout,
        "coverage: 3 of 3 rules, 8 of 8 words\nok: 5 met, 0 not met, 0 in error\n"
    );
}
