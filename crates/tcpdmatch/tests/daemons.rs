//! What tcpdmatch says of daemons that treat their clients otherwise than tcpd does, or that nobody starts.

use std::process::Command;

use test_kit::{Machine, Program, Run, Scratch, run, skip};

const HOSTS: &str = "127.0.0.1 localhost\n192.0.2.7 pc.example.org\n192.0.2.8 pc.example.net\n";

fn ours() -> Program {
    Program::ours(env!("CARGO_BIN_EXE_tcpdmatch"))
}

/// snmpd tells the tables no names, so a rule of names is none to it. Each way of asking says so, if that makes a
/// difference.
#[test]
fn names_that_are_never_looked_up() {
    let Some(machine) = Machine::new(HOSTS) else {
        return skip("names_that_are_never_looked_up", "namespaces");
    };
    let scratch = Scratch::new();
    scratch.file("hosts.allow", "snmpd rpcbind: .example.org\n");
    scratch.file("hosts.deny", "ALL: ALL\n");
    scratch.file(
        "policy",
        "snmpd pc.example.org => granted\nsnmpd pc.example.net => denied\n",
    );
    let asked = |arguments: &[&str]| -> Run {
        run(ours()
            .command_with(&machine, scratch.path())
            .args(arguments))
    };
    let text = "snmpd: looks no names up, so that its clients have none: denied, and not granted";
    let told = asked(&["-d", "snmpd", "pc.example.org"]).stdout;
    assert!(told.contains(&format!("warning: {text}\n")), "{told}");
    assert!(told.contains("access:   granted"), "{told}");
    let told = asked(&["-d", "--format", "json", "snmpd", "pc.example.org"]).stdout;
    assert!(told.contains(text), "{told}");
    for (daemon, client) in [
        ("snmpd", "pc.example.net"),
        ("rpcbind", "pc.example.org"),
        ("snmpd", "192.0.2.7"),
    ] {
        let told = asked(&["-d", daemon, client]).stdout;
        assert!(!told.contains("looks no names up"), "{told}");
    }
    let told = asked(&["-d", "--test", "policy"]).stdout;
    assert!(
        told.contains(&format!("policy:1: warning: {text}\n")),
        "{told}"
    );
    assert!(
        !told.contains("policy:2:") && told.contains("ok: 2 met"),
        "{told}"
    );
    let told = asked(&["-d", "--format", "json", "--test", "policy"]).stdout;
    assert!(told.contains(&format!("\"warning\":\"{text}\"")), "{told}");
}

/// The original's warning that inetd.conf has no such line is left out where the service is known otherwise.
#[test]
fn a_service_that_inetd_does_not_start() {
    let scratch = Scratch::new();
    scratch.file("etc/hosts.allow", "vsftpd other: ALL\n");
    std::fs::create_dir_all(scratch.path().join("usr/sbin")).unwrap();
    let told = |daemon: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tcpdmatch"));
        let command = command.current_dir(scratch.path());
        run(command.args(["--root", ".", daemon, "192.0.2.7"])).stdout
    };
    // Without any inetd.conf no file is named, if something else is known.
    scratch.file_with_mode("usr/sbin/vsftpd", "#!/bin/sh\n", 0o755);
    let text = "warning: vsftpd: /usr/sbin/vsftpd reads the tables only with tcp_wrappers=YES";
    assert!(told("vsftpd").contains(text), "{}", told("vsftpd"));
    scratch.file(
        "etc/inetd.conf",
        "x stream tcp nowait root /usr/sbin/tcpd /usr/sbin/x\n",
    );
    let text = "warning: vsftpd: no such process name in /etc/inetd.conf\n";
    assert!(told("vsftpd").contains(text), "{}", told("vsftpd"));
    scratch.file(
        "etc/xinetd.conf",
        "service ftp\n{\n flags = NAMEINARGS NOLIBWRAP\n server = /usr/sbin/tcpd\n server_args = /usr/sbin/vsftpd\n}\n",
    );
    assert!(!told("vsftpd").contains("vsftpd: "), "{}", told("vsftpd"));
    assert!(told("other").contains("other: no such process name"));
}
