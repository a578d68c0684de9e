//! Kinds of sockets beyond plain TCP: datagrams, Unix sockets, IP options.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

use scenarios::{Call, Client, Dns, Superserver, Verdict, rule, scenario};
use socket2::{Domain, Socket, Type};

#[test]
fn a_datagram_waits_for_the_daemon_or_is_discarded() {
    scenario(&[], |world| {
        let _dns = Dns::usual();
        for client in ["udp 127.0.0.2", "udp ::1", "udp ::ffff:127.0.0.2"] {
            world.check_all(&[
                rule("", "").from(client).granted().queued(false),
                rule("", "ALL: ALL").from(client).refused().queued(false),
                rule("svcd: ALL: bogus", "")
                    .from(client)
                    .refused()
                    .queued(false)
                    .says("error: /etc/hosts.allow, line 1: bad option name: \"bogus\""),
                rule("svcd: ALL: rfc931", "").from(client).granted(),
                rule("svcd: .example.test", "ALL: ALL")
                    .from(client)
                    .granted()
                    .who("…"),
                // The daemon's command leaves it; the original does as well, and inetd loops.
                rule("svcd: ALL: twist true", "")
                    .from(client)
                    .twisted("true")
                    .queued(true)
                    .but("N1")
                    .queued(false),
            ]);
        }
        world.check(
            &rule("svcd: 127.0.0.2", "ALL: ALL")
                .from("udp 127.0.0.3")
                .refused()
                .queued(false),
        );
    });
}

#[test]
fn only_one_datagram_is_discarded() {
    scenario(&[], |world| {
        world.tables("", "ALL: ALL\n");
        let (server, client) = scenarios::datagrams(&["one", "two"]);
        let own = server.try_clone().unwrap();
        let outcome = Call::new()
            .from("udp 127.0.0.1")
            .start_on(server, client)
            .outcome(world);
        world.same("verdict", outcome.verdict, Verdict::Refused);
        own.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        let mut buffer = [0; 16];
        let length = (&own).read(&mut buffer).unwrap_or(0);
        world.same("the next one", &buffer[..length], b"two");
    });
}

#[test]
fn without_a_datagram_there_is_no_waiting() {
    scenario(&[], |world| {
        let patience = Duration::from_secs(3);
        if world.only_ours("N4") {
            world.tables("", "");
            let (server, client) = scenarios::datagrams(&[]);
            let call = Call::new().patience(patience);
            let outcome = call.start_on(server, client).outcome(world);
            world.same("hangs", outcome.status, None);
            return;
        }
        for tables in [
            ("", ""),
            ("", "ALL: ALL\n"),
            ("ALL: 127.0.0.1\n", "ALL: ALL\n"),
        ] {
            world.tables(tables.0, tables.1);
            let (server, client) = scenarios::datagrams(&[]);
            let outcome = Call::new()
                .patience(patience)
                .start_on(server, client)
                .outcome(world);
            world.same(
                "ends",
                outcome.status.and_then(|status| status.code()),
                Some(0),
            );
            world.holds("logged", !outcome.log.is_empty(), String::new);
        }
    });
}

#[test]
fn unix_sockets_are_localhost() {
    scenario(&[], |world| {
        world.check_all(&[
            rule("", "").from("unix").granted(),
            rule("", "ALL: ALL").from("unix").refused(),
            rule("svcd: localhost", "ALL: ALL").from("unix").granted(),
            rule("svcd: 127.0.0.1", "ALL: ALL").from("unix").refused(),
            rule("svcd: joe@ALL", "ALL: ALL").from("unix").refused(),
            rule("svcd: ALL: twist echo %a %r", "")
                .from("unix")
                .twisted("echo localhost 0")
                .reads("localhost 0\n"),
        ]);
    });
}

#[test]
fn what_is_neither_ip_nor_a_unix_socket_is_not_local() {
    scenario(&[], |world| {
        // A netlink socket has a peer, as a virtual machine's has, but no address that a table
        // can name.
        let netlink = Socket::new(Domain::from(16), Type::DGRAM, None).unwrap();
        for (allow, deny, text) in [
            ("", "", "connect from unknown (unknown)"),
            (
                "svcd: UNKNOWN\n",
                "ALL: ALL\n",
                "connect from unknown (unknown)",
            ),
            (
                "svcd: localhost\n",
                "ALL: ALL\n",
                "refused connect from unknown (unknown)",
            ),
        ] {
            world.tables(allow, deny);
            let streams = [(); 3].map(|()| netlink.try_clone().unwrap().into());
            let call = Call::new().patience(Duration::from_millis(1500));
            let (_, log, _) = call.run_on(world, streams);
            let texts = log
                .iter()
                .filter(|record| record.priority != "daemon.debug");
            let texts: Vec<_> = texts.map(|record| record.text.as_str()).collect();
            world.same(allow, texts, vec![text]);
        }
    });
}

#[test]
fn a_datagram_service_has_no_banner() {
    scenario(&[], |world| {
        world.file("/srv/ban/svcd", "hello\n");
        for client in ["udp 127.0.0.2", "udp ::1", "udp fe80::1%lo"] {
            world.check_all(&[
                rule("svcd: ALL: banners /srv/ban", "")
                    .from(client)
                    .granted()
                    .reads(""),
                rule("", "ALL: ALL: banners /srv/ban")
                    .from(client)
                    .refused()
                    .queued(false)
                    .reads(""),
            ]);
        }
    });
}

#[test]
fn a_twisted_datagram_is_the_commands_to_read() {
    scenario(&[], |world| {
        let twist = |command: &str| rule(&format!("svcd: ALL: twist {command}"), "");
        for client in ["udp 127.0.0.2", "udp ::1", "udp fe80::1%lo"] {
            let read = "head -c 5 > /srv/got";
            world.check_all(&[
                twist(read)
                    .from(client)
                    .twisted(read)
                    .queued(false)
                    .exits(0),
                twist("exit 3")
                    .from(client)
                    .twisted("exit 3")
                    .exits(3)
                    .queued(true)
                    .but("N1")
                    .queued(false),
            ]);
            world.same(client, world.read("/srv/got"), "hello".into());
        }
    });
}

#[test]
fn tftp_over_inetd() {
    scenario(&["openbsd-inetd", "tftpd-hpa", "root"], |world| {
        world.file("/srv/tftp/hello", "hello over tftp\n");
        let line = "69 dgram udp wait root /usr/sbin/tcpd in.tftpd -s /srv/tftp\n";
        world.tables("in.tftpd: 127.0.0.2\n", "ALL: ALL\n");
        let _inetd = Superserver::inetd(world, line, &[69]);
        // A read request, and the first data packet from a port of the server's choice.
        let (socket, to) = (
            std::net::UdpSocket::bind("127.0.0.2:0").unwrap(),
            "127.0.0.1:69",
        );
        socket
            .set_read_timeout(Some(Duration::from_secs(1)))
            .unwrap();
        // in.tftpd of Debian 13 (5.2+20240610) makes the socket of its answer in the address family of the request
        // before, and has none for its first. Clients ask again.
        let mut buffer = [0; 600];
        let length = (0..10)
            .find_map(|_| {
                socket.send_to(b"\0\x01hello\0octet\0", to).unwrap();
                socket.recv(&mut buffer).ok()
            })
            .unwrap_or(0);
        world.same(
            "data",
            String::from_utf8_lossy(&buffer[..length]).as_ref(),
            "\0\u{3}\0\u{1}hello over tftp\n",
        );
        let text = "connect from 127.0.0.2 (127.0.0.2)";
        world.same(
            "log",
            world
                .log
                .wait(|record| record.text == text)
                .map(|record| record.tag),
            Some("in.tftpd".into()),
        );
    });
}

#[test]
fn a_refused_datagram_does_not_restart_the_service() {
    scenario(&["openbsd-inetd"], |world| {
        world.tables("", "ALL: ALL\n");
        let line = "69 dgram udp wait root /usr/sbin/tcpd /srv/svcd\n";
        let _inetd = Superserver::inetd(world, line, &[69]);
        let _client = scenarios::send_datagram("127.0.0.1", 69, b"x");
        world
            .log
            .wait(|record| record.text.starts_with("refused connect from 127.0.0.1"));
        std::thread::sleep(Duration::from_millis(500));
        let count = world
            .log
            .records()
            .iter()
            .filter(|record| record.text.starts_with("refused"))
            .count();
        world.same("refusals", count, 1);
    });
}

#[test]
fn ip_options_are_logged_and_cleared() {
    scenario(&[], |world| {
        world.tables("", "");
        let (listener, port) = scenarios::listening("127.0.0.1");
        // Record route, with room for one address.
        let client = Command::new("/srv/ipclient")
            .args(["07070400000000", "127.0.0.1", &port.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (server, _) = listener.accept().unwrap();
        let call = Call::new().args(&["report"]);
        let outcome = call.start_on(server, Client::none()).outcome(world);
        let read = String::from_utf8(client.wait_with_output().unwrap().stdout).unwrap();
        world.holds("served", read.ends_with("\nserved\n"), || read.clone());
        world.holds("cleared", read.contains("sockopt ip_options\n"), || {
            read.clone()
        });
        let options = "connect from 127.0.0.1 with IP options (ignored): 07 07 08 7f 00 00 01 00";
        world.same(
            "log",
            outcome.texts(),
            vec![options, "connect from 127.0.0.1 (127.0.0.1)"],
        );
        let level = outcome.log.first().map(|record| record.priority.as_str());
        world.same("level", level, Some("daemon.notice"));
    });
}

#[test]
fn source_routed_connections_are_refused() {
    let refused = "refused connect from 127.0.0.1 with IP source routing options";
    scenario(&[], |world| {
        world.tables("", "");
        // The original looks from offset 4 on, and then goes on to the daemon all the same.
        for (options, seen) in [
            ("010101018307047f00000100", true),
            ("010101018907047f00000100", true),
            ("8307047f00000100", false),
            ("8907047f00000100", false),
            ("018307047f000001", false),
        ] {
            let outcome = world.run(&Call::new().launch(&["-p", options]));
            let routed = outcome.texts().first().is_some_and(|text| *text == refused);
            world.same(options, routed, world.differs("N2", seen, true));
            let ran = outcome
                .texts()
                .contains(&"connect from 127.0.0.1 (127.0.0.1)");
            world.same(options, ran, world.differs("N2", true, false));
            let level = outcome.log.first().map(|record| record.priority.as_str());
            world.same(
                options,
                level,
                Some(if routed {
                    "daemon.warning"
                } else {
                    "daemon.notice"
                }),
            );
            if routed {
                world.same(options, outcome.read.clone(), String::new());
            }
        }
    });
}

#[test]
fn clients_over_multipath_tcp_are_served() {
    scenario(&["mptcp"], |world| {
        for (at, shown) in [
            ("127.0.0.1", "127.0.0.1"),
            ("::ffff:127.0.0.1", "::ffff:127.0.0.1"),
            ("::1", "::1"),
        ] {
            for (deny, refused, verdict) in [
                ("", "", Verdict::Granted),
                ("ALL: ALL\n", "refused ", Verdict::Refused),
            ] {
                world.tables("", deny);
                let (server, client) = scenarios::multipath(at);
                let protocol = server.protocol().unwrap().map(i32::from);
                // Neither program sees the options of such a connection.
                world.same("N10", protocol, Some(262));
                let outcome = Call::new().start_on(server, client).outcome(world);
                world.same(at, outcome.verdict, verdict);
                let expected = format!("{refused}connect from {shown} ({shown})");
                world.same(at, outcome.texts(), vec![expected.as_str()]);
            }
        }
    });
}
