//! How services are started: tcpd without a name, what to write to put it before a daemon, and a file that is left over.

use tools::testing::Scratch;

use crate::daemons::{install, machine, row};
use crate::{found, found_with, tcpdchk, tree};

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
