//! tcpdchk and tcpdmatch with a name service that does not answer, or lies. Debian's are compared
//! with ours in crates/tcpdchk and crates/tcpdmatch.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use scenarios::{Dns, Subject, World, scenario};

/// Runs a tool of ours, and says how long it took.
fn run(program: &str, arguments: &[&str]) -> (Output, Duration) {
    let start = Instant::now();
    let mut command = Command::new(Subject::Ours.program(program));
    let output = command.args(arguments).stdin(Stdio::null()).output();
    (output.expect("run a tool"), start.elapsed())
}

/// What tcpdchk says of names, and how long it took.
fn check_names(world: &World, clients: &str, options: &[&str]) -> (Vec<String>, Duration) {
    world.tables(format!("svcd: {clients}\n"), "ALL: ALL\n");
    let (output, took) = run("tcpdchk", &[&["--format", "gcc"], options].concat());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let about_names = |line: &&str| line.contains("[host-") || line.contains("[names-");
    let lines = text.lines().filter(about_names).map(str::to_owned);
    (lines.collect(), took)
}

/// Names of which the server says nothing.
fn dead_names(dns: &Dns, count: usize) -> String {
    let names: Vec<_> = (0..count)
        .map(|number| format!("dead{number}.example.test"))
        .collect();
    for name in &names {
        dns.silent_forward(name);
    }
    names.join(" ")
}

#[test]
fn the_checks_of_names_end_in_time() {
    scenario(&[], |world| {
        let dns = Dns::usual();
        // Longer than the deadline, whatever the resolver's own limits are.
        world.file(
            "/etc/resolv.conf",
            "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n",
        );
        let clients = format!(
            "good.example.test nope.example.test {}",
            dead_names(&dns, 100)
        );
        let (lines, took) = check_names(world, &clients, &[]);
        world.holds("deadline", (25..40).contains(&took.as_secs()), || {
            format!("{took:?}")
        });
        let late = lines.last().cloned().unwrap_or_default();
        world.holds("late", late.ends_with("of 102 hosts [names-late]"), || {
            late.clone()
        });
        // Most of them would have been asked about later.
        let none = |name: &str| !lines.iter().any(|line| line.contains(name));
        world.holds("no claim", none("dead"), || format!("{lines:?}"));
        let (lines, took) = check_names(world, &clients, &["--no-dns"]);
        world.same("without names", lines, Vec::new());
        world.holds("at once", took < Duration::from_secs(5), || {
            format!("{took:?}")
        });
    });
}

/// A list is tried by the entry that each has and the one that none has.
#[test]
fn dns_lists_are_tried() {
    scenario(&[], |world| {
        let dns = Dns::usual();
        dns.forward("2.0.0.127.good.test", "127.0.0.2")
            .forward("2.0.0.127.every.test", "127.0.0.2")
            .forward("1.0.0.127.every.test", "127.0.0.2")
            .forward("2.0.0.127.odd.test", "192.0.2.1")
            .fails("2.0.0.127.down.test", 2)
            .fails("1.0.0.127.down.test", 2);
        for (zone, said) in [
            ("good.test", None),
            ("good.test.", None),
            (
                "every.test",
                Some("1.0.0.127.every.test is on it, so it may answer so to every question"),
            ),
            (
                "odd.test",
                Some("its test entry, 2.0.0.127.odd.test, is not there"),
            ),
            (
                "none.test",
                Some("its test entry, 2.0.0.127.none.test, is not there"),
            ),
            ("down.test", Some("there is no answer from this zone")),
        ] {
            world.tables("svcd: 10.\n", format!("svcd: {{RBL}}.{zone}\n"));
            for options in [&["--format", "gcc"][..], &["--format", "gcc", "--no-dns"]] {
                let (output, _) = run("tcpdchk", options);
                let text = String::from_utf8(output.stdout).expect("UTF-8");
                let lines = text.lines().filter(|line| line.contains("[dns-list]"));
                let said = said.filter(|_| options.len() == 2).map(|said| {
                    format!("/etc/hosts.deny:1:7: warning: {{RBL}}.{zone}: {said} [dns-list]")
                });
                world.same(
                    zone,
                    lines.map(str::to_owned).collect(),
                    Vec::from_iter(said),
                );
            }
        }
    });
}

/// On a terminal a bar shows that something goes on, and only if it takes long.
#[test]
fn progress_is_shown_on_a_terminal() {
    scenario(&[], |world| {
        let dns = Dns::usual();
        // The world's /dev has no terminals.
        world.file("/dev/pts/.made", "");
        world.tool(
            "mount",
            &["-t", "devpts", "-o", "ptmxmode=666", "devpts", "/dev/pts"],
        );
        std::os::unix::fs::symlink("pts/ptmx", "/dev/ptmx").expect("link /dev/ptmx");
        let on_terminal = |world: &World, clients: &str| {
            world.tables(format!("svcd: {clients}\n"), "ALL: ALL\n");
            let program = Subject::Ours.program("tcpdchk");
            let line = format!("TERM=xterm {} --format gcc", program.display());
            let output = Command::new("script")
                .args(["-qec", &line, "/dev/null"])
                .output();
            let output = output.expect("run script(1)").stdout;
            String::from_utf8_lossy(&output).into_owned()
        };
        let dead = format!("good.example.test {}", dead_names(&dns, 3));
        for (clients, shown) in [(&*dead, true), ("good.example.test", false)] {
            let text = on_terminal(world, clients);
            let bar = text.contains("looking hosts up");
            world.holds("bar", bar == shown, || format!("{clients}: {text:?}"));
            let (lines, _) = check_names(world, clients, &[]);
            world.same(
                "not in a file",
                lines.iter().any(|line| line.contains("looking")),
                false,
            );
        }
    });
}

#[test]
fn no_answer_is_no_claim() {
    scenario(&[], |world| {
        let dns = Dns::usual();
        let clients = format!(
            "good.example.test nope.example.test {}",
            dead_names(&dns, 3)
        );
        let (lines, _) = check_names(world, &clients, &[]);
        let expected = [
            "/etc/hosts.allow:1:25: warning: nope.example.test: host not found [host-not-found]",
            "tcpdchk: warning: the name service gave no answer about 3 of 5 hosts [names-late]",
        ];
        world.same("lines", lines, expected.map(str::to_owned).to_vec());
        let question = ["--format", "json", "svcd", "nope.example.test"];
        world.same(
            "tcpdmatch",
            run("tcpdmatch", &question).0.status.code(),
            Some(1),
        );
    });
}

#[test]
fn many_questions_about_dead_names_end() {
    scenario(&[], |world| {
        let dns = Dns::usual();
        world.file(
            "/etc/resolv.conf",
            "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n",
        );
        world.tables("svcd: .example.test\n", "ALL: ALL\n");
        let questions = dead_names(&dns, 50).replace(' ', " => granted\nsvcd ");
        world.file(
            "/srv/policy",
            format!("svcd {questions} => granted\nsvcd good.example.test => granted\n"),
        );
        let (output, took) = run("tcpdmatch", &["--test", "/srv/policy"]);
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        world.holds("patience", took < Duration::from_secs(60), || {
            format!("{took:?}")
        });
        let told = text
            .matches("no answer from the name service; give an address")
            .count();
        world.holds("told", told >= 50, || text.clone());
        world.same("status", output.status.code(), Some(2));
    });
}

#[test]
fn lying_names_are_told() {
    scenario(&[], |world| {
        let _dns = Dns::usual();
        let clients =
            "127.0.0.3 127.0.0.4 127.0.0.5 127.0.0.77 liar.example.test alias.example.test";
        let (lines, _) = check_names(world, clients, &[]);
        let kinds = lines.iter().filter_map(|line| line.split(' ').next_back());
        let kinds: Vec<_> = kinds.map(str::to_owned).collect();
        let expected = ["[host-mismatch]"; 3].into_iter().chain([
            "[host-unnamed]",
            "[host-reverse]",
            "[host-alias]",
            "[host-mismatch]",
        ]);
        world.same(
            "kinds",
            (kinds, &lines),
            (expected.map(str::to_owned).collect(), &lines),
        );
    });
}
