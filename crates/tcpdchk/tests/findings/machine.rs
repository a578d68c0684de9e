//! What is found on the machine: permissions, programs, super-servers.

use std::process::Command;

use test_kit::{Program, Scratch, is_root, run, skip};

use crate::{found, found_with, tcpdchk, tree};

fn set_mode(tree: &Scratch, path: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    let path = tree.path().join(path);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// With a list and banners.
const RULES: &str = "svcd: /srv/list: banners /srv/banners\n";

/// Who may write to tables, lists and banners. The owner only counts for what is in its place.
#[test]
fn permissions() {
    for path in [
        "etc/hosts.allow",
        "etc/hosts.deny",
        "srv/list",
        "srv",
        "srv/banners",
        "srv/banners/svcd",
    ] {
        let tree = tree(RULES, "ALL: ALL\n");
        assert_eq!(found(&tree, "world-writable"), [""; 0]);
        set_mode(&tree, path, 0o757);
        let lines = found(&tree, "world-writable");
        assert_eq!(lines.len(), 1, "{path} {lines:?}");
        assert!(
            lines[0].contains(&format!("/{path}: world writable"))
                || lines[0].contains(&format!("{path}: world writable")),
            "{lines:?}"
        );
    }
}

#[test]
fn other_owners() {
    if !is_root() {
        return skip("machine::other_owners", "root");
    }
    let tree = tree(RULES, "ALL: ALL\n");
    let list = tree.path().join("srv/list");
    assert_eq!(found(&tree, "not-roots"), [""; 0]);
    std::os::unix::fs::chown(&list, None, Some(7)).unwrap();
    assert_eq!(found(&tree, "not-roots"), [""; 0]);
    set_mode(&tree, "srv/list", 0o664);
    let lines = found(&tree, "not-roots");
    assert!(
        lines.len() == 1 && lines[0].ends_with("/srv/list: group 7 may write"),
        "{lines:?}"
    );
    std::os::unix::fs::chown(&list, Some(7), Some(0)).unwrap();
    let here = Scratch::new();
    here.file("hosts.allow", format!("svcd: {}\n", list.display()));
    let ours = Program::ours(env!("CARGO_BIN_EXE_tcpdchk"));
    let mut command = ours.command(here.path());
    let ran = run(command.args(["-d", "--no-dns", "--format", "gcc"]));
    assert!(
        ran.stdout
            .contains("belongs to user 7, not to root [not-roots]"),
        "{ran:?}"
    );
}

/// Below a folder like /tmp a table is safe if nobody else can change or replace it; one that is not there is not.
#[test]
fn sticky_folders() {
    let place = Scratch::new();
    let allow = place.file("open/allow", "svcd: 10.\n");
    let deny = place.file("open/deny", "ALL: ALL\n");
    set_mode(&place, "open", 0o1777);
    let lines = || {
        let mut command = Program::ours(env!("CARGO_BIN_EXE_tcpdchk")).command(place.path());
        command.args(["--no-dns", "--format", "gcc", "--tables"]);
        let shown = run(command.arg(&allow).arg(&deny)).stdout;
        let found = shown
            .lines()
            .filter(|line| line.contains("/open") && line.ends_with("[world-writable]"));
        found.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines(), [""; 0]);
    set_mode(&place, "open", 0o777);
    assert_eq!(lines().len(), 2);
    set_mode(&place, "open", 0o1777);
    set_mode(&place, "open/allow", 0o666);
    assert_eq!(lines().len(), 1);
    set_mode(&place, "open/allow", 0o644);
    // One that is not there may be put there by anybody.
    let tree = tree("", "ALL: ALL\n");
    std::fs::remove_file(tree.path().join("etc/hosts.allow")).unwrap();
    let root = tree.path().to_str().unwrap();
    let missing = || found_with(&tree, "world-writable", &["--root", root]);
    assert_eq!(missing(), [""; 0]);
    set_mode(&tree, "etc", 0o1777);
    let text = "etc/hosts.allow: is not there, and anybody may create it in";
    assert!(
        missing().iter().any(|line| line.contains(text)),
        "{:?}",
        missing()
    );
}

/// What may not be read could not be checked: tcpd, which is root, may read it.
#[test]
fn no_permission() {
    for hidden in ["etc/hosts.allow", "etc/hosts.deny", "srv/list"] {
        let tree = tree("svcd: /srv/list\n", "ALL: ALL\n");
        set_mode(&tree, hidden, 0o000);
        // As nobody in particular, root's rights do not hold for files of others.
        let mut command = Command::new("unshare");
        command.arg("--user").arg(env!("CARGO_BIN_EXE_tcpdchk"));
        command.args(["--root", ".", "--no-dns", "--format", "gcc"]);
        let ran = run(command.current_dir(tree.path()));
        if ran.stderr.contains("unshare: ") {
            return skip("no_permission", "user namespaces");
        }
        assert_eq!(
            (ran.status, ran.stderr.as_str()),
            (Some(2), ""),
            "{hidden} {ran:?}"
        );
        let line = ran
            .stdout
            .lines()
            .find(|line| line.contains("Permission denied"));
        assert!(
            line.is_some_and(|line| line.contains(hidden)),
            "{hidden} {ran:?}"
        );
    }
}

/// Files of super-servers that include each other many times over.
#[test]
fn super_servers_without_end() {
    let tree = tree("svcd: 10.\n", "ALL: ALL\n");
    let many = "include /etc/xinetd.conf\ninclude /etc/x1\nincludedir /etc/xinetd.d\n".repeat(20);
    tree.file("etc/xinetd.conf", &many);
    for number in 0..10 {
        let next = format!("include /etc/x{}\n", number + 1).repeat(20);
        tree.file(&format!("etc/x{number}"), next);
        tree.file(&format!("etc/xinetd.d/x{number}"), &many);
    }
    tree.file(
        "etc/x5",
        "service a\n{\n server = /usr/sbin/svcd\n}\n".repeat(2),
    );
    let start = std::time::Instant::now();
    let table = tcpdchk(&tree, &["--services"]).stdout;
    assert!(table.contains("svcd"), "{table}");
    assert!(start.elapsed() < std::time::Duration::from_secs(10));
}

/// A program that is linked with libwrap, itself or by a library, and one that is not.
#[test]
fn programs_and_super_servers() {
    let names = ["linked", "indirect", "unlinked", "xd", "xo", "sd", "sp"];
    let rules = names.map(|name| format!("{name}: ALL\n"));
    let tree = tree(&rules.concat(), "ALL: ALL\n");
    let build = |arguments: &[&str]| {
        let source = tree.file("x.c", "int main(void) { return 0; }\n");
        let mut command = Command::new("cc");
        let command = command.current_dir(tree.path()).args(arguments).arg(source);
        command.status().is_ok_and(|status| status.success())
    };
    std::fs::create_dir_all(tree.path().join("usr/lib")).unwrap();
    std::fs::create_dir_all(tree.path().join("usr/sbin")).unwrap();
    let flags = ["-Wl,--no-as-needed", "-Wl,--allow-shlib-undefined"];
    let built = build(&[
        "-shared",
        "-fPIC",
        "-Wl,-soname,libwrap.so.0",
        "-o",
        "usr/lib/libwrap.so.0",
    ]) && build(&[
        "-shared",
        "-fPIC",
        "-Wl,-soname,libown.so.1",
        flags[0],
        "-o",
        "usr/lib/libown.so.1",
        "usr/lib/libwrap.so.0",
    ]) && build(&["-o", "usr/sbin/linked", flags[0], "usr/lib/libwrap.so.0"])
        && build(&[
            "-o",
            "usr/sbin/indirect",
            flags[0],
            flags[1],
            "usr/lib/libown.so.1",
        ])
        && build(&["-o", "usr/sbin/unlinked"])
        && build(&["-o", "usr/sbin/xinetd", flags[0], "usr/lib/libwrap.so.0"]);
    if !built {
        return skip("programs_and_super_servers", "cc");
    }
    for name in ["xd", "xo", "sd", "sp"] {
        std::fs::copy(
            tree.path().join("usr/sbin/unlinked"),
            tree.path().join("usr/sbin").join(name),
        )
        .unwrap();
    }
    tree.file(
        "etc/xinetd.conf",
        "defaults\n{\n}\nincludedir /etc/xinetd.d\n",
    );
    tree.file(
        "etc/xinetd.d/a",
        "service a\n{\n  socket_type = stream\n  server = /usr/sbin/xd\n}\n",
    );
    tree.file(
        "etc/xinetd.d/b",
        "service b\n{\n  flags = NOLIBWRAP\n  server = /usr/sbin/xo\n}\n",
    );
    tree.file(
        "usr/lib/systemd/system/sd@.service",
        "[Service]\nExecStart=@/usr/sbin/tcpd /usr/sbin/sd -i\nStandardInput=socket\n",
    );
    tree.file(
        "usr/lib/systemd/system/sp.service",
        "[Service]\nExecStart=-/usr/sbin/sp -D\n",
    );
    let lines = found(&tree, "no-effect");
    let about: Vec<_> = lines
        .iter()
        .map(|line| line.split(": ").nth(2).unwrap_or_default())
        .collect();
    assert_eq!(about, ["unlinked", "xo", "sp"], "{lines:?}");
    assert!(
        lines[0].contains(
            "etc/hosts.allow:3:1: error: unlinked: /usr/sbin/unlinked is not behind tcpd"
        )
    );
    assert!(lines[1].contains("started by xinetd, service b"));
    let table = tcpdchk(&tree, &["--services"]).stdout;
    for (name, row) in [
        ("svcd", ["yes", "tcpd"]),
        ("linked", ["yes", "libwrap"]),
        ("indirect", ["yes", "libwrap"]),
        ("unlinked", ["no", "/usr/sbin/unlinked"]),
        ("xd", ["yes", "starter"]),
        ("xo", ["no", "/usr/sbin/xo"]),
        ("sd", ["yes", "tcpd"]),
        ("sp", ["no", "/usr/sbin/sp"]),
    ] {
        let found = table
            .lines()
            .find(|line| line.split_whitespace().next() == Some(name));
        let words: Vec<_> = found
            .unwrap_or_default()
            .split_whitespace()
            .skip(1)
            .take(2)
            .collect();
        assert_eq!(words, row, "{name}: {table}");
    }
    // One that has libwrap within itself, or opens it on its own, is not told to have no effect.
    let plain = std::fs::read(tree.path().join("usr/sbin/unlinked")).unwrap();
    tree.file(
        "usr/sbin/unlinked",
        [&plain[..], b"/etc/hosts.allow"].concat(),
    );
    assert_eq!(found(&tree, "no-effect").len(), 2);
    let untold = found(&tree, "untold-daemon");
    let text = "cannot tell whether the rule has an effect: /usr/sbin/unlinked may use libwrap";
    assert!(untold[0].contains(text), "{untold:?}");
    tree.file("usr/sbin/unlinked", plain);
    let json = tcpdchk(&tree, &["--services", "--format", "json"]).stdout;
    let linked = json
        .lines()
        .find(|line| line.contains("\"daemon\":\"linked\""));
    let linked = linked.unwrap_or_default();
    for part in [
        "\"applies\":\"yes\"",
        "\"by\":\"libwrap\"",
        "\"program\":\"/usr/sbin/linked\"",
    ] {
        assert!(linked.contains(part), "{part}: {json}");
    }
    // inetd asks libwrap itself if it is told to.
    std::fs::copy(
        tree.path().join("usr/sbin/linked"),
        tree.path().join("usr/sbin/inetd"),
    )
    .unwrap();
    std::fs::copy(
        tree.path().join("usr/sbin/unlinked"),
        tree.path().join("usr/sbin/plaind"),
    )
    .unwrap();
    for (options, applies) in [("", "no"), ("-q 5", "no"), ("-l", "yes"), ("-il", "yes")] {
        let unit = format!("[Service]\nExecStart=/usr/sbin/inetd {options}\n");
        tree.file("usr/lib/systemd/system/inetd.service", unit);
        let table = tcpdchk(&tree, &["--services"]).stdout;
        let row = table.lines().find(|line| line.starts_with("plaind "));
        let word = row.and_then(|row| row.split_whitespace().nth(1));
        assert_eq!(word, Some(applies), "{options}: {table}");
    }
}
