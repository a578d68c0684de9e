//! Each kind of finding: tables that bring it up, and tables that are right.

use std::process::Command;

use tools::testing::{Program, Run, Scratch, run, skip};

/// A tree with a daemon behind tcpd, one for datagrams, one without, and these tables.
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
    run(command.args(["--root", ".", "--no-dns"]).args(arguments))
}

/// The lines about one kind of finding.
fn found(tree: &Scratch, id: &str) -> Vec<String> {
    let ran = tcpdchk(tree, &["--format", "gcc"]);
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

const CASES: &[Case] = &[
    Case {
        id: "ipv6-brackets",
        wrong: &[
            (
                "svcd: 2001:db8::1",
                ":1:7: error: 2001:db8::1: IPv6 address without brackets; write: [2001:db8::1]",
            ),
            ("svcd: ::1: allow", "write: [::1]"),
            ("svcd: 10.0.0.1 fe80::1/64", ":1:16: error"),
            ("svcd: joe@2001:db8:*", "write: [2001:db8::]/32"),
        ],
        right: &[
            "svcd: [2001:db8::1] [::]/0",
            "svcd: ALL: spawn logger 2001:db8::1 &",
            "svcd: /srv/list",
        ],
    },
    Case {
        id: "ipv6-length-inside",
        wrong: &[(
            "svcd: [2001:db8::/32]",
            ":1:7: error: [2001:db8::/32]: prefix length inside the brackets; write: [2001:db8::]/32",
        )],
        right: &["svcd: [2001:db8::]/32"],
    },
    Case {
        id: "host-bits",
        wrong: &[
            ("svcd: 10.1.2.3/8", "write: 10.0.0.0/8"),
            (
                "svcd@192.0.2.1/255.255.255.0: ALL",
                ":1:6: error: 192.0.2.1/255.255.255.0: host bits are set, so it never matches; write: 192.0.2.0/255.255.255.0",
            ),
        ],
        right: &["svcd: 10.0.0.0/8 10.1.2.3/32 [2001:db8::1]/32 0.0.0.0/0"],
    },
    Case {
        id: "host-bits-ipv6",
        wrong: &[(
            "svcd: [2001:db8::1]/32",
            "note: [2001:db8::1]/32: host bits are ignored; write: [2001:db8::]/32",
        )],
        right: &["svcd: [2001:db8::]/32 [2001:db8::1]/128"],
    },
    Case {
        id: "net-mask",
        wrong: &[
            (
                "svcd: 10.0.0.0/0",
                ":1:7: error: 10.0.0.0/0: bad net/mask pattern",
            ),
            ("svcd: 10.0.0.0/33", "10.0.0.0/33: bad"),
            ("svcd: 10.0.0.0/24x", "write: 10.0.0.0/24"),
            ("svcd: 10.0.0/24", "write: 10.0.0.0/24"),
            ("svcd: [2001:db8::]/x", "[2001:db8::]/x: bad"),
        ],
        right: &["svcd: 10.0.0.0/24 0.0.0.0/0 10.0.0.0/255.0.0.0 [::]/0"],
    },
    Case {
        id: "mask-holes",
        wrong: &[("svcd: 10.0.0.0/0.0.0.255", "write: 10.0.0.0/255.255.255.0")],
        right: &["svcd: 10.0.0.0/255.255.255.0 0.0.0.0/0.0.0.0"],
    },
    Case {
        id: "network-prefix",
        wrong: &[(
            "svcd: 192.168",
            "192.168: never matches without a final dot; others read it as 192.0.0.168; write: 192.168.",
        )],
        right: &["svcd: 192.168. 10. 192.168.0.1"],
    },
    Case {
        id: "number-form",
        wrong: &[
            (
                "svcd: 010.0.0.1",
                "others read it as 8.0.0.1; write: 10.0.0.1",
            ),
            ("svcd: 192.168.01.", "write: 192.168.1."),
            ("svcd: 0x7f.1", "others read it as 127.0.0.1"),
            ("svcd: 300.1.1.1", "300.1.1.1: is no part of an address"),
            ("svcd: 1.2.3.4.", "is no part"),
        ],
        right: &["svcd: 10.0.0.1 10.0. 10.*"],
    },
    Case {
        id: "octal-net",
        wrong: &[(
            "svcd: 010.0.0.0/8",
            "010.0.0.0/8: is read as 8.0.0.0/8; write: 10.0.0.0/8",
        )],
        right: &["svcd: 10.0.0.0/8"],
    },
    Case {
        id: "name-never",
        wrong: &[
            (
                "svcd: a;b",
                "no host name has a ';' in it, so it never matches",
            ),
            ("svcd: [10.0.0.1]", "write: 10.0.0.1"),
            ("svcd: 10.0.0.1-10.0.0.9", "there are no ranges"),
            ("svcd: a..b", "two dots in a row"),
            ("svcd: joe@\"x\"", ":1:11: error"),
        ],
        right: &["svcd: a-b.example.org a_b .example.org ?.example.org [::1] LOCAL /srv/list"],
    },
    Case {
        id: "wildcard-dot",
        wrong: &[
            ("svcd: .ALL", "write: ALL"),
            ("svcd: LOCAL.", "write: LOCAL"),
            ("svcd: .*.example.org", "write: .example.org"),
            ("svcd: 192.168.*.", "write: 192.168."),
        ],
        right: &["svcd: ALL *.example.org 192.168.* .example.org"],
    },
    Case {
        id: "trailing-comment",
        wrong: &[
            (
                "svcd: 10.0.0.1 # not ALL",
                ":1:16: error: \"#\" does not begin a comment here",
            ),
            ("svcd: ALL: deny # x", ":1:17: error"),
        ],
        right: &[
            "# svcd: ALL",
            "  # x",
            "svcd: a#b",
            "svcd: ALL: spawn logger x # y &",
        ],
    },
    Case {
        id: "missing-newline",
        wrong: &[(
            "svcd: ALL\nsvcd: 10.",
            ":2:1: error: missing newline or line too long",
        )],
        right: &["svcd: ALL"],
    },
    Case {
        id: "missing-colon",
        wrong: &[("svcd ALL", ":1:1: error: missing \":\" separator")],
        right: &["svcd: ALL"],
    },
    Case {
        id: "nul-byte",
        wrong: &[("svcd: ALL\0", ":1:1: error: NUL byte")],
        right: &["svcd: ALL"],
    },
    Case {
        id: "crlf",
        wrong: &[(
            "svcd: 10.\r\nsvcd: 11.\r",
            ":1:10: warning: 2 lines end with a carriage return, this one first",
        )],
        right: &["svcd: 10."],
    },
    Case {
        id: "invisible-character",
        wrong: &[
            (
                "svcd: 10.0.0.1\u{a0}",
                ":1:7: error: 10.0.0.1: contains the invisible character U+00A0; write: 10.0.0.1",
            ),
            ("svcd\u{200b}: ALL", "U+200B"),
            ("svcd: a\x0bb", "U+000B"),
        ],
        right: &["svcd: 10.0.0.1\t, .example.org"],
    },
    Case {
        id: "non-ascii",
        wrong: &[
            (
                "svcd: exämple.org",
                ":1:7: warning: exämple.org: contains U+00E4",
            ),
            ("svсd: ALL", "U+0441"),
            ("svcd: a\u{2013}b", "U+2013"),
        ],
        right: &[
            "svcd: xn--exmple-cua.org",
            "# ünïcode",
            "svcd: ALL: spawn logger Größe &",
        ],
    },
    Case {
        id: "merge-conflict",
        wrong: &[
            (
                "<<<<<<< HEAD\nsvcd: 10.\n=======\nsvcd: 11.\n>>>>>>> b",
                ":1:1: error: mark of an unfinished merge",
            ),
            ("svcd: 10.\n>>>>>>> b: c", ":2:1: error"),
        ],
        right: &["# =======", "svcd: 10."],
    },
    Case {
        id: "template",
        wrong: &[
            (
                "svcd: {{ clients }}",
                ":1:7: error: a template was not filled in",
            ),
            ("{% if x %}", ":1:1: error"),
            ("svcd: <%= @net %>", ":1:7"),
            ("svcd: $NET", "$NET: was not filled in"),
            ("svcd: @NETWORK@", "@NETWORK@: was not filled in"),
            ("${daemon}: ALL", "${daemon}: was not filled in"),
        ],
        right: &[
            "# {{ x }}",
            "svcd: ALL: spawn logger $HOME &",
            "svcd: joe@10.",
        ],
    },
    Case {
        id: "option-as-client",
        wrong: &[
            (
                "svcd: ALL deny",
                ":1:11: error: deny: is an option, not a client; write: : deny",
            ),
            ("svcd: allow", "write: : allow"),
        ],
        right: &["svcd: ALL: deny", "svcd: deny.example.org"],
    },
    Case {
        id: "client-as-option",
        wrong: &[
            (
                "svcd: 10.: 192.168.",
                ":1:12: error: 192.168.: is a client, not an option",
            ),
            ("svcd: 10.0.0.1: .example.org", ".example.org: is a client"),
            ("svcd: 10.0.0.1:22", "22: is a client"),
        ],
        right: &["svcd: 10. 192.168.: allow", "svcd: ALL: umask 022"],
    },
    Case {
        id: "bad-option",
        wrong: &[
            (
                "svcd: ALL: alow",
                ":1:12: error: bad option name: \"alow\"; write: allow",
            ),
            ("svcd: ALL: spwan logger x &", "write: spawn"),
            ("svcd: ALL:", "missing option name"),
            ("svcd: ALL: spawn", "requires value"),
            ("svcd: ALL: allow x", "requires no value"),
        ],
        right: &["svcd: ALL: ALLOW", "svcd: ALL: spawn logger x &"],
    },
    Case {
        id: "bad-value",
        wrong: &[
            ("svcd: ALL: umask 9", ":1:18: error: bad umask value: \"9\""),
            (
                "svcd: ALL: severity mail.notise",
                ":1:21: error: bad syslog facility or severity: \"notise\"; write: notice",
            ),
            ("svcd: ALL: severity lokal0.info", "write: local0"),
        ],
        right: &["svcd: ALL: umask 022: severity authpriv.info"],
    },
    Case {
        id: "option-order",
        wrong: &[(
            "svcd: ALL: allow: umask 022",
            ":1:12: error: option \"allow\" must be at end",
        )],
        right: &["svcd: ALL: umask 022: allow"],
    },
    Case {
        id: "shell-command",
        wrong: &[
            (
                "svcd: ALL: /usr/sbin/logger x",
                ":1:12: error: /usr/sbin/logger: is a command, not an option",
            ),
            (
                "svcd: ALL: (logger x) &",
                "(logger: is a command, not an option; write: spawn (logger",
            ),
            ("svcd: ALL: mail root", "write: spawn mail"),
        ],
        right: &["svcd: ALL: spawn /usr/sbin/logger x &"],
    },
    Case {
        id: "spawn-waits",
        wrong: &[(
            "svcd: ALL: spawn logger x",
            ":1:18: warning: spawn: the client waits",
        )],
        right: &[
            "svcd: ALL: spawn logger x &",
            "svcd: ALL: spawn (logger x | mail y) &",
            "svcd: ALL: twist logger x",
        ],
    },
    Case {
        id: "command-missing",
        wrong: &[
            (
                "svcd: ALL: spawn (/usr/sbin/none x | mail y) &",
                ":1:19: warning: /usr/sbin/none: no such program",
            ),
            (
                "svcd: ALL: twist nosuch x",
                ":1:18: warning: nosuch: no such program in",
            ),
            ("svcd: ALL: aclexec /none", "/none: no such"),
        ],
        right: &["svcd: ALL: spawn (/usr/sbin/logger x | mail y; echo z) &"],
    },
    Case {
        id: "command-path",
        wrong: &[
            (
                "svcd: ALL: spawn (mail y) &",
                ":1:19: note: mail: is looked for in PATH; write: /usr/sbin/mail",
            ),
            ("svcd: ALL: spawn bin/x &", "bin/x: depends on the folder"),
        ],
        right: &["svcd: ALL: spawn (/usr/sbin/mail y; echo %a) &"],
    },
    Case {
        id: "unknown-expansion",
        wrong: &[("svcd: ALL: spawn logger %z &", "warning: unrecognized %z")],
        right: &["svcd: ALL: spawn logger %a %c %% &"],
    },
    Case {
        id: "udp-option",
        wrong: &[
            (
                "udpd: ALL: twist /usr/sbin/logger",
                ":1:18: warning: twist: udpd takes datagrams",
            ),
            (
                "svcd udpd: ALL: banners /srv/banners",
                "banners: udpd takes datagrams",
            ),
        ],
        right: &["svcd: ALL: twist /usr/sbin/logger", "udpd: ALL: deny"],
    },
    Case {
        id: "banner-missing",
        wrong: &[
            (
                "second: ALL: banners /srv/banners",
                "/srv/banners/second: no banner for second",
            ),
            ("ALL: 10.: banners /usr/sbin/empty", "there are no banners"),
        ],
        right: &[
            "svcd: ALL: banners /srv/banners",
            "ALL: 10.: banners /srv/banners",
        ],
    },
    Case {
        id: "banner-folder",
        wrong: &[(
            "svcd: ALL: banners /none",
            ":1:20: warning: /none: No such file or directory",
        )],
        right: &["svcd: ALL: banners /srv/banners"],
    },
    Case {
        id: "unknown-account",
        wrong: &[
            (
                "svcd: ALL: user nosuch",
                ":1:17: error: unknown user: \"nosuch\"",
            ),
            ("svcd: ALL: group nosuch", "unknown group: \"nosuch\""),
        ],
        right: &["svcd: ALL: user root.root: group root"],
    },
    Case {
        id: "unreachable",
        wrong: &[
            (
                "svcd: 10.\nsvcd: 10.1.2.3",
                ":2:1: warning: no client reaches this rule, because of ./etc/hosts.allow:1",
            ),
            (
                "ALL: .example.org\nsvcd: 10. \nsvcd second: a.example.org",
                ":3:1: warning",
            ),
            ("svcd: 10.0.0.0/8: deny\nsvcd: 10.1.0.0/16", ":2:1"),
            ("svcd: ALL EXCEPT 10.\nsvcd: ALL EXCEPT 10.", ":2:1"),
        ],
        right: &[
            "svcd: 10.1.\nsvcd: 10.",
            "svcd: 10.\nsecond: 10.1.",
            "svcd: ALL EXCEPT 10.\nsvcd: 10.1.",
            "svcd: 10.: aclexec /usr/sbin/logger\nsvcd: 10.1.",
        ],
    },
    Case {
        id: "allow-all",
        wrong: &[(
            "svcd: 10.\nALL: ALL: allow",
            ":2:1: warning: grants everything",
        )],
        right: &["ALL: ALL: deny", "ALL: ALL EXCEPT 10.", "svcd: ALL"],
    },
    Case {
        id: "no-effect",
        wrong: &[("plaind: ALL", ":1:1: note")],
        right: &["svcd second udpd: ALL"],
    },
    Case {
        id: "unknown-daemon",
        wrong: &[(
            "secnd: ALL",
            ":1:1: warning: secnd: there is no such daemon here; write: second",
        )],
        right: &["svcd: ALL", "ALL 22: 10.", "sv*: 10."],
    },
    Case {
        id: "absent-daemon",
        wrong: &[("svcd sshd: ALL", ":1:6: note: sshd: is not installed here")],
        right: &["svcd: ALL"],
    },
    Case {
        id: "untold-daemon",
        wrong: &[(
            "plaind: ALL",
            ":1:1: note: plaind: cannot tell whether /usr/sbin/plaind uses libwrap",
        )],
        right: &["svcd: ALL"],
    },
    Case {
        id: "list-missing",
        wrong: &[(
            "svcd: /srv/none",
            ":1:7: warning: open /srv/none: No such file",
        )],
        right: &["svcd: /srv/list"],
    },
    Case {
        id: "empty-list",
        wrong: &[
            ("svcd:", ":1:1: error: client list is empty"),
            ("svcd EXCEPT: ALL", "daemon list is empty"),
        ],
        right: &["svcd EXCEPT second: ALL"],
    },
    Case {
        id: "daemon-name",
        wrong: &[(
            "/usr/sbin/svcd: ALL",
            ":1:1: error: /usr/sbin/svcd: daemon name begins with \"/\"",
        )],
        right: &["svcd: ALL"],
    },
    Case {
        id: "reserved-daemon",
        wrong: &[(
            "LOCAL: 10.",
            ":1:1: warning: LOCAL: daemon name may be reserved word",
        )],
        right: &["ALL: 10."],
    },
    Case {
        id: "fail-word",
        wrong: &[("svcd: FAIL", ":1:7: error: FAIL is no longer recognized")],
        right: &["svcd: fail.example.org"],
    },
    Case {
        id: "user-name",
        wrong: &[(
            "svcd: @x@ALL",
            ":1:7: warning: @x: user name begins with \"@\"",
        )],
        right: &["svcd: joe@ALL"],
    },
    Case {
        id: "netgroup",
        wrong: &[(
            "svcd: @nosuchgroup",
            ":1:7: error: nosuchgroup: unknown or empty netgroup",
        )],
        right: &["svcd: 10."],
    },
    Case {
        id: "list-open",
        wrong: &[("svcd: /srv", ":1:7: error: open /srv: Is a directory")],
        right: &["svcd: /srv/list"],
    },
    Case {
        id: "name-dot",
        wrong: &[(
            "svcd: host.example.org.",
            ":1:7: error: host.example.org.: domain or host name ends in dot; write: host.example.org",
        )],
        right: &["svcd: host.example.org 10."],
    },
    Case {
        id: "network-dot",
        wrong: &[(
            "svcd: .5",
            ":1:7: warning: .5: network number begins with dot",
        )],
        right: &["svcd: 5."],
    },
];

#[test]
fn rules() {
    for case in CASES.iter().filter(|case| case.id != "no-effect") {
        for (rules, expected) in case.wrong {
            let newline = if case.id == "missing-newline" {
                ""
            } else {
                "\n"
            };
            let tree = tree(&format!("{rules}{newline}"), "ALL: ALL\n");
            std::fs::create_dir_all(tree.path().join("usr/sbin/empty")).unwrap();
            let lines = found(&tree, case.id);
            assert!(
                lines.iter().any(|line| line.contains(expected)),
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

/// hosts.deny: its end, and rules that hosts.allow leaves nothing for.
#[test]
fn the_second_table() {
    for (allow, deny, id, expected) in [
        ("", "svcd: 10.\n", "no-catch-all", 1),
        ("", "svcd: 10.\nALL: ALL\n", "no-catch-all", 0),
        ("ALL: ALL: deny\n", "", "no-catch-all", 0),
        ("", "ALL: ALL EXCEPT 10.\n", "no-catch-all", 1),
        ("ALL: ALL\n", "svcd: 10.\n", "unreachable", 1),
        ("svcd: 10.\n", "svcd: 10.1.\n", "unreachable", 1),
        ("svcd: 10.1.\n", "svcd: 10.\n", "unreachable", 0),
    ] {
        let tree = tree(allow, deny);
        assert_eq!(found(&tree, id).len(), expected, "{allow:?} {deny:?} {id}");
    }
    let tree = tree("svcd: 10.\n", "");
    std::fs::remove_file(tree.path().join("etc/hosts.deny")).unwrap();
    assert_eq!(found(&tree, "no-catch-all").len(), 1);
}

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
        ("a\0", "list-open", "/srv/list:1:1: error: "),
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

/// Who may write to tables, lists and banners. The owner only counts for what is in its place.
#[test]
fn permissions() {
    let set = |tree: &Scratch, path: &str, mode: u32| {
        use std::os::unix::fs::PermissionsExt;
        let path = tree.path().join(path);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let rules = "svcd: /srv/list: banners /srv/banners\n";
    for path in [
        "etc/hosts.allow",
        "etc/hosts.deny",
        "srv/list",
        "srv",
        "srv/banners",
        "srv/banners/svcd",
    ] {
        let tree = tree(rules, "ALL: ALL\n");
        assert_eq!(found(&tree, "world-writable"), [""; 0]);
        set(&tree, path, 0o757);
        let lines = found(&tree, "world-writable");
        assert_eq!(lines.len(), 1, "{path} {lines:?}");
        assert!(
            lines[0].contains(&format!("/{path}: world writable"))
                || lines[0].contains(&format!("{path}: world writable")),
            "{lines:?}"
        );
    }
    if !std::fs::metadata("/proc/self")
        .is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
    {
        return skip("permissions: other owners", "root");
    }
    let tree = tree(rules, "ALL: ALL\n");
    let list = tree.path().join("srv/list");
    assert_eq!(found(&tree, "not-roots"), [""; 0]);
    std::os::unix::fs::chown(&list, None, Some(7)).unwrap();
    assert_eq!(found(&tree, "not-roots"), [""; 0]);
    set(&tree, "srv/list", 0o664);
    let lines = found(&tree, "not-roots");
    assert!(
        lines.len() == 1 && lines[0].ends_with("/srv/list: group 7 may write"),
        "{lines:?}"
    );
    std::os::unix::fs::chown(&list, Some(7), Some(0)).unwrap();
    let here = Scratch::new();
    here.file("hosts.allow", format!("svcd: {}\n", list.display()));
    let ours = Program::ours(env!("CARGO_BIN_EXE_tcpdchk"));
    let mut command = ours.command(here.path());
    let ran = run(command.args(["-d", "--no-dns", "--format", "gcc"]));
    assert!(
        ran.stdout
            .contains("belongs to user 7, not to root [not-roots]"),
        "{ran:?}"
    );
}

/// A program that is linked with libwrap, itself or by a library, and one that is not.
#[test]
fn programs_and_super_servers() {
    let tree = tree("linked indirect unlinked xd xo sd sp: ALL\n", "ALL: ALL\n");
    let build = |arguments: &[&str]| {
        let source = tree.file("x.c", "int main(void) { return 0; }\n");
        let mut command = Command::new("cc");
        let command = command.current_dir(tree.path()).args(arguments).arg(source);
        command.status().is_ok_and(|status| status.success())
    };
    std::fs::create_dir_all(tree.path().join("usr/lib")).unwrap();
    std::fs::create_dir_all(tree.path().join("usr/sbin")).unwrap();
    let flags = ["-Wl,--no-as-needed", "-Wl,--allow-shlib-undefined"];
    let built = build(&[
        "-shared",
        "-fPIC",
        "-Wl,-soname,libwrap.so.0",
        "-o",
        "usr/lib/libwrap.so.0",
    ]) && build(&[
        "-shared",
        "-fPIC",
        "-Wl,-soname,libown.so.1",
        flags[0],
        "-o",
        "usr/lib/libown.so.1",
        "usr/lib/libwrap.so.0",
    ]) && build(&["-o", "usr/sbin/linked", flags[0], "usr/lib/libwrap.so.0"])
        && build(&[
            "-o",
            "usr/sbin/indirect",
            flags[0],
            flags[1],
            "usr/lib/libown.so.1",
        ])
        && build(&["-o", "usr/sbin/unlinked"])
        && build(&["-o", "usr/sbin/xinetd", flags[0], "usr/lib/libwrap.so.0"]);
    if !built {
        return skip("programs_and_super_servers", "cc");
    }
    for name in ["xd", "xo", "sd", "sp"] {
        std::fs::copy(
            tree.path().join("usr/sbin/unlinked"),
            tree.path().join("usr/sbin").join(name),
        )
        .unwrap();
    }
    tree.file(
        "etc/xinetd.conf",
        "defaults\n{\n}\nincludedir /etc/xinetd.d\n",
    );
    tree.file(
        "etc/xinetd.d/a",
        "service a\n{\n  socket_type = stream\n  server = /usr/sbin/xd\n}\n",
    );
    tree.file(
        "etc/xinetd.d/b",
        "service b\n{\n  flags = NOLIBWRAP\n  server = /usr/sbin/xo\n}\n",
    );
    tree.file(
        "usr/lib/systemd/system/sd@.service",
        "[Service]\nExecStart=@/usr/sbin/tcpd /usr/sbin/sd -i\nStandardInput=socket\n",
    );
    tree.file(
        "usr/lib/systemd/system/sp.service",
        "[Service]\nExecStart=-/usr/sbin/sp -D\n",
    );
    let lines = found(&tree, "no-effect");
    let about: Vec<_> = lines
        .iter()
        .map(|line| line.split(": ").nth(2).unwrap_or_default())
        .collect();
    assert_eq!(about, ["unlinked", "xo", "sp"], "{lines:?}");
    assert!(
        lines[0].contains(
            "etc/hosts.allow:1:17: error: unlinked: /usr/sbin/unlinked is not behind tcpd"
        )
    );
    assert!(lines[1].contains("started by xinetd, service b"));
    let table = tcpdchk(&tree, &["--services"]).stdout;
    for (name, row) in [
        ("svcd", ["yes", "tcpd"]),
        ("linked", ["yes", "libwrap"]),
        ("indirect", ["yes", "libwrap"]),
        ("unlinked", ["no", "/usr/sbin/unlinked"]),
        ("xd", ["yes", "xinetd"]),
        ("xo", ["no", "/usr/sbin/xo"]),
        ("sd", ["yes", "tcpd"]),
        ("sp", ["no", "/usr/sbin/sp"]),
    ] {
        let found = table
            .lines()
            .find(|line| line.split_whitespace().next() == Some(name));
        let words: Vec<_> = found
            .unwrap_or_default()
            .split_whitespace()
            .skip(1)
            .take(2)
            .collect();
        assert_eq!(words, row, "{name}: {table}");
    }
}

/// Every kind of finding that the other tests do not name has its own here, or needs names.
#[test]
fn every_kind_is_tested() {
    let tree = tree("", "");
    let listed = tcpdchk(&tree, &["--explain"]).stdout;
    // Those of inetd.conf and of names are tested with the original's, in original.rs.
    let elsewhere = [
        "daemon-directory",
        "world-writable",
        "inetd-incomplete",
        "program-missing",
        "program-not-executable",
        "insecure-service",
        "tcpd-recursion",
        "tcpd-setuid",
        "tcpd-inserted",
        "file-lookup",
        "rpc-tcp",
        "table-open",
        "unknown-process",
        "not-wrapped",
        "host-not-found",
        "host-alias",
        "host-mismatch",
        "host-unnamed",
        "several-addresses",
        "implicit-allow",
        "names-late",
        "list-comment",
        "no-catch-all",
        "not-roots",
    ];
    for id in listed
        .lines()
        .filter_map(|line| line.split_whitespace().next())
    {
        let here = CASES.iter().any(|case| case.id == id) || elsewhere.contains(&id);
        assert!(here, "{id}");
    }
}

/// The forms in which a finding is shown.
#[test]
fn formats() {
    let tree = tree("svcd: \\\n  10.0.0.1/8\n", "ALL: ALL\n");
    let human = tcpdchk(&tree, &[]).stdout;
    let gcc = tcpdchk(&tree, &["--format", "gcc"]).stdout;
    let json = tcpdchk(&tree, &["--format", "json"]).stdout;
    let classic = tcpdchk(&tree, &["--format", "classic"]).stdout;
    let text = "10.0.0.1/8: host bits are set, so it never matches";
    assert_eq!(
        human,
        format!(
            "error: ./etc/hosts.allow, line 2: {text}\n \
             --> ./etc/hosts.allow:2:3\n  \
             |\n\
             2 |   10.0.0.1/8\n  \
             |   ^^^^^^^^^^\n  \
             |\n  \
             = error [host-bits]: a network with host bits set\n  \
             = why: A client matches if masking its address gives exactly the network that is written, so \
             this pattern never matches. In hosts.deny it lets everybody in.\n  \
             = help: Write the address of the network, with zeros behind the mask.\n  \
             = write: 10.0.0.0/8\n\n\
             1 error, 0 warnings, 0 notes; tcpdchk --explain ID tells more\n"
        )
    );
    assert_eq!(
        gcc,
        format!("./etc/hosts.allow:2:3: error: {text}; write: 10.0.0.0/8 [host-bits]\n")
    );
    for part in [
        "\"id\":\"host-bits\"",
        "\"level\":\"error\"",
        "\"line\":2",
        "\"column\":3",
        "\"rule_line\":1",
        "\"word\":\"10.0.0.1/8\"",
        "\"instead\":\"10.0.0.0/8\"",
    ] {
        assert!(json.contains(part), "{part}: {json}");
    }
    assert_eq!(classic, "");
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

/// Completions for each shell name the options.
#[test]
fn completions() {
    for shell in ["bash", "zsh", "fish"] {
        let ours = Program::ours(env!("CARGO_BIN_EXE_tcpdchk"));
        let tree = Scratch::new();
        let ran = run(ours.command(tree.path()).args(["--completions", shell]));
        assert!(
            ran.stdout.contains("no-dns") && ran.status == Some(0),
            "{shell}"
        );
    }
}
