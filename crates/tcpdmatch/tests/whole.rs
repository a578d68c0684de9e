//! Questions about a whole policy: `--who` and `--diff`. Each answer is asked again, client by client.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::IpAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use test_kit::{Run, Scratch, corpus, run, skip_always};

/// Most questions that are asked about one answer.
const MAX_QUESTIONS: usize = 400;

/// The tables of the manual's examples.
const ALLOW: &str = "\
sshd: 10.0.0.0/8 EXCEPT 10.66.0.0/16
sshd: .example.org root@[2001:db8::]/32
";
const DENY: &str = "ALL: ALL\n";

fn scratch(allow: &str, deny: &str) -> Scratch {
    let scratch = Scratch::new();
    scratch.file("hosts.allow", allow);
    scratch.file("hosts.deny", deny);
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

/// The verdicts of `--stdin` on questions.
fn verdicts(scratch: &Scratch, tables: &[&str], questions: &[String]) -> Vec<String> {
    let mut child = command(scratch, &[tables, &["--stdin"]].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text = questions.join("\n") + "\n";
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let answers = text.lines().map(|line| {
        let answer: Value = serde_json::from_str(line).unwrap();
        let rule = &answer["rule"];
        let rule = if rule.is_null() {
            "null".to_owned()
        } else {
            format!("{}:{}", rule["file"].as_str().unwrap(), rule["line"])
        };
        format!("{} {rule}", answer["verdict"].as_str().unwrap())
    });
    answers.collect()
}

/// First and last address of a network, and how many it has, less one.
fn ends(net: &str) -> (bool, u128, u128) {
    let (address, length) = net.split_once('/').unwrap();
    let length: u32 = length.parse().unwrap();
    let (v4, first, bits) = match address.parse().unwrap() {
        IpAddr::V4(v4) => (true, u128::from(u32::from(v4)), 32),
        IpAddr::V6(v6) => (false, v6.into(), 128),
    };
    let size = u128::MAX.checked_shr(128 - (bits - length)).unwrap_or(0);
    let size = if bits == length { 0 } else { size };
    (v4, first, first + size)
}

fn address(v4: bool, number: u128) -> IpAddr {
    if v4 {
        IpAddr::V4(u32::try_from(number).unwrap().into())
    } else {
        IpAddr::V6(number.into())
    }
}

/// Networks cover each family once, in order; the last decision of each is that of a client without a name, at
/// its first and last address.
fn check_answer(scratch: &Scratch, tables: &[&str], daemon: &str, answer: &Value) {
    assert_eq!(answer["version"], 1);
    assert_eq!(answer["daemon"], daemon);
    let mut next: BTreeMap<bool, Option<u128>> =
        BTreeMap::from([(true, Some(0)), (false, Some(0))]);
    let (mut questions, mut expected) = (Vec::new(), Vec::new());
    for range in answer["ranges"].as_array().unwrap() {
        let (v4, first, last) = ends(range["net"].as_str().unwrap());
        assert_eq!(next[&v4], Some(first), "{range}");
        next.insert(v4, last.checked_add(1));
        let decisions = range["decisions"].as_array().unwrap();
        let (end, conditional) = decisions.split_last().unwrap();
        assert!(end.get("if").is_none(), "{range}");
        assert!(
            conditional
                .iter()
                .all(|one| !one["if"].as_array().unwrap().is_empty())
        );
        // The last decision is that of a command which says no; a question takes it to say yes.
        let asks_a_command = range.to_string().contains(r#""test":"aclexec""#);
        for at in [first, last].into_iter().filter(|_| !asks_a_command) {
            let address = address(v4, at);
            if matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some()) {
                continue;
            }
            questions.push(format!("{daemon}@unknown {address}"));
            let rule = end["rule"].as_str().unwrap_or("null");
            expected.push(format!("{} {rule}", end["verdict"].as_str().unwrap()));
        }
    }
    assert_eq!(next[&true], Some(1 << 32));
    assert_eq!(next[&false], None);
    // Of many, some hundred, spread over all.
    let step = questions.len() / MAX_QUESTIONS + 1;
    let spread = |all: Vec<String>| all.into_iter().step_by(step).collect::<Vec<_>>();
    assert_eq!(
        verdicts(scratch, tables, &spread(questions)),
        spread(expected)
    );
}

fn who_json(scratch: &Scratch, tables: &[&str], daemon: &[&str]) -> Vec<Value> {
    let arguments = [tables, &["--who", "--format", "json"], daemon].concat();
    let run = ask(scratch, &arguments);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    run.stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn who_gets_in_is_told_in_words() {
    let scratch = scratch(ALLOW, DENY);
    let run = ask(&scratch, &["-d", "--who", "sshd"]);
    assert_eq!(run.status, Some(0));
    assert_eq!(
        run.stdout,
        "\
sshd:
  granted:
    10.0.0.0/10
    10.64.0.0/15
    10.67.0.0/16
    10.68.0.0/14
    10.72.0.0/13
    10.80.0.0/12
    10.96.0.0/11
    10.128.0.0/9
        by hosts.allow:1
  it depends:
    everybody else
        granted if its name ends in .example.org: hosts.allow:2
        else denied: hosts.deny:1
    2001:db8::/32
        granted if its name ends in .example.org or its user is root: hosts.allow:2
        else denied: hosts.deny:1
"
    );
    // Nobody has to say more where nothing depends on anything.
    let run = ask(&scratch, &["-d", "--who", "ftpd"]);
    assert_eq!(
        run.stdout,
        "ftpd:\n  denied:\n    everybody\n        by hosts.deny:1\n"
    );
}

#[test]
fn what_the_manual_shows_is_what_comes() {
    let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../man/tcpdmatch.8");
    let manual = std::fs::read_to_string(manual).unwrap();
    let shown = |start: &str| {
        let (_, after) = manual.split_once(start).unwrap();
        let (_, block) = after.split_once(".Bd -literal -offset indent\n").unwrap();
        block.split_once(".Ed").unwrap().0.replace("\\&", "")
    };
    let scratch = scratch(&shown(".\\\" example: allow"), DENY);
    assert_eq!(shown(".\\\" example: allow"), ALLOW);
    let who = ask(&scratch, &["-d", "--who", "sshd"]).stdout;
    let (_, end) = who.split_once("  it depends:\n").unwrap();
    assert_eq!(shown(".\\\" example: who"), format!("  it depends:\n{end}"));
    let report = shown(".\\\" example: report");
    let words: Vec<_> = report.split_whitespace().collect();
    let report = ask(&scratch, words.strip_prefix(&["tcpdmatch"][..]).unwrap());
    assert_eq!(
        (report.status, &*report.stdout, &*report.stderr),
        (Some(0), "", "")
    );
    let page = std::fs::read_to_string(scratch.path().join("access.html")).unwrap();
    assert!(page.contains(">10.64.0.0/15<"), "{page}");
    scratch.file("old.allow", ALLOW.lines().next().unwrap().to_owned() + "\n");
    let diff = ask(
        &scratch,
        &["-d", "--diff", "old.allow", "hosts.deny", "sshd"],
    );
    assert_eq!(diff.status, Some(1));
    let examples: Vec<_> = diff
        .stdout
        .lines()
        .filter(|line| line.contains("for example"))
        .collect();
    for line in shown(".\\\" example: witness").lines() {
        assert!(
            examples.iter().any(|example| example.trim() == line.trim()),
            "{line}: {examples:?}"
        );
    }
}

#[test]
fn every_address_is_told_once_and_as_tcpd_would() {
    for (allow, deny) in [
        (ALLOW, DENY),
        ("", ""),
        (
            "sshd: ALL EXCEPT .evil.example 192.0.2.\nALL: LOCAL\n",
            "ALL: PARANOID\nsshd: ALL\n",
        ),
        (
            "sshd: 10.: twist /bin/echo\nALL@10.0.0.1: 192.0.2.0/24\n",
            "ALL: UNKNOWN: allow\nALL: ALL\n",
        ),
        ("sshd: /hosts 1.2.3.4/33\nsshd: 10.0.0.1\n", "ALL: ALL\n"),
        ("sshd: 10.0.0.0/255.0.0.3 : user nosuchuser\n", "sshd: ALL"),
        ("sshd: /bin : deny\nsshd: ALL\n", "ALL: [2001:db8::]/32\n"),
        ("sshd: 10. : aclexec /bin/false\n", "ALL: ALL\n"),
    ] {
        let scratch = scratch(allow, deny);
        for answer in who_json(&scratch, &["-d"], &["sshd"]) {
            let aclexec = allow.contains("aclexec");
            if !aclexec {
                check_answer(&scratch, &["-d"], "sshd", &answer);
            } else {
                let text = answer.to_string();
                assert!(text.contains("\"test\":\"aclexec\""), "{text}");
            }
        }
    }
}

#[test]
fn what_is_in_error_is_said_first() {
    let scratch = scratch(
        "sshd: 10.\nsshd: /etc/shadow/x /etc\n",
        "ALL: 192.0.2.\nALL: ALL",
    );
    let run = ask(&scratch, &["-d", "--who", "sshd"]);
    let lines: Vec<_> = run.stdout.lines().take(3).collect();
    assert_eq!(lines[0], "sshd:");
    assert!(
        lines[1].starts_with("in error: hosts.deny, line 2: "),
        "{lines:?}"
    );
    assert!(
        lines[2].starts_with("in error: hosts.allow, line 2: "),
        "{lines:?}"
    );
    let answer = &who_json(&scratch, &["-d"], &["sshd"])[0];
    assert_eq!(answer["in_error"].as_array().unwrap().len(), 2);
    let text = answer.to_string();
    assert!(text.contains("\"in_error\":\"hosts.allow:2\""), "{text}");
    check_answer(&scratch, &["-d"], "sshd", answer);
}

/// A command that is missing is in error too, though a rule of hosts.deny decides then.
#[test]
fn a_rule_whose_command_is_missing_is_said_to_be_in_error() {
    let scratch = scratch("sshd: 10.: aclexec /nonexistent/command\n", DENY);
    let run = ask(&scratch, &["-d", "--who", "sshd"]);
    let lines: Vec<_> = run.stdout.lines().collect();
    assert!(
        lines[1].starts_with("in error: hosts.allow, line 1: "),
        "{lines:?}"
    );
    assert!(lines.contains(&"        by hosts.deny:1"), "{lines:?}");
    check_answer(
        &scratch,
        &["-d"],
        "sshd",
        &who_json(&scratch, &["-d"], &["sshd"])[0],
    );
}

#[test]
fn without_a_daemon_each_one_is_told() {
    let scratch = scratch("sshd ftpd@10.0.0.1: ALL\n22: ALL\n", "s*: ALL\n");
    let answers = who_json(&scratch, &["-d", "-i", "/dev/null"], &[]);
    let names: Vec<_> = answers
        .iter()
        .map(|answer| answer["daemon"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"sshd") && names.contains(&"ftpd"),
        "{names:?}"
    );
    assert!(
        !names.contains(&"22") && !names.contains(&"s*"),
        "{names:?}"
    );
}

/// What was read of a list for one daemon says the same for the next.
#[test]
fn a_list_means_the_same_for_each_daemon() {
    let scratch = scratch("", DENY);
    let list = scratch.file("list", ".example.org\n");
    let list = list.display();
    scratch.file("hosts.allow", format!("a: {list}\nb: root@10. {list}\n"));
    let answers = who_json(&scratch, &["-d", "-i", "/dev/null"], &[]);
    let b = answers
        .iter()
        .find(|answer| answer["daemon"] == "b")
        .unwrap();
    assert_eq!(*b, who_json(&scratch, &["-d"], &["b"])[0]);
}

/// What systemd starts beside the network is no answer to "who gets in".
#[test]
fn units_that_have_nothing_to_do_with_the_tables_are_left_out() {
    let scratch = scratch("sshd: ALL\n", DENY);
    std::fs::create_dir_all(scratch.path().join("root/etc/systemd/system")).unwrap();
    scratch.file("root/etc/hosts.allow", "sshd: ALL\n");
    scratch.file(
        "root/etc/inetd.conf",
        "ftp stream tcp nowait root /usr/sbin/tcpd vsftpd\n",
    );
    let unit = "[Service]\nExecStart=/usr/bin/backup\n";
    scratch.file("root/etc/systemd/system/backup.service", unit);
    let names: Vec<_> = who_json(&scratch, &["--root", "root"], &[])
        .into_iter()
        .map(|answer| answer["daemon"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["sshd", "vsftpd"]);
}

/// A daemon that no rule names is opened by the end of a rule for all.
#[test]
fn what_opens_for_daemons_without_a_rule_is_told() {
    let scratch = scratch("", "");
    std::fs::create_dir(scratch.path().join("root")).unwrap();
    for (allow, deny) in [
        ("", "ALL: ALL\n"),
        ("sshd: 10.\n", "ALL EXCEPT sshd: ALL\n"),
    ] {
        scratch.file("old.allow", allow);
        scratch.file("old.deny", deny);
        let tables = ["--root", "root", "--tables", "old.allow", "hosts.deny"];
        let run = ask(
            &scratch,
            &[&tables[..], &["--diff", "old.allow", "old.deny"]].concat(),
        );
        assert_eq!(run.status, Some(1), "{}", run.stdout);
        assert!(
            run.stdout.contains("a daemon that no rule names"),
            "{}",
            run.stdout
        );
    }
}

#[test]
fn what_a_change_opens_is_shown_by_asking() {
    let scratch = scratch(ALLOW, DENY);
    for (old, new, opens) in [
        (ALLOW, ALLOW, false),
        ("sshd: 10.\n", "sshd: 10. 192.0.2.\n", true),
        ("sshd: 10. 192.0.2.\n", "sshd: 10.\n", false),
        ("sshd: .example.org\n", "sshd: .org\n", true),
        ("sshd: .org\n", "sshd: .example.org\n", false),
        ("sshd: a@10.\n", "sshd: a*@10.\n", true),
        ("sshd: 10.\n", "sshd: 10.0.0.0/255.0.0.0\n", false),
        ("sshd: 10.0.0.0/9 10.128.0.0/9\n", "sshd: 10.\n", false),
        ("sshd: 10. EXCEPT .evil.example\n", "sshd: 10.\n", true),
        ("sshd: 10.: deny\nsshd: ALL\n", "sshd: ALL\n", true),
        ("sshd: 10.: twist /bin/true\n", "sshd: 10.\n", false),
        ("ss*: 10.\n", "s*: 10.\n", true),
        (
            "sshd@10.0.0.1: 192.0.2.\n",
            "sshd@10.0.0.: 192.0.2.\n",
            true,
        ),
        ("sshd: /nonexistent/list\n", "sshd: /etc\n", false),
        // Nobody of the first range, and somebody of the second.
        ("", "sshd: .200 EXCEPT 0.0.0.100\n", true),
    ] {
        scratch.file("old.allow", old);
        scratch.file("new.allow", new);
        let tables = ["--tables", "new.allow", "hosts.deny"];
        let arguments = [
            &tables[..],
            &["-i", "/dev/null", "--diff", "old.allow", "hosts.deny"],
        ]
        .concat();
        let run = ask(&scratch, &arguments);
        assert_eq!(
            run.status,
            Some(i32::from(opens)),
            "{old} {new}\n{}{}",
            run.stdout,
            run.stderr
        );
        let witnesses: Vec<String> = run
            .stdout
            .split("  opens:")
            .skip(1)
            .filter_map(|part| {
                part.lines()
                    .find_map(|line| line.trim().strip_prefix("for example: "))
            })
            .map(str::to_owned)
            .collect();
        assert_eq!(witnesses.is_empty(), !opens, "{}", run.stdout);
        let before = verdicts(
            &scratch,
            &["--tables", "old.allow", "hosts.deny"],
            &witnesses,
        );
        let after = verdicts(&scratch, &tables, &witnesses);
        if opens {
            assert!(
                before.iter().all(|verdict| verdict.starts_with("denied")),
                "{witnesses:?} {before:?}"
            );
            assert!(
                after.iter().all(|verdict| !verdict.starts_with("denied")),
                "{witnesses:?} {after:?}"
            );
        }
        let any = ask(&scratch, &[&arguments[..], &["--any-change"]].concat());
        let changed = !any.stdout.starts_with("nothing opens");
        assert_eq!(
            any.status,
            Some(i32::from(changed)),
            "{old} {new}\n{}",
            any.stdout
        );
    }
}

#[test]
fn what_cannot_be_told_has_a_status_of_its_own() {
    let scratch = scratch(ALLOW, DENY);
    let run = ask(&scratch, &["-d", "--diff", "missing", "hosts.deny"]);
    assert_eq!(run.status, Some(2));
    assert!(
        run.stderr
            .contains("open missing: No such file or directory"),
        "{}",
        run.stderr
    );
    let many: String = (0..100)
        .map(|number| format!("sshd: *{number}a*\n"))
        .collect();
    scratch.file("many.allow", many.clone());
    scratch.file("more.allow", many + "sshd: *b*a*\n");
    for (old, new, status) in [
        ("many.allow", "more.allow", 1),
        ("more.allow", "many.allow", 2),
    ] {
        let tables = [
            "--tables",
            new,
            "hosts.deny",
            "--diff",
            old,
            "hosts.deny",
            "sshd",
        ];
        let run = ask(&scratch, &tables);
        assert_eq!(run.status, Some(status), "{}", run.stdout);
    }
}

/// Asks about each pair of tables below a folder; how many there were.
fn ask_below(root: &Path) -> usize {
    let mut asked = 0;
    for folder in std::fs::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        let tables = ["hosts.allow", "hosts.deny"].map(|name| folder.join(name));
        if !tables.iter().any(|table| table.exists()) {
            continue;
        }
        let tables = tables.map(|table| {
            if table.exists() {
                table.to_str().unwrap().to_owned()
            } else {
                "/dev/null".to_owned()
            }
        });
        let scratch = scratch("", "");
        let tables = ["--tables", &tables[0], &tables[1]];
        for answer in who_json(&scratch, &tables, &["sshd"]) {
            check_answer(&scratch, &tables, "sshd", &answer);
        }
        asked += 1;
    }
    asked
}

#[test]
fn the_examples_can_be_asked() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    assert!(ask_below(&root) > 3);
}

#[test]
fn real_tables_can_be_asked() {
    match corpus() {
        Some(folder) => assert!(ask_below(&folder) > 50),
        None => skip_always(
            "real_tables_can_be_asked",
            "the folder of real tables beside the project",
        ),
    }
}
