//! Whether a daemon reads the tables: the cases that people met, each with what is wrong and what is right.

use std::process::Command;

use test_kit::{Scratch, skip};

use crate::{found, tcpdchk, tree};

/// A tree with a program `linked` that is linked with libwrap, and one that is not. `None`: there is no compiler.
pub(crate) fn machine(allow: &str, deny: &str) -> Option<Scratch> {
    let tree = tree(allow, deny);
    tree.file("x.c", "int main(void) { return 0; }\n");
    std::fs::create_dir_all(tree.path().join("usr/lib")).unwrap();
    let built = [
        &[
            "-shared",
            "-fPIC",
            "-Wl,-soname,libwrap.so.0",
            "-o",
            "usr/lib/libwrap.so.0",
            "x.c",
        ][..],
        &[
            "-o",
            "linked",
            "-Wl,--no-as-needed",
            "x.c",
            "usr/lib/libwrap.so.0",
        ],
        &["-o", "plain", "x.c"],
        &[
            "-shared",
            "-fPIC",
            "-o",
            "module.so",
            "-Wl,--no-as-needed",
            "x.c",
            "usr/lib/libwrap.so.0",
        ],
        &["-o", "loader", "loader.c"],
    ];
    tree.file(
        "loader.c",
        "#include <dlfcn.h>\nint main(void) { return dlopen(\"x\", 1) != 0; }\n",
    );
    for arguments in built {
        let mut command = Command::new("cc");
        let command = command.current_dir(tree.path()).args(arguments);
        if !command.status().is_ok_and(|status| status.success()) {
            skip("findings::daemons", "cc");
            return None;
        }
    }
    Some(tree)
}

/// Installs one of the programs.
pub(crate) fn install(tree: &Scratch, kind: &str, path: &str) {
    let path = tree.file_with_mode(path, "", 0o755);
    std::fs::copy(tree.path().join(kind), path).unwrap();
}

/// The row of `--services` for a daemon.
pub(crate) fn row(tree: &Scratch, name: &str) -> String {
    let table = tcpdchk(tree, &["--services"]).stdout;
    let row = table
        .lines()
        .find(|line| line.split_whitespace().next() == Some(name));
    let words: Vec<_> = row.unwrap_or_default().split_whitespace().collect();
    words.join(" ")
}

/// What is said of daemons, by all kinds of findings.
fn said(tree: &Scratch) -> Vec<String> {
    let ran = tcpdchk(tree, &["--format", "gcc"]).stdout;
    let kinds = [
        "no-effect",
        "idle-daemon",
        "name-unasked",
        "tcpd-unnamed",
        "unknown-daemon",
        "absent-daemon",
        "untold-daemon",
    ];
    ran.lines()
        .filter(|line| {
            kinds
                .iter()
                .any(|kind| line.ends_with(&format!("[{kind}]")))
        })
        .map(str::to_owned)
        .collect()
}

/// Since OpenSSH 9.8 a helper asks, as `sshd`.
#[test]
fn sshd_and_its_helper() {
    let Some(tree) = machine("sshd: 192.0.2.0/24\n", "ALL: ALL\n") else {
        return;
    };
    install(&tree, "plain", "usr/sbin/sshd");
    let lines = found(&tree, "no-effect");
    assert!(
        lines[0].contains("sshd: /usr/sbin/sshd is not behind tcpd and does not use libwrap"),
        "{lines:?}"
    );
    for folder in ["usr/lib/openssh", "usr/libexec/openssh", "usr/lib/ssh"] {
        let helper = format!("{folder}/sshd-session");
        install(&tree, "linked", &helper);
        assert_eq!(said(&tree), [""; 0], "{folder}");
        assert_eq!(
            row(&tree, "sshd"),
            format!("sshd yes helper /usr/sbin/sshd through /{helper}")
        );
        install(&tree, "plain", &helper);
        assert_eq!(found(&tree, "no-effect").len(), 1, "{folder}");
        std::fs::remove_file(tree.path().join(helper)).unwrap();
    }
    // One that speaks of a helper has it somewhere.
    let plain = std::fs::read(tree.path().join("plain")).unwrap();
    tree.file(
        "usr/sbin/sshd",
        [&plain[..], b"\0/opt/sshd-session\0"].concat(),
    );
    assert_eq!(found(&tree, "no-effect"), [""; 0]);
    assert_eq!(found(&tree, "untold-daemon").len(), 1);
    install(&tree, "linked", "usr/lib/openssh/sshd-session");
    tree.file("etc/hosts.allow", "sshd-session: 192.0.2.0/24\n");
    let lines = found(&tree, "no-effect");
    assert!(
        lines[0].contains("/usr/sbin/sshd asks as sshd, so the rule has no effect; write: sshd"),
        "{lines:?}"
    );
}

/// vsftpd asks only if it is told to.
#[test]
fn a_setting_that_is_read() {
    let Some(tree) = machine("", "vsftpd: ALL\nALL: ALL\n") else {
        return;
    };
    install(&tree, "linked", "usr/sbin/vsftpd");
    // Nothing is known of its setting, so nothing is certain.
    assert_eq!(found(&tree, "no-effect"), [""; 0]);
    assert_eq!(found(&tree, "untold-daemon").len(), 1);
    for (conf, wrong) in [
        ("listen=NO\n", "which /etc/vsftpd.conf lacks"),
        (
            "a=b\n#x\ntcp_wrappers=NO\n",
            "which /etc/vsftpd.conf line 3 does not set",
        ),
        ("#tcp_wrappers=YES\n", "which /etc/vsftpd.conf lacks"),
        ("tcp_wrappers=YES\ntcp_wrappers=NO\n", "line 2"),
        ("tcp_wrappers=YES\n", ""),
        ("tcp_wrappers=yes\n", ""),
    ] {
        tree.file("etc/vsftpd.conf", conf);
        let lines = found(&tree, "no-effect");
        assert_eq!(
            lines.len(),
            usize::from(!wrong.is_empty()),
            "{conf:?}: {lines:?}"
        );
        let text = lines.first().map_or("", |line| line);
        assert!(text.contains(wrong), "{conf:?}: {lines:?}");
        let set = match wrong {
            "" => {
                "yes libwrap /usr/sbin/vsftpd needs tcp_wrappers=YES, which is set (/etc/vsftpd.conf:1)"
            }
            _ => {
                "no libwrap /usr/sbin/vsftpd needs tcp_wrappers=YES, which is not set (/etc/vsftpd.conf"
            }
        };
        assert!(
            row(&tree, "vsftpd").contains(set),
            "{}",
            row(&tree, "vsftpd")
        );
    }
    // What is to be written where, ready to copy.
    tree.file("etc/vsftpd.conf", "listen=NO\n");
    let json = tcpdchk(&tree, &["--format", "json"]).stdout;
    let wanted = r#""elsewhere":"in /etc/vsftpd.conf:\ntcp_wrappers=YES""#;
    assert!(json.contains(wanted), "{json}");
    // A program that cannot ask does not ask with the setting either.
    install(&tree, "plain", "usr/sbin/vsftpd");
    let lines = found(&tree, "no-effect");
    assert!(
        lines[0].contains("is not behind tcpd and does not use libwrap"),
        "{lines:?}"
    );
    install(&tree, "linked", "usr/sbin/vsftpd");
    // The file that its unit names is the one that counts.
    tree.file(
        "usr/lib/systemd/system/vsftpd.service",
        "[Service]\nExecStart=/usr/sbin/vsftpd /srv/own.conf\n",
    );
    tree.file("srv/own.conf", "listen=YES\n");
    let lines = found(&tree, "no-effect");
    assert!(
        lines[0].contains("started by systemd, vsftpd.service"),
        "{lines:?}"
    );
    assert!(lines[0].contains("/srv/own.conf lacks"), "{lines:?}");
    // So does what its command line says, after that file.
    for (option, wrong) in [("YES", 0), ("NO", 1)] {
        let unit = format!(
            "[Service]\nExecStart=/usr/sbin/vsftpd /srv/own.conf -otcp_wrappers={option}\n"
        );
        tree.file("usr/lib/systemd/system/vsftpd.service", unit);
        assert_eq!(found(&tree, "no-effect").len(), wrong, "{option}");
    }
    // Behind tcpd it need not ask itself.
    tree.file(
        "etc/inetd.conf",
        "ftp stream tcp nowait root /usr/sbin/tcpd /usr/sbin/vsftpd\n",
    );
    assert_eq!(said(&tree), [""; 0]);
}

/// stunnel asks for each section, under its name.
#[test]
fn sections_of_stunnel() {
    let Some(tree) = machine("https: ALL\n", "ALL: ALL\n") else {
        return;
    };
    install(&tree, "linked", "usr/bin/stunnel4");
    tree.file(
        "etc/stunnel/a.conf",
        "pid =\n[https]\naccept = 443\nlibwrap = yes\n[imaps]\naccept = 993\n",
    );
    assert_eq!(said(&tree), [""; 0]);
    let shown = "https yes libwrap /usr/bin/stunnel4 stunnel, section https; needs libwrap = yes, which is set \
                 (/etc/stunnel/a.conf:4)";
    assert_eq!(row(&tree, "https"), shown);
    tree.file("etc/hosts.allow", "imaps: ALL\nstunnel4: ALL\n");
    let lines = found(&tree, "no-effect");
    assert!(
        lines[0].contains("imaps: /usr/bin/stunnel4, started by stunnel, section imaps, reads the tables only with libwrap = yes"),
        "{lines:?}"
    );
    assert!(lines[1].contains("asks as https, imaps"), "{lines:?}");
    // Of one section the name is offered.
    tree.file("etc/stunnel/a.conf", "[https]\nlibwrap = yes\n");
    tree.file("etc/hosts.allow", "stunnel4: ALL\n");
    let lines = found(&tree, "no-effect");
    assert!(lines[0].ends_with("; write: https"), "{lines:?}");
    // What stands before the first section counts for all; without any section it is `stunnel`.
    tree.file("etc/hosts.allow", "imaps: ALL\n");
    tree.file(
        "etc/stunnel/a.conf",
        "libwrap = yes\n[imaps]\naccept = 993\n",
    );
    assert_eq!(said(&tree), [""; 0]);
    tree.file("etc/stunnel/a.conf", "libwrap = yes\nconnect = 1\n");
    tree.file("etc/hosts.allow", "stunnel: ALL\n");
    assert_eq!(said(&tree), [""; 0]);
    tree.file("etc/hosts.allow", "stunnel4: ALL\n");
    assert!(found(&tree, "no-effect")[0].ends_with("; write: stunnel"));
    // One that was built without libwrap asks in no section.
    install(&tree, "plain", "usr/bin/stunnel4");
    tree.file("etc/hosts.allow", "stunnel: ALL\n");
    assert_eq!(found(&tree, "unknown-daemon").len(), 1);
}

/// sslh asks for each protocol, and some daemons under names of a configuration that is not read.
#[test]
fn names_of_other_configurations() {
    let Some(tree) = machine("ssh: ALL\n", "ALL: ALL\n") else {
        return;
    };
    install(&tree, "linked", "usr/sbin/sslh");
    tree.file(
        "etc/sslh/sslh.cfg",
        "protocols: (\n { name: \"ssh\"; service: \"ssh\"; host: \"localhost\"; port: \"22\"; }\n);\n",
    );
    assert_eq!(said(&tree), [""; 0]);
    assert_eq!(
        row(&tree, "ssh"),
        "ssh yes libwrap /usr/sbin/sslh sslh, service ssh (/etc/sslh/sslh.cfg:2)"
    );
    tree.file("etc/hosts.allow", "sslh: ALL\n");
    assert!(
        found(&tree, "no-effect")[0]
            .ends_with("asks as ssh, so the rule has no effect; write: ssh")
    );
    // bacula asks under the name of its resource. Its own name is not certain to be none, and others may be typing errors.
    install(&tree, "linked", "usr/sbin/bacula-fd");
    tree.file(
        "etc/bacula/bacula-fd.conf",
        "FileDaemon {\n Name = host-fd\n}\n",
    );
    tree.file(
        "etc/hosts.allow",
        "bacula-fd: ALL\nhost-fd: ALL\nhost-fdd: ALL\n",
    );
    let lines = said(&tree);
    let kinds: Vec<_> = lines
        .iter()
        .map(|line| line.rsplit('[').next().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["untold-daemon]", "untold-daemon]", "unknown-daemon]"],
        "{lines:?}"
    );
    assert!(
        lines[1].contains("asks under the names in its configuration"),
        "{lines:?}"
    );
}

/// xinetd asks under the name that `libwrap =` gives.
#[test]
fn the_name_that_xinetd_is_given() {
    let Some(tree) = machine("check_mk: ALL\n", "ALL: ALL\n") else {
        return;
    };
    install(&tree, "linked", "usr/sbin/xinetd");
    install(&tree, "plain", "usr/bin/check_mk_agent");
    let service = "service check_mk\n{\n socket_type = stream\n libwrap = check_mk\n server = /usr/bin/check_mk_agent\n}\n";
    tree.file("etc/xinetd.conf", service);
    assert_eq!(said(&tree), [""; 0]);
    let shown = "check_mk yes starter /usr/bin/check_mk_agent xinetd, service check_mk (/etc/xinetd.conf:5)";
    assert_eq!(row(&tree, "check_mk"), shown);
    tree.file("etc/hosts.allow", "check_mk_agent: ALL\n");
    let lines = found(&tree, "no-effect");
    assert!(
        lines[0].contains("started by xinetd, service check_mk, asks as check_mk, so the rule has no effect; write: check_mk"),
        "{lines:?}"
    );
    // xinetd itself serves nobody under its own name.
    tree.file("etc/hosts.allow", "xinetd: ALL\n");
    let lines = found(&tree, "no-effect");
    assert!(
        lines[0].contains("asks under the names in its configuration"),
        "{lines:?}"
    );
}

/// A module that is loaded at run time asks.
#[test]
fn modules() {
    let Some(tree) = machine("", "syslog-ng loader: 127.0.0.9\nALL: ALL\n") else {
        return;
    };
    install(&tree, "plain", "usr/sbin/syslog-ng");
    install(&tree, "loader", "usr/sbin/loader");
    // Without the module in its place nothing is certain.
    assert_eq!(found(&tree, "no-effect"), [""; 0]);
    assert_eq!(found(&tree, "untold-daemon").len(), 2);
    install(&tree, "module.so", "usr/lib/syslog-ng/4.8/libafsocket.so");
    install(&tree, "module.so", "usr/lib/loader/one.so");
    assert_eq!(
        row(&tree, "syslog-ng"),
        "syslog-ng yes module /usr/sbin/syslog-ng through /usr/lib/syslog-ng/4.8/libafsocket.so"
    );
    let lines = said(&tree);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].contains("/usr/sbin/loader reads them if it loads a module that does"),
        "{lines:?}"
    );
    // Its modules are known, and none asks.
    install(&tree, "plain", "usr/lib/loader/one.so");
    let lines = said(&tree);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("[idle-daemon]"), "{lines:?}");
}

/// A list of which some daemons read the tables.
#[test]
fn one_word_of_a_list() {
    let words = "rpcbind mountd nfsd statd lockd rquotad";
    let Some(tree) = machine(&format!("{words}: ALL\n"), "ALL: ALL\n") else {
        return;
    };
    for program in ["rpcbind", "rpc.mountd", "rpc.statd", "rpc.rquotad"] {
        install(&tree, "linked", &format!("usr/sbin/{program}"));
    }
    install(&tree, "plain", "usr/sbin/rpc.nfsd");
    let lines = said(&tree);
    assert_eq!(lines.len(), 2, "{lines:?}");
    let text = "hosts.allow:1:16: warning: nfsd: runs in the kernel, which does not read the tables, so this word has no \
                effect [idle-daemon]";
    assert!(lines[0].contains(text), "{lines:?}");
    assert!(lines[1].contains("lockd: runs in the kernel"), "{lines:?}");
    // Alone it makes the whole rule idle; what was said before does not hide that.
    tree.file("etc/hosts.allow", format!("{words}: 10.\nnfsd: ALL\n"));
    let lines = found(&tree, "no-effect");
    assert!(
        lines.len() == 1 && lines[0].contains("hosts.allow:2:1"),
        "{lines:?}"
    );
    // The program's file has another name than the tables.
    tree.file("etc/hosts.allow", "rpc.mountd: ALL\n");
    let lines = found(&tree, "no-effect");
    assert!(
        lines[0].ends_with("asks as mountd, so the rule has no effect; write: mountd"),
        "{lines:?}"
    );
}

/// A daemon that tells the tables no names.
#[test]
fn names_that_are_never_looked_up() {
    let Some(tree) = machine("snmpd: .example.org\n", "ALL: ALL\n") else {
        return;
    };
    for program in ["snmpd", "rpcbind"] {
        install(&tree, "linked", &format!("usr/sbin/{program}"));
    }
    for (rule, expected) in [
        (
            "snmpd: .example.org",
            "hosts.allow:1:8: error: snmpd: looks no names up",
        ),
        (
            "snmpd: 10. EXCEPT pc.example.org",
            "pc.example.org matches none of its clients",
        ),
        ("snmpd: LOCAL", "LOCAL matches none"),
        ("snmpd: KNOWN", "KNOWN matches none"),
        ("snmpd: PARANOID", "PARANOID matches none"),
        (
            "snmpd: 10. [2001:db8::1] ALL UNKNOWN 192.0.2.0/24 10.0.0.1 /srv/list",
            "",
        ),
        ("rpcbind: .example.org LOCAL", ""),
    ] {
        tree.file("etc/hosts.allow", format!("{rule}\n"));
        let lines = found(&tree, "name-unasked");
        assert_eq!(
            lines.len(),
            usize::from(!expected.is_empty()),
            "{rule}: {lines:?}"
        );
        let text = lines.first().map_or("", |line| line);
        assert!(text.contains(expected), "{rule}: {lines:?}");
    }
    // Others of the list look them up.
    tree.file("etc/hosts.allow", "rpcbind snmpd: .example.org\n");
    assert_eq!(found(&tree, "name-unasked"), [""; 0]);
    let lines = found(&tree, "idle-daemon");
    assert!(
        lines[0].contains("hosts.allow:1:9: warning: snmpd: looks no names up"),
        "{lines:?}"
    );
    // Behind tcpd they are looked up.
    tree.file("etc/hosts.allow", "snmpd: .example.org\n");
    tree.file(
        "etc/inetd.conf",
        "x dgram udp wait root /usr/sbin/tcpd /usr/sbin/snmpd\n",
    );
    assert_eq!(said(&tree), [""; 0]);
}
