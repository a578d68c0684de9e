//! The daemon inherits exactly what it would inherit from the super-server.

use scenarios::{Call, Outcome, Verdict, scenario};

/// The lines of a report without what is a process's own.
fn lines(outcome: &Outcome, skip: &[&str]) -> Vec<String> {
    let own = ["fd 0 socket", "fd 1 socket", "fd 2 socket", "argv 0"];
    outcome
        .read
        .lines()
        .filter(|line| !skip.iter().any(|start| line.starts_with(start)))
        .map(
            |line| match own.iter().find(|start| line.starts_with(**start)) {
                // The number of the socket differs.
                Some(start) => format!("{start} {}", line.rsplit("] ").next().unwrap_or_default()),
                None => line.to_string(),
            },
        )
        .map(|line| {
            if line.starts_with("argv 0") {
                "argv 0".into()
            } else {
                line
            }
        })
        .collect()
}

#[test]
fn nothing_is_added_and_nothing_lost() {
    scenario(&["root"], |world| {
        let states: [&[&str]; 9] = [
            &["-t", "0"],
            &["-i", "13"],
            &["-i", "1", "-i", "2", "-i", "15"],
            &["-i", "17", "-i", "14"],
            &["-b", "13", "-b", "1", "-b", "14"],
            &["-o", "7", "-o", "30"],
            &["-n", "64"],
            &["-u", "1000"],
            &["-c", "1", "-c", "2"],
        ];
        world.tables("svcd: ALL: keepalive\n", "ALL: ALL\n");
        let call = |state: &[&str]| {
            Call::new()
                .launch(state)
                .args(&["report"])
                .env("ODD", "a\u{e9}=b c")
                .env("=x", "y")
                .cwd("/srv")
        };
        for state in states {
            let through = world.run(&call(state));
            let direct = world.run(&call(state).program("/srv/svcd"));
            let what = format!("{state:?}");
            let own = ["status Umask", "sockopt keepalive"];
            if state.contains(&"-c") {
                // Without standard output nothing is reported.
                world.same(
                    &what,
                    through.texts(),
                    vec!["connect from 127.0.0.1 (127.0.0.1)"],
                );
                continue;
            }
            world.same(&what, through.verdict, Verdict::Granted);
            world.holds(&what, direct.read.lines().count() > 30, || {
                direct.read.clone()
            });
            world.same(&what, lines(&through, &own), lines(&direct, &own));
            world.same(
                &what,
                through.facts("status Umask"),
                vec!["status Umask:\t0022"],
            );
        }
    });
}

#[test]
fn the_work_leaves_no_trace_in_the_daemon() {
    // All that tcpd can do for one connection: log, files, names, ident, commands, variables.
    scenario(&[], |world| {
        let _dns = scenarios::Dns::usual();
        let _ident = scenarios::Ident::start("127.0.0.2");
        world.file("/srv/list", "10.0.0.1\n");
        world.file("/srv/ban/svcd", "");
        world.file("/etc/netgroup", "group (x,,)\n");
        let allow = "broken\nsvcd: /srv/list @group .nowhere joe@LOCAL\n\
            svcd: joe@KNOWN: rfc931: spawn true: spawn echo %u | cat: aclexec true: banners /srv/ban: severity notice\n";
        world.tables(allow, "ALL: ALL\n");
        let call = Call::new()
            .from("127.0.0.2")
            .launch(&["-i", "13"])
            .args(&["report"]);
        let through = world.run(&call);
        let direct = world.run(&call.program("/srv/svcd"));
        world.same("granted", through.verdict, Verdict::Granted);
        world.same(
            "the same",
            lines(&through, &["status Umask"]),
            lines(&direct, &["status Umask"]),
        );
    });
}
