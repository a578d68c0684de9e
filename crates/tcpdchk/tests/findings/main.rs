//! Each kind of finding: tables that bring it up, and tables that are right.

mod addresses;
mod ci;
mod daemons;
mod fix;
mod forms;
mod lines;
mod lists;
mod machine;
mod names;
mod options;
mod remedies;
mod services;
mod texts;
mod trees;
mod words;

use std::collections::BTreeSet;

use test_kit::{Program, Run, Scratch, run};

/// A tree with a daemon after tcpd, one for datagrams, one without, and these tables.
fn tree(allow: &str, deny: &str) -> Scratch {
    let tree = Scratch::new();
    tree.file("etc/hosts.allow", allow);
    tree.file("etc/hosts.deny", deny);
    tree.file(
        "etc/inetd.conf",
        "s stream tcp nowait root /usr/sbin/tcpd /usr/sbin/svcd\n\
         t stream tcp nowait root /usr/sbin/tcpd /usr/sbin/second\n\
         u dgram udp wait root /usr/sbin/tcpd /usr/sbin/udpd\n\
         n stream tcp nowait root /usr/sbin/plaind plaind\n",
    );
    for program in ["tcpd", "svcd", "second", "udpd", "plaind", "mail", "logger"] {
        tree.file_with_mode(&format!("usr/sbin/{program}"), "#!/bin/sh\n", 0o755);
    }
    tree.file_with_mode("bin/sh", "", 0o755);
    for (name, head, mode) in [
        ("plain", "#!/bin/sh\n", 0o644),
        ("return", "#!/bin/sh\r\n", 0o755),
        ("stray", "#! /usr/bin/none -x\n", 0o755),
    ] {
        tree.file_with_mode(&format!("srv/bin/{name}"), head, mode);
    }
    tree.file("etc/passwd", "root:x:0:0:::\n");
    tree.file("etc/group", "root:x:0:\n");
    tree.file(
        "srv/list",
        "10.0.0.1 .example.org [2001:db8::1] 2001:db8::2\n",
    );
    tree.file("srv/banners/svcd", "hello\n");
    tree
}

fn tcpdchk(tree: &Scratch, arguments: &[&str]) -> Run {
    let ours = Program::ours(env!("CARGO_BIN_EXE_tcpdchk"));
    let mut command = ours.command(tree.path());
    let root = if arguments.contains(&"--root") {
        &[][..]
    } else {
        &["--root", "."]
    };
    run(command.args(root).arg("--no-dns").args(arguments))
}

/// The lines about one kind of finding.
fn found(tree: &Scratch, id: &str) -> Vec<String> {
    found_with(tree, id, &[])
}

fn found_with(tree: &Scratch, id: &str, arguments: &[&str]) -> Vec<String> {
    let ran = tcpdchk(tree, &[&["--format", "gcc"], arguments].concat());
    assert_eq!(ran.stderr, "");
    let tag = format!(" [{id}]");
    let lines = ran.stdout.lines().filter(|line| line.ends_with(&tag));
    lines
        .map(|line| line.trim_end_matches(&tag).to_owned())
        .collect()
}

/// A kind of finding, rules of hosts.allow that bring it up with where and which word to write
/// instead, and rules that do not.
struct Case {
    id: &'static str,
    wrong: &'static [(&'static str, &'static str)],
    right: &'static [&'static str],
}

/// Every case.
fn cases() -> impl Iterator<Item = &'static Case> {
    let groups = [addresses::CASES, lines::CASES, options::CASES, words::CASES];
    groups.into_iter().flatten()
}

#[test]
fn rules() {
    for case in cases() {
        for (rules, expected) in case.wrong {
            let newline = if case.id == "missing-newline" {
                ""
            } else {
                "\n"
            };
            let tree = tree(&format!("{rules}{newline}"), "ALL: ALL\n");
            std::fs::create_dir_all(tree.path().join("usr/sbin/empty")).unwrap();
            let lines = found(&tree, case.id);
            // A $ stands for the end of the line: nothing is offered.
            let is = |line: &String| match expected.strip_suffix('$') {
                Some(end) => line.ends_with(end),
                None => line.contains(expected),
            };
            assert!(
                lines.iter().any(is),
                "{}: {rules:?}: {expected:?} is not in {lines:#?}, only {:?}",
                case.id,
                tcpdchk(&tree, &["--format", "gcc"]).stdout
            );
        }
        for rules in case.right {
            let tree = tree(&format!("{rules}\n"), "ALL: ALL\n");
            assert_eq!(found(&tree, case.id), [""; 0], "{}: {rules}", case.id);
        }
    }
}

/// Tables without a fault say nothing and end with status 0.
#[test]
fn good_tables_are_clean() {
    let tree = tree(
        "# who may\nsvcd: 192.0.2. [2001:db8::]/32 .example.org EXCEPT 192.0.2.66\n\
         second udpd: 10.0.0.0/8, LOCAL: spawn (/usr/sbin/logger %c) &\n",
        "ALL: ALL\n",
    );
    let ran = tcpdchk(&tree, &["--strict"]);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str(), ran.status),
        ("", "", Some(0))
    );
}

#[test]
fn exit_status() {
    for (rule, arguments, status) in [
        ("svcd: 10.", &[][..], 0),
        ("svcd: 10.0.0.0/33", &[], 1),
        ("svcd: 10.\nsvcd: 10.1.", &[], 0),
        ("svcd: 10.\nsvcd: 10.1.", &["--strict"], 1),
        ("sshd: 10.", &["--strict"], 0),
        ("svcd: 10.0.0.0/33", &["--format", "json"], 1),
        ("svcd: 10.", &["-i", "/nonexistent"], 2),
        ("svcd: 10.", &["--nonsense"], 2),
        ("svcd: 10.", &["--tables", "/nonexistent", "/dev/null"], 2),
        (
            "svcd: 10.",
            &["--tables", "etc/hosts.allow", "etc/hosts.deny"],
            0,
        ),
        ("svcd: 10.", &["--root", "/nonexistent"], 2),
        ("svcd: 10.", &["--services", "--root", "/nonexistent"], 2),
        ("svcd: 10.", &["--root", "etc/hosts.allow"], 2),
        ("svcd: 10.", &["--explain", "nonsense"], 2),
        ("svcd: 10.0.0.0/33", &["--explain", "net-mask"], 0),
        ("svcd: 10.0.0.0/33", &["--services"], 0),
    ] {
        let tree = tree(&format!("{rule}\n"), "ALL: ALL\n");
        assert_eq!(
            tcpdchk(&tree, arguments).status,
            Some(status),
            "{rule} {arguments:?}"
        );
    }
}

/// Kinds that hosts.deny decides; the test below has both sides of each.
const SECOND_TABLE: [&str; 2] = ["aclexec-open", "aclexec-in-deny"];

/// hosts.deny: its end, and rules that hosts.allow leaves nothing for.
#[test]
fn the_second_table() {
    for (allow, deny, id, expected) in [
        ("", "svcd: 10.\n", "no-catch-all", 1),
        ("", "svcd: 10.\nALL: ALL\n", "no-catch-all", 0),
        ("ALL: ALL: deny\n", "", "no-catch-all", 0),
        ("", "ALL: ALL EXCEPT 10.\n", "no-catch-all", 1),
        // An error at the end of hosts.deny denies; whatever may fail in hosts.allow may grant.
        ("", "svcd: 10.\n# cut off", "no-catch-all", 0),
        // Where hosts.allow is in error and hosts.deny decides nothing, the client is denied.
        ("svcd: /srv/list\nALL: ALL: deny\n", "", "no-catch-all", 0),
        ("", "ALL: *\n", "no-catch-all", 0),
        ("", "ALL: ALL@ALL\n", "no-catch-all", 0),
        ("", "ALL : ALL # note\n", "no-catch-all", 0),
        ("", "ALL : ALL # EXCEPT note\n", "no-catch-all", 1),
        ("", "ALL: ALL@10.\n", "no-catch-all", 1),
        (
            "",
            "ALL: ALL: aclexec /usr/sbin/logger\n",
            "no-catch-all",
            1,
        ),
        ("", "ALL: ALL@ALL\nsvcd: 10.\n", "unreachable", 1),
        ("", "ALL : ALL # note\nsvcd: 10.\n", "unreachable", 1),
        (
            "svcd: /srv/list\nALL: ALL: deny\n",
            "svcd: 10.\n",
            "unreachable",
            0,
        ),
        ("ALL: ALL: bogus\n", "", "allow-all", 0),
        ("ALL: ALL\n", "svcd: 10.\n", "unreachable", 1),
        ("svcd: 10.\n", "svcd: 10.1.\n", "unreachable", 1),
        ("svcd: 10.1.\n", "svcd: 10.\n", "unreachable", 0),
        // Debian's takes such a command for a no.
        ("", "svcd: ALL: aclexec /none %a\n", "aclexec-fails", 1),
        ("", "svcd: ALL: aclexec /none %a\n", "aclexec-in-deny", 0),
        ("svcd: ALL: aclexec /none %a\n", "", "aclexec-open", 0),
        // An aclexec of hosts.allow needs a hosts.deny that refuses.
        ("svcd: ALL: aclexec /usr/sbin/mail\n", "", "aclexec-open", 1),
        (
            "svcd: ALL: aclexec /usr/sbin/mail\n",
            "svcd: 10.\n",
            "aclexec-open",
            1,
        ),
        (
            "svcd: ALL: aclexec /usr/sbin/mail\n",
            "svcd: ALL: allow\n",
            "aclexec-open",
            1,
        ),
        (
            "svcd: ALL: aclexec /usr/sbin/mail\n",
            "second: ALL\n",
            "aclexec-open",
            1,
        ),
        (
            "svcd: ALL: aclexec /usr/sbin/mail\n",
            "svcd second: ALL\n",
            "aclexec-open",
            0,
        ),
        (
            "svcd: 10.: aclexec /usr/sbin/mail\n",
            "svcd: 10.\n",
            "aclexec-open",
            0,
        ),
        (
            "svcd: ALL: aclexec /usr/sbin/mail\n",
            "ALL: ALL: spawn x &\n",
            "aclexec-open",
            0,
        ),
        (
            "",
            "svcd: ALL: aclexec /usr/sbin/mail\n",
            "aclexec-in-deny",
            1,
        ),
        (
            "",
            "svcd: ALL: aclexec /usr/sbin/mail: deny\n",
            "aclexec-in-deny",
            0,
        ),
        (
            "svcd: ALL: aclexec /usr/sbin/mail\n",
            "ALL: ALL\n",
            "aclexec-in-deny",
            0,
        ),
    ] {
        let tree = tree(allow, deny);
        assert_eq!(found(&tree, id).len(), expected, "{allow:?} {deny:?} {id}");
    }
    let end = found(
        &tree("", "svcd: 11.\nsvcd: \\\n10.\n# end\n"),
        "no-catch-all",
    );
    assert!(
        end[0].starts_with("./etc/hosts.deny:2:1: note: "),
        "{end:?}"
    );
    let prefix = found(&tree("svcd: 22\n", ""), "network-prefix");
    assert!(!prefix[0].contains("write:"), "{prefix:?}");
    let tree = tree("svcd: 10.\n", "");
    std::fs::remove_file(tree.path().join("etc/hosts.deny")).unwrap();
    assert_eq!(found(&tree, "no-catch-all").len(), 1);
}

/// What is wrong elsewhere is said too: the end of a file, a lesser finding, or the words of the original about the
/// consequences hide nothing, and repeat nothing.
#[test]
fn nothing_is_hidden_or_repeated() {
    for (allow, deny, expected) in [
        (
            "",
            "svcd: 10.12.100.11/28",
            &["error missing-newline", "error host-bits"][..],
        ),
        (
            "svcd: 10. \\\n 192.168",
            "ALL: ALL\n",
            &["error missing-newline", "error network-prefix"],
        ),
        ("svcd: 10.", "ALL: ALL\n", &["error missing-newline"]),
        ("# cut off", "ALL: ALL\n", &["error missing-newline"]),
        (
            "svcd: 10. \\ \n  11.\n",
            "ALL: ALL\n",
            &["error backslash-blank"],
        ),
        (
            "192.168.1.0/24 : svcd\n",
            "ALL: ALL\n",
            &["error lists-swapped"],
        ),
        (
            "<%= \"#{name}: #{range}\" %>\n",
            "ALL: ALL\n",
            &["error template"],
        ),
        (
            "svcd: 192,168,219.1\n",
            "ALL: ALL\n",
            &["error comma-for-dot"],
        ),
        (
            "Here is a list of: the hosts\n",
            "ALL: ALL\n",
            &["warning comment-without-sign"],
        ),
    ] {
        let tree = tree(allow, deny);
        let shown = tcpdchk(&tree, &["--format", "gcc"]).stdout;
        let kinds: Vec<_> = shown
            .lines()
            .filter(|line| !line.ends_with("note: here"))
            .map(|line| {
                let level = line.split(": ").nth(1).unwrap();
                let id = line.rsplit_once('[').unwrap().1.trim_end_matches(']');
                format!("{level} {id}")
            })
            .collect();
        assert_eq!(kinds, expected, "{allow:?} {deny:?}: {shown}");
    }
    // What the original passes over has no line of its own.
    let tree = tree("", "svcd: 10.12.100.0/33: banners /none");
    let classic = tcpdchk(&tree, &["-v", "--format", "classic"]).stdout;
    assert!(!classic.contains("10.12"), "{classic}");
}

/// A line that another finding explains leaves the explanation of its kind to the next such line.
#[test]
fn what_does_not_count_explains_nothing() {
    let tree = tree("{{ rules }}\nsvcd ALL\n", "ALL: ALL\n");
    let run = tcpdchk(&tree, &["--all"]);
    let lines = "missing \":\" separator";
    assert_eq!(run.stdout.matches(lines).count(), 2, "{}", run.stdout);
    assert!(
        run.stdout.contains("Without a colon outside brackets"),
        "{}",
        run.stdout
    );
}

/// Every kind of finding has a case that brings it up and one that does not. What differs from the original
/// has its own tests (`tests/portable.rs`).
#[test]
fn every_kind_is_tested() {
    let tree = tree("", "");
    let listed = tcpdchk(&tree, &["--explain"]).stdout;
    let known: BTreeSet<_> = listed
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|id| !id.starts_with("differs-"))
        .collect();
    let both = |case: &&Case| !case.wrong.is_empty() && !case.right.is_empty();
    let tested: BTreeSet<_> = cases()
        .filter(both)
        .map(|case| case.id)
        .chain(SECOND_TABLE)
        .chain(trees::CASES.iter().map(|case| case.id))
        .chain(names::CASES.iter().map(|case| case.id))
        .collect();
    assert_eq!(known, tested);
}

/// Tables that are to be installed are checked where they lie.
#[test]
fn other_tables() {
    let tree = tree("svcd: ALL\n", "ALL: ALL\n");
    let allow = tree.file("new/allow", "svcd: 10.0.0.0/33\n");
    let deny = tree.file("new/deny", "ALL: ALL\n");
    let (allow, deny) = (allow.display().to_string(), deny.display().to_string());
    let ran = tcpdchk(&tree, &["--format", "gcc", "--tables", &allow, &deny]);
    assert!(
        ran.stdout.starts_with(&format!("{allow}:1:7: error: ")),
        "{ran:?}"
    );
}

/// A table of none is no finding.
#[test]
fn no_table_at_all() {
    let tree = tree("", "");
    let good = tree.file("good", "svcd: 10.: allow\nALL: ALL: deny\n");
    let good = good.to_str().unwrap();
    let ran = tcpdchk(&tree, &["--strict", "--tables", good, "/dev/null"]);
    assert_eq!((ran.stdout.as_str(), ran.status), ("", Some(0)));
}

/// Tables out of all proportion: each is gone through in a time that grows with its length only.
#[test]
fn endless_tables() {
    let many = |word: &str| word.repeat(20_000);
    for (allow, list) in [
        (format!("svcd: {}\n", many("192.168 ")), String::new()),
        (format!("svcd: {}\n", many("1::1 ")), String::new()),
        (format!("{}: 10.\n", many("svcd ")), String::new()),
        (many("svcd: 10.0.0.1\n"), String::new()),
        (
            (0..10_000)
                .map(|number| format!("d{number}: 10.\n"))
                .collect(),
            String::new(),
        ),
        (format!("svcd: ALL{}\n", many(": spawn %z")), String::new()),
        (
            format!("svcd: ALL{}\n", many(": banners /srv/banners")),
            String::new(),
        ),
        (format!("svcd: {}\n", many("a.")), String::new()),
        (format!("svcd: {}\n", many("192.168 \\\n")), String::new()),
        (format!("svcd: {}\n", many("@nosuchgroup ")), String::new()),
        ("svcd: /srv/list\n".to_owned(), many("192.168 ")),
    ] {
        let tree = tree(&allow, "ALL: ALL\n");
        tree.file("srv/list", list);
        let start = std::time::Instant::now();
        let ran = tcpdchk(&tree, &["--format", "gcc"]);
        let begin = allow.get(..40).unwrap_or(&allow);
        assert!(matches!(ran.status, Some(0 | 1)), "{begin}");
        let took = start.elapsed();
        assert!(
            took < std::time::Duration::from_secs(30),
            "{begin}: {took:?}"
        );
    }
}
