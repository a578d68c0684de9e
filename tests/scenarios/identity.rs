//! The ident client (RFC 931, 1413): when it asks, what it asks, which replies it believes.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use scenarios::{Call, Case, Ident, Verdict, rule, scenario};

/// A rule that asks for the user within a second.
fn asking() -> Case {
    rule("svcd: ALL: rfc931 1", "").from("127.0.0.2").granted()
}

#[test]
fn a_query_names_both_ports_and_comes_from_the_server() {
    scenario(&[], |world| {
        for (client, server, listen, from) in [
            ("127.0.0.2", "127.0.0.5", "127.0.0.2", "127.0.0.5"),
            ("2001:db8::5", "::1", "2001:db8::5", "::1"),
            ("::ffff:127.0.0.3", "127.0.0.5", "127.0.0.3", "127.0.0.5"),
        ] {
            let ident = Ident::start(listen);
            world.tables("svcd: ALL: rfc931\n", "");
            let outcome = world.run(&Call::new().from(client).at(server).port(4000));
            world.same(
                client,
                outcome.texts(),
                vec![format!("connect from joe@{client} ({client})").as_str()],
            );
            let expected = format!("{from} {},4000\\r\\n", outcome.port);
            world.same(client, ident.queries(), vec![expected]);
        }
    });
}

#[test]
fn a_query_is_made_once_and_only_if_asked_for() {
    scenario(&[], |world| {
        let ident = Ident::start("127.0.0.2");
        world.file("/srv/ban/svcd", "%c\n");
        for (allow, client, count) in [
            ("svcd: ALL", "127.0.0.2", 0),
            ("svcd: ALL: banners /srv/ban", "127.0.0.2", 0),
            ("svcd: joe@10. 127.0.0.2", "127.0.0.2", 0),
            ("svcd: ALL: rfc931", "udp 127.0.0.2", 0),
            ("svcd: ALL: rfc931", "unix", 0),
            ("svcd: ALL@ALL", "127.0.0.2", 1),
            ("svcd: joe@127.0.0.2", "127.0.0.2", 1),
            ("svcd: ALL: rfc931: rfc931", "127.0.0.2", 1),
            (
                "svcd: a@ALL b@ALL c@ALL\nsvcd: ALL: rfc931: setenv X %u%u",
                "127.0.0.2",
                1,
            ),
            ("svcd: ALL: setenv X %u", "127.0.0.2", 1),
            ("svcd: ALL: twist exec /srv/svcd", "127.0.0.2", 0),
        ] {
            world.tables(format!("{allow}\n"), "");
            world.run(&Call::new().from(client));
            world.same(allow, ident.queries().len(), count);
        }
        // A failure is kept as well.
        ident.reply("garbage\r\n");
        world.tables("svcd: ALL@ALL: rfc931: setenv X %u\n", "");
        world.run(&Call::new().from("127.0.0.2"));
        world.same("failure", ident.queries().len(), 1);
    });
}

#[test]
fn replies() {
    scenario(&[], |world| {
        let ident = Ident::start("127.0.0.2");
        let long = "x".repeat(400);
        for (reply, user) in [
            ("{P} : USERID : UNIX : joe\r\n", "joe"),
            ("{P} : USERID : UNIX : joe\n", "joe"),
            ("{P}:USERID:UNIX:joe\r\n", "joe"),
            ("{P}\t:\tUSERID\t:\tUNIX\t:\tjoe\r\n", "joe"),
            ("  {P} : USERID : UNIX : joe\r\n", "joe"),
            ("{P} : USERID : UNIX : joe blow\r\n", "joe"),
            ("{P} : USERID : OTHER : joe\r\n", "joe"),
            ("{P} : USERID : UNIX , US-ASCII : joe\r\n", "joe"),
            (&format!("{{P}} : USERID : {long} : joe\r\n"), "joe"),
            ("{P} : USERID : UNIX : a:b\r\n", "a:b"),
            ("{P} : USERID : UNIX : a@b\r\n", "a@b"),
            ("{P} : USERID : UNIX : %s%n\r\n", "%s%n"),
            ("{P} : USERID : UNIX : a\rb\r\n", "a"),
            ("{P} : USERID : UNIX : a\u{b}b\r\n", "a"),
            ("{P} : USERID : UNIX : a\0b\r\n", "a"),
            ("{P} : USERID : UNIX : joe\r\nmore\r\n", "joe"),
            ("{P} : USERID : UNIX :\u{20}\r\n", ""),
            ("{P} : USERID : UNIX : unknown\r\n", ""),
            ("{P} : USERID : UNIX : joe", ""),
            ("{P} : ERROR : NO-USER\r\n", ""),
            ("{P} : ERROR : HIDDEN-USER\r\n", ""),
            ("{P} : USERIDX : UNIX : joe\r\n", ""),
            ("{P} : userid : UNIX : joe\r\n", ""),
            ("{P} : USERID :: joe\r\n", ""),
            ("{P} : USERID : joe\r\n", ""),
            ("1,2 : USERID : UNIX : joe\r\n", ""),
            ("\r\n{P} : USERID : UNIX : joe\r\n", ""),
            ("{P} : ERROR : X\r\n{P} : USERID : UNIX : joe\r\n", ""),
            ("garbage\r\n", ""),
            ("", ""),
            ("\0\0\0\0\r\n", ""),
        ] {
            ident.reply(reply);
            let case = asking();
            let case = if user.is_empty() {
                case
            } else {
                case.who(&format!("{user}@127.0.0.2"))
            };
            world.check(&case);
        }
    });
}

#[test]
fn ports_are_compared_as_numbers() {
    scenario(&[], |world| {
        let ident = Ident::start("127.0.0.2");
        let (client, server): (u16, u16) = (41_000, 4000);
        for (ports, believed) in [
            (format!("{client},{server}"), true),
            (format!("0{client} , +{server}"), true),
            (format!(" {client} ,\t{server}"), true),
            (format!("{server},{client}"), false),
            (format!("{client},{}", server + 1), false),
            (format!("{},{server}", client + 1), false),
            (format!("-{client},{server}"), false),
        ] {
            ident.reply(format!("{ports} : USERID : UNIX : joe\r\n"));
            world.tables("svcd: ALL: rfc931 1\n", "");
            let outcome = Call::new()
                .from("127.0.0.2")
                .client_port(client)
                .port(server)
                .start()
                .outcome(world);
            let who = if believed {
                "joe@127.0.0.2"
            } else {
                "127.0.0.2"
            };
            world.same(
                &ports,
                outcome.texts(),
                vec![format!("connect from {who} (127.0.0.2)").as_str()],
            );
        }
        // Modulo 2^32, in the original.
        ident.reply(format!(
            "{},{server} : USERID : UNIX : joe\r\n",
            u64::from(client) + (1 << 32)
        ));
        world.tables("svcd: ALL: rfc931 1\n", "");
        let outcome = Call::new()
            .from("127.0.0.2")
            .client_port(41_000)
            .port(4000)
            .start()
            .outcome(world);
        let who = world.differs("T3", "joe@127.0.0.2", "127.0.0.2");
        world.same(
            "wrapped",
            outcome.texts(),
            vec![format!("connect from {who} (127.0.0.2)").as_str()],
        );
    });
}

#[test]
fn long_users_are_cut() {
    scenario(&[], |world| {
        let ident = Ident::start("127.0.0.2");
        for length in [127, 128, 255, 256, 2000] {
            ident.user("u".repeat(length));
            let who = format!("{}@127.0.0.2", "u".repeat(127));
            world.check(&asking().who(&who).but("T1").who("…@127.0.0.2"));
        }
    });
}

/// How an ident server behaves.
type Manner = fn(&Ident);

#[test]
fn a_server_that_does_not_answer_costs_its_time_limit() {
    scenario(&[], |world| {
        let ident = Ident::start("127.0.0.2");
        const SLOW: &str = "{P} : USERID : UNIX : joe\r\n";
        // Answers that end nothing cost one second and not the usual ten; a reset costs none.
        let manners: [(&str, Manner, u64, u64); 6] = [
            ("silent", |ident| _ = ident.silent(), 900, 5000),
            (
                "slow",
                |ident| _ = ident.slow(SLOW, Duration::from_millis(300)),
                900,
                5000,
            ),
            (
                "endless line",
                |ident| _ = ident.endless(b"xxxxxxxxxxxxxxxx"),
                0,
                5000,
            ),
            (
                "endless lines",
                |ident| _ = ident.endless(b"x\r\n"),
                0,
                5000,
            ),
            (
                "endless nul",
                |ident| _ = ident.endless(&[0; 4096]),
                0,
                5000,
            ),
            ("reset", |ident| _ = ident.reset(), 0, 5000),
        ];
        for (name, set, least, most) in manners {
            set(&ident);
            let limit = if name == "reset" { 9 } else { 1 };
            world.tables(format!("svcd: ALL: rfc931 {limit}\n"), "");
            let outcome = world.run(&Call::new().from("127.0.0.2"));
            world.same(name, outcome.verdict, Verdict::Granted);
            world.same(
                name,
                outcome.texts(),
                vec!["connect from 127.0.0.2 (127.0.0.2)"],
            );
            let range = Duration::from_millis(least)..Duration::from_millis(most);
            world.holds(name, range.contains(&outcome.took), || {
                format!("{:?}", outcome.took)
            });
        }
    });
}

#[test]
fn nobody_listening_costs_nothing() {
    scenario(&[], |world| {
        world.tables("svcd: ALL: rfc931\n", "");
        let outcome = world.run(&Call::new().from("127.0.0.2"));
        world.same(
            "log",
            outcome.texts(),
            vec!["connect from 127.0.0.2 (127.0.0.2)"],
        );
        // A server that keeps silent would cost ten seconds.
        world.holds("at once", outcome.took < Duration::from_secs(5), || {
            format!("{:?}", outcome.took)
        });
    });
}

#[test]
fn the_time_limit_is_ten_seconds() {
    scenario(&[], |world| {
        let ident = Ident::start("127.0.0.2");
        ident.silent();
        world.tables("svcd: joe@ALL\n", "ALL: ALL\n");
        let outcome = world.run(&Call::new().from("127.0.0.2"));
        world.same("verdict", outcome.verdict, Verdict::Refused);
        let range = Duration::from_millis(9_500)..Duration::from_secs(12);
        world.holds("ten seconds", range.contains(&outcome.took), || {
            format!("{:?}", outcome.took)
        });
    });
}

#[test]
fn an_ident_service_behind_tcpd_asks_nobody() {
    // It would ask itself, which would ask itself.
    scenario(&["openbsd-inetd"], |world| {
        if world.only_ours("N7") {
            return;
        }
        world.tables("ALL: KNOWN@ALL\n", "ALL: ALL\n");
        let line = "113 stream tcp nowait root /usr/sbin/tcpd /srv/svcd\n";
        let _inetd = scenarios::Superserver::inetd(world, line, &[113]);
        let _client = scenarios::Client::connect("127.0.0.2", "127.0.0.1", 113);
        let refused = world
            .log
            .wait(|record| record.text.starts_with("refused connect from 127.0.0.2"));
        world.same("refused", refused.is_some(), true);
        std::thread::sleep(Duration::from_millis(300));
        let count = world
            .log
            .records()
            .iter()
            .filter(|record| record.tag == "svcd" && !record.priority.ends_with(".debug"))
            .count();
        world.same("one process", count, 1);
    });
}

#[test]
fn nullidentd_is_believed() {
    scenario(&["root", "nullidentd", "openbsd-inetd"], |world| {
        let line = "113 stream tcp nowait nobody /usr/sbin/nullidentd nullidentd joe\n";
        let _inetd = scenarios::Superserver::inetd(world, line, &[113]);
        world.check_all(&[
            rule("svcd: joe@ALL", "ALL: ALL")
                .from("127.0.0.2")
                .granted()
                .who("joe@127.0.0.2"),
            rule("svcd: ann@ALL", "ALL: ALL")
                .from("127.0.0.2")
                .refused()
                .who("joe@127.0.0.2"),
        ]);
    });
}

#[test]
fn oidentd_knows_the_owner_of_the_connection() {
    scenario(&["root", "oidentd"], |world| {
        let args = [
            "--foreground",
            "--nosyslog",
            "--user=nobody",
            "--group=nogroup",
        ];
        let _oidentd = scenarios::Superserver::start("/usr/sbin/oidentd", &args, &[113]);
        world.check_all(&[
            rule("svcd: root@ALL", "ALL: ALL")
                .from("127.0.0.2")
                .granted()
                .who("root@127.0.0.2"),
            rule("svcd: root@ALL", "ALL: ALL")
                .from("::1")
                .granted()
                .who("root@::1"),
        ]);
    });
}

#[test]
fn a_process_that_is_stopped_and_goes_on_still_gets_its_reply() {
    scenario(&[], |world| {
        let ident = Ident::start("127.0.0.2");
        ident.slow("{P} : USERID : UNIX : joe\r\n", Duration::from_millis(40));
        world.tables("svcd: joe@ALL\n", "ALL: ALL\n");
        let running = Call::new().from("127.0.0.2").start();
        let tcpd = Pid::from_raw(running.child.id().cast_signed());
        for _ in 0..5 {
            std::thread::sleep(Duration::from_millis(100));
            kill(tcpd, Signal::SIGSTOP).unwrap();
            std::thread::sleep(Duration::from_millis(10));
            kill(tcpd, Signal::SIGCONT).unwrap();
        }
        let outcome = running.outcome(world);
        world.same(
            "log",
            outcome.texts(),
            vec!["connect from joe@127.0.0.2 (127.0.0.2)"],
        );
    });
}
