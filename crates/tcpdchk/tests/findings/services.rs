//! How services are started: tcpd without a name, what to write to put it before a daemon, and a file that is left over.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use test_kit::{Scratch, skip};

use crate::daemons::{install, machine, row};
use crate::{found, found_with, tcpdchk, tree};

/// A user that is not root.
const NOBODY: u32 = 65534;

/// tcpd that is not told before which daemon it stands.
#[test]
fn tcpd_without_a_name() {
    let tree = tree("svcd: ALL\n", "ALL: ALL\n");
    tree.file(
        "etc/systemd/system/telnet@.service",
        "[Unit]\nDescription=x\n[Service]\nExecStart=/usr/sbin/tcpd /usr/sbin/telnetd -h\nStandardInput=socket\n",
    );
    tree.file(
        "etc/xinetd.conf",
        "service telnet\n{\n server = /usr/sbin/tcpd\n server_args = /usr/sbin/in.telnetd\n}\n",
    );
    let lines = found(&tree, "tcpd-unnamed");
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].ends_with(
            "/etc/xinetd.conf:3: error: xinetd, service telnet runs tcpd under its own name, so in.telnetd is never started"
        ),
        "{lines:?}"
    );
    assert!(
        lines[1].contains("/etc/systemd/system/telnet@.service:4: error"),
        "{lines:?}"
    );
    let human = tcpdchk(&tree, &[]).stdout;
    for line in [
        "ExecStart=@/usr/sbin/tcpd /usr/sbin/telnetd -h",
        "flags = NAMEINARGS NOLIBWRAP",
    ] {
        assert!(human.contains(line), "{human}");
    }
    let shown = "telnetd no tcpd without its name";
    assert!(
        row(&tree, "telnetd").starts_with(shown),
        "{}",
        row(&tree, "telnetd")
    );
    // As those lines have it, it is right.
    tree.file(
        "etc/systemd/system/telnet@.service",
        "[Service]\nExecStart=@/usr/sbin/tcpd /usr/sbin/telnetd -h\nStandardInput=socket\n",
    );
    tree.file(
        "etc/xinetd.conf",
        "service telnet\n{\n flags = NAMEINARGS NOLIBWRAP\n server = /usr/sbin/tcpd\n server_args = /usr/sbin/in.telnetd\n}\n",
    );
    assert_eq!(found(&tree, "tcpd-unnamed"), [""; 0]);
    for name in ["telnetd", "in.telnetd"] {
        assert!(row(&tree, name).starts_with(&format!("{name} yes tcpd")));
    }
}

/// Where tcpd is run by way of a shell or another program, it is not certain that the rule has no effect.
#[test]
fn tcpd_by_way_of_another_program() {
    let Some(tree) = machine("telnetd: ALL\n", "ALL: ALL\n") else {
        return;
    };
    install(&tree, "plain", "usr/sbin/telnetd");
    for (name, text) in [
        (
            "through",
            "#!/bin/sh\nexec /usr/sbin/tcpd /usr/sbin/telnetd\n",
        ),
        ("plainly", "#!/bin/sh\nexec /usr/sbin/telnetd\n"),
    ] {
        tree.file(&format!("usr/sbin/{name}"), text);
    }
    for (command, errors) in [
        ("/usr/sbin/through", 0),
        ("/usr/sbin/plainly", 1),
        ("/bin/sh -c \"exec /usr/sbin/tcpd telnetd\"", 0),
        ("/usr/bin/env -- /usr/sbin/tcpd /usr/sbin/telnetd", 0),
        ("/bin/sh -c \"exec /usr/sbin/tcpd ftpd\"", 1),
        ("/bin/sh -c \"exec telnetd\"", 1),
    ] {
        let unit = format!("[Service]\nExecStart={command}\n");
        tree.file("etc/systemd/system/telnet@.service", &unit);
        assert_eq!(found(&tree, "no-effect").len(), errors, "{command}");
        assert_eq!(found(&tree, "untold-daemon").len(), 1 - errors, "{command}");
    }
}

/// Where a file of a super-server cannot be read, nothing that it may say is ruled out.
#[test]
fn a_super_server_whose_files_cannot_be_read() {
    let Some(tree) = machine("telnetd: ALL\n", "ALL: ALL\n") else {
        return;
    };
    install(&tree, "plain", "usr/sbin/telnetd");
    tree.file("etc/systemd/system/b.service", "[Unit]\n");
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let said = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tcpdchk"));
        command.args(["--no-dns", "--format", "gcc", "--root"]);
        command.arg(tree.path());
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        let output = command
            .output()
            .ok()
            .filter(|output| !output.stdout.is_empty());
        output.map(|output| String::from_utf8(output.stdout).unwrap())
    };
    if said().is_none() {
        return skip("findings::services", "a checkout that every user can read");
    }
    for path in [
        "etc/xinetd.conf",
        "etc/systemd/system/a.service",
        "etc/systemd/system/b.service.d/b.conf",
    ] {
        tree.file_with_mode(path, "", 0o000);
        let text = said().unwrap();
        assert!(
            text.contains(&format!("/{path} cannot be read [untold-daemon]")),
            "{text}"
        );
        assert!(!text.contains("no-effect"), "{text}");
        // Who may not write it may still say who may.
        fs::set_permissions(tree.path().join(path), Permissions::from_mode(0o644)).unwrap();
        let text = said().unwrap();
        assert!(text.contains("[no-effect]"), "{path}: {text}");
    }
}

/// Findings without a place are not told by their number alone: it would not be known which files are meant.
#[test]
fn each_file_is_named() {
    let tree = tree("svcd: /srv/list\nsvcd: /srv/more\n", "ALL: ALL\n");
    for path in ["etc/hosts.allow", "etc/hosts.deny"] {
        let text = fs::read_to_string(tree.path().join(path)).unwrap();
        tree.file_with_mode(path, text, 0o600);
    }
    for path in ["srv/list", "srv/more"] {
        tree.file_with_mode(path, "192.0.2.1\n", 0o600);
    }
    let human = tcpdchk(&tree, &[]).stdout;
    for table in ["hosts.allow", "hosts.deny"] {
        let text = format!("/etc/{table}: others than root cannot read it");
        assert!(human.contains(&text), "{human}");
    }
}

/// For each super-server the lines that put tcpd before a daemon.
#[test]
fn what_to_write_elsewhere() {
    let Some(tree) = machine("plaind: ALL\n", "ALL: ALL\n") else {
        return;
    };
    install(&tree, "plain", "usr/sbin/plaind");
    let human = |tree: &Scratch| {
        let text = tcpdchk(tree, &[]).stdout;
        let lines = text.lines().map(|line| {
            line.trim_start_matches([' ', '|', '=', '├', '╰', '─', ' '])
                .trim()
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    tree.file(
        "etc/inetd.conf",
        "n stream tcp nowait root /usr/sbin/plaind plaind -x 1\n",
    );
    let said = human(&tree);
    assert!(
        said.contains("/usr/sbin/tcpd /usr/sbin/plaind -x 1"),
        "{said}"
    );
    // What is written there is taken for what it is.
    tree.file(
        "etc/inetd.conf",
        "n stream tcp nowait root /usr/sbin/tcpd /usr/sbin/plaind -x 1\n",
    );
    assert_eq!(found(&tree, "no-effect"), [""; 0]);
    tree.file("etc/inetd.conf", "");
    tree.file(
        "etc/xinetd.conf",
        "service n\n{\n server = /usr/sbin/plaind\n server_args = -x\n}\n",
    );
    let said = human(&tree);
    for line in [
        "flags       = NAMEINARGS NOLIBWRAP",
        "server_args = /usr/sbin/plaind -x",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    tree.file("etc/xinetd.conf", "");
    tree.file(
        "etc/systemd/system/n@.service",
        "[Service]\nExecStart=/usr/sbin/plaind -x\nStandardInput=socket\n",
    );
    let said = human(&tree);
    assert!(
        said.contains("/etc/systemd/system/n@.service.d/tcpd.conf:"),
        "{said}"
    );
    tree.file(
        "etc/systemd/system/n@.service.d/tcpd.conf",
        "[Service]\nExecStart=\nExecStart=@/usr/sbin/tcpd /usr/sbin/plaind -x\n",
    );
    assert_eq!(found(&tree, "no-effect"), [""; 0]);
    // sshd stands for itself, and is known to serve one connection too.
    install(&tree, "plain", "usr/sbin/sshd");
    tree.file("etc/hosts.allow", "sshd: ALL\n");
    tree.file(
        "usr/lib/systemd/system/ssh.service",
        "[Service]\nExecStart=/usr/sbin/sshd -D\n",
    );
    let said = human(&tree);
    for line in [
        "/etc/systemd/system/tcpd-ssh.socket:",
        "Conflicts=ssh.service ssh.socket",
        "ListenStream=22",
        "ExecStart=@/usr/sbin/tcpd /usr/sbin/sshd -i",
        "RuntimeDirectory=sshd",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

/// The original's bare line is shown where the original is asked for, and nowhere else.
#[test]
fn a_leftover_inetd_conf() {
    let tree = tree("vsftpd: ALL\n", "ALL: ALL\n");
    tree.file(
        "etc/xinetd.conf",
        "service ftp\n{\n flags = NAMEINARGS NOLIBWRAP\n server = /usr/sbin/tcpd\n server_args = /usr/sbin/vsftpd\n}\n",
    );
    assert_eq!(tcpdchk(&tree, &[]).stdout, "");
    let classic = tcpdchk(&tree, &["--format", "classic"]).stdout;
    assert!(
        classic.contains("vsftpd: no such process name in /etc/inetd.conf"),
        "{classic}"
    );
    tree.file("etc/hosts.allow", "nothere: ALL\n");
    let said = tcpdchk(&tree, &[]).stdout;
    assert!(!said.contains("no such process name"), "{said}");
    assert_eq!(found_with(&tree, "unknown-daemon", &[]).len(), 1);
}
