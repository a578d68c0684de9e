//! Input that is out of all proportion: it ends in a verdict, soon, and is told in the log.

use std::time::Duration;

use scenarios::{Call, Client, Subject, Verdict, World, rule, scenario, tables};

/// Runs one client on tables that were written; gives verdict and lines. Ours may take
/// ten seconds, on a machine that has other things to do; the original often does.
fn soon(world: &mut World, what: &str, verdict: Verdict) -> Vec<String> {
    let outcome = world.run(&Call::new().patience(Duration::from_secs(30)));
    world.same(what, outcome.verdict, verdict);
    let took = outcome.took;
    let in_time = took < Duration::from_secs(10) || world.subject == Subject::Debian;
    world.holds(what, in_time, || format!("took {took:?}"));
    outcome.texts().iter().map(ToString::to_string).collect()
}

#[test]
fn tables_of_a_hundred_megabytes() {
    scenario(&[], |world| {
        let line = format!("other: 10.{}\n", "1".repeat(84));
        let many = line.repeat((100 << 20) / line.len());
        world.tables(format!("{many}svcd: 127.0.0.1\n"), "ALL: ALL\n");
        soon(world, "the last rule of many grants", Verdict::Granted);
        world.tables(
            "",
            format!("#{}\n{many}svcd: 127.0.0.1\n", "x".repeat(1000)),
        );
        soon(world, "the last rule of many denies", Verdict::Refused);
    });
}

#[test]
fn lines_of_ten_megabytes() {
    scenario(&[], |world| {
        let words = "10.1.2.3 ".repeat((10 << 20) / 9);
        let lost = Verdict::Refused;
        world.tables(format!("svcd: {words} 127.0.0.1\n"), "ALL: ALL\n");
        let verdict = world.differs("T1", lost, Verdict::Granted);
        soon(world, "a long list", verdict);
        world.tables("", format!("svcd: {words} 127.0.0.1\n"));
        soon(world, "a long list in hosts.deny", Verdict::Refused);
        let word = "x".repeat(10 << 20);
        world.tables("", format!("svcd: {word} 127.0.0.1\n"));
        soon(world, "a long word", Verdict::Refused);
        world.tables("", format!("svcd: {}127.0.0.1\n", "\\\n".repeat(5 << 20)));
        soon(world, "many continuations", Verdict::Refused);
        world.tables(
            "",
            format!("svcd: ALL: {}umask 022\n", "umask 022: ".repeat(500_000)),
        );
        soon(world, "many options", Verdict::Refused);
        world.tables(
            "",
            format!("svcd: ALL{}\n", " EXCEPT ALL".repeat(1_000_001)),
        );
        let log = soon(
            world,
            "nested exceptions",
            world.differs("T1", Verdict::Refused, Verdict::Granted),
        );
        world.holds("a log", !log.is_empty(), String::new);
        world.tables(
            "",
            format!("svcd: ALL{}\n", " EXCEPT ALL".repeat(1_000_000)),
        );
        soon(world, "nested exceptions", Verdict::Refused);
        world.tables("", format!("svcd: ALL: {word}\n"));
        let log = soon(world, "a long keyword", Verdict::Refused);
        let told = "error: /etc/hosts.deny, line 1: bad option name: \"xxx";
        let ours = log.iter().any(|line| line.starts_with(told));
        world.same("told", ours, world.differs("T1", false, true));
        world.tables("", format!("svcd: {}ALL\n", "[".repeat(1 << 20)));
        soon(
            world,
            "brackets",
            world.differs("T1", Verdict::Refused, Verdict::Granted),
        );
    });
}

#[test]
fn a_line_that_does_not_fit_into_memory() {
    scenario(&[], |world| {
        world.tables(
            format!("svcd: {} ALL\n", "x".repeat(15 << 20)),
            "ALL: ALL\n",
        );
        let outcome = world.run(&Call::new().launch(&["-m", "12000000"]));
        world.same("verdict", outcome.verdict, Verdict::Refused);
        world.same("client", outcome.read.as_str(), "");
        let (too_long, no_memory) = (
            "warning: /etc/hosts.allow, line 0: missing newline or line too long",
            "warning: /etc/hosts.allow, line 1: cannot read on: out of memory \
                (in error: refuses everybody whom no rule above grants)",
        );
        let expected = world.differs("T1", too_long, no_memory);
        world.same("log", outcome.texts().first().copied(), Some(expected));
    });
}

#[test]
fn a_client_gets_nothing_of_ours_where_memory_runs_out() {
    scenario(&[], |world| {
        if world.only_ours("N11") {
            return;
        }
        let allow = format!("svcd: ALL: setenv X {}\n", "x".repeat(90_000));
        world.tables(allow, "");
        let run =
            |world: &World, bytes: u64| world.run(&Call::new().launch(&["-m", &bytes.to_string()]));
        // How much it takes to start at all.
        let starts = |world: &World, pages: &u64| !run(world, pages << 12).log.is_empty();
        let first = (100..4000).step_by(25).find(|pages| starts(world, pages));
        let first = first.expect("a program that starts");
        let (mut told, mut served) = (0, 0);
        for pages in first - 25..first + 250 {
            let outcome = run(world, pages << 12);
            let (what, texts) = (format!("{pages} pages"), outcome.texts());
            if texts.is_empty() {
                // The C library could not start it, and exits 127 with words of its own, or is killed.
                world.same(&what, outcome.verdict, Verdict::None);
                let code = outcome.status.and_then(|status| status.code());
                let not_ours = pages < first && code.is_none_or(|code| code == 127);
                world.holds(&what, not_ours, || format!("{outcome:?}"));
                continue;
            }
            world.same(&what, outcome.read.as_str(), "");
            let out = texts[0].starts_with("error: out of memory: ");
            // A table or list for which there is no memory refuses too, and says so.
            let in_error = texts[0].contains("annot ") && texts[0].starts_with("warning: ");
            let expected = if out || in_error {
                Verdict::Refused
            } else {
                Verdict::Granted
            };
            world.same(&what, outcome.verdict, expected);
            told += u32::from(out);
            served += u32::from(outcome.verdict == Verdict::Granted);
        }
        world.holds("both were met", told > 0 && served > 0, || {
            format!("{told} out of memory, {served} served")
        });
    });
}

#[test]
fn lines_beyond_all_bounds_deny() {
    // An unterminated word of 100 MB: no rule is as long.
    scenario(&[], |world| {
        let huge = format!("svcd: {} 127.0.0.1\n", "x".repeat(100 << 20));
        world.tables(&huge, "");
        let verdict = world.differs("T1", Verdict::Granted, Verdict::Refused);
        let log = soon(world, "in hosts.allow", verdict);
        world.holds(
            "told",
            log.iter()
                .any(|line| line.contains("/etc/hosts.allow, line ")),
            || format!("{log:?}"),
        );
        world.tables("", &huge);
        let log = soon(world, "in hosts.deny", Verdict::Refused);
        world.holds(
            "told",
            log.iter()
                .any(|line| line.contains("/etc/hosts.deny, line ")),
            || format!("{log:?}"),
        );
    });
}

#[test]
fn a_list_of_a_hundred_megabytes() {
    scenario(&[], |world| {
        let line = "10.11.12.13\n";
        world.file(
            "/srv/list",
            line.repeat((100 << 20) / line.len()) + "127.0.0.1\n",
        );
        world.tables("svcd: /srv/list\n", "ALL: ALL\n");
        soon(world, "the last word grants", Verdict::Granted);
        world.tables("", "svcd: /srv/list\n");
        soon(world, "the last word denies", Verdict::Refused);
    });
}

#[test]
fn a_word_of_a_hundred_megabytes_in_a_list() {
    scenario(&[], |world| {
        if world.only_ours("T1") {
            return;
        }
        world.file("/srv/list", "x".repeat(100 << 20) + "\n127.0.0.1\n");
        world.tables("svcd: /srv/list\n", "ALL: ALL\n");
        soon(world, "in hosts.allow", Verdict::Refused);
        world.tables("", "svcd: /srv/list\n");
        soon(world, "in hosts.deny", Verdict::Refused);
    });
}

#[test]
fn without_free_descriptors() {
    // With the three of the client and no other: no table can be opened.
    scenario(&[], |world| {
        for (allow, deny) in [("", "ALL: ALL\n"), ("svcd: ALL\n", "ALL: ALL\n"), ("", "")] {
            world.tables(allow, deny);
            for limit in ["3", "4", "5", "6"] {
                let outcome = world.run(
                    &Call::new()
                        .launch(&["-n", limit])
                        .patience(Duration::from_secs(8)),
                );
                let granted = outcome.verdict == Verdict::Granted;
                let may = !allow.is_empty() || deny.is_empty();
                world.holds(limit, may || !granted, || format!("{outcome:?}"));
                world.holds(
                    limit,
                    outcome.status.is_some() || world.subject == Subject::Debian,
                    || format!("{outcome:?}"),
                );
                if world.subject == Subject::Ours && limit == "3" {
                    world.holds("nothing is granted blindly", !granted, || {
                        format!("{outcome:?}")
                    });
                }
            }
        }
    });
}

#[test]
fn a_table_that_vanishes_and_comes_back() {
    // A writer that replaces the table by rename: each client meets one of the two.
    scenario(&[], |world| {
        world.file("/etc/one", "ALL: ALL\n");
        world.tables("", "ALL: ALL\n");
        let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let seen = std::sync::Arc::clone(&stop);
        let writer = std::thread::spawn(move || {
            while !seen.load(std::sync::atomic::Ordering::Relaxed) {
                std::fs::write("/etc/new", format!("#{}\nALL: ALL\n", "x".repeat(1000))).unwrap();
                std::fs::rename("/etc/new", "/etc/hosts.deny").unwrap();
            }
        });
        for _ in 0..50 {
            let outcome = world.run(&Call::new());
            world.same(
                "refused",
                outcome.texts(),
                vec!["refused connect from 127.0.0.1 (127.0.0.1)"],
            );
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        writer.join().unwrap();
    });
}

#[test]
fn every_single_byte() {
    scenario(&[], |world| {
        for byte in 1..=255_u8 {
            let rest = [b"svcd: 10.0.0.1".as_slice(), &[byte], b"x\nALL: ALL\n"].concat();
            if byte != b'\n' && byte != b':' {
                world.check(&tables("", &rest).refused().who("…"));
            }
        }
    });
}

#[test]
fn many_clients_at_once() {
    scenario(&["openbsd-inetd"], |world| {
        world.tables("svcd: 127.0.0.1\n", "ALL: ALL\n");
        let line = "4000 stream tcp nowait.1000 root /usr/sbin/tcpd /srv/svcd\n";
        let _inetd = scenarios::Superserver::inetd(world, line, &[4000]);
        let mut clients: Vec<_> = (0..100)
            .map(|number| {
                Client::connect(
                    if number % 2 == 0 {
                        "127.0.0.1"
                    } else {
                        "127.0.0.2"
                    },
                    "127.0.0.1",
                    4000,
                )
            })
            .collect();
        for (number, client) in clients.iter_mut().enumerate() {
            if number % 2 == 0 {
                world.same(
                    "served",
                    client.read_all(Duration::from_secs(20)),
                    b"served\n".to_vec(),
                );
            }
        }
        std::thread::sleep(Duration::from_secs(1));
        let count = |start: &str| {
            world
                .log
                .records()
                .iter()
                .filter(|record| record.text.starts_with(start))
                .count()
        };
        let (granted, refused) = (
            count("connect from 127.0.0.1"),
            count("refused connect from 127.0.0.2"),
        );
        world.same("records", (granted, refused), (50, 50));
        world.check(&rule("", "").granted());
    });
}
