//! Options, commands and banners.

use crate::Case;

/// The cases.
pub(crate) const CASES: &[Case] = &[
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
                ":1:21: error: bad syslog facility or severity: \"notise\"; write: mail.notice",
            ),
            ("svcd: ALL: severity lokal0.info", "write: local0.info"),
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
            "svcd: ALL: spawn logger https://x &",
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
            ("svcd: ALL: aclexec (/none | mail)", "/none: no such"),
        ],
        right: &["svcd: ALL: spawn (/usr/sbin/logger x | mail y; echo z) &"],
    },
    Case {
        id: "command-unfit",
        wrong: &[
            (
                "svcd: ALL: spawn /srv/bin/plain &",
                ":1:18: warning: /srv/bin/plain: is not executable",
            ),
            (
                "svcd: ALL: spawn /srv/bin/return &",
                "the first line of the script ends with a carriage return",
            ),
            (
                "svcd: ALL: twist /srv/bin/stray",
                "its interpreter /usr/bin/none is not there",
            ),
            ("svcd: ALL: twist /srv/bin", "is a folder"),
        ],
        right: &["svcd: ALL: spawn /usr/sbin/mail &"],
    },
    Case {
        id: "aclexec-fails",
        wrong: &[
            (
                "svcd: ALL: aclexec /none %a",
                ":1:20: error: /none: no such program, so the rule is in error and refuses everybody who gets that far$",
            ),
            ("svcd: ALL: aclexec /srv/bin/plain", "is not executable, so"),
            ("svcd: ALL: aclexec /srv/bin/return", "carriage return, so"),
            ("svcd: ALL: aclexec /srv/bin/stray", "is not there, so"),
        ],
        // Of several programs, another one may give the status.
        right: &[
            "svcd: ALL: aclexec /usr/sbin/mail %a",
            "svcd: ALL: aclexec /none || true",
            "svcd: ALL: aclexec none",
            "svcd: ALL: spawn /none &",
        ],
    },
    Case {
        id: "aclexec-ignored",
        wrong: &[
            (
                "svcd: ALL: aclexec /usr/sbin/mail %a: allow",
                ":1:39: error: allow: decides whatever the command of the aclexec says$",
            ),
            (
                "svcd: ALL: aclexec /usr/sbin/mail: umask 022: deny",
                ":1:47: error",
            ),
            (
                "svcd: ALL: aclexec /usr/sbin/mail: twist /usr/sbin/mail",
                ":1:36: error",
            ),
        ],
        right: &[
            "svcd: ALL: aclexec /usr/sbin/mail: umask 022",
            "svcd: ALL: allow",
        ],
    },
    Case {
        id: "command-colon",
        wrong: &[
            (
                "svcd: ALL: spawn /usr/sbin/mail https://hooks.example.org/T0 &",
                ":1:38: error: a colon ends the command before it, and the rest of the command is no option; write: \\:$",
            ),
            ("svcd: ALL: spawn (date +%H:%M >x) &", ":1:27: error"),
            ("svcd: ALL: aclexec /usr/sbin/mail a::b", ":1:36: error"),
        ],
        right: &[
            "svcd: ALL: spawn /usr/sbin/mail https\\://hooks.example.org/T0 &",
            "svcd: ALL: spawn /usr/sbin/mail &: alow",
            "svcd: ALL: spawn /usr/sbin/mail &:",
        ],
    },
    Case {
        id: "command-syntax",
        wrong: &[
            (
                "svcd: ALL: spawn (echo \"%a >> /var/log/x &",
                ":1:18: error: spawn: the shell cannot read the command: Unterminated quoted string$",
            ),
            ("svcd: ALL: spawn (echo x &", ":1:18: error"),
            ("svcd: ALL: aclexec /usr/sbin/mail)", ":1:20: error"),
        ],
        right: &[
            "svcd: ALL: spawn (echo \"%a\" >> /var/log/x) &",
            "svcd: ALL: spawn (echo \"a: b\") &",
        ],
    },
    Case {
        id: "command-path",
        wrong: &[
            (
                "svcd: ALL: spawn (mail y) &",
                ":1:19: note: mail: is looked for in PATH; write: /usr/sbin/mail",
            ),
            ("svcd: ALL: spawn (echo mail; mail) &", ":1:30: note"),
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
];
