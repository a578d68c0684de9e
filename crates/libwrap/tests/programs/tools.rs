//! Debian's checkers on our library: what they report is what they report on Debian's own.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::fcntl::{FcntlArg, fcntl};

use crate::common::unpacked;
use crate::world::{Library, Log, PATIENCE, inside, is_mapped, on_debians_library, said, soon};

/// Without a user that exists: row W5 of docs/differences.md.
const ALLOW: &str = "\
svcd, nosuch: 127.0.0.1 .example.org EXCEPT host.example.org: spawn true: severity mail.notice
svcd: [2001:db8::]/32 EXCEPT [2001:db8::7]: banners /nowhere: linger 3: keepalive: umask 022
svcd: 192.0.2.0/255.255.255.0 192.0.2.0/33 1.2.3 joe@ALL: aclexec true: nice 5: rfc931 5: allow
svcd: ALL: setenv A %a: user nosuch: bogus: deny
svcd: ALL: severity nosuch
svcd: ALL: twist true: allow
svcd KNOWN, UNKNOWN PARANOID LOCAL @group /nowhere/list
no colon here
ALL EXCEPT svcd: ALL EXCEPT: deny
";

const INETD: &str = "svcd stream tcp nowait root /usr/sbin/tcpd /bin/echo\n\
                     other dgram udp wait root /usr/sbin/tcpd /nowhere\n";

#[test]
fn tcpdchk() {
    inside("tools::tcpdchk", Library::Ours, "usr/sbin/tcpdchk", || {
        fs::write("/etc/hosts.allow", ALLOW).unwrap();
        fs::write("/etc/hosts.deny", "ALL: ALL\n").unwrap();
        fs::write("/run/inetd.conf", INETD).unwrap();
        // All that it finds goes to the log.
        let log = Log::open();
        let report = |ours, arguments: &[&str]| {
            let before = log.lines().len();
            let path = "usr/sbin/tcpdchk";
            let mut command = if ours {
                Command::new(unpacked(path))
            } else {
                on_debians_library(path)
            };
            let printed = said(command.args(["-i", "/run/inetd.conf"]).args(arguments));
            // Lines arrive in their order, so this is the last one.
            said(Command::new("logger").arg("the end"));
            assert!(log.has(|line| line.contains("the end")));
            let lines = log.lines().split_off(before);
            let text = |line: &String| line.split_once("tcpdchk").map(|(_, text)| text.to_owned());
            (printed, lines.iter().filter_map(text).collect::<Vec<_>>())
        };
        for arguments in [&[] as &[&str], &["-v"], &["-a"]] {
            let ours = report(true, arguments);
            let theirs = report(false, arguments);
            assert_eq!(ours.0, theirs.0, "{arguments:?}");
            for (our, their) in ours.1.iter().zip(&theirs.1) {
                assert_eq!(our, their, "{arguments:?}");
            }
            assert_eq!(ours.1.len(), theirs.1.len(), "{ours:#?} {theirs:#?}");
            assert!(ours.1.len() > 5, "{ours:#?}");
        }
    });
}

/// A program that has ended has no mappings, so its output is a pipe that is full.
fn maps_of(program: &str, arguments: &[&str]) -> String {
    let (mut reads, writes) = std::io::pipe().unwrap();
    let room = fcntl(&writes, FcntlArg::F_SETPIPE_SZ(4096)).unwrap();
    let full = vec![b' '; usize::try_from(room).unwrap()];
    std::io::Write::write_all(&mut &writes, &full).unwrap();
    let mut child = Command::new(unpacked(program))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(writes)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let stack = format!("/proc/{}/wchan", child.id());
    let end = Instant::now() + PATIENCE;
    while !soon(|| fs::read_to_string(&stack).is_ok_and(|at| at.contains("pipe_write"))) {
        assert!(Instant::now() < end, "{program} writes nothing");
    }
    let maps = fs::read_to_string(Path::new(&stack).with_file_name("maps")).unwrap();
    reads.read_to_end(&mut Vec::new()).unwrap();
    child.wait().unwrap();
    maps
}

#[test]
fn what_the_checkers_map() {
    inside(
        "tools::what_the_checkers_map",
        Library::Ours,
        "usr/sbin/tcpdmatch",
        || {
            fs::write("/run/inetd.conf", INETD).unwrap();
            fs::write("/etc/hosts.allow", ALLOW).unwrap();
            let inetd = ["-i", "/run/inetd.conf"];
            is_mapped(
                Library::Ours,
                &maps_of(
                    "usr/sbin/tcpdmatch",
                    &[&inetd[..], &["svcd", "127.0.0.1"]].concat(),
                ),
            );
            is_mapped(
                Library::Ours,
                &maps_of("usr/sbin/tcpdchk", &[&inetd[..], &["-v"]].concat()),
            );
        },
    );
}
