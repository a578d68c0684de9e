//! Rule options: their grammar, their errors, their effects and their order.

use std::time::Duration;

use scenarios::{Call, Case, REACHED, Verdict, World, rule, scenario};

const ERROR: &str = "error: /etc/hosts.allow, line 1: ";
const WARNING: &str = "warning: /etc/hosts.allow, line 1: ";

/// hosts.allow with these options for everybody.
fn with(options: &str) -> Case {
    rule(&format!("svcd: ALL: {options}"), "")
}

/// Takes back what nice(1) has done to the tests, for what this thread starts from now on. It needs root.
fn as_nice_as_ever() {
    let thread = std::fs::read_link("/proc/thread-self").expect("/proc/thread-self");
    let own = thread.file_name().expect("the thread's number");
    let mut renice = std::process::Command::new("renice");
    let ran = renice.args(["-n", "0", "-p"]).arg(own).output();
    assert!(ran.expect("run renice").status.success());
}

/// Options that are in error: denied, in either table.
fn wrong(options: &str, text: &str) -> [Case; 2] {
    let deny = format!("error: /etc/hosts.deny, line 1: {text}");
    [
        with(options).refused().says(&format!("{ERROR}{text}")),
        rule("", &format!("svcd: ALL: {options}"))
            .refused()
            .says(&deny),
    ]
}

fn check_wrong(world: &mut World, options: &str, text: &str) {
    world.check_all(&wrong(options, text));
}

#[test]
fn the_grammar_of_options() {
    scenario(&[], |world| {
        for (options, text) in [
            ("", "missing option name"),
            (" ", "missing option name"),
            ("umask 022:", "missing option name"),
            (":umask 022", "missing option name"),
            ("umask 022::umask 022", "missing option name"),
            ("umask 022: ", "missing option name"),
            ("bogus", "bad option name: \"bogus\""),
            ("BoGus x", "bad option name: \"BoGus\""),
            ("/bin/echo hello", "bad option name: \"/bin/echo\""),
            ("umask\u{a0}022", "bad option name: \"umask\u{a0}022\""),
            ("umask\u{b}022", "bad option name: \"umask…022\""),
            ("umask", "option \"umask\" requires value"),
            ("UMASK", "option \"UMASK\" requires value"),
            ("umask =", "option \"umask\" requires value"),
            ("umask = ", "option \"umask\" requires value"),
            ("spawn", "option \"spawn\" requires value"),
            ("twist", "option \"twist\" requires value"),
            ("aclexec", "option \"aclexec\" requires value"),
            ("banners", "option \"banners\" requires value"),
            ("setenv", "option \"setenv\" requires value"),
            ("linger", "option \"linger\" requires value"),
            ("severity", "option \"severity\" requires value"),
            ("user", "option \"user\" requires value"),
            ("group", "option \"group\" requires value"),
            ("allow x", "option \"allow\" requires no value"),
            ("deny = x", "option \"deny\" requires no value"),
            ("keepalive 1", "option \"keepalive\" requires no value"),
            ("allow: umask 022", "option \"allow\" must be at end"),
            ("deny: umask 022", "option \"deny\" must be at end"),
            ("twist true: umask 022", "option \"twist\" must be at end"),
            ("allow:", "option \"allow\" must be at end"),
            ("deny:", "option \"deny\" must be at end"),
        ] {
            check_wrong(world, options, text);
        }
        for good in [
            "umask 022",
            "umask=022",
            "umask = 022",
            " UMASK\t022 ",
            "umask  =022",
            "allow",
            " Allow ",
            "allow =",
            "keepalive",
            "keepalive =",
            "keepalive: keepalive",
            "umask 022: umask 027",
            "\u{b}umask 022",
            "umask 022\u{c}",
            "nice",
            "nice 0",
            "rfc931 1",
            "allow\r",
        ] {
            world.check(&with(good).granted());
        }
        world.check(&with("deny =").refused());
        world.check(
            &with("umask == 022")
                .refused()
                .says(&format!("{ERROR}bad umask value: \"= 022\"")),
        );
        world.check(&rule("", "svcd: ALL: umask 022").refused());
    });
}

#[test]
fn numbers() {
    scenario(&[], |world| {
        for value in ["1777", "8", "-1", "0x1f", "0o22", "07 7", "u=rwx", "022x"] {
            check_wrong(
                world,
                &format!("umask {value}"),
                &format!("bad umask value: \"{value}\""),
            );
        }
        for value in ["x", "5x", "1.5", "0x1"] {
            check_wrong(
                world,
                &format!("nice {value}"),
                &format!("bad nice value: \"{value}\""),
            );
        }
        for value in ["-1", "x", "5x", "2147483648"] {
            check_wrong(
                world,
                &format!("linger {value}"),
                &format!("bad linger value: \"{value}\""),
            );
        }
        for value in ["0", "-1", "x", "1x", "1.5", "0x10", "2147483648"] {
            check_wrong(
                world,
                &format!("rfc931 {value}"),
                &format!("bad rfc931 timeout: \"{value}\""),
            );
        }
        for (option, value, what) in [
            ("umask", "40000000077", "umask value"),
            ("linger", "4294967296", "linger value"),
            ("rfc931", "99999999999", "rfc931 timeout"),
            ("rfc931", "4294967297", "rfc931 timeout"),
        ] {
            world.check(
                &with(&format!("{option} {value}"))
                    .granted()
                    .but("T3")
                    .refused()
                    .says(&format!("{ERROR}bad {what}: \"{value}\"")),
            );
        }
    });
}

#[test]
fn severity_sets_priority_of_the_verdict() {
    scenario(&[], |world| {
        for level in ["emerg", "alert", "crit", "err", "warning", "notice", "info"] {
            let priority = format!("daemon.{level}");
            world.check(
                &with(&format!("severity {level}"))
                    .granted()
                    .level(&priority),
            );
        }
        for facility in [
            "user", "mail", "daemon", "auth", "lpr", "news", "uucp", "cron", "local0", "local1",
            "local2", "local3", "local4", "local5", "local6", "local7",
        ] {
            let priority = format!("{facility}.notice");
            world.check(
                &with(&format!("severity {facility}.notice"))
                    .granted()
                    .level(&priority),
            );
        }
        world.check_all(&[
            with("severity MAIL.Crit").granted().level("mail.crit"),
            with("severity kern.notice")
                .granted()
                .level("daemon.notice"),
            with("severity mail.crit: severity notice")
                .granted()
                .level("daemon.notice"),
            with("severity mail.crit: deny")
                .refused()
                .level("mail.crit"),
            rule("", "svcd: ALL: severity auth.alert")
                .refused()
                .level("auth.alert"),
            rule("", "svcd: ALL: severity auth.alert: allow")
                .granted()
                .level("auth.alert"),
            with("severity mail.crit: bogus")
                .refused()
                .level("mail.crit")
                .says(&format!("{ERROR}bad option name: \"bogus\"")),
            with("severity news.err: twist true")
                .twisted("true")
                .level("news.err"),
        ]);
    });
}

#[test]
fn severity_names_of_syslog() {
    let bad = |name: &str| format!("{ERROR}bad syslog facility or severity: \"{name}\"");
    scenario(&[], |world| {
        for (value, culprit) in [
            ("none", "none"),
            ("LOG_INFO", "LOG_INFO"),
            ("3", "3"),
            ("mail", "mail"),
            ("mail.", ""),
            (".info", ""),
            ("*.info", "*"),
            ("mail.info.x", "info.x"),
            ("mail . info", "mail "),
            ("bogus.info", "bogus"),
        ] {
            check_wrong(
                world,
                &format!("severity {value}"),
                &format!("bad syslog facility or severity: \"{culprit}\""),
            );
        }
        for (value, culprit, priority) in [
            ("error", "error", "daemon.err"),
            ("warn", "warn", "daemon.warning"),
            ("panic", "panic", "daemon.emerg"),
            ("authpriv.info", "authpriv", "authpriv.info"),
            ("ftp.info", "ftp", "ftp.info"),
            ("syslog.info", "syslog", "syslog.info"),
            ("security.info", "security", "auth.info"),
        ] {
            world.check(
                &with(&format!("severity {value}"))
                    .refused()
                    .says(&bad(culprit))
                    .but("O3")
                    .granted()
                    .silent()
                    .level(priority),
            );
        }
    });
}

#[test]
fn user_and_group_must_exist() {
    scenario(&["root"], |world| {
        for (option, text) in [
            ("user nosuch", "unknown user: \"nosuch\""),
            ("user nobody.nosuch", "unknown group: \"nosuch\""),
            ("user nosuch.nosuch", "unknown group: \"nosuch\""),
            ("user 65534", "unknown user: \"65534\""),
            ("user nobody.", "unknown group: \"\""),
            ("user .daemon", "unknown user: \"\""),
            ("group nosuch", "unknown group: \"nosuch\""),
            ("group 1", "unknown group: \"1\""),
        ] {
            check_wrong(world, option, text);
        }
    });
}

#[test]
fn user_and_group_change_who_the_daemon_is() {
    // The original only checks that they exist: its daemon stays root.
    scenario(&["root"], |world| {
        for (option, uid, gid, groups) in [
            ("user nobody", "65534", "65534", "65534"),
            ("user alice", "1000", "1000", "8 100 1000"),
            ("user alice.mail", "1000", "8", "8"),
            ("group mail", "0", "8", "8"),
            ("group mail: user nobody.nogroup", "65534", "65534", "65534"),
            // hosts_options(5) demands this order. The group stays; the others are the user's.
            ("group nogroup: user alice", "1000", "65534", "8 100 65534"),
            ("group mail: user nobody", "65534", "8", "8"),
            (
                "group mail: group daemon: user alice",
                "1000",
                "1",
                "1 8 100",
            ),
            ("user alice: user alice", "1000", "1000", "8 100 1000"),
        ] {
            let expect = |name: &str, id: &str| format!("status {name}:\t{id}\t{id}\t{id}\t{id}");
            let (uid, gid) = world.differs("O1", ("0", "0"), (uid, gid));
            world.tables(format!("svcd: ALL: {option}\n"), "");
            let outcome = world.run(&Call::new().args(&["report"]));
            world.same(option, outcome.verdict, Verdict::Granted);
            world.same(
                option,
                outcome.facts("status Uid"),
                vec![expect("Uid", uid).as_str()],
            );
            world.same(
                option,
                outcome.facts("status Gid"),
                vec![expect("Gid", gid).as_str()],
            );
            if !world.differs("O1", true, false) {
                let got: Vec<_> = outcome
                    .facts("status Groups")
                    .iter()
                    .map(|line| line.trim_start_matches("status Groups:").trim().to_string())
                    .collect();
                world.same(option, got, vec![groups.to_string()]);
            }
        }
        world.check(
            &with("user nobody: twist id -u")
                .twisted("id -u")
                .reads("0\n")
                .but("O1")
                .reads("65534\n"),
        );
    });
}

#[test]
fn failing_to_change_the_user_denies() {
    scenario(&["root"], |world| {
        let plain = |case: Case| case.call(|call| call.launch(&["-u", "1000"]));
        world.check_all(&[
            plain(with("user nobody"))
                .granted()
                .but("O1")
                .refused()
                .says(&format!("{ERROR}…nobody…")),
            plain(with("group daemon"))
                .granted()
                .but("O1")
                .refused()
                .says(&format!("{ERROR}…daemon…")),
        ]);
    });
}

/// Runs with these options and gives the daemon's report.
fn report(world: &World, options: &str) -> scenarios::Outcome {
    world.tables(format!("svcd: ALL: {options}\n"), "");
    world.run(&Call::new().args(&["report"]))
}

#[test]
fn effects_on_the_daemon() {
    scenario(&["root"], |world| {
        as_nice_as_ever();
        for (options, fact, expected) in [
            ("allow", "status Umask", "status Umask:\t0022"),
            ("umask 077", "status Umask", "status Umask:\t0077"),
            ("umask 0", "status Umask", "status Umask:\t0000"),
            ("umask +77", "status Umask", "status Umask:\t0077"),
            ("umask 022: umask 7", "status Umask", "status Umask:\t0007"),
            ("nice", "nice", "nice 10"),
            ("nice 5", "nice", "nice 5"),
            ("nice 5: nice 3", "nice", "nice 8"),
            ("nice 99", "nice", "nice 19"),
            (
                "keepalive",
                "sockopt keepalive",
                "sockopt keepalive 01 00 00 00",
            ),
            (
                "allow",
                "sockopt keepalive",
                "sockopt keepalive 00 00 00 00",
            ),
            (
                "linger 7",
                "sockopt linger",
                "sockopt linger 01 00 00 00 07 00 00 00",
            ),
            (
                "linger 0",
                "sockopt linger",
                "sockopt linger 00 00 00 00 00 00 00 00",
            ),
            (
                "allow",
                "sockopt linger",
                "sockopt linger 00 00 00 00 00 00 00 00",
            ),
        ] {
            let outcome = report(world, options);
            world.same(options, outcome.facts(fact), vec![expected]);
            world.same(
                options,
                outcome.texts(),
                vec!["connect from 127.0.0.1 (127.0.0.1)"],
            );
        }
    });
}

#[test]
fn negative_nice_values() {
    scenario(&["root"], |world| {
        as_nice_as_ever();
        world.check_all(&[
            with("nice -5")
                .granted()
                .says(&format!("{WARNING}nice(-5): Success"))
                .but("O9")
                .silent(),
            with("nice -5")
                .call(|call| call.launch(&["-u", "1000"]))
                .granted()
                .says(&format!("{WARNING}nice(-5): Operation not permitted")),
        ]);
    });
}

#[test]
fn setenv_sets_what_the_daemon_sees() {
    scenario(&[], |world| {
        for (options, expected) in [
            ("setenv FOO bar", "env FOO=bar"),
            ("setenv FOO  two words ", "env FOO=two words"),
            ("setenv=FOO bar", "env FOO=bar"),
            ("setenv FOO", "env FOO="),
            ("setenv FOO = bar", "env FOO== bar"),
            ("setenv =bar", "env bar="),
            ("setenv FOO %a", "env FOO=127.0.0.1"),
            ("setenv FOO one: setenv FOO two", "env FOO=two"),
            ("setenv FOO a\\:b", "env FOO=a:b"),
            ("setenv FOO a\\\\:b", "env FOO=a\\134:b"),
            ("setenv FOO a\\nb", "env FOO=a\\134nb"),
            ("setenv PATH /x", "env PATH=/x"),
        ] {
            let outcome = report(world, options);
            let name = expected.split('=').next().unwrap_or_default();
            world.same(options, outcome.facts(&format!("{name}=")), vec![expected]);
        }
        world.check_all(&[with("setenv FOO=bar")
            .refused()
            .says(&format!("{ERROR}memory allocation failure"))
            .but("O4")
            .silent()
            .says(&format!("{ERROR}…FOO…"))]);
    });
}

#[test]
fn spawn_runs_a_shell_command_aside() {
    scenario(&[], |world| {
        let spawned = |world: &World, options: &str| {
            world.tables(format!("svcd: ALL: {options}\n"), "");
            let outcome = world.run(
                &Call::new()
                    .launch(&["-t", "0"])
                    .env("MARK", "x y")
                    .cwd("/srv"),
            );
            (
                outcome,
                world.wait_file("/srv/out", |text| text.ends_with("served\n")),
            )
        };
        let (outcome, text) = spawned(
            world,
            "umask 027: setenv ADDED %a: spawn /srv/svcd report >out 2>&1",
        );
        world.same("served", outcome.verdict, Verdict::Granted);
        for line in [
            "fd 0 /dev/null",
            "fd 2 /srv/out",
            "env MARK=x y",
            "env ADDED=127.0.0.1",
            "cwd /srv\n",
            "status Umask:\t0027",
            "argv 0 /srv/svcd\n",
        ] {
            world.holds(line, text.contains(line), || text.clone());
        }
        let ignored = text
            .lines()
            .find_map(|line| line.strip_prefix("status SigIgn:\t"));
        world.same("SIGHUP ignored", ignored, Some("0000000000000001"));
        world.same(
            "standard streams",
            world.read("/srv/out").matches("socket:").count(),
            0,
        );
        // All three are one open description of /dev/null, for reading and writing.
        let (_, text) = spawned(world, "spawn (/srv/svcd report 3>/dev/null >&2) 2>/srv/out");
        world.holds(
            "fd 0",
            text.contains("fd 0 /dev/null getfd=0 getfl=100002"),
            || text.clone(),
        );
        world.check_all(&[
            with("spawn echo out; echo err >&2; cat").granted(),
            with("spawn false").granted(),
            with("spawn exit 7").granted(),
            with("spawn kill -9 $$").granted(),
            with("spawn /nonexistent/program").granted(),
            with("spawn echo %a %d %p > /srv/first: spawn echo two > /srv/second").granted(),
            rule("", "ALL: ALL: spawn echo %c %d > /srv/third").refused(),
            with("spawn echo x > /srv/no: deny").refused(),
        ]);
        world.same(
            "first",
            world.read("/srv/first").starts_with("127.0.0.1 svcd "),
            true,
        );
        world.same("second", world.read("/srv/second"), "two\n".into());
        world.same("third", world.read("/srv/third"), "127.0.0.1 svcd\n".into());
        // An error later in the rule does not undo what was done.
        world.check(
            &with("spawn echo done > /srv/done: bogus")
                .refused()
                .says(&format!("{ERROR}bad option name: \"bogus\"")),
        );
        world.same("done", world.read("/srv/done"), "done\n".into());
        world.check(
            &with("bogus: spawn echo done > /srv/not")
                .refused()
                .says(&format!("{ERROR}bad option name: \"bogus\"")),
        );
        world.same("not done", world.read("/srv/not"), String::new());
    });
}

#[test]
fn spawn_is_waited_for() {
    scenario(&[], |world| {
        for (options, least, most) in [("spawn sleep 1", 1000, 6000), ("spawn sleep 7 &", 0, 6000)]
        {
            world.tables(format!("svcd: ALL: {options}\n"), "");
            let took = world.run(&Call::new()).took;
            let range = Duration::from_millis(least)..Duration::from_millis(most);
            world.holds(options, range.contains(&took), || format!("{took:?}"));
        }
    });
}

#[test]
fn twist_takes_the_daemons_place() {
    scenario(&[], |world| {
        world.check_all(
            &[
                with("twist echo hello")
                    .twisted("echo hello")
                    .reads("hello\n")
                    .exits(0),
                with("twist echo hello %a; exit 3")
                    .twisted("echo hello 127.0.0.1; exit 3")
                    .reads("hello 127.0.0.1\n")
                    .exits(3),
                with("twist head -c 5")
                    .call(|call| call.sends("input\n"))
                    .twisted("head -c 5")
                    .reads("input"),
                with("twist echo to-stderr >&2")
                    .twisted("echo to-stderr >&2")
                    .reads("to-stderr\n"),
                rule("", "svcd: ALL: twist echo 421 %d not here")
                    .twisted("echo 421 svcd not here")
                    .reads("421 svcd not here\n"),
                with("umask 077: twist umask")
                    .twisted("umask")
                    .reads("0077\n"),
                with("setenv A b: twist echo $A")
                    .twisted("echo $A")
                    .reads("b\n"),
                with("twist /nonexistent/program")
                    .twisted("/nonexistent/program")
                    .reads("…not found\n")
                    .exits(127),
            ]
            .map(|case| case),
        );
    });
}

#[test]
fn aclexec_asks_a_command() {
    let no = "aclexec returned 1";
    let yes = |rules: &str, deny: &str| rule(rules, deny);
    scenario(&[], |world| {
        world.check_all(&[
            yes("svcd: ALL: aclexec /bin/true", "ALL: ALL").granted(),
            yes("svcd: ALL: aclexec true", "ALL: ALL").granted(),
            yes("svcd: ALL: aclexec /bin/false", "ALL: ALL")
                .refused()
                .logs("daemon.info", no),
            yes("svcd: ALL: aclexec exit 3", "ALL: ALL")
                .refused()
                .logs("daemon.info", no),
            // Later rules of the table are not tried.
            yes("svcd: ALL: aclexec /bin/false\nsvcd: ALL", "ALL: ALL")
                .refused()
                .logs("daemon.info", no),
            yes("svcd: ALL: aclexec /bin/false", "")
                .granted()
                .logs("daemon.info", no),
            yes("svcd: ALL: aclexec /bin/false: allow", "ALL: ALL").granted(),
            yes(
                "svcd: ALL: aclexec /bin/false: aclexec /bin/true",
                "ALL: ALL",
            )
            .granted(),
            yes(
                "svcd: ALL: aclexec /bin/true: aclexec /bin/false",
                "ALL: ALL",
            )
            .refused()
            .logs("daemon.info", no),
            yes("svcd: ALL: aclexec test %a = 127.0.0.1", "ALL: ALL").granted(),
            yes("svcd: ALL: aclexec test %a = 127.0.0.2", "ALL: ALL")
                .refused()
                .logs("daemon.info", no),
            yes("svcd: ALL: aclexec /bin/false: umask 077", "ALL: ALL")
                .refused()
                .logs("daemon.info", no),
            yes("", "svcd: ALL: aclexec /bin/true").refused(),
            yes("", "ALL: ALL: aclexec /bin/false\nALL: ALL")
                .granted()
                .logs("daemon.info", no),
            yes("", "ALL: ALL: aclexec /bin/false")
                .granted()
                .logs("daemon.info", no),
            yes("svcd: ALL: aclexec /bin/false: deny", "").refused(),
            // A failure sticks to later rules in the original.
            yes("svcd: ALL: aclexec /bin/false", "ALL: ALL: severity notice")
                .granted()
                .logs("daemon.info", no)
                .logs("daemon.info", no)
                .level("daemon.notice")
                .but("O2")
                .silent()
                .refused()
                .logs("daemon.info", no),
            // Killed: the original warns and goes on as after a failure.
            yes("svcd: ALL: aclexec kill -9 $$", "ALL: ALL")
                .refused()
                .says(&format!("{WARNING}process … exited with signal 9"))
                .logs("daemon.info", no)
                .but("O2")
                .silent()
                .says(&format!("{WARNING}process … exited with signal 9"))
                .in_error(REACHED),
            yes("", "ALL: ALL: aclexec kill -9 $$")
                .granted()
                .says("warning: /etc/hosts.deny, line 1: process … exited with signal 9")
                .logs("daemon.info", no)
                .but("O2")
                .refused()
                .silent()
                .says("warning: /etc/hosts.deny, line 1: process … exited with signal 9")
                .in_error(REACHED),
            // What it says goes to the client in the original.
            yes("svcd: ALL: aclexec echo leak; echo err >&2", "ALL: ALL")
                .granted()
                .reads("leak\nerr\n")
                .but("O2")
                .reads(""),
            yes(
                "svcd: ALL: aclexec read line && test $line = secret",
                "ALL: ALL",
            )
            .call(|call| call.sends("secret\n"))
            .granted()
            .but("O2")
            .refused()
            .logs("daemon.info", no),
        ]);
    });
}

#[test]
fn aclexec_that_cannot_run_grants_nothing() {
    scenario(&[], |world| {
        if world.only_ours("O2") {
            // Without a shell the original exits, or grants; with SIGCHLD ignored by the
            // super-server it judges by a status that it never got.
            return;
        }
        let childless = |case: Case| case.call(|call| call.launch(&["-i", "17"]));
        world.check_all(&[
            childless(rule("svcd: ALL: aclexec /bin/true", "ALL: ALL")).granted(),
            childless(rule("svcd: ALL: aclexec /bin/false", "ALL: ALL"))
                .refused()
                .logs("daemon.info", "aclexec returned 1"),
        ]);
        world.file("/srv/sh", "no program");
        world.tool("mount", &["--bind", "/srv/sh", "/usr/bin/dash"]);
        world.check_all(&[
            rule("svcd: ALL: aclexec /bin/true", "ALL: ALL")
                .refused()
                .says(&format!("{WARNING}…")),
            rule("", "svcd: ALL: aclexec /bin/false")
                .refused()
                .says("warning: /etc/hosts.deny, line 1: …"),
        ]);
    });
}

#[test]
fn without_a_shell() {
    scenario(&[], |world| {
        world.file("/srv/sh", "no program");
        world.tool("mount", &["--bind", "/srv/sh", "/usr/bin/dash"]);
        let twist = format!("{WARNING}twist_option: /bin/sh: Permission denied");
        world.check(&with("twist true").twisted("true").then_says(&twist));
        world.tables("svcd: ALL: spawn true\n", "");
        let outcome = world.run(&Call::new());
        world.same("spawn", outcome.verdict, Verdict::Granted);
        let text = format!("{WARNING}execl /bin/sh: Permission denied");
        let said = world.log.wait(|record| record.text == text);
        world.holds(&text, said.is_some(), || format!("{:?}", outcome.log));
        // In the original it is the child that says so.
        let ourselves = said.is_some_and(|record| record.pid == outcome.pid);
        world.same("who says so", ourselves, world.differs("L2", false, true));
    });
}

#[test]
fn options_run_in_order() {
    scenario(&[], |world| {
        world.file("/srv/ban/svcd", "banner\n");
        world.check_all(&[
            with("umask 0: spawn umask > /srv/one: umask 077: spawn umask > /srv/two").granted(),
            with("setenv X a: spawn echo $X > /srv/three: setenv X b").granted(),
            with("banners /srv/ban: severity crit: bogus: banners /srv/ban")
                .refused()
                .level("daemon.crit")
                .reads("banner\r\n")
                .says(&format!("{ERROR}bad option name: \"bogus\"")),
            with("banners /srv/ban: twist echo after")
                .twisted("echo after")
                .reads("banner\r\nafter\n"),
        ]);
        world.same("one", world.read("/srv/one"), "0000\n".into());
        world.same("two", world.read("/srv/two"), "0077\n".into());
        world.same("three", world.read("/srv/three"), "a\n".into());
    });
}

#[test]
fn socket_options_need_a_socket_that_has_them() {
    scenario(&[], |world| {
        world.check_all(&[
            with("keepalive: linger 3").from("unix").granted(),
            with("keepalive").from("udp 127.0.0.1").granted(),
        ]);
    });
}

#[test]
fn a_variable_is_for_what_runs_later() {
    // The original's own lookups read it too: here, how long to wait for the name server.
    scenario(&[], |world| {
        let dns = scenarios::Dns::usual();
        dns.silent("127.0.0.10");
        world.tables(
            "svcd: ALL: setenv RES_OPTIONS timeout\\:4: setenv X %n: spawn echo $RES_OPTIONS > /srv/got\n",
            "",
        );
        let outcome = world.run(&Call::new().from("127.0.0.10"));
        world.same("granted", outcome.verdict, Verdict::Granted);
        world.same("variable", world.read("/srv/got"), "timeout:4\n".into());
        let longer = outcome.took > std::time::Duration::from_secs(3);
        world.same("waits longer", longer, world.differs("O11", true, false));
    });
}
