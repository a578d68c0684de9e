//! What tcpdmatch does beyond the original: --explain, --test, --stdin, --format json, --root,
//! --tables, --completions. Nothing here needs a name service: all clients are addresses.

use std::io::Write;
use std::process::{Command, Stdio};

use tools::testing::{COLOUR_SETTINGS, Run, Scratch, check_completions, on_terminal, run, skip};

const ALLOW: &str = "\
svcd: 10. .example.test EXCEPT 10.1.
svcd: 192.0.2.0/24 joe@[2001:db8::]/32 LOCAL: umask 077: spawn echo %a
svcd: q.list \\\n q.list2
";
const DENY: &str = "ALL: 192.0.2.: twist echo %h\nALL: ALL\n";

fn tables() -> Scratch {
    let scratch = Scratch::new();
    scratch.file("hosts.allow", ALLOW);
    scratch.file("hosts.deny", DENY);
    scratch
}

fn command(scratch: &Scratch, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tcpdmatch"));
    command.current_dir(scratch.path()).args(arguments);
    command
}

fn ask(scratch: &Scratch, arguments: &[&str]) -> Run {
    run(&mut command(scratch, arguments))
}

/// Runs with this text as standard input.
fn feed(scratch: &Scratch, arguments: &[&str], input: &[u8]) -> Run {
    let mut child = command(scratch, arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    // A program that ends early closes its end; what it wrote tells.
    let _ = writer.join().unwrap();
    Run {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        status: output.status.code(),
    }
}

fn objects(text: &str) -> Vec<serde_json::Value> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Question, and lines that the explanation has to hold, in this order.
#[test]
fn explanations() {
    let scratch = tables();
    for (daemon, client, expected) in [
        (
            "svcd",
            "192.0.2.7",
            &[
                "hosts.allow line 1: svcd: 10. .example.test EXCEPT 10.1.",
                "daemons svcd yes the daemon is svcd",
                "clients 10. no the client's address 192.0.2.7 does not begin with it",
                "lookup name of the client: not made, as it was given by address only; tcpd asks the name service",
                "clients EXCEPT - not needed, since no word before it matches",
                "the rule does not match: its clients do not",
                "clients 192.0.2.0/24 yes the client's address 192.0.2.7 is in this network",
                "clients LOCAL - not tested, since a word before it matches",
                "matched: hosts.allow line 2",
                "would set the file mode mask to 077",
                "would run, and wait for it: /bin/sh -c 'echo 192.0.2.7'",
                "access: granted",
            ][..],
        ),
        (
            "svcd",
            "10.1.2.3",
            &[
                "clients 10. yes the client's address 10.1.2.3 begins with it",
                "clients .example.test - not tested, since a word before it matches",
                "clients EXCEPT - so the words behind it must not match",
                "clients 10.1. yes the client's address 10.1.2.3 begins with it",
                "the rule does not match: its clients do not",
                "matched: hosts.deny line 2",
                "access: denied",
            ],
        ),
        (
            "svcd",
            "joe@2001:db8::5",
            &[
                "lookup user at the client: joe, as given",
                "clients joe@[2001:db8::]/32 yes the client's address 2001:db8::5 is in this network; the user is joe",
                "access: granted",
            ],
        ),
        (
            "x",
            "192.0.2.7",
            &[
                "daemons svcd no the daemon is x",
                "the rule does not match: its daemons do not",
                "would run in place of the service: /bin/sh -c 'echo 192.0.2.7'",
                "access: delegated",
            ],
        ),
    ] {
        let text = ask(&scratch, &["-d", "--explain", daemon, client]).stdout;
        assert!(!text.contains('\x1b'), "{text}");
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut lines = text.lines().map(words);
        for wanted in expected {
            assert!(lines.any(|line| line == *wanted), "{wanted:?} in\n{text}");
        }
    }
}

#[test]
fn explanations_are_data_too() {
    let scratch = tables();
    let arguments = ["-d", "--explain", "--format", "json", "svcd", "192.0.2.7"];
    let answer = &objects(&ask(&scratch, &arguments).stdout)[0];
    assert_eq!(answer["verdict"], "granted");
    assert_eq!(answer["rule"]["line"], 2);
    assert_eq!(answer["options"][0]["value"], "077");
    let steps = answer["steps"].as_array().unwrap();
    let net = steps
        .iter()
        .find(|step| step["word"] == "192.0.2.0/24")
        .unwrap();
    assert_eq!(net["matched"], true);
    assert_eq!(net["list"], "clients");
}

#[test]
fn endless_lists_are_cut_short_in_an_explanation() {
    let scratch = Scratch::new();
    scratch.file("hosts.allow", format!("svcd: {}\n", "10. ".repeat(5000)));
    let text = ask(&scratch, &["-d", "--explain", "svcd", "192.0.2.7"]).stdout;
    assert!(text.contains("and 4900 more words that do not match"));
    assert!(text.contains("no rule has decided\naccess:   granted\n"));
}

#[test]
fn endless_tables_are_cut_short_as_data() {
    let scratch = Scratch::new();
    scratch.file("hosts.allow", "x: y\n".repeat(60_000) + "svcd: ALL: deny\n");
    let arguments = ["-d", "--explain", "--format", "json", "svcd", "192.0.2.7"];
    let answer = &objects(&ask(&scratch, &arguments).stdout)[0];
    let steps = answer["steps"].as_array().unwrap();
    let last = steps.last().unwrap();
    assert_eq!((steps.len(), &last["step"]), (100_001, &"left out".into()));
    assert!(last["steps"].as_u64() > Some(60_000), "{last}");
    assert_eq!(
        (&answer["verdict"], &answer["rule"]["line"]),
        (&"denied".into(), &60_001.into())
    );
    scratch.file("hosts.allow", "no rule\n".repeat(2000));
    let answer = &objects(&feed(&scratch, &["-d", "--stdin"], b"svcd 192.0.2.7\n").stdout)[0];
    let messages = answer["messages"].as_array().unwrap();
    let last = "and 1000 more messages";
    assert_eq!((messages.len(), &messages[1000]), (1001, &last.into()));
}

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

/// One line in, one line out; wrong lines get an error and do not end the rest.
#[test]
fn questions_from_standard_input() {
    let scratch = tables();
    let long = [b"svcd ".to_vec(), vec![b'x'; 200_000]].concat();
    for (line, key, value) in [
        (&b"svcd 192.0.2.7"[..], "verdict", "granted"),
        (b"svcd 192.0.2.7\r", "verdict", "granted"),
        (b"x 192.0.2.7", "verdict", "delegated"),
        (b"x 192.0.2.7", "command", "echo 192.0.2.7"),
        (b"svcd 172.16.0.1 a.example.test", "verdict", "granted"),
        (b"\xff 192.0.3.7", "daemon", "\\377"),
        (
            b"svcd",
            "error",
            "no client; write DAEMON[@HOST] [USER@]HOST [NAME]",
        ),
        (
            b"svcd a\0b",
            "error",
            "NUL byte in the line; write DAEMON[@HOST] [USER@]HOST [NAME]",
        ),
        (
            b"svcd []",
            "error",
            "[]: host not found; give an address instead",
        ),
        (
            &long,
            "error",
            "line of over 65536 bytes; write one question a line",
        ),
    ] {
        let input = [b"# comment\n\n", line, b"\nsvcd 10.2.3.4"].concat();
        let came = feed(&scratch, &["-d", "--stdin"], &input);
        let answers = objects(&came.stdout);
        assert_eq!(answers.len(), 2, "{came:?}");
        assert_eq!(answers[0][key], value, "{came:?}");
        assert_eq!(
            (&answers[0]["line"], &answers[1]["line"]),
            (&3.into(), &4.into())
        );
        assert_eq!(answers[1]["verdict"], "granted");
        let status = if key == "error" { 2 } else { 0 };
        assert_eq!((came.status, came.stderr.as_str()), (Some(status), ""));
    }
    let empty = feed(&scratch, &["-d", "--stdin"], b"");
    assert_eq!((empty.status, empty.stdout.as_str()), (Some(0), ""));
}

#[test]
fn a_reader_that_has_gone_ends_the_answers() {
    let scratch = tables();
    let mut child = command(&scratch, &["-d", "--stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    let line = b"svcd 10.2.3.4\n".repeat(1000);
    let refused = (0..10_000).any(|_| stdin.write_all(&line).is_err());
    assert!(refused, "it reads on though nobody listens");
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stderr, b"");
}

/// Tables in other places: arguments, and the line by which 192.0.2.7 is judged.
#[test]
fn tables_in_other_places() {
    let scratch = tables();
    let root = scratch.path().display().to_string();
    scratch.file("etc/hosts.allow", "ALL: /etc/friends\n");
    scratch.file("etc/friends", "192.0.2.7");
    let place = format!("{root}/etc/hosts.allow line 1");
    for (arguments, place, access) in [
        (&["--root", &root][..], place.as_str(), "granted"),
        (
            &["--tables", "hosts.deny", "/dev/null"],
            "hosts.deny line 1",
            "delegated",
        ),
        (&["--tables", "/dev/null", "/dev/null"], "", "granted"),
        (&["--tables", "/dev/null", "etc"], "", "denied"),
    ] {
        let came = ask(&scratch, &[arguments, &["svcd", "192.0.2.7"]].concat());
        assert!(
            came.stdout.ends_with(&format!("access:   {access}\n")),
            "{came:?}"
        );
        assert!(came.stdout.contains(&format!("matched:  {place}")) || place.is_empty());
        assert_eq!(came.status, Some(0));
    }
}

/// A mistyped name is no empty table, and a table that may not be read no wrong one: either would
/// answer otherwise than tcpd.
#[test]
fn tables_that_cannot_be_judged_by() {
    let scratch = tables();
    scratch.file("policy", "svcd 192.0.2.7 => denied\n");
    let hidden = scratch.file_with_mode("hidden", "ALL: ALL\n", 0o000);
    let hidden = hidden.to_str().unwrap();
    for (arguments, reason) in [
        (
            &["--tables", "none", "hosts.deny"][..],
            "open none: No such file",
        ),
        (&["--root", "none"], "open none: No such file"),
        (&["--root", "policy"], "open policy: Not a directory"),
        (
            &["--tables", "/dev/null", hidden],
            "hidden: Permission denied",
        ),
    ] {
        for (question, status) in [
            (&["svcd", "192.0.2.7"][..], 1),
            (&["--test", "policy"], 2),
            (&["--stdin"], 2),
        ] {
            if arguments.contains(&hidden) && status == 1 {
                continue;
            }
            let mut command = Command::new("unshare");
            command.arg("--user").arg(env!("CARGO_BIN_EXE_tcpdmatch"));
            let came = run(command
                .current_dir(scratch.path())
                .args(arguments)
                .args(question));
            if came.stderr.contains("unshare: ") {
                return skip("tables_that_cannot_be_judged_by", "user namespaces");
            }
            assert_eq!(
                (came.status, came.stdout.as_str()),
                (Some(status), ""),
                "{arguments:?} {came:?}"
            );
            assert!(came.stderr.contains(reason), "{came:?}");
        }
    }
}

#[test]
fn wrong_usage() {
    let scratch = tables();
    for arguments in [
        &["--explain"][..],
        &["--test", "x", "svcd", "a"],
        &["--test", "x", "--stdin"],
        &["--stdin", "svcd", "a"],
        &["--stdin", "-i", "x"],
        &["--format", "xml", "svcd", "a"],
        &["-d", "--root", "/", "svcd", "a"],
        &["--tables", "a"],
        &["--completions", "cmd"],
    ] {
        let came = ask(&scratch, arguments);
        assert_eq!(
            (came.status, came.stdout.as_str()),
            (Some(1), ""),
            "{arguments:?}"
        );
        assert!(came.stderr.contains("usage: "), "{came:?}");
    }
}

#[test]
fn completions_name_every_option() {
    let options = ["explain", "test", "stdin", "format", "root", "tables"];
    check_completions(env!("CARGO_BIN_EXE_tcpdmatch"), &options);
}

/// Colours are for terminals, and for those who want them.
#[test]
fn colours() {
    let scratch = tables();
    scratch.file("policy", "svcd 192.0.2.7 => denied\n");
    for (line, told) in [
        ("-d --test policy", "FAILED"),
        ("-d --explain svcd 192.0.2.7", "matched:"),
    ] {
        let plain = ask(&scratch, &line.split(' ').collect::<Vec<_>>()).stdout;
        assert!(plain.contains(told) && !plain.contains('\x1b'), "{plain}");
        for (setting, coloured) in COLOUR_SETTINGS {
            let program = env!("CARGO_BIN_EXE_tcpdmatch");
            let Some(shown) = on_terminal("colours", program, scratch.path(), line, setting) else {
                return;
            };
            let shown = shown.stdout;
            assert!(shown.contains(told), "{shown}");
            assert_eq!(
                shown.contains('\x1b'),
                coloured,
                "{line} {setting}: {shown}"
            );
        }
    }
}

#[test]
fn a_host_that_is_not_found_is_an_error_as_data() {
    let scratch = tables();
    let came = ask(&scratch, &["-d", "--format", "json", "svcd", "[]"]);
    assert_eq!(objects(&came.stdout)[0]["error"], "host not found");
    assert_eq!(came.status, Some(1));
}

/// One question in all three ways: the verdict that is printed, told as data, and expected.
fn three_ways(scratch: &Scratch, daemon: &str) -> [String; 3] {
    let plain = ask(scratch, &["-d", daemon, "192.0.2.7"]).stdout;
    let verdict = plain
        .lines()
        .find_map(|line| line.strip_prefix("access:   "));
    let question = format!("{daemon} 192.0.2.7\n");
    let told = feed(scratch, &["-d", "--stdin"], question.as_bytes());
    let told = objects(&told.stdout)[0]["verdict"].clone();
    let expected = ["granted", "denied"].into_iter().find(|verdict| {
        let line = format!("{daemon} 192.0.2.7 => {verdict}\n");
        feed(scratch, &["-d", "--test", "-"], line.as_bytes()).status == Some(0)
    });
    [
        verdict.unwrap_or_default().to_owned(),
        told.as_str().unwrap_or_default().to_owned(),
        expected.unwrap_or_default().to_owned(),
    ]
}

/// tcpd takes the last part of a daemon's path for its name.
#[test]
fn a_daemon_given_by_its_path_has_one_answer() {
    let scratch = Scratch::new();
    scratch.file("hosts.allow", "svcd: ALL\n");
    scratch.file("hosts.deny", "ALL: ALL\n");
    for daemon in ["svcd", "/usr/sbin/svcd", "/usr/sbin/svcd@127.0.0.1"] {
        assert_eq!(three_ways(&scratch, daemon), ["granted"; 3], "{daemon}");
    }
}

/// What was in error is why a client is denied whom no rule refuses.
#[test]
fn what_was_in_error_is_told_in_each_way() {
    let scratch = Scratch::new();
    scratch.file("hosts.allow", "other: ALL\nsvcd: /etc\n");
    assert_eq!(three_ways(&scratch, "svcd"), ["denied"; 3]);
    assert_eq!(three_ways(&scratch, "other"), ["granted"; 3]);
    let text = "open /etc: Is a directory (in error: refuses everybody who gets that far)";
    let message = format!("warning: hosts.allow, line 2: {text}");
    let plain = ask(&scratch, &["-d", "svcd", "192.0.2.7"]).stdout;
    assert!(
        plain.contains(&format!("{message}\naccess:   denied\n")),
        "{plain}"
    );
    let explained = ask(&scratch, &["-d", "--explain", "svcd", "192.0.2.7"]).stdout;
    assert!(
        explained.contains(&format!("so this denies: {message}")),
        "{explained}"
    );
    let told = objects(&feed(&scratch, &["-d", "--stdin"], b"svcd 192.0.2.7\n").stdout);
    let error = &told[0]["in_error"][0];
    assert_eq!(
        (&error["text"], &error["rule"]["line"]),
        (&text.into(), &2.into())
    );
    assert_eq!(told[0]["rule"], serde_json::Value::Null);
    let failed = feed(
        &scratch,
        &["-d", "--test", "-"],
        b"svcd 192.0.2.7 => granted\n",
    )
    .stdout;
    assert!(
        failed.contains(&format!("    in error: {message}\n")),
        "{failed}"
    );
}

/// Nothing is run: a command succeeds unless it plainly cannot be run, and the other verdict is named.
#[test]
fn commands_that_decide() {
    let scratch = Scratch::new();
    for (allow, deny, verdict, otherwise) in [
        (
            "svcd: ALL: aclexec /bin/true %a\n",
            "ALL: ALL\n",
            "granted",
            Some("denied"),
        ),
        ("svcd: ALL: aclexec /bin/true %a\n", "", "granted", None),
        (
            "",
            "svcd: ALL: aclexec /bin/true %a\n",
            "denied",
            Some("granted"),
        ),
        (
            "svcd: ALL: aclexec /nonexistent %a\n",
            "ALL: ALL\n",
            "denied",
            None,
        ),
        ("", "svcd: ALL: aclexec /nonexistent %a\n", "denied", None),
        ("svcd: ALL: aclexec /etc/passwd %a\n", "", "denied", None),
    ] {
        scratch.file("hosts.allow", allow);
        scratch.file("hosts.deny", deny);
        assert_eq!(three_ways(&scratch, "svcd"), [verdict; 3], "{allow}{deny}");
        let plain = ask(&scratch, &["-d", "svcd", "192.0.2.7"]).stdout;
        let line = plain.lines().find(|line| line.starts_with("aclexec:  "));
        let expected =
            otherwise.map(|other| format!("aclexec:  {other} if a command of aclexec says no"));
        assert_eq!(line, expected.as_deref(), "{plain}");
        let told = objects(&feed(&scratch, &["-d", "--stdin"], b"svcd 192.0.2.7\n").stdout);
        assert_eq!(told[0]["otherwise"].as_str(), otherwise, "{allow}{deny}");
        let failed = deny.contains("nonexistent");
        assert_eq!(
            plain.contains("status 127: "),
            failed || allow.contains("nonexistent")
        );
    }
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
