//! Lines, characters, and the sequence of rules.

use crate::Case;

/// The cases.
pub(crate) const CASES: &[Case] = &[
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
            "<%= \"#{name}: #{range}\" %>",
            "  # x",
            "svcd: a#b",
            "svcd: ALL: spawn logger x # y &",
        ],
    },
    Case {
        id: "backslash-blank",
        wrong: &[
            (
                "svcd: 10. \\ \n  11.",
                ":1:11: error: a blank after the backslash, so the line does not go on; write: \\",
            ),
            ("svcd: 10. \\\t\r\n  11.", ":1:11: error"),
        ],
        right: &[
            "svcd: 10. \\\n  11.",
            "# a \\ \nsvcd: 10.",
            "svcd: 10. \\\r\n11.",
        ],
    },
    Case {
        id: "indented-comment",
        wrong: &[
            (
                "svcd: 10.\n  # ALL: ALL",
                ":2:3: warning: an indented comment here, a rule in the original",
            ),
            ("\t#svcd second: ALL EXCEPT 10.", ":1:2: warning"),
            (" # svcd: 192.168.", ":1:2: warning"),
        ],
        right: &[
            "# ALL: ALL",
            "  # see also: the manual",
            "  # x",
            "svcd: 10. \\\n # ALL: ALL",
        ],
    },
    Case {
        id: "comment-without-sign",
        wrong: &[(
            "This table is for: all daemons",
            ":1:1: warning: reads like a comment without # in front",
        )],
        right: &[
            "# This table is for: all daemons",
            "svcd is in use here: ALL",
            "rpcbind mountd nfsd statd lockd rquotad: ALL",
        ],
    },
    Case {
        id: "lists-swapped",
        wrong: &[
            (
                "192.168.1.0/24 : sshd",
                ":1:1: error: clients and daemons are the wrong way round, so the rule never matches",
            ),
            ("10.0.0.1: ALL", ":1:1: error"),
            ("[2001:db8::1]: ALL", ":1:1: error"),
        ],
        right: &["svcd: 192.168.1.0/24", "22: ALL", "svcd@10.0.0.1: ALL"],
    },
    Case {
        id: "comma-for-dot",
        wrong: &[(
            "svcd: 192,168,219.1: allow",
            ":1:7: error: 192,168,219.1: commas in place of dots; write: 192.168.219.1",
        )],
        right: &["svcd: 192.168.219.1,10.0.0.1", "svcd: 10.,192.168."],
    },
    Case {
        id: "missing-newline",
        wrong: &[
            (
                "svcd: ALL\nsvcd: 10.",
                ":2:1: error: missing newline or line too long",
            ),
            (
                "svcd: ALL\nsvcd: \\\n 10.",
                ":2:8: error: missing newline or line too long",
            ),
        ],
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
            ("{# x: y #}", ":1:1: error"),
            ("svcd: <%= @net %>", ":1:7"),
            ("svcd: $NET", "$NET: was not filled in"),
            ("svcd: @NETWORK@", "@NETWORK@: was not filled in"),
            ("${daemon}: ALL", "${daemon}: was not filled in"),
            ("svcd: <IP>/<CIDR>", "<IP>/<CIDR>: was not filled in"),
            (
                "<%= \"#{name}: #{range}\" %>",
                ":1:1: error: a template was not filled in",
            ),
            (
                "svcd: #{range}",
                ":1:7: error: a template was not filled in",
            ),
        ],
        right: &[
            "# {{ x }}",
            "svcd: ALL: spawn logger $HOME &",
            "svcd: joe@10.",
        ],
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
            ("svcd: ALL EXCEPT 10.\nsvcd: ALL EXCEPT 10.: deny", ":2:1"),
            ("svcd: 10.1.*.*\nsvcd: 10.1.2.3", ":2:1"),
        ],
        right: &[
            "svcd: 10.1.\nsvcd: 10.",
            "svcd: 10.\nsecond: 10.1.",
            "svcd: ALL EXCEPT 10.\nsvcd: 10.1.",
            "svcd: 10.: aclexec /usr/sbin/logger\nsvcd: 10.1.",
        ],
    },
    Case {
        id: "duplicate-rule",
        wrong: &[
            (
                "svcd: 10.\nx: 11.\nsvcd:  10.",
                ":3:1: note: the same as ./etc/hosts.allow:1",
            ),
            (
                "svcd: ALL EXCEPT 10.: deny\nsvcd: ALL EXCEPT 10. : deny",
                ":2:1",
            ),
        ],
        right: &["svcd: 10.\nsvcd: 10.: deny", "svcd: 10.\nsvcd: 10.1."],
    },
    Case {
        id: "allow-form",
        wrong: &[
            (
                "# tcpdchk: allow net-mask\nsvcd: 10.",
                ":1:1: warning: no reason is given, so net-mask is not silenced",
            ),
            (
                "# tcpdchk: allow net-mas: x\nsvcd: 10.",
                "did you mean net-mask?",
            ),
        ],
        right: &["# tcpdchk: allow net-mask: x\nsvcd: 1/33"],
    },
    Case {
        id: "allow-unused",
        wrong: &[(
            "# tcpdchk: allow net-mask: x\nsvcd: 10.",
            ":1:1: warning: the rule below has no finding net-mask",
        )],
        right: &["# tcpdchk: allow net-mask: x\nsvcd: 1/33"],
    },
    Case {
        id: "allow-all",
        wrong: &[(
            "svcd: 10.\nALL: ALL: allow",
            ":2:1: warning: grants everything",
        )],
        right: &["ALL: ALL: deny", "ALL: ALL EXCEPT 10.", "svcd: ALL"],
    },
];
