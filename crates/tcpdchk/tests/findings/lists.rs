//! /file lists.

use std::time::{Duration, Instant};

use crate::{found, tcpdchk, tree};

/// Words and lines of a /file list have places of their own.
#[test]
fn lists() {
    let list = |text: &str, id: &str| {
        let tree = tree("svcd: /srv/list\nsvcd: 10. /srv/list\n", "ALL: ALL\n");
        tree.file("srv/list", text);
        found(&tree, id)
    };
    for (text, id, expected) in [
        (
            "10.0.0.1\n 10.0.0.1/8\n",
            "host-bits",
            "/srv/list:2:2: error: ",
        ),
        ("10.0.0.0/33", "net-mask", "/srv/list:1:1: error: "),
        ("192.168", "network-prefix", "/srv/list:1:1: error: "),
        ("# ALL hosts\n", "list-comment", "/srv/list:1:1: note: "),
        ("a\r\nb\r\n", "crlf", "/srv/list:1:2: warning: 2 lines"),
        ("{{ x }}\n", "template", "/srv/list:1:1: error: "),
        ("/srv/none", "list-missing", "/srv/list:1:1: warning: "),
        (
            "/srv/list",
            "list-open",
            "/srv/list:1:1: error: /srv/list: lists include each other",
        ),
        ("a\0b", "list-open", "/srv/list:1:1: error: "),
        (
            "a # \0\n",
            "nul-byte",
            "/srv/list:1:1: error: /srv/list: NUL bytes are passed over",
        ),
    ] {
        let lines = list(text, id);
        assert!(
            lines.iter().any(|line| line.starts_with(expected)),
            "{text:?} {lines:?}"
        );
    }
    for id in [
        "list-comment",
        "crlf",
        "host-bits",
        "net-mask",
        "name-never",
    ] {
        assert_eq!(
            list("10.0.0.1 2001:db8::1 *.b\n.example.org", id),
            [""; 0],
            "{id}"
        );
    }
}

/// Lists that name each other: the rules, the lists, and what is said of them.
#[test]
fn lists_that_name_lists() {
    let name = |number: usize, times: usize| format!("/srv/l{number}\n").repeat(times);
    let chain = |from: usize, to: usize, times: usize| -> Vec<String> {
        (from..to).map(|number| name(number + 1, times)).collect()
    };
    let deep = "lists include each other over 8 deep; does one include itself?";
    let many = "over 10000 lists for one request; include each list once";
    let bad = "10.0.0.0/33: bad net/mask pattern";
    for (rules, lists, expected) in [
        // Eight lists one in the other are read, nine are not.
        (
            "svcd: /srv/l0\n",
            [chain(0, 7, 1), vec![]].concat(),
            &[][..],
        ),
        (
            "svcd: /srv/l0\n",
            chain(0, 8, 1),
            &["/srv/l7:1:1: error: /srv/l8: "][..],
        ),
        // Seen first when it was not too deep.
        (
            "svcd: /srv/l1\nsvcd: 10. /srv/l0\n",
            chain(0, 8, 1),
            &["/srv/l0:1:1: error: /srv/l1: "],
        ),
        (
            "svcd: /srv/l0\nsvcd: 10. /srv/l1\n",
            chain(0, 8, 1),
            &["/srv/l7:1:1: error: /srv/l8: "],
        ),
        // One that includes itself, ten times over.
        (
            "svcd: /srv/l0\n",
            vec![name(0, 10)],
            &["/srv/l0:1:1: error: /srv/l0: "],
        ),
        (
            "svcd: /srv/l0\n",
            vec![name(1, 10), name(0, 10)],
            &["/srv/l1:1:1: error: /srv/l0: "],
        ),
        // Many by many.
        ("svcd: /srv/l0\n", chain(0, 7, 10), &[many]),
        (
            "svcd: /srv/l0\n",
            [chain(0, 6, 10), vec!["10.0.0.0/33".to_owned()]].concat(),
            &[bad, many],
        ),
        // Each request counts for itself.
        (&"svcd: /srv/l1\n".repeat(9001), chain(0, 2, 1), &[]),
    ] {
        let tree = tree(rules, "ALL: ALL\n");
        for (number, text) in lists.iter().enumerate() {
            tree.file(&format!("srv/l{number}"), text);
        }
        tree.file(&format!("srv/l{}", lists.len()), "");
        let start = Instant::now();
        let lines = [found(&tree, "list-open"), found(&tree, "net-mask")].concat();
        assert!(start.elapsed() < Duration::from_secs(20), "{lists:?}");
        for wanted in expected {
            assert!(
                lines.iter().any(|line| line.contains(wanted)),
                "{wanted}: {lines:?}"
            );
        }
        let bound = |line: &&String| line.contains(deep) || line.contains(many);
        assert_eq!(
            lines.iter().any(|line| bound(&line)),
            !expected.is_empty(),
            "{lines:?}"
        );
        let counts = lines.iter().filter(|line| line.contains(many)).count();
        assert!(counts <= 1, "{lines:?}");
    }
}

/// A thousand rules, each with lists out of all proportion.
#[test]
fn lists_without_end() {
    for (leaf, depth) in [("", 7), ("10.0.0.0/33\n", 7), ("", 9)] {
        let tree = tree(&"svcd: /srv/l0\n".repeat(1000), "ALL: ALL\n");
        for number in 0..depth {
            tree.file(
                &format!("srv/l{number}"),
                format!("/srv/l{}\n", number + 1).repeat(20),
            );
        }
        tree.file(&format!("srv/l{depth}"), leaf);
        let start = Instant::now();
        let ran = tcpdchk(&tree, &["--format", "gcc"]);
        assert_eq!(ran.status, Some(1), "{leaf:?} {depth}");
        let took = start.elapsed();
        assert!(took < Duration::from_secs(20), "{leaf:?} {depth}: {took:?}");
    }
}
