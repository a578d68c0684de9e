//! tcpd itself: its name, its arguments, and standard input that is no connection.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::time::Duration;

use scenarios::{Call, Outcome, Record, Verdict, World, rule, scenario};

fn texts(log: &[Record]) -> Vec<&str> {
    let log = log
        .iter()
        .filter(|record| !record.priority.ends_with(".debug"));
    log.map(|record| record.text.as_str()).collect()
}

#[test]
fn argv0_says_which_daemon() {
    scenario(&[], |world| {
        std::fs::create_dir("/usr/sbin/d").unwrap();
        std::fs::copy("/srv/svcd", "/usr/sbin/d/svcd").unwrap();
        world.tables("", "");
        for (argv0, name) in [
            ("/srv/svcd", "svcd"),
            ("/srv/../srv/./svcd", "svcd"),
            ("//srv//svcd", "svcd"),
            ("svcd", "svcd"),
            ("./svcd", "./svcd"),
            ("d/svcd", "d/svcd"),
            ("../../srv/svcd", "../../srv/svcd"),
        ] {
            let outcome = world.run(&Call::new().argv0(argv0).args(&["report", "-x", "", "a b"]));
            world.same(argv0, outcome.verdict, Verdict::Granted);
            let argv = [
                format!("argv 0 {name}"),
                "argv 1 report".into(),
                "argv 2 -x".into(),
                "argv 3 ".into(),
                "argv 4 a b".into(),
            ];
            world.same(
                argv0,
                outcome.facts("argv"),
                argv.iter().map(String::as_str).collect(),
            );
        }
    });
}

#[test]
fn a_daemon_that_cannot_be_run() {
    let failed = |path: &str, why: &str| format!("error: cannot execute {path}: {why}");
    scenario(&[], |world| {
        world.file("/srv/plain", "text");
        world.file("/srv/script", "#!/nonexistent\n");
        std::fs::create_dir("/srv/directory").unwrap();
        world.file("/srv/list", "127.0.0.1\n");
        for (argv0, path, why) in [
            ("/srv/nothing", "/srv/nothing", "No such file or directory"),
            (
                "/nowhere/nothing",
                "/nowhere/nothing",
                "No such file or directory",
            ),
            ("nothing", "/usr/sbin/nothing", "No such file or directory"),
            ("/srv/plain", "/srv/plain", "Permission denied"),
            ("/srv/script", "/srv/script", "No such file or directory"),
            ("/srv/directory", "/srv/directory", "Permission denied"),
            ("/srv/svcd/x", "/srv/svcd/x", "Not a directory"),
        ] {
            world.tables("", "");
            let outcome = world.run(&Call::new().argv0(argv0));
            let error = failed(path, why);
            world.same(
                argv0,
                outcome.texts(),
                vec!["connect from 127.0.0.1 (127.0.0.1)", &error],
            );
            world.same(
                argv0,
                outcome.log.last().map(|record| record.priority.clone()),
                Some("daemon.err".into()),
            );
            world.same(
                argv0,
                outcome.status.and_then(|status| status.code()),
                Some(0),
            );
            let held = outcome.took > Duration::from_secs(4);
            world.same(argv0, held, world.differs("N1", true, false));
        }
        world.check_all(&[rule("", "")
            .argv0("/srv/nothing")
            .from("udp 127.0.0.1")
            .undecided()
            .queued(false)
            .logs("daemon.info", "connect from 127.0.0.1 (127.0.0.1)")
            .says(&failed("/srv/nothing", "No such file or directory"))]);
    });
}

#[test]
fn a_daemon_without_name() {
    scenario(&[], |world| {
        world.tables("", "");
        for argv0 in ["", "/srv/"] {
            let outcome = world.run(&Call::new().argv0(argv0));
            world.same(argv0, outcome.verdict, Verdict::None);
            let last = outcome
                .texts()
                .last()
                .map(ToString::to_string)
                .unwrap_or_default();
            world.holds(
                argv0,
                last.starts_with("error: cannot execute ") && last.ends_with(": Permission denied"),
                || format!("{outcome:?}"),
            );
        }
        let outcome = world.run(&Call::new().launch(&["-e"]));
        world.same("no argv", outcome.verdict, Verdict::None);
        world.holds("no argv", !outcome.log.is_empty(), || {
            format!("{outcome:?}")
        });
    });
}

#[test]
fn tcpd_does_not_run_itself() {
    scenario(&[], |world| {
        if world.only_ours("N8") {
            return;
        }
        world.tables("", "");
        for argv0 in ["tcpd", "/usr/sbin/tcpd", "/usr/sbin/../sbin/tcpd"] {
            let outcome = world.run(&Call::new().argv0(argv0));
            world.same(
                argv0,
                outcome.status.and_then(|status| status.code()),
                Some(0),
            );
            world.holds(argv0, (1..=3).contains(&outcome.log.len()), || {
                format!("{outcome:?}")
            });
            let said = outcome
                .texts()
                .iter()
                .any(|text| text.starts_with("error: "));
            world.holds(argv0, said, || format!("{outcome:?}"));
        }
        for long in [
            format!("/srv/{}", "x".repeat(9000)),
            "x".repeat(9000),
            format!("/{}", "x/".repeat(30_000)),
        ] {
            let outcome = world.run(&Call::new().argv0(&long));
            world.same(
                "long name",
                outcome.status.and_then(|status| status.code()),
                Some(0),
            );
            world.holds("long name", !outcome.log.is_empty(), || {
                format!("{:?}", outcome.status)
            });
            world.same("long name", outcome.read, String::new());
        }
    });
}

#[test]
fn tcpd_does_not_run_itself_where_there_is_no_proc() {
    scenario(&[], |world| {
        if world.only_ours("N8") {
            return;
        }
        world.tool("mount", &["-t", "tmpfs", "tmpfs", "/proc"]);
        std::os::unix::fs::symlink("/usr/sbin/tcpd", "/srv/link").unwrap();
        world.tables("", "");
        for argv0 in ["tcpd", "/usr/sbin/../sbin/tcpd", "/srv/link"] {
            let outcome = world.run(&Call::new().argv0(argv0).patience(Duration::from_secs(3)));
            let status = outcome.status.and_then(|status| status.code());
            world.same(argv0, status, Some(0));
            let texts = outcome.texts();
            let said = texts.iter().any(|text| text.contains(" is tcpd itself; "));
            world.holds(argv0, said && texts.len() == 2, || format!("{texts:?}"));
        }
        let outcome = world.run(&Call::new());
        world.same("another daemon", outcome.verdict, Verdict::Granted);
    });
}

#[test]
fn a_client_is_let_go_when_tcpd_is_killed_while_a_command_runs() {
    scenario(&[], |world| {
        for (option, debian) in [("spawn", true), ("aclexec", false)] {
            let _ = std::fs::remove_file("/srv/began");
            let command = "echo > /srv/began; exec sleep 6";
            world.tables(format!("svcd: ALL: {option} {command}\n"), "");
            let mut running = Call::new().start();
            world.wait_file("/srv/began", |text| !text.is_empty());
            // What stands between tcpd and the command has let go of the client by then.
            std::thread::sleep(Duration::from_millis(200));
            running.child.kill().unwrap();
            running.child.wait().unwrap();
            let closed = running.client.closed(Duration::from_secs(4));
            // The original's aclexec has the client's socket as its own.
            let expected = debian || world.differs("O2", false, true);
            world.same(option, closed, expected);
        }
    });
}

fn file(path: &str) -> OwnedFd {
    File::options()
        .read(true)
        .write(true)
        .open(path)
        .unwrap()
        .into()
}

/// The three descriptors of a process.
fn thrice(open: impl Fn() -> OwnedFd) -> [OwnedFd; 3] {
    [(); 3].map(|()| open())
}

/// Both sides end with status 0 and these lines; ours at once.
fn ends(world: &mut World, what: &str, call: &Call, streams: [OwnedFd; 3], debian: &[&str]) {
    let (status, log, took) = call.run_on(world, streams);
    world.same(what, status.and_then(|status| status.code()), Some(0));
    let quick = took < Duration::from_secs(4);
    world.same(what, quick, world.differs("N4", false, true));
    let got = texts(&log);
    if world.differs("N4", true, false) {
        world.same(what, got, debian.to_vec());
    } else {
        world.holds(
            what,
            got.iter()
                .any(|text| text.contains("can't get client address")),
            || format!("{got:?}"),
        );
    }
}

#[test]
fn standard_input_is_no_socket() {
    let expected = [
        "warning: can't get client address: Socket operation on non-socket",
        "getpeername: Socket operation on non-socket",
    ];
    scenario(&[], |world| {
        world.file("/srv/file", "x");
        for tables in [("", ""), ("ALL: ALL\n", ""), ("", "ALL: ALL\n")] {
            world.tables(tables.0, tables.1);
            ends(
                world,
                "null",
                &Call::new(),
                thrice(|| file("/dev/null")),
                &expected,
            );
        }
        world.tables("ALL: ALL: spawn echo ran > /srv/ran\n", "");
        ends(
            world,
            "file",
            &Call::new(),
            thrice(|| file("/srv/file")),
            &expected,
        );
        let (read, write) = nix::unistd::pipe().unwrap();
        let streams = [read, write.try_clone().unwrap(), write];
        ends(world, "pipe", &Call::new(), streams, &expected);
        world.same("tables are not read", world.read("/srv/ran"), String::new());
    });
}

#[test]
fn standard_input_is_closed() {
    // The original takes its own log socket for the client, and hangs if it refuses.
    scenario(&[], |world| {
        if world.only_ours("N4") {
            return;
        }
        for tables in [("", ""), ("", "ALL: ALL\n")] {
            world.tables(tables.0, tables.1);
            for closed in [&["-c", "0"][..], &["-c", "0", "-c", "1", "-c", "2"]] {
                let call = Call::new().launch(closed).args(&["report"]);
                let (status, log, took) = call.run_on(world, thrice(|| file("/dev/null")));
                world.same("status", status.and_then(|status| status.code()), Some(0));
                world.holds("logged", !texts(&log).is_empty(), || format!("{log:?}"));
                world.holds("quick", took < Duration::from_secs(4), || {
                    format!("{took:?}")
                });
            }
        }
    });
}

#[test]
fn a_listening_socket_has_no_client() {
    scenario(&[], |world| {
        let unknown = |outcome: &Outcome| outcome.texts().join("|");
        for (allow, deny, verdict) in [
            ("", "", Verdict::Granted),
            ("svcd: UNKNOWN\n", "ALL: ALL\n", Verdict::Granted),
            ("svcd: 127.0.0.1\n", "ALL: ALL\n", Verdict::Refused),
            ("svcd: KNOWN\n", "ALL: ALL\n", Verdict::Refused),
            ("", "svcd: 127.\n", Verdict::Granted),
        ] {
            world.tables(allow, deny);
            let (listener, client) = scenarios::queued();
            let outcome = Call::new().start_on(listener, client).outcome(world);
            world.same(allow, outcome.verdict, verdict);
            let start = if verdict == Verdict::Granted {
                ""
            } else {
                "refused "
            };
            let expected = format!(
                "warning: can't get client address: Transport endpoint is not connected|{start}connect from unknown (unknown)"
            );
            world.same(allow, unknown(&outcome), expected);
        }
    });
}

#[test]
fn settings_of_the_environment_change_nothing() {
    scenario(&[], |world| {
        world.tables("", "ALL: ALL\n");
        world.file("/srv/allow", "ALL: ALL\n");
        let mut call = Call::new();
        for name in [
            "HOSTS_ALLOW",
            "HOSTS_DENY",
            "TCPD_HOSTS_ALLOW",
            "REAL_DAEMON_DIR",
            "TCPD_SUBJECT",
            "RUST_LOG",
            "RUST_BACKTRACE",
        ] {
            call = call.env(name, "/srv/allow");
        }
        let outcome = world.run(&call.args(&["-d", "-a", "/srv/allow", "--help", "--version"]));
        world.same("refused", outcome.verdict, Verdict::Refused);
        world.same("read", outcome.read, String::new());
    });
}
