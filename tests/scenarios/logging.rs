//! What tcpd logs: texts by state of the client, order, and a log that is not there.

use std::io::Read;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::time::Duration;

use scenarios::{Call, Client, Dns, Ident, Verdict, rule, scenario};

#[test]
fn client_and_address_by_case() {
    scenario(&[], |world| {
        let _dns = Dns::usual();
        let _ident = Ident::start("127.0.0.2");
        let _other = Ident::start("127.0.0.3");
        let mismatch = "warning: /etc/hosts.allow, line 1: host name/address mismatch: 127.0.0.3 != liar.example.test";
        world.check_all(&[
            rule("svcd: ALL", "").from("127.0.0.2").granted(),
            rule("svcd: KNOWN", "")
                .from("127.0.0.2")
                .granted()
                .who("good.example.test"),
            rule("svcd: joe@KNOWN", "")
                .from("127.0.0.2")
                .granted()
                .who("joe@good.example.test"),
            rule("svcd: joe@ALL", "")
                .from("127.0.0.2")
                .granted()
                .who("joe@127.0.0.2"),
            rule("svcd: PARANOID", "")
                .from("127.0.0.3")
                .granted()
                .says(mismatch),
            rule("svcd: joe@PARANOID", "")
                .from("127.0.0.3")
                .granted()
                .who("joe@127.0.0.3")
                .says(mismatch),
            rule("svcd: UNKNOWN", "").from("127.0.0.77").granted(),
            rule("svcd: ALL", "").from("::1").granted(),
            rule("svcd: KNOWN", "")
                .from("::1")
                .granted()
                .who("six.example.test"),
            rule("svcd: ALL", "").from("fe80::1%lo").granted(),
            rule("svcd: ALL", "").from("::ffff:127.0.0.2").granted(),
            rule("svcd: KNOWN", "")
                .from("::ffff:127.0.0.2")
                .granted()
                .who("good.example.test"),
            rule("svcd: ALL", "").from("unix").granted(),
            rule("svcd: KNOWN: twist true", "")
                .from("127.0.0.2")
                .who("good.example.test")
                .twisted("true"),
            rule("", "svcd: [::1]")
                .from("127.0.0.2")
                .granted()
                .who("good.example.test"),
        ]);
    });
}

#[test]
fn the_tag_is_the_daemons_name() {
    scenario(&[], |world| {
        std::fs::create_dir("/usr/sbin/d").unwrap();
        std::fs::copy("/srv/svcd", "/usr/sbin/d/svcd").unwrap();
        let long = "n".repeat(100);
        std::fs::copy("/srv/svcd", format!("/srv/{long}")).unwrap();
        world.tables("", "");
        for (argv0, tag) in [
            ("/srv/svcd", "svcd"),
            ("svcd", "svcd"),
            ("d/svcd", "d/svcd"),
            (&format!("/srv/{long}"), &long),
        ] {
            let outcome = world.run(&Call::new().argv0(argv0));
            let tags: Vec<_> = outcome
                .log
                .iter()
                .map(|record| record.tag.as_str())
                .collect();
            world.same(argv0, tags, vec![tag]);
        }
    });
}

#[test]
fn lines_come_in_order() {
    scenario(&[], |world| {
        let _dns = Dns::usual();
        let allow = "broken\nsvcd: .nowhere\nsvcd: ALL: banners /nowhere: setenv X %z: severity mail.crit: aclexec false\n";
        let deny = "broken\nALL: ALL: banners /nowhere: bogus\n";
        world.check(
            &rule(allow, deny).from("127.0.0.3").refused().level("mail.crit")
                .says("warning: /etc/hosts.allow, line 1: missing \":\" separator")
                .says("warning: /etc/hosts.allow, line 2: host name/address mismatch: 127.0.0.3 != liar.example.test")
                .says("warning: /etc/hosts.allow, line 3: /nowhere: No such file or directory")
                .says("warning: /etc/hosts.allow, line 3: unrecognized %z")
                .logs("daemon.info", "aclexec returned 1")
                .says("warning: /etc/hosts.deny, line 1: missing \":\" separator")
                .says("warning: /etc/hosts.deny, line 2: /nowhere: No such file or directory")
                .says("error: /etc/hosts.deny, line 2: bad option name: \"bogus\""),
        );
    });
}

#[test]
fn a_refusal_names_the_rule_at_level_debug() {
    scenario(&[], |world| {
        let row = "L1";
        for (allow, deny, line) in [
            ("", "x: y\n\nALL: ALL\n", "matched:  /etc/hosts.deny line 3"),
            ("svcd: ALL: deny\n", "", "matched:  /etc/hosts.allow line 1"),
            ("", "ALL: \\\nALL\n", "matched:  /etc/hosts.deny line 2"),
        ] {
            world.tables(allow, deny);
            let outcome = world.run(&Call::new());
            world.same(line, outcome.verdict, Verdict::Refused);
            let debug: Vec<_> = outcome.debug.iter().map(ToString::to_string).collect();
            let expected = vec![format!("daemon.debug svcd[{}]: {line}", outcome.pid)];
            world.same(line, debug, world.differs(row, vec![], expected));
        }
    });
}

#[test]
fn without_a_log_all_goes_on() {
    scenario(&["root"], |world| {
        std::fs::remove_file("/dev/log").unwrap();
        for stale in [false, true] {
            if stale {
                drop(UnixDatagram::bind("/dev/log").unwrap());
            }
            world.tables("svcd: 127.0.0.2\n", "ALL: ALL: twist echo refused\n");
            for (from, expected) in [("127.0.0.2", "served\n"), ("127.0.0.3", "refused\n")] {
                let mut running = Call::new().from(from).start();
                let text = running.client.read_all(Duration::from_secs(10));
                world.same(
                    from,
                    String::from_utf8_lossy(&text).into_owned(),
                    expected.into(),
                );
                running.child.wait().unwrap();
            }
            world.tables("", "ALL: ALL\n");
            let mut running = Call::new().start();
            let started = std::time::Instant::now();
            world.same(
                "end of file",
                running.client.closed(Duration::from_secs(10)),
                true,
            );
            world.same("status", running.child.wait().unwrap().code(), Some(0));
            let held = started.elapsed() > Duration::from_secs(4);
            world.same("held", held, world.differs("N1", true, false));
        }
    });
}

#[test]
fn a_stream_socket_serves_as_well() {
    scenario(&[], |world| {
        std::fs::remove_file("/dev/log").unwrap();
        let listener = UnixListener::bind("/dev/log").unwrap();
        world.tables("", "");
        let running = Call::new().start();
        let pid = running.child.id();
        let (mut stream, _) = listener.accept().unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let text = text.trim_end_matches(['\0', '\n']).to_string();
        let end = format!(" svcd[{pid}]: connect from 127.0.0.1 (127.0.0.1)");
        world.holds(
            "record",
            text.starts_with("<30>") && text.ends_with(&end),
            || text.clone(),
        );
        let mut child = running.child;
        world.same("status", child.wait().unwrap().code(), Some(0));
    });
}

#[test]
fn a_log_that_is_never_read_does_not_stop_the_service() {
    scenario(&[], |world| {
        std::fs::remove_file("/dev/log").unwrap();
        let _unread = UnixDatagram::bind("/dev/log").unwrap();
        let filler = UnixDatagram::unbound().unwrap();
        filler.set_nonblocking(true).unwrap();
        while filler.send_to(b"<30>x", "/dev/log").is_ok() {}
        world.tables(
            "x\ny\nz\nsvcd: 127.0.0.2\n",
            "a\nb\nALL: ALL: twist echo refused\n",
        );
        if world.only_ours("N5") {
            let mut running = Call::new().start();
            let text = running.client.read_all(Duration::from_secs(3));
            world.same("hangs", text, Vec::new());
            running.child.kill().unwrap();
            running.child.wait().unwrap();
            return;
        }
        // Both at once: each may wait 5 s with its warnings and 15 s with its verdict.
        let started = std::time::Instant::now();
        let clients = [("127.0.0.2", "served\n"), ("127.0.0.3", "refused\n")];
        let running = clients.map(|(from, _)| Call::new().from(from).start());
        for (mut running, (from, expected)) in running.into_iter().zip(clients) {
            let text = running.client.read_all(Duration::from_secs(40));
            let text = String::from_utf8_lossy(&text).into_owned();
            world.same(from, text, expected.into());
            let took = started.elapsed();
            world.holds("within its limit", took < Duration::from_secs(30), || {
                format!("{took:?}")
            });
            running.child.wait().unwrap();
        }
    });
}

/// What arrives at a log daemon that takes so many lines in a second, while so many clients ask at once.
/// Ends with the last process, or once the log has the lines that are wanted of each.
fn read_slowly(clients: usize, lines_per_second: u32, wanted: &str) -> Vec<String> {
    std::fs::remove_file("/dev/log").unwrap();
    let daemon = UnixDatagram::bind("/dev/log").unwrap();
    daemon
        .set_read_timeout(Some(Duration::from_secs(6)))
        .unwrap();
    let mut running: Vec<_> = (0..clients).map(|_| Call::new().start()).collect();
    let (mut lines, mut found) = (Vec::new(), 0);
    let mut buffer = [0; 2048];
    while found < clients
        && let Ok(length) = daemon.recv(&mut buffer)
    {
        let line = String::from_utf8_lossy(&buffer[..length]).into_owned();
        found += usize::from(line.contains(wanted));
        lines.push(line);
        std::thread::sleep(Duration::from_secs(1) / lines_per_second);
    }
    for running in &mut running {
        let _ = running.child.kill();
        let _ = running.child.wait();
    }
    lines
}

#[test]
fn a_log_that_is_read_slowly_gets_every_verdict() {
    scenario(&[], |world| {
        let client = "connect from 127.0.0.1 (127.0.0.1)";
        for (deny, verdict) in [
            ("ALL: ALL\n", format!("]: refused {client}")),
            ("", format!("]: {client}")),
        ] {
            world.tables("", deny);
            let clients = 120;
            let lines = read_slowly(clients, 50, &verdict);
            let found = lines.iter().filter(|line| line.ends_with(&verdict));
            world.same(&verdict, found.count(), clients);
        }
    });
}

#[test]
fn messages_that_are_lost_are_counted_in_the_log() {
    scenario(&[], |world| {
        if world.only_ours("N5") {
            return;
        }
        std::fs::remove_file("/dev/log").unwrap();
        let daemon = UnixDatagram::bind("/dev/log").unwrap();
        let filler = UnixDatagram::unbound().unwrap();
        filler.set_nonblocking(true).unwrap();
        while filler.send_to(b"<30>filler", "/dev/log").is_ok() {}
        world.tables("x\ny\n", "z\n");
        let mut running = Call::new().start();
        // The three warnings have their 5 s; the verdict still waits.
        std::thread::sleep(Duration::from_secs(7));
        daemon
            .set_read_timeout(Some(Duration::from_secs(2)))
            .unwrap();
        let (mut lines, mut buffer) = (Vec::new(), [0; 2048]);
        while let Ok(length) = daemon.recv(&mut buffer) {
            let line = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let text = line.rsplit("]: ").next().unwrap_or_default().to_owned();
            lines.extend((!line.ends_with("filler")).then_some((line.starts_with("<27>"), text)));
        }
        let lost = "warning: 3 earlier messages are lost: the log daemon did not read in time";
        let expected = [
            (false, "connect from 127.0.0.1 (127.0.0.1)".to_owned()),
            (true, lost.to_owned()),
        ];
        world.same("log", lines, expected.to_vec());
        let text = running.client.read_all(Duration::from_secs(10));
        world.same("client", text, b"served\n".to_vec());
        running.child.wait().unwrap();
    });
}

#[test]
fn long_lines_are_logged_whole() {
    scenario(&[], |world| {
        let text = "x".repeat(1900);
        let command = format!("echo {text}");
        world.check(
            &rule(&format!("svcd: ALL: twist {command}"), "")
                .twisted(&command)
                .reads(&format!("{text}\n")),
        );
    });
}

#[test]
fn a_refused_client_is_let_go() {
    scenario(&[], |world| {
        world.tables("", "ALL: ALL\n");
        for input in ["", "unread input\n"] {
            let started = std::time::Instant::now();
            let mut running = Call::new().sends(input).start();
            world.same(
                "closed",
                running.client.closed(Duration::from_secs(10)),
                true,
            );
            let held = started.elapsed() > Duration::from_millis(4500);
            world.same("held", held, world.differs("N1", true, false));
            world.same("status", running.child.wait().unwrap().code(), Some(0));
        }
    });
}

#[test]
fn a_client_that_has_reset_is_refused_all_the_same() {
    scenario(&[], |world| {
        for (deny, debian, ours) in [
            (
                "ALL: 127.\n",
                "connect from unknown (unknown)",
                "refused connect from ",
            ),
            (
                "",
                "connect from unknown (unknown)",
                "refused connect from ",
            ),
            (
                "ALL: ALL\n",
                "refused connect from unknown (unknown)",
                "refused connect from ",
            ),
        ] {
            world.tables("", deny);
            let mut running = Call::new().launch(&["-t", "1"]).start();
            running.client.reset();
            let outcome = running.outcome(world);
            let text = outcome
                .texts()
                .last()
                .map(ToString::to_string)
                .unwrap_or_default();
            let expected = world.differs("N3", debian, ours);
            world.holds(deny, text.starts_with(expected), || {
                format!("{text}\nexpected {expected}")
            });
            let warning = "warning: can't get client address: Connection reset by peer";
            let warned = outcome.texts().contains(&warning);
            world.holds("warning", warned, || format!("{:?}", outcome.texts()));
        }
    });
}

#[test]
fn a_client_that_has_closed_is_served() {
    scenario(&[], |world| {
        world.tables("svcd: 127.0.0.1\n", "ALL: ALL\n");
        let mut running = Call::new().launch(&["-t", "1"]).start();
        running.client.hang_up();
        let outcome = running.outcome(world);
        world.same(
            "log",
            outcome.texts(),
            vec!["connect from 127.0.0.1 (127.0.0.1)"],
        );
    });
}

#[test]
fn two_clients_at_once() {
    scenario(&["openbsd-inetd"], |world| {
        world.tables("", "");
        let line = "4000 stream tcp nowait root /usr/sbin/tcpd /srv/svcd\n";
        let _inetd = scenarios::Superserver::inetd(world, line, &[4000]);
        let mut clients: Vec<_> = (0..20)
            .map(|_| Client::connect("127.0.0.1", "127.0.0.1", 4000))
            .collect();
        for client in &mut clients {
            world.same(
                "served",
                client.read_all(Duration::from_secs(10)),
                b"served\n".to_vec(),
            );
        }
        let count = world
            .log
            .records()
            .iter()
            .filter(|record| record.text == "connect from 127.0.0.1 (127.0.0.1)")
            .count();
        world.same("records", count, 20);
    });
}
