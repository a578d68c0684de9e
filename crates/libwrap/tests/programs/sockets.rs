//! Both libraries on real sockets: a C program prints what each makes of them.

use std::fs;
use std::process::Command;

use crate::common::{debian, linked, ours};
use crate::world::{Library, inside, said};

/// Names that the name service confirms, and such whose canonical name is another, or is no name.
const HOSTS: &str = "\
127.0.0.1 server.example.org
127.0.0.5 good.example.org alias.example.org
127.0.0.66 other.example.org liar.example.org
127.0.0.6 liar.example.org
127.0.0.10 192.0.2.1
2001:db8::2 six.example.org
2001:db8::33 other.example.org lias.example.org
2001:db8::3 lias.example.org
::1 server.example.org
";

/// An address whose name is longer than the structure has room for.
const LONG: &str = "127.0.0.11";

/// How long a name the structure has room for.
const ROOM: usize = 127;

/// What the program prints with each library.
fn printed(arguments: &[&str]) -> [String; 2] {
    let long = ["a".repeat(60), "b".repeat(60), "example.org".to_owned()].join(".");
    // What fits of it is a name of that address too.
    let long = format!("{LONG} {long}\n{LONG} {}\n", &long[..ROOM]);
    fs::write("/etc/hosts", HOSTS.to_owned() + &long).unwrap();
    let databases = "passwd: files\ngroup: files\nhosts: files\n";
    fs::write("/etc/nsswitch.conf", databases).unwrap();
    let program = linked("/run".as_ref(), "network.c");
    [ours(), debian().expect("Debian's library")].map(|library| {
        let mut command = Command::new(&program);
        let command = command.args(arguments).env("LD_LIBRARY_PATH", library);
        let text = said(command.current_dir("/run/files"));
        text.trim_end().to_owned()
    })
}

/// Row W10 of docs/differences.md is the one difference.
#[test]
fn real_sockets() {
    inside(
        "sockets::real_sockets",
        Library::Ours,
        "usr/sbin/tcpd",
        || {
            let [ours, theirs] = printed(&[]);
            let mut sinks = 0;
            for (at, (our, their)) in ours.lines().zip(theirs.lines()).enumerate() {
                if (our, their) == ("  sink 1 lookups 1 1", "  sink 0 lookups 1 1") {
                    sinks += 1;
                    continue;
                }
                let before: Vec<_> = ours.lines().take(at).skip(at.saturating_sub(9)).collect();
                assert_eq!(our, their, "after {before:#?}");
            }
            assert_eq!((ours.len(), sinks), (theirs.len(), 2));
            for part in ["<joe> <127.0.0.5>", "<paranoid> <127.0.0.6>", "jumps 0"] {
                assert!(ours.contains(part), "{part}: {ours}");
            }
        },
    );
}

/// Tables are kept in memory; what hosts are called never is.
#[test]
fn names_that_change() {
    inside(
        "sockets::names_that_change",
        Library::Ours,
        "usr/sbin/tcpd",
        || {
            let [ours, theirs] = printed(&["renamed"]);
            assert_eq!(ours, theirs);
            let names = ["1 <good", "0 <evil", "1 <good"].map(|line| {
                let line = format!("renamed {line}.example.org>\n");
                line.repeat(3)
            });
            assert_eq!(
                ours,
                names.concat() + &["renamed 0 <unknown>"; 3].join("\n")
            );
        },
    );
}

/// Row W7 of docs/differences.md.
#[test]
fn long_host_names() {
    inside(
        "sockets::long_host_names",
        Library::Ours,
        "usr/sbin/tcpd",
        || {
            let [ours, theirs] = printed(&[LONG]);
            assert!(ours.contains("warning: host name too long: aaa"), "{ours}");
            assert!(ours.ends_with("name <paranoid>"), "{ours}");
            let cut = theirs.trim_end_matches('>').rsplit('<').next().unwrap();
            assert_eq!(cut.len(), ROOM, "{theirs}");
        },
    );
}

/// The original uses the program's own timer and signal for it.
#[test]
fn signals_do_not_end_an_ident_query() {
    inside(
        "sockets::signals_do_not_end_an_ident_query",
        Library::Ours,
        "usr/sbin/tcpd",
        || {
            assert_eq!(printed(&["interrupted"])[0], "interrupted <joe>");
        },
    );
}
