//! What tcpdmatch does beyond the original: --explain, --test, --stdin, --format json, --root,
//! --tables, --completions. Nothing here needs a name service: all clients are addresses.

use std::io::Write;
use std::process::{Command, Stdio};

use test_kit::{COLOUR_SETTINGS, Run, Scratch, check_completions, on_terminal, run};

mod expectations;
mod explanations;
mod tables_elsewhere;

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
    let options = [
        "explain", "test", "stdin", "who", "report", "format", "root", "tables",
    ];
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
