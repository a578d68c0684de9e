//! tcpdmatch against Debian's: the same arguments, the same output and exit status.

use test_kit::{Scratch, Sides};

const HOSTS: &str = "\
127.0.0.1 localhost
::1 six.example.test localhost6
127.0.0.2 good.example.test alias.example.test
127.0.0.4 multi.example.test
127.0.0.5 multi.example.test
127.0.0.6 both.example.test
::6 both.example.test
192.0.2.8 unknown
192.0.2.9 1.2.3.4
192.0.2.10 cross.example.test
192.0.2.11 first.example.test second.example.test
255.255.255.255 broadcast.example.test
";

fn sides(test: &str) -> Option<Sides> {
    Sides::new(test, "tcpdmatch", env!("CARGO_BIN_EXE_tcpdmatch"), HOSTS)
}

/// Clients in every form, then daemons and servers in every form.
#[test]
fn names_and_addresses() {
    let Some(sides) = sides("names_and_addresses") else {
        return;
    };
    let scratch = Scratch::new();
    scratch.file(
        "hosts.allow",
        "svcd: .example.test 127.0.0.1 joe@::1\n22 x: ALL\n",
    );
    scratch.file("hosts.deny", "ALL: ALL: severity mail.crit\n");
    let clients = [
        "127.0.0.1",
        "127.0.0.2",
        "localhost",
        "good.example.test",
        "GOOD.example.test",
        "alias.example.test",
        "second.example.test",
        "multi.example.test",
        "both.example.test",
        "cross.example.test",
        "nope",
        "::1",
        "[::1]",
        "fe80::1",
        "fe80::1%lo",
        "fe80::1%1",
        "fe80::1%nope",
        "FE80::1%LO",
        "::ffff:127.0.0.2",
        "2001:DB8:0::5",
        "127.1",
        "127",
        "0x7f.2",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "300.1.1.1",
        "1.2.3.4.5",
        "192.0.2.8",
        "192.0.2.9",
        "192.0.2.77",
        "255.255.255.255",
        "unknown",
        "UNKNOWN",
        "paranoid",
        "PARANOID",
        "ALL",
        "KNOWN",
        ".x",
        "a/8",
        "",
        " 127.0.0.1",
        "joe@127.0.0.1",
        "joe@::1",
        "joe@unknown",
        "joe@",
        "@x",
        "joe@joe@127.0.0.1",
        "unknown@127.0.0.1",
        "paranoid@127.0.0.1",
        "j b@127.0.0.1",
    ];
    let daemons = [
        "SVCD",
        "svcd@localhost",
        "svcd@good.example.test",
        "svcd@alias.example.test",
        "svcd@multi.example.test",
        "svcd@both.example.test",
        "svcd@127.0.0.2",
        "svcd@::1",
        "svcd@fe80::1%lo",
        "svcd@::ffff:127.0.0.2",
        "svcd@::ffff:192.0.2.77",
        "svcd@192.0.2.77",
        "svcd@127.1",
        "svcd@unknown",
        "svcd@PARANOID",
        "svcd@nope",
        "svcd@",
        "svcd@a@b",
        "svcd@ALL",
        "@x",
        "/usr/sbin/svcd",
        "/nonexist/svcd",
        "/srv/x/",
        "sshd",
        "portmap",
        "rpcbind",
        "a b",
        "",
        "22",
        "unknown",
        "paranoid",
    ];
    let of_clients = clients.iter().map(|client| ["-d", "svcd", client]);
    let of_daemons = daemons.iter().map(|daemon| ["-d", daemon, "127.0.0.1"]);
    for arguments in of_clients.chain(of_daemons) {
        let [debian, ours] = sides.both(scratch.path(), &arguments);
        assert_eq!(ours, debian, "{arguments:?}");
    }
}

/// Tables, and what each does to a client; one case a line.
#[test]
fn tables() {
    let Some(sides) = sides("tables") else {
        return;
    };
    let banner = "hello %a %n %u %d %h %c %s\nsecond";
    for (allow, deny) in [
        ("", ""),
        ("svcd: ALL\n", "ALL: ALL\n"),
        ("", "ALL: ALL\n"),
        ("svcd: ALL: twist echo %a\n", ""),
        ("", "svcd: ALL: twist echo %c\n"),
        ("svcd: ALL: deny\n", ""),
        ("", "svcd: ALL: allow\n"),
        (
            "svcd: ALL: spawn echo %h %n %h %c %u %c %s %r %R & : allow\n",
            "",
        ),
        ("svcd: ALL: aclexec /bin/false\n", "ALL: ALL\n"),
        (
            "svcd: ALL: rfc931 5: linger 3: keepalive: nice 5: umask 077\n",
            "",
        ),
        ("svcd: ALL: banners ban: umask 077\n", ""),
        ("svcd: ALL: banners /nonexistent\n", ""),
        ("svcd: ALL: bogus\n", ""),
        ("svcd: ALL: umask 9\n", ""),
        ("svcd: ALL:\n", ""),
        ("svcd: ALL: spawn echo %z\n", ""),
        ("svcd ALL\nsvcd: ALL\n", "ALL: ALL\n"),
        ("svcd: LOCAL: allow\nsvcd: KNOWN\n", "ALL: ALL\n"),
        (
            "svcd: .example.test EXCEPT good.example.test\n",
            "ALL: ALL\n",
        ),
        ("svcd: joe@ALL\nsvcd: KNOWN@ALL: deny\n", ""),
        ("svcd: /list\nsv\\\ncd: ALL\n", "ALL: ALL\n"),
        (
            "svcd: nope@ALL: severity mail.crit: deny\n",
            "svcd: 127.: setenv A b: deny\n",
        ),
    ] {
        let scratch = Scratch::new();
        scratch.file("hosts.allow", allow);
        scratch.file("hosts.deny", deny);
        scratch.file("ban/svcd", banner);
        for client in [
            "127.0.0.2",
            "joe@good.example.test",
            "localhost",
            "unknown",
            "192.0.2.10",
        ] {
            let [debian, mut ours] = sides.both(scratch.path(), &["-d", "svcd", client]);
            // Row O2: the verdict if the command says no.
            ours.stdout = ours
                .stdout
                .split_inclusive('\n')
                .filter(|line| !line.starts_with("aclexec:  "))
                .collect();
            assert_eq!(ours, debian, "{allow:?} {deny:?} {client}");
        }
    }
}

/// Row X8: the original takes the port of a server of which only the host is given for 0.
#[test]
fn port_zero() {
    let Some(sides) = sides("port_zero") else {
        return;
    };
    let scratch = Scratch::new();
    scratch.file("hosts.allow", "0: ALL\n");
    scratch.file("hosts.deny", "ALL: ALL\n");
    let [debian, ours] = sides.both(scratch.path(), &["-d", "svcd@localhost", "127.0.0.1"]);
    assert!(debian.stdout.ends_with("access:   granted\n"), "{debian:?}");
    assert!(ours.stdout.ends_with("access:   denied\n"), "{ours:?}");
    let [debian, ours] = sides.both(scratch.path(), &["-d", "svcd", "127.0.0.1"]);
    assert!(ours.stdout.ends_with("access:   denied\n"), "{ours:?}");
    assert_eq!(ours, debian);
}

/// inetd.conf, permissions and the daemon's folder.
#[test]
fn surroundings() {
    let Some(sides) = sides("surroundings") else {
        return;
    };
    let scratch = Scratch::new();
    scratch.file_with_mode("hosts.allow", "svcd: ALL\n", 0o666);
    scratch.file(
        "inetd.conf",
        "a stream tcp nowait root /usr/sbin/svcd svcd\nb stream tcp nowait root /srv/none\n",
    );
    scratch.file("empty", "");
    for arguments in [
        &["-d", "-i", "inetd.conf", "svcd", "127.0.0.1"][..],
        &["-d", "-i", "empty", "svcd", "127.0.0.1"],
        &["-d", "-i", "/", "svcd", "127.0.0.1"],
        &["-d", "-i", "/nonexistent", "svcd", "127.0.0.1"],
        &["-di", "inetd.conf", "SVCD", "127.0.0.1"],
        &["-dinone", "/x/svcd", "127.0.0.1"],
        &["-d", "svcd@nope", "127.0.0.1"],
    ] {
        let [debian, ours] = sides.both(scratch.path(), arguments);
        assert_eq!(ours, debian, "{arguments:?}");
    }
}

/// Row X4: a file name is text, whatever it holds. The original takes it for a format.
#[test]
fn file_names_are_no_formats() {
    let Some(sides) = sides("file_names_are_no_formats") else {
        return;
    };
    let scratch = Scratch::new();
    let name = "%s%s%d";
    scratch.file(name, "svcd stream tcp nowait root /srv/none svcd\n");
    let [debian, ours] = sides.both(scratch.path(), &["-d", "-i", name, "svcd", "127.0.0.1"]);
    let warning = format!("warning: {name}, line 1: /srv/none: not found");
    assert!(ours.stdout.starts_with(&warning), "{ours:?}");
    assert!(!debian.stdout.contains(name), "{debian:?}");
}

/// Wrong usage gives the original's usage text, and our own first and last line.
#[test]
fn usage() {
    let Some(sides) = sides("usage") else {
        return;
    };
    for arguments in [
        &[][..],
        &["svcd"],
        &["svcd", "a", "b"],
        &["-x", "svcd", "a"],
        &["-i"],
    ] {
        let [debian, ours] = sides.compare_usage(arguments, " [-d]");
        assert_eq!(debian.status, ours.status);
    }
}
