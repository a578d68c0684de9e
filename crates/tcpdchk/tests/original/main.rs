//! tcpdchk against Debian's: the same tables, the same lines in the same sequence.

mod rules;

use std::path::Path;

use test_kit::{Program, Scratch, Sides, run};

const HOSTS: &str = "\
127.0.0.1 localhost
127.0.0.2 good.example.test alias.example.test
127.0.0.4 multi.example.test
127.0.0.5 multi.example.test
192.0.2.9 1.2.3.4
192.0.2.10 cross.example.test
192.0.2.11 first.example.test second.example.test
192.0.2.12 first.example.test
2001:db8::5 six.example.test
";

fn sides(test: &str) -> Option<Sides> {
    Sides::new(test, "tcpdchk", env!("CARGO_BIN_EXE_tcpdchk"), HOSTS)
}

/// What both print; the exit status is row X2 of the differences.
fn compare(sides: &Sides, folder: &Path, arguments: &[&str], what: &str) -> String {
    let debian = sides.debian(folder, arguments);
    let mut classic = vec!["--format", "classic"];
    classic.extend(arguments);
    let ours = sides.ours(folder, &classic);
    assert_eq!(ours.stdout, debian.stdout, "{what} {arguments:?}");
    assert_eq!(ours.stderr, debian.stderr, "{what} {arguments:?}");
    assert_eq!(debian.status, Some(0));
    // People see the original's lines too, in the same sequence, but for those of row X9.
    let human = sides.ours(folder, &[&["--all"], arguments].concat());
    let mut lines = human.stdout.lines();
    let of_inetd = |line: &&str| {
        line.contains(": no such process name in ")
            || line.ends_with(": service possibly not wrapped")
    };
    for line in debian.stdout.lines().filter(|line| !of_inetd(line)) {
        let wanted = line.trim_end_matches('\r');
        assert!(
            lines.any(|line| line.trim_end_matches('\r') == wanted),
            "{wanted}: {human:?}"
        );
    }
    ours.stdout
}

/// What is not about a rule: permissions, inetd.conf, lists, banners, tables, the daemon's folder.
#[test]
fn texts_about_files() {
    let Some(sides) = sides("texts_about_files") else {
        return;
    };
    let scratch = Scratch::new();
    let list = scratch.file(
        "list",
        "nope 10.0.0.0/33\n\n good.example.test\nx/y 192.0.2.77",
    );
    let allow = format!(
        "direct wrapped none open: ALL: banners ban\nx svcd@{0}: ALL\nx: {0}\nx: joe@{0}\n",
        list.display()
    );
    scratch.file_with_mode("hosts.allow", allow, 0o666);
    scratch.file_with_mode("hosts.deny", "ALL: ALL: allow\n", 0o646);
    scratch.file("ban/daemon_name", "hello %a\n");
    let program = scratch.file_with_mode("open", "", 0o757);
    let plain = scratch.file("plain", "");
    let conf = format!(
        "direct stream tcp nowait root /usr/sbin/direct direct\n\
         wrapped stream tcp nowait root /usr/sbin/tcpd {0}\n\
         open stream tcp nowait root {0} open\n\
         c stream tcp nowait root {1} plain\n\
         d stream tcp nowait root /srv/none\n\
         e stream tcp nowait root /usr/sbin/tcpd /srv/rexd\n\
         f stream tcp nowait root /usr/sbin/tcpd tcpd\n\
         g stream rpc/tcp wait root /usr/sbin/tcpd nope\n",
        program.display(),
        plain.display()
    );
    scratch.file("inetd.conf", conf);
    scratch.file("empty", "");
    for arguments in [
        &["-d"][..],
        &["-d", "-v"],
        &["-d", "-v", "-a", "-i", "inetd.conf"],
        &["-di", "empty"],
        &["-dvi", "/"],
    ] {
        let said = compare(&sides, scratch.path(), arguments, "files");
        assert!(
            said.contains("warning: hosts.deny: world writable\n"),
            "{said}"
        );
    }
    let said = compare(&sides, scratch.path(), &["-di", "inetd.conf"], "inetd");
    for text in [
        "inetd.conf, line 5: incomplete line",
        "rexd may be an insecure service",
        "tcpd is recursively calling itself",
        "not executable",
        "open: world writable",
        "direct: service possibly not wrapped",
        "none: no such process name in inetd.conf",
        "list, line 1: nope: host not found",
        "list, line 1: 10.0.0.0/33: bad net/mask pattern",
        "list, line 4: x/y: bad net/mask pattern",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
}

/// Tables that are not there, empty, or not readable as a table.
#[test]
fn odd_tables() {
    let Some(sides) = sides("odd_tables") else {
        return;
    };
    let empty = Scratch::new();
    assert_eq!(
        compare(&sides, empty.path(), &["-dv"], "none")
            .lines()
            .count(),
        1
    );
    for text in ["", "\n", "# x\n\n \t\n", "# x: \\\ny: z\n", "a: b\r\n"] {
        let scratch = Scratch::new();
        scratch.file("hosts.allow", text);
        // Row X3: CR separates words here too.
        if !text.contains('\r') {
            compare(&sides, scratch.path(), &["-dv"], text);
        }
    }
}

/// Row T10: the last line has its own number. Row X3: CR separates words; what stands after a
/// list is checked. Row X8: an interface may be named. Row T2, T3: networks.
#[test]
fn where_we_differ() {
    let Some(sides) = sides("where_we_differ") else {
        return;
    };
    for (table, debian, ours) in [
        (
            "svcd: ALL\nsvcd: x",
            "warning: hosts.allow, line 1: missing newline or line too long\n",
            "warning: hosts.allow, line 2: missing newline or line too long\n",
        ),
        (
            "sshd: ALL\r\n",
            "warning: hosts.allow, line 1: ALL\r: host not found\n",
            "",
        ),
        (
            "sshd: /etc/nsswitch.conf nope\n",
            "",
            "warning: hosts.allow, line 1: nope: host not found\n",
        ),
        (
            "sshd: [::1%lo]\n",
            "warning: hosts.allow, line 1: [::1%lo]: host not found\n",
            "",
        ),
        (
            "sshd: 0.0.0.0/0\n",
            "warning: hosts.allow, line 1: 0.0.0.0/0: bad net/mask pattern\n",
            "",
        ),
        (
            "sshd: [::1]/x\n",
            "",
            "warning: hosts.allow, line 1: [::1]/x: bad net/mask pattern\n",
        ),
        (
            "sshd: 10.0.0.0/8x\n",
            "",
            "warning: hosts.allow, line 1: 10.0.0.0/8x: bad net/mask pattern\n",
        ),
        (
            "  # sshd: nope\n",
            "warning: hosts.allow, line 1: nope: host not found\n",
            "",
        ),
    ] {
        let scratch = Scratch::new();
        scratch.file("hosts.allow", table);
        let lines = |text: String| -> Vec<String> {
            let lines = text
                .lines()
                .filter(|line| line.starts_with("warning: hosts"));
            lines.map(str::to_owned).collect()
        };
        let theirs = lines(sides.debian(scratch.path(), &["-d"]).stdout);
        let mine = lines(
            sides
                .ours(scratch.path(), &["-d", "--format", "classic"])
                .stdout,
        );
        let debian: Vec<_> = debian.split_terminator('\n').collect();
        let ours: Vec<_> = ours.split_terminator('\n').collect();
        for text in debian {
            assert!(
                theirs
                    .iter()
                    .any(|line| line == text.trim_end_matches('\n')),
                "{table:?} {theirs:?}"
            );
            assert!(!mine.iter().any(|line| line == text), "{table:?} {mine:?}");
        }
        for text in ours {
            assert!(mine.iter().any(|line| line == text), "{table:?} {mine:?}");
            assert!(
                !theirs.iter().any(|line| line == text),
                "{table:?} {theirs:?}"
            );
        }
    }
}

/// Wrong usage gives the original's usage text; row X2: the exit status is 2.
#[test]
fn usage() {
    let Some(sides) = sides("usage") else {
        return;
    };
    for arguments in [&["x"][..], &["-x"], &["-i"], &["-d", "-i", "/nonexistent"]] {
        let [debian, ours] = sides.compare_usage(arguments, " [-a]");
        assert_eq!((debian.status, ours.status), (Some(1), Some(2)));
    }
}

/// Row X4: a file name is text, whatever it holds.
#[test]
fn file_names_are_no_formats() {
    let scratch = Scratch::new();
    let list = scratch.file("%s%n%s", "10.0.0.0/33\n");
    scratch.file("hosts.allow", format!("sshd: {}\n", list.display()));
    let ours = Program::ours(env!("CARGO_BIN_EXE_tcpdchk"));
    let mut command = ours.command(scratch.path());
    let ran = run(command.args(["-d", "-i", "/dev/null", "--no-dns", "--format", "classic"]));
    let text = format!(
        "warning: {}, line 1: 10.0.0.0/33: bad net/mask pattern\n",
        list.display()
    );
    assert_eq!((ran.stdout, ran.status), (text, Some(1)));
}
