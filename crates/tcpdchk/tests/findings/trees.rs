//! Kinds of findings that more than the rules of hosts.allow decide.

use std::fs;

use test_kit::{Scratch, is_root, skip};

use crate::{found_with, tree};

/// A kind of finding, and changes of a good tree that bring it up or not.
pub(crate) struct Case {
    pub id: &'static str,
    arguments: &'static [&'static str],
    /// What is said.
    text: &'static str,
    wrong: fn(&Scratch),
    right: fn(&Scratch),
}

fn set_mode(tree: &Scratch, path: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    let path = tree.path().join(path);
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn inetd(tree: &Scratch, line: &str) {
    tree.file("etc/inetd.conf", format!("# the only line\n{line}\n"));
}

fn allow(tree: &Scratch, text: &str) {
    tree.file("etc/hosts.allow", text);
}

fn deny(tree: &Scratch, text: &str) {
    tree.file("etc/hosts.deny", text);
}

/// A program that is linked, though not with libwrap.
fn program(tree: &Scratch, name: &str) {
    let program = tree.file_with_mode(&format!("usr/sbin/{name}"), "", 0o755);
    fs::copy("/bin/sh", program).unwrap();
}

const BEHIND_TCPD: &str = "s stream tcp nowait root /usr/sbin/tcpd svcd";

pub(crate) const CASES: &[Case] = &[
    Case {
        id: "daemon-directory",
        arguments: &[],
        text: "error: REAL_DAEMON_DIR /usr/sbin is not a directory",
        wrong: |tree| {
            fs::remove_dir_all(tree.path().join("usr/sbin")).unwrap();
            tree.file("usr/sbin", "");
        },
        right: |_| {},
    },
    Case {
        id: "world-writable",
        arguments: &[],
        text: "error: ./etc/hosts.deny: world writable",
        wrong: |tree| set_mode(tree, "etc/hosts.deny", 0o646),
        right: |tree| set_mode(tree, "etc/hosts.deny", 0o664),
    },
    Case {
        id: "not-roots",
        arguments: &[],
        text: "warning: /srv/list: group 7 may write",
        wrong: |tree| {
            allow(tree, "svcd: /srv/list\n");
            let list = tree.path().join("srv/list");
            std::os::unix::fs::chown(list, None, Some(7)).unwrap();
            set_mode(tree, "srv/list", 0o664);
        },
        right: |tree| {
            allow(tree, "svcd: /srv/list\n");
            set_mode(tree, "srv/list", 0o644);
        },
    },
    Case {
        id: "table-open",
        arguments: &[],
        text: "error: cannot open ./etc/hosts.allow: Is a directory",
        wrong: |tree| {
            fs::remove_file(tree.path().join("etc/hosts.allow")).unwrap();
            fs::create_dir(tree.path().join("etc/hosts.allow")).unwrap();
        },
        right: |tree| fs::remove_file(tree.path().join("etc/hosts.allow")).unwrap(),
    },
    Case {
        id: "only-root-reads",
        arguments: &[],
        text: "warning: ./etc/hosts.deny: others than root cannot read it, since its mode is 0600",
        wrong: |tree| set_mode(tree, "etc/hosts.deny", 0o600),
        right: |_| {},
    },
    Case {
        id: "only-root-reads",
        arguments: &[],
        text: "./etc/hosts.allow:1:7: warning: /srv/list: others than root cannot read it, since its mode is 0640",
        wrong: |tree| {
            allow(tree, "svcd: /srv/list\n");
            set_mode(tree, "srv/list", 0o640);
        },
        right: |tree| allow(tree, "svcd: /srv/list\n"),
    },
    Case {
        id: "only-root-reads",
        arguments: &[],
        text: "/srv/list: others than root cannot enter /srv",
        wrong: |tree| {
            allow(tree, "svcd: /srv/list\n");
            set_mode(tree, "srv", 0o700);
        },
        right: |tree| allow(tree, "svcd: /srv/list\n"),
    },
    Case {
        id: "table-closed",
        arguments: &[],
        text: "/etc/inetd.conf:2: error: ./etc/hosts.deny: cannot be read as user svc, so svcd refuses everybody whom no rule above grants",
        wrong: |tree| {
            tree.file("etc/passwd", "root:x:0:0::/:\nsvc:x:54321:54321::/:\n");
            inetd(tree, "s stream tcp nowait svc.svc /usr/sbin/tcpd svcd");
            set_mode(tree, "etc/hosts.deny", 0o600);
        },
        // A group may read it, or the daemon is root's: that is not certain, or no mistake.
        right: |tree| {
            tree.file("etc/passwd", "root:x:0:0::/:\nsvc:x:54321:54321::/:\n");
            inetd(tree, "s stream tcp nowait svc /usr/sbin/tcpd svcd");
            set_mode(tree, "etc/hosts.deny", 0o640);
            set_mode(tree, "etc/hosts.allow", 0o644);
        },
    },
    Case {
        id: "table-closed",
        arguments: &[],
        text: "/etc/systemd/system/s@.service:3: error: ./etc/hosts.allow: cannot be read as user svc",
        wrong: |tree| {
            tree.file("etc/passwd", "svc:x:54321:54321::/:\n");
            tree.file(
                "etc/systemd/system/s@.service",
                "[Service]\nUser=svc\nExecStart=@/usr/sbin/tcpd svcd\n",
            );
            set_mode(tree, "etc/hosts.allow", 0o600);
        },
        right: |tree| {
            tree.file("etc/passwd", "svc:x:54321:54321::/:\n");
            tree.file(
                "etc/systemd/system/s@.service",
                "[Service]\nUser=svc\nExecStart=-!@/usr/sbin/tcpd svcd\n",
            );
            set_mode(tree, "etc/hosts.allow", 0o600);
        },
    },
    Case {
        id: "inetd-incomplete",
        arguments: &[],
        text: "/etc/inetd.conf:2: warning: incomplete line",
        wrong: |tree| inetd(tree, "n stream tcp nowait root /usr/sbin/plaind"),
        right: |tree| inetd(tree, "n stream tcp nowait root /usr/sbin/plaind plaind"),
    },
    Case {
        id: "program-missing",
        arguments: &[],
        text: "/etc/inetd.conf:2: warning: none: not found in /usr/sbin: No such file or directory",
        wrong: |tree| inetd(tree, "n stream tcp nowait root /usr/sbin/tcpd none"),
        right: |tree| inetd(tree, BEHIND_TCPD),
    },
    Case {
        id: "program-not-executable",
        arguments: &[],
        text: "/etc/inetd.conf:2: warning: /usr/sbin/svcd: not executable",
        wrong: |tree| {
            inetd(tree, "n stream tcp nowait root /usr/sbin/svcd svcd");
            set_mode(tree, "usr/sbin/svcd", 0o644);
        },
        right: |tree| inetd(tree, "n stream tcp nowait root /usr/sbin/svcd svcd"),
    },
    Case {
        id: "insecure-service",
        arguments: &[],
        text: "/etc/inetd.conf:2: warning: rexd may be an insecure service",
        wrong: |tree| inetd(tree, "n stream tcp nowait root /usr/sbin/tcpd rexd"),
        right: |tree| inetd(tree, BEHIND_TCPD),
    },
    Case {
        id: "tcpd-recursion",
        arguments: &[],
        text: "/etc/inetd.conf:2: error: tcpd is recursively calling itself",
        wrong: |tree| inetd(tree, "n stream tcp nowait root /usr/sbin/tcpd tcpd"),
        right: |tree| inetd(tree, BEHIND_TCPD),
    },
    Case {
        id: "tcpd-setuid",
        arguments: &[],
        text: "/etc/inetd.conf:2: error: /usr/sbin/tcpd: file is set-uid or set-gid",
        wrong: |tree| {
            inetd(tree, BEHIND_TCPD);
            set_mode(tree, "usr/sbin/tcpd", 0o4755);
        },
        right: |tree| inetd(tree, BEHIND_TCPD),
    },
    Case {
        id: "tcpd-inserted",
        arguments: &[],
        text: "/etc/inetd.conf:2: warning: /usr/sbin/tcpd inserted before /usr/sbin/svcd",
        wrong: |tree| {
            inetd(
                tree,
                "n stream tcp nowait root /usr/sbin/tcpd /usr/sbin/svcd svcd",
            )
        },
        right: |tree| {
            inetd(
                tree,
                "n stream tcp nowait root /usr/sbin/tcpd /usr/sbin/svcd -x",
            )
        },
    },
    Case {
        id: "file-lookup",
        arguments: &[],
        text: "/etc/inetd.conf:2: warning: /usr/sbin/svcd/x: file lookup: Not a directory",
        wrong: |tree| inetd(tree, "n stream tcp nowait root /usr/sbin/plaind svcd/x"),
        right: |tree| inetd(tree, "n stream tcp nowait root /usr/sbin/plaind none"),
    },
    Case {
        id: "rpc-tcp",
        arguments: &[],
        text: "/etc/inetd.conf:2: warning: svcd: cannot wrap rpc/tcp services",
        wrong: |tree| inetd(tree, "n stream rpc/tcp wait root /usr/sbin/tcpd svcd"),
        right: |tree| inetd(tree, "n stream rpc/udp wait root /usr/sbin/tcpd svcd"),
    },
    Case {
        id: "implicit-allow",
        arguments: &["-a"],
        text: "hosts.allow:1:1: note: implicit \"allow\" at end of rule",
        wrong: |tree| allow(tree, "svcd: 10.: umask 022\n"),
        right: |tree| allow(tree, "svcd: 10.: umask 022: allow\n"),
    },
    Case {
        id: "no-effect",
        arguments: &[],
        text: "hosts.allow:1:1: error: linked: /usr/sbin/linked is not behind tcpd and does not use libwrap",
        wrong: |tree| {
            program(tree, "linked");
            allow(tree, "linked: 10.\n");
        },
        right: |tree| {
            program(tree, "linked");
            inetd(tree, "n stream tcp nowait root /usr/sbin/tcpd linked");
            allow(tree, "linked: 10.\n");
        },
    },
    Case {
        id: "idle-daemon",
        arguments: &[],
        text: "hosts.allow:1:6: warning: linked: /usr/sbin/linked is not behind tcpd",
        wrong: |tree| {
            program(tree, "linked");
            allow(tree, "svcd linked: 10.\n");
        },
        right: |tree| {
            program(tree, "linked");
            allow(tree, "svcd second: 10.\n");
        },
    },
    Case {
        id: "name-unasked",
        arguments: &[],
        text: "hosts.allow:1:8: error: snmpd: looks no names up, so .example.org matches none of its clients",
        wrong: |tree| allow(tree, "snmpd: .example.org\n"),
        right: |tree| allow(tree, "snmpd: 10.\nsvcd: .example.org\n"),
    },
    Case {
        id: "tcpd-unnamed",
        arguments: &[],
        text: "/etc/systemd/system/x.service:2: error: systemd, x.service runs tcpd under its own name",
        wrong: |tree| {
            let unit = "[Service]\nExecStart=/usr/sbin/tcpd /usr/sbin/svcd\n";
            tree.file("etc/systemd/system/x.service", unit);
        },
        right: |tree| {
            let unit = "[Service]\nExecStart=@/usr/sbin/tcpd /usr/sbin/svcd\n";
            tree.file("etc/systemd/system/x.service", unit);
        },
    },
    Case {
        id: "list-comment",
        arguments: &[],
        text: "/srv/list:1:10: note: a comment to us",
        wrong: |tree| {
            tree.file("srv/list", "10.0.0.1 # ALL of them\n");
            allow(tree, "svcd: /srv/list\n");
        },
        right: |tree| {
            tree.file("srv/list", "10.0.0.1 a#b\n");
            allow(tree, "svcd: /srv/list\n");
        },
    },
    Case {
        id: "no-catch-all",
        arguments: &[],
        text: "hosts.deny:1:1: note: clients that no rule matches are granted access",
        wrong: |tree| deny(tree, "svcd: ALL\n"),
        right: |tree| deny(tree, "svcd: ALL\nALL: ALL\n"),
    },
    // The original's line is all that is shown of these: what others say is more.
    Case {
        id: "unknown-process",
        arguments: &["--format", "classic"],
        text: "warning: ./etc/hosts.allow, line 1: x: no such process name in /etc/inetd.conf",
        wrong: |tree| allow(tree, "x: ALL\n"),
        right: |tree| allow(tree, "svcd sshd: ALL\n"),
    },
    Case {
        id: "not-wrapped",
        arguments: &["--format", "classic"],
        text: "warning: ./etc/hosts.allow, line 1: plaind: service possibly not wrapped",
        wrong: |tree| allow(tree, "plaind: ALL\n"),
        right: |tree| allow(tree, "svcd: ALL\n"),
    },
];

/// The kind of finding that only root can bring up.
const OF_OTHER_OWNERS: &str = "not-roots";

#[test]
fn trees() {
    check(|case| case.id != OF_OTHER_OWNERS);
}

#[test]
fn trees_of_other_owners() {
    if !is_root() {
        return skip("trees::trees_of_other_owners", "root");
    }
    check(|case| case.id == OF_OTHER_OWNERS);
}

fn check(chosen: fn(&Case) -> bool) {
    for case in CASES.iter().filter(|case| chosen(case)) {
        let lines = |change: fn(&Scratch)| {
            let tree = tree("svcd: 10.\n", "ALL: ALL\n");
            change(&tree);
            match case.arguments {
                ["--format", ..] => {
                    let said = crate::tcpdchk(&tree, case.arguments).stdout;
                    let lines = said.lines().filter(|line| *line == case.text);
                    lines.map(str::to_owned).collect()
                }
                arguments => found_with(&tree, case.id, arguments),
            }
        };
        let wrong = lines(case.wrong);
        assert!(
            wrong.iter().any(|line| line.contains(case.text)),
            "{}: {wrong:?}",
            case.id
        );
        assert_eq!(lines(case.right), [""; 0], "{}", case.id);
    }
}
