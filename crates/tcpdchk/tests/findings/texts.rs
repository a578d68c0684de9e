//! The original's texts, each for the least that brings it up. Those about names are in `names`;
//! all are held against Debian's program too, in the test `original`.

use std::fs;

use test_kit::Scratch;

use crate::{tcpdchk, tree};

/// Text after `warning: hosts.allow, line 1: `, and rules.
const OF_RULES: &[(&str, &[&str])] = &[
    ("missing \":\" separator", &["svcd ALL"]),
    (
        "daemon list is empty or ends in EXCEPT",
        &[": ALL", "ALL EXCEPT: ALL"],
    ),
    (
        "client list is empty or ends in EXCEPT",
        &["svcd:", "svcd: ALL EXCEPT"],
    ),
    ("@x: daemon name begins with \"@\"", &["@x: ALL"]),
    ("/x: daemon name begins with \"/\"", &["/x: ALL"]),
    (".x: daemon name begins with dot", &[".x: ALL"]),
    ("x.: daemon name ends in dot", &["x.: ALL"]),
    ("KNOWN: daemon name may be reserved word", &["KNOWN: ALL"]),
    ("LOCAL: daemon name may be reserved word", &["LOCAL: ALL"]),
    (
        "PARANOID: daemon name may be reserved word",
        &["PARANOID: ALL"],
    ),
    (
        "in.x: no such process name in /etc/inetd.conf",
        &["in.x: ALL"],
    ),
    ("80: no such process name in /etc/inetd.conf", &["80: ALL"]),
    ("plaind: service possibly not wrapped", &["plaind: ALL"]),
    (
        "FAIL is no longer recognized",
        &["FAIL: ALL", "svcd: fail", "svcd: FAIL@ALL"],
    ),
    (
        "(use EXCEPT or DENY instead)",
        &["FAIL: ALL", "svcd: fail", "svcd: FAIL@ALL"],
    ),
    ("@x: user name begins with \"@\"", &["svcd: @x@ALL"]),
    ("/x: user name begins with \"/\"", &["svcd: /x@ALL"]),
    (".x: user name begins with dot", &["svcd: .x@ALL"]),
    ("x.: user name ends in dot", &["svcd: x.@ALL"]),
    (
        "LOCAL: user name may be reserved word",
        &["svcd: LOCAL@ALL"],
    ),
    ("grp: unknown or empty netgroup", &["svcd: @grp"]),
    ("open /srv: Is a directory", &["svcd: /srv"]),
    ("10.0.0.0/0: bad net/mask pattern", &["svcd: 10.0.0.0/0"]),
    ("10.0.0.0/33: bad net/mask pattern", &["svcd: 10.0.0.0/33"]),
    ("10.0.0/24: bad net/mask pattern", &["svcd: 10.0.0/24"]),
    ("host/24: bad net/mask pattern", &["svcd: host/24"]),
    ("[::1]/129: bad net/mask pattern", &["svcd: [::1]/129"]),
    ("x.: domain or host name ends in dot", &["svcd: x."]),
    (".5: network number begins with dot", &["svcd: .5"]),
    (
        "/none: No such file or directory",
        &["svcd: ALL: banners /none"],
    ),
    ("unrecognized %z", &["svcd: ALL: spawn /bin/echo %z &"]),
];

/// Text after `error: hosts.allow, line 1: `, and options.
const OF_OPTIONS: &[(&str, &str)] = &[
    ("missing option name", ""),
    ("bad option name: \"bogus\"", "bogus"),
    ("option \"spawn\" requires value", "spawn"),
    ("option \"allow\" requires no value", "allow x"),
    ("option \"allow\" must be at end", "allow: umask 022"),
    ("bad umask value: \"9\"", "umask 9"),
    ("bad nice value: \"x\"", "nice x"),
    ("bad linger value: \"x\"", "linger x"),
    ("bad rfc931 timeout: \"x\"", "rfc931 x"),
    ("bad syslog facility or severity: \"x\"", "severity mail.x"),
    ("unknown user: \"nosuch\"", "user nosuch"),
    ("unknown group: \"nosuch\"", "group nosuch"),
];

#[test]
fn texts_of_rules() {
    let warnings = OF_RULES.iter().flat_map(|(text, rules)| {
        let line = format!("warning: ./etc/hosts.allow, line 1: {text}");
        rules
            .iter()
            .map(move |rule| (line.clone(), (*rule).to_owned()))
    });
    let errors = OF_OPTIONS.iter().map(|(text, option)| {
        let line = format!("error: ./etc/hosts.allow, line 1: {text}");
        (line, format!("svcd: ALL: {option}"))
    });
    for (wanted, rule) in warnings.chain(errors) {
        let tree = tree(&format!("{rule}\n"), "ALL: ALL\n");
        // Row X9 of docs/differences.md: whether inetd starts it says little, and other findings say more.
        let of_inetd = ["no such process name", "not wrapped"];
        let of_inetd = of_inetd.iter().any(|text| wanted.contains(text));
        for (format, shown) in [("classic", true), ("human", !of_inetd)] {
            let said = tcpdchk(&tree, &["--format", format]).stdout;
            assert_eq!(
                said.lines().any(|line| line == wanted),
                shown,
                "{rule}: {wanted}: {said}"
            );
        }
        // The rule itself is what brings it up.
        let good = crate::tree("svcd: ALL\n", "ALL: ALL\n");
        assert_eq!(tcpdchk(&good, &["--format", "classic"]).stdout, "");
    }
}

/// Text, and a change of a good tree.
type OfFiles = (&'static str, fn(&Scratch));

fn inetd(tree: &Scratch, line: &str) {
    tree.file("etc/inetd.conf", format!("{line}\n"));
}

const OF_FILES: &[OfFiles] = &[
    (
        "warning: REAL_DAEMON_DIR /usr/sbin: No such file or directory",
        |tree| {
            fs::remove_dir_all(tree.path().join("usr/sbin")).unwrap();
        },
    ),
    (
        "warning: REAL_DAEMON_DIR /usr/sbin is not a directory",
        |tree| {
            fs::remove_dir_all(tree.path().join("usr/sbin")).unwrap();
            tree.file("usr/sbin", "");
        },
    ),
    ("warning: ./etc/hosts.allow: world writable", |tree| {
        tree.file_with_mode("etc/hosts.allow", "", 0o646);
    }),
    ("warning: /etc/inetd.conf: world writable", |tree| {
        tree.file_with_mode("etc/inetd.conf", "", 0o646);
    }),
    (
        "warning: /etc/inetd.conf, line 1: /usr/sbin/open: world writable",
        |tree| {
            tree.file_with_mode("usr/sbin/open", "", 0o757);
            inetd(tree, "x stream tcp nowait root /usr/sbin/open open");
        },
    ),
    (
        "warning: cannot open ./etc/hosts.allow: Is a directory",
        |tree| {
            fs::remove_file(tree.path().join("etc/hosts.allow")).unwrap();
            fs::create_dir(tree.path().join("etc/hosts.allow")).unwrap();
        },
    ),
    (
        "warning: ./etc/hosts.allow, line 1: missing newline or line too long",
        |tree| {
            tree.file("etc/hosts.allow", "svcd: ALL");
        },
    ),
    (
        "warning: /srv/list, line 2: 10.0.0.0/33: bad net/mask pattern",
        |tree| {
            tree.file("etc/hosts.allow", "svcd: /srv/list\n");
            tree.file("srv/list", "10.\n10.0.0.0/33\n");
        },
    ),
    (
        "warning: /etc/inetd.conf, line 1: incomplete line",
        |tree| {
            inetd(tree, "x stream tcp nowait root /usr/sbin/plaind");
        },
    ),
    (
        "warning: /etc/inetd.conf, line 1: /srv/none: not found: No such file or directory",
        |tree| {
            inetd(tree, "x stream tcp nowait root /srv/none none");
        },
    ),
    (
        "warning: /etc/inetd.conf, line 1: /srv/list: not executable",
        |tree| {
            tree.file_with_mode("srv/list", "", 0o644);
            inetd(tree, "x stream tcp nowait root /srv/list list");
        },
    ),
    (
        "warning: /etc/inetd.conf, line 1: x: not found in /usr/sbin: No such file or directory",
        |tree| {
            inetd(tree, "x stream tcp nowait root /usr/sbin/tcpd x");
        },
    ),
    (
        "warning: /etc/inetd.conf, line 1: rexd may be an insecure service",
        |tree| {
            inetd(tree, "x stream tcp nowait root /usr/sbin/plaind rexd");
        },
    ),
    (
        "warning: /etc/inetd.conf, line 1: rpc.rexd may be an insecure service",
        |tree| {
            inetd(tree, "x stream tcp nowait root /usr/sbin/plaind rpc.rexd");
        },
    ),
    (
        "warning: /etc/inetd.conf, line 1: tcpd is recursively calling itself",
        |tree| {
            inetd(tree, "x stream tcp nowait root /usr/sbin/tcpd tcpd");
        },
    ),
    (
        "warning: /etc/inetd.conf, line 1: /usr/sbin/tcpd: file is set-uid or set-gid",
        |tree| {
            tree.file_with_mode("usr/sbin/tcpd", "", 0o4755);
            inetd(tree, "x stream tcp nowait root /usr/sbin/tcpd svcd");
        },
    ),
    (
        "warning: /etc/inetd.conf, line 1: /usr/sbin/tcpd inserted before /srv/svcd",
        |tree| {
            tree.file_with_mode("srv/svcd", "", 0o755);
            inetd(
                tree,
                "x stream tcp nowait root /usr/sbin/tcpd /srv/svcd svcd",
            );
        },
    ),
    (
        "warning: /etc/inetd.conf, line 1: /usr/sbin/svcd/x: file lookup: Not a directory",
        |tree| {
            inetd(tree, "x stream tcp nowait root /usr/sbin/plaind svcd/x");
        },
    ),
    (
        "warning: /etc/inetd.conf, line 1: svcd: cannot wrap rpc/tcp services",
        |tree| {
            inetd(tree, "x stream rpc/tcp wait root /usr/sbin/tcpd svcd");
        },
    ),
];

#[test]
fn texts_of_files() {
    for (wanted, change) in OF_FILES {
        let tree = tree("", "ALL: ALL\n");
        change(&tree);
        for format in ["classic", "human"] {
            let said = tcpdchk(&tree, &["--format", format]).stdout;
            assert!(said.lines().any(|line| line == *wanted), "{wanted}: {said}");
        }
    }
    let tree = tree(
        "svcd: ALL\nsvcd: ALL: umask 022\nsvcd: ALL: deny\n",
        "svcd: ALL\n",
    );
    let said = tcpdchk(&tree, &["-a", "--format", "classic"]).stdout;
    let text = "implicit \"allow\" at end of rule";
    let expected = [1, 2].map(|line| format!("warning: ./etc/hosts.allow, line {line}: {text}\n"));
    assert_eq!(said, expected.concat());
}
