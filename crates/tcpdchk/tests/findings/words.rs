//! Words of daemon and client lists.

use crate::Case;

/// The cases.
pub(crate) const CASES: &[Case] = &[
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
            // Quotes of a word processor are no better than those of a keyboard.
            (
                "svcd: \u{201c}10.0.0.1\u{201d}",
                ":1:7: error: \u{201c}10.0.0.1\u{201d}: no host name has U+201C in it, so it never matches",
            ),
            ("svcd: a\u{2013}b", "U+2013"),
        ],
        right: &["svcd: *%lo a-b.example.org a_b .example.org ?.example.org [::1] LOCAL /srv/list"],
    },
    Case {
        id: "dns-list-zone",
        wrong: &[
            (
                "svcd: {RBL}.*",
                ":1:7: error: {RBL}.*: \"*\" is no domain name$",
            ),
            ("svcd: 10. EXCEPT {rbl}.", "\"\" is no domain name$"),
            ("svcd: joe@{RBL}.a..b", "\"a..b\" is no domain name$"),
        ],
        right: &["svcd: 10. {RBL}.bl.example {rbl}._a.b-c. joe@{RBL}.x"],
    },
    Case {
        id: "dns-list-first",
        wrong: &[
            (
                "svcd: {RBL}.bl.example",
                ":1:7: warning: {RBL}.bl.example: no rule before it lets anybody in if this list cannot be asked$",
            ),
            (
                "svcd: .example.org\nsvcd: {RBL}.x",
                ":2:7: warning: {RBL}.x: ",
            ),
            (
                "other: ALL: deny\nsvcd: .a EXCEPT 10. {RBL}.x\nsvcd: {RBL}.y",
                ":2:21: warning: {RBL}.x: ",
            ),
            ("svcd: 10. {RBL}.x", ":1:11: warning: {RBL}.x: "),
        ],
        right: &[
            "svcd: 10.\nsvcd: {RBL}.x",
            "svcd: [2001:db8::]/32\nsvcd: ALL EXCEPT {RBL}.x",
        ],
    },
    Case {
        id: "wildcard-dot",
        wrong: &[
            ("svcd: .ALL", ".ALL: a wildcard beside a dot at the end$"),
            ("svcd: LOCAL.", "at the end$"),
            ("svcd: .known .unknown .paranoid", ".paranoid: "),
            ("svcd: .*.example.org", "write: .example.org"),
            ("svcd: *.example.org.", "write: *.example.org$"),
            ("svcd: 192.168.*.", "write: 192.168."),
            (
                "svcd: .ex*.org",
                ".ex*.org: a wildcard beside a dot at the end$",
            ),
        ],
        // A home network's names end in .local.
        right: &["svcd: ALL *.example.org 192.168.* .example.org .local .LOCAL"],
    },
    Case {
        id: "except-misspelled",
        wrong: &[
            (
                "svcd: ALL EXPECT .hacker.example",
                ":1:11: error: EXPECT: is a name here, so nothing is excepted; write: EXCEPT",
            ),
            ("svcd: 192.0.2. exept 192.0.2.7", "exept: is a name here"),
            ("svcd: ALL BUT .hacker.example", "BUT: is a name here"),
            (
                "svcd: .example.org EXCPET a.example.org",
                "EXCPET: is a name here",
            ),
            ("ALL EXPECT svcd: 10.", ":1:5: error"),
        ],
        right: &[
            "svcd: ALL EXCEPT .hacker.example",
            "svcd: expect.example.org ALL",
            "svcd: ALL expect",
            "svcd: host expect other",
            "svcd: ALL EXCEPT but 10.0.0.1",
        ],
    },
    Case {
        id: "option-as-client",
        wrong: &[
            (
                "svcd: ALL deny",
                ":1:11: error: deny: is an option, not a client; write: : deny",
            ),
            // What no remedy would make right.
            ("svcd: allow", "allow: is an option, not a client$"),
            ("svcd: ALL deny x", "deny: is an option, not a client$"),
            ("svcd: ALL deny: umask 022", "not a client$"),
            ("svcd: ALL EXCEPT deny", "not a client$"),
            ("svcd: ALL spawn", "not a client$"),
            (
                "svcd147.182.203.174:deny",
                "deny: is an option, not a client$",
            ),
        ],
        right: &["svcd: ALL: deny", "svcd: deny.example.org"],
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
            ":1:1: note: plaind: cannot tell whether the rule has an effect: /usr/sbin/plaind, started by inetd, may use libwrap",
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
