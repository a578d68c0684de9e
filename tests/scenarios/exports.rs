//! What `tcpdmatch --export` writes, read by the real nft and sshd: live connections are let in and refused. On whole
//! machines, tests/machines does the same and asks systemd too.

use std::net::{IpAddr, SocketAddr};
use std::process::Command;
use std::time::Duration;

use scenarios::{Subject, World, scenario};
use socket2::{Domain, Socket, Type};

use crate::booby_trap::debians;

const ALLOW: &str = "sshd: 192.0.2.7 [2001:db8::]/32 [fe80::]/10\n";
const DENY: &str = "ALL: ALL\n";

/// Who is let in by these tables.
const CLIENTS: [(&str, &str, bool); 4] = [
    ("192.0.2.7", "127.0.0.1", true),
    ("192.0.2.8", "127.0.0.1", false),
    ("2001:db8::5", "::1", true),
    ("::1", "::1", false),
];

/// What is exported.
fn exported(world: &World, arguments: &[&str]) -> String {
    let program = Subject::Ours.program("tcpdmatch");
    let program = program.to_str().expect("UTF-8");
    world.tool(program, &[&["--export"], arguments, &["sshd"]].concat())
}

/// Looks whether a client at an address reaches a port of another. One that should is given more time.
fn check(world: &mut World, what: &str, (from, to, granted): (&str, &str, bool), port: u16) {
    let what = format!("{what}: {from}, port {port}");
    let [from, to] = [from, to].map(|text| text.parse::<IpAddr>().expect("an address"));
    let from = SocketAddr::new(from, 0);
    let socket = Socket::new(Domain::for_address(from), Type::STREAM, None).expect("a socket");
    socket.bind(&from.into()).expect("bind a socket");
    let wait = Duration::from_millis(if granted { 10_000 } else { 500 });
    let reached = socket.connect_timeout(&SocketAddr::new(to, port).into(), wait);
    let detail = reached.as_ref().err().map(ToString::to_string);
    world.holds(&what, reached.is_ok() == granted, || format!("{detail:?}"));
}

#[test]
fn nft_lets_in_and_drops_as_the_tables_say() {
    scenario(&["root", "nftables"], |world| {
        world.tables(ALLOW, DENY);
        let nft = debians("sbin/nft");
        // Both families, so that clients of version 4 are IPv4-mapped.
        let _listeners =
            [22, 23].map(|port| std::net::TcpListener::bind(("::", port)).expect("listen"));
        for (from, to, _) in CLIENTS {
            check(world, "before", (from, to, true), 22);
        }
        world.file("/srv/nft", exported(world, &["nft", "--port", "22"]));
        // The second time it takes the place of what is there.
        for time in ["first", "second"] {
            world.tool(&nft, &["--file", "/srv/nft"]);
            for (from, to, granted) in CLIENTS {
                check(world, time, (from, to, granted), 22);
                check(world, time, (from, to, true), 23);
            }
        }
        for allow in ["sshd: ALL\n", ""] {
            world.tables(allow, DENY);
            world.file("/srv/nft", exported(world, &["nft", "--port", "22"]));
            world.tool(&nft, &["--file", "/srv/nft"]);
            for (from, to, _) in CLIENTS {
                check(world, allow, (from, to, !allow.is_empty()), 22);
            }
        }
    });
}

#[test]
fn sshd_reads_who_may_log_in() {
    scenario(&["root", "openssh-server"], |world| {
        world.tables(ALLOW, DENY);
        let sshd = debians("sbin/sshd");
        let version = Command::new(&sshd).arg("-V").output().expect("run sshd");
        let version = String::from_utf8(version.stderr).expect("UTF-8");
        std::fs::create_dir_all("/run/sshd").expect("make a folder");
        world.tool(
            "ssh-keygen",
            &["-q", "-t", "ed25519", "-N", "", "-f", "/srv/key"],
        );
        for arguments in [&["sshd"][..], &["sshd", "--sshd-version", &version]] {
            let text = exported(world, arguments);
            world.file(
                "/srv/config",
                format!("HostKey /srv/key\n{text}PermitRootLogin no\n"),
            );
            world.tool(&sshd, &["-t", "-f", "/srv/config"]);
            let link_local = ["fe80::1", "fe80::1%lo", "febf::9%lo"].map(|from| (from, "", true));
            for (from, _, granted) in CLIENTS.into_iter().chain(link_local) {
                let client = format!("user=root,host=h,addr={from}");
                let config = world.tool(&sshd, &["-T", "-f", "/srv/config", "-C", &client]);
                world.same(from, !config.contains("\ndenyusers *\n"), granted);
                // What stands after the part is for everybody again.
                world.same(from, config.contains("\npermitrootlogin no\n"), true);
            }
        }
    });
}
