//! try-from(8): what it prints of each kind of standard input, and what it logs.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use scenarios::{Call, Dns, Ident, World, scenario};

const PROGRAM: &str = "/usr/sbin/try-from";

/// What is printed, from the values of `%a %n %u %c %A %N %d %s`.
fn report(values: [&str; 8]) -> String {
    const LINES: [&str; 8] = [
        "client address  (%a)",
        "client hostname (%n)",
        "client username (%u)",
        "client info     (%c)",
        "server address  (%A)",
        "server hostname (%N)",
        "server process  (%d)",
        "server info     (%s)",
    ];
    let lines = LINES.iter().zip(values);
    lines
        .map(|(name, value)| format!("{name}: {value}\n"))
        .collect()
}

/// Checks what a client reads from the program.
fn prints(world: &mut World, call: Call, values: [&str; 8]) {
    let what = format!("{call:?}");
    let outcome = world.run(&call.program(PROGRAM));
    world.same(&what, outcome.read.clone(), report(values));
    world.same(&what, outcome.status.and_then(|s| s.code()), Some(0));
    world.same(&what, logged(world), Vec::new());
}

/// What the program prints on a file of its own while its standard input is something else.
fn printed(world: &World, call: &Call, stdin: OwnedFd) -> (String, Vec<String>) {
    let out = File::create("/srv/out").unwrap();
    let streams = [stdin, out.try_clone().unwrap().into(), out.into()];
    let (status, _, _) = call.run_on(world, streams);
    assert_eq!(status.and_then(|status| status.code()), Some(0));
    (world.read("/srv/out"), logged(world))
}

/// All that was logged so far, with its priority. The program does not give its process id.
fn logged(world: &World) -> Vec<String> {
    let records = world.log.records();
    records.iter().map(ToString::to_string).collect()
}

#[test]
fn both_ends_of_a_connection() {
    scenario(&[], |world| {
        let _dns = Dns::usual();
        let _ident = ["127.0.0.2", "::1"].map(Ident::start);
        let good = |server, name, info| {
            let client = [
                "127.0.0.2",
                "good.example.test",
                "joe",
                "joe@good.example.test",
            ];
            let [a, n, u, c] = client;
            [a, n, u, c, server, name, "try-from", info]
        };
        let local = good("127.0.0.1", "localhost", "try-from@localhost");
        prints(world, Call::new().from("127.0.0.2"), local);
        // Arguments are not looked at.
        prints(
            world,
            Call::new().from("127.0.0.2").args(&["-x", "--help"]),
            local,
        );
        let mut mapped = good("::ffff:127.0.0.1", "localhost", "try-from@localhost");
        mapped[0] = "::ffff:127.0.0.2";
        prints(world, Call::new().from("::ffff:127.0.0.2"), mapped);
        let other = good(
            "192.0.2.7",
            "host.example.test",
            "try-from@host.example.test",
        );
        prints(world, Call::new().from("127.0.0.2").at("192.0.2.7"), other);
        let six = [
            "::1",
            "six.example.test",
            "joe",
            "joe@six.example.test",
            "::1",
            "six.example.test",
            "try-from",
            "try-from@six.example.test",
        ];
        prints(world, Call::new().from("::1"), six);
        prints(
            world,
            Call::new().from("127.0.0.77"),
            [
                "127.0.0.77",
                "unknown",
                "unknown",
                "127.0.0.77",
                "127.0.0.1",
                "localhost",
                "try-from",
                "try-from@localhost",
            ],
        );
    });
}

#[test]
fn a_name_that_its_address_does_not_bear_out_is_paranoid() {
    scenario(&[], |world| {
        let _dns = Dns::usual();
        let call = Call::new().from("127.0.0.3").program(PROGRAM);
        let outcome = world.run(&call);
        let values = [
            "127.0.0.3",
            "paranoid",
            "unknown",
            "127.0.0.3",
            "127.0.0.1",
            "localhost",
            "try-from",
            "try-from@localhost",
        ];
        world.same("printed", outcome.read.clone(), report(values));
        let lines = logged(world);
        let says = lines
            .first()
            .is_some_and(|line| line.contains("user.err") && line.contains("liar.example.test"));
        world.holds("logged", lines.len() == 1 && says, || format!("{lines:?}"));
    });
}

#[test]
fn the_user_name_is_printed_through_the_filter() {
    scenario(&[], |world| {
        let ident = Ident::start("127.0.0.2");
        ident.user("a;b`c$(d)\x1b[1m");
        let outcome = world.run(&Call::new().from("127.0.0.2").program(PROGRAM));
        let user = outcome.facts("client username").concat();
        let expected = "client username (%u): a_b_c__d___1m";
        world.same("filtered", user, expected.to_string());
    });
}

#[test]
fn datagrams() {
    scenario(&[], |world| {
        let _dns = Dns::usual();
        let (server, _client) = scenarios::datagrams(&["one"]);
        let (out, log) = printed(world, &Call::new().program(PROGRAM), server.into());
        let values = [
            "127.0.0.1",
            "localhost",
            "unknown",
            "localhost",
            "127.0.0.1",
            "localhost",
            "try-from",
            "try-from@localhost",
        ];
        world.same("printed", out, report(values));
        world.same("log", log, Vec::new());
    });
}

#[test]
fn what_is_no_socket_is_unknown() {
    scenario(&[], |world| {
        let unknown = |process| {
            let no = "unknown";
            report([no, no, no, no, no, no, process, process])
        };
        let (pipe, _writer) = std::io::pipe().unwrap();
        for stdin in [OwnedFd::from(File::open("/dev/null").unwrap()), pipe.into()] {
            let (out, log) = printed(world, &Call::new().program(PROGRAM), stdin);
            world.same("printed", out, unknown("try-from"));
            let text = "user.err [0]: try-from: warning: can't get client address: Socket operation on non-socket";
            let same = log.iter().all(|line| line == text);
            world.holds("logged", same && !log.is_empty(), || format!("{log:?}"));
        }
        let null = || File::open("/dev/null").unwrap().into();
        let named = Call::new().program(PROGRAM).argv0("/some/where/other");
        world.same(
            "its name",
            printed(world, &named, null()).0,
            unknown("other"),
        );
    });
}

#[test]
fn a_reader_that_has_gone_is_no_fault() {
    scenario(&[], |world| {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let status = Command::new(PROGRAM)
            .stdin(Stdio::null())
            .stdout(full)
            .status()
            .unwrap();
        world.same("exit status", status.code(), Some(0));
    });
}
