//! Held tables against tables that are read, with and without a skim: the same in everything, with fewer
//! rules shown.

use std::sync::Arc;
use std::time::Instant;

use fastrand::Rng;

use super::*;
use crate::fake::FakeWorld;
use crate::request::Host;
use crate::request::facts::Fact;
use crate::search::access::{Decision, Tables, hosts_access};

const DAEMONS: [&str; 26] = [
    "svcd",
    "SVCD",
    "other",
    "other2",
    "ALL",
    "22",
    "23",
    " 22",
    "svcd, other",
    "other EXCEPT svcd",
    "ALL EXCEPT other",
    "svcd@127.0.0.1",
    "svcd@ALL",
    "other@here.example",
    "svc*",
    ".cd",
    "svc.",
    "EXCEPT svcd",
    "[svcd]",
    "",
    "0",
    "+22",
    "\x0b22",
    "22@LOCAL",
    "svcd@/list",
    "KNOWN@ALL",
];

const CLIENTS: [&str; 79] = [
    "{RBL}.bl.example",
    "joe@{rbl}.bl.example.",
    "{RBL}.other.example",
    "{RBL}.*",
    "/",
    "//",
    "/passed",
    "192.0.2.7",
    "192.0.2.8",
    "192.0.2.",
    "192.0.",
    "192.",
    "10.",
    ".7",
    ".2.7",
    "7",
    "192.0.2.7.",
    "192.0.2.0/24",
    "192.0.2.0/255.255.255.0",
    "192.0.2.1/24",
    "192.0.2.7/32",
    "0.0.0.0/0",
    "192.0.0.7/255.255.0.255",
    "10.0.0.0/8",
    "192.0.2.0/33",
    "0300.0.2.7/32",
    "192.0.2.*",
    "10.*",
    "*",
    "?",
    "[2001:db8::5]",
    "[2001:db8::5%lo]",
    "[2001:DB8::]/32",
    "[2001:db8::1]/48",
    "[::]/0",
    "[::ffff:192.0.2.7]",
    "[::ffff:192.0.2.0]/120",
    "[fe80::1%lo]",
    "[x]",
    "[",
    "2001:db8::5",
    "host.example.org",
    "HOST.example.org",
    "host.",
    "host.example.",
    ".example.org",
    ".org",
    "example.org",
    "local",
    "KNOWN",
    "UNKNOWN",
    "PARANOID",
    "ALL",
    "/list",
    "/nul",
    "/missing",
    "@trusted",
    "joe@192.0.2.7",
    "joe@.org",
    "joe@/list",
    "joe@@trusted",
    "joe@",
    "KNOWN@[2001:db8::5]",
    "/loop",
    "[0:0:0:0:0:ffff:c000:207]",
    "[::ffff:0:0]/95",
    "[2001:db8:0:0:0:0:0:5]/128",
    "[fe80::1%2]",
    "[fe80::%lo]/64",
    "0300.0.2.7",
    "0xc0.0.2.0/24",
    "3com.example.org",
    "3.",
    ".org.",
    ".",
    "unknown.",
    "]/8",
    "a[b]",
    "_srv.example.org",
];

/// What hosts are called, or call themselves.
const NAMES: [&str; 11] = [
    "host.example.org",
    "local",
    "elsewhere.example.net",
    "3com.example.org",
    "unknown",
    "PARANOID",
    "192.0.2.7",
    "]/8",
    "_srv.example.org",
    ".org.",
    "4",
];

fn world(round: usize) -> FakeWorld {
    let name = NAMES[round % NAMES.len()];
    let world = FakeWorld::new()
        .pointer("192.0.2.7", name)
        .pointer("2001:db8::5", name)
        .pointer("127.0.0.1", "here.example")
        .forward("here.example", "here.example", &["127.0.0.1"])
        .netgroup("trusted", "host.example.org")
        .interface("lo", 1)
        .list_entry("7.2.0.192.bl.example.", [127, 0, 0, 2].into())
        .list_entry("7.2.0.192.other.example.", [192, 0, 2, 1].into())
        .ident("joe")
        .file("/nul", "10.\0x")
        .file("/passed", "10.1.1.1 # \0\n\0")
        .file("/loop", "10.1.1.1 /loop");
    let world = match round % 2 {
        0 => world.forward(name, name, &["192.0.2.7", "2001:db8::5"]),
        _ => world,
    };
    match round % 9 {
        8 => world.unanswered(crate::request::facts::Unanswered::Late),
        _ => world,
    }
}

fn client(round: usize) -> Host {
    let socket = |address: &str, text: &str| Host::from_socket(address.parse().unwrap(), text);
    let named =
        |text: &str, name: &str| Host::from_text(text).with_name(Fact::from_value(name.as_bytes()));
    let name = NAMES[round / 8 % NAMES.len()];
    match round % 14 {
        0 | 1 => socket("192.0.2.7:9", "192.0.2.7"),
        2 => socket("[2001:db8::5]:9", "2001:db8::5"),
        3 => socket("[::ffff:192.0.2.7]:9", "::ffff:192.0.2.7"),
        4 => named("192.0.2.7", "HOST.Example.org"),
        5 => named("fe80::1%lo", "local"),
        6 => named("localhost", ""),
        7 => named("::FFFF:192.0.2.7", name),
        8 => named("::ffff:c000:207", name),
        9 => named("2001:DB8:0:0:0:0:0:5", name),
        10 => named("0300.0.2.7", name),
        11 => named("192.0.2.7", name),
        12 => Host::from_text("fe80::1%lo"),
        _ => named("", "host.example.org"),
    }
}

fn request(round: usize) -> Request {
    let server = Host::from_socket("127.0.0.1:22".parse().unwrap(), "127.0.0.1");
    let daemon = ["svcd", "other", "Svcd", "", "22"][round % 5];
    let mut request = Request::new(daemon, client(round), server);
    request.stream = round.is_multiple_of(2);
    request
}

/// A table in which few rules match: the words of most clients are numbers of their own.
fn table(random: &mut Rng) -> String {
    let mut table = String::new();
    for _ in 0..random.usize(..40) {
        let daemons = DAEMONS[random.usize(..DAEMONS.len())];
        let clients: Vec<_> = (0..random.usize(..3) + 1)
            .map(|_| match random.usize(..4) {
                0 => CLIENTS[random.usize(..CLIENTS.len())].to_owned(),
                1 => "EXCEPT".to_owned(),
                _ => format!("10.1.{}.{}", random.usize(..9), random.usize(..9)),
            })
            .collect();
        let end = [
            "\n",
            "\n",
            "\n",
            "\n",
            ": deny\n",
            ": spawn %c %s %n %N\n",
            "\\\n",
            "\r\n",
        ][random.usize(..8)];
        table += &format!("{daemons}: {}{end}", clients.join(" "));
        match random.usize(..60) {
            0 => table += "no rule\n",
            1 => table += "# comment\n",
            2 => table += "svcd: x\0\n",
            3 => table += "svcd: unended",
            4 => table += "\0\0",
            5 => table += "# \0\n",
            6 => table += "\0\n",
            _ => {}
        }
    }
    table
}

fn list(random: &mut Rng) -> String {
    let mut list = String::new();
    for _ in 0..random.usize(..30) {
        match random.usize(..8) {
            0 => list += CLIENTS[random.usize(..CLIENTS.len())],
            _ => list += &format!("10.2.3.{}", random.usize(..99)),
        }
        list += ["\n", " ", " # "][random.usize(..3)];
    }
    list
}

/// All that can be seen of a decision. A listener is shown every rule.
fn course(world: &FakeWorld, round: usize) -> String {
    let mut request = request(round);
    let tables = Tables {
        allow: "/A".into(),
        deny: "/D".into(),
    };
    let Decision {
        verdict, matched, ..
    } = hosts_access(&tables, &mut request, &world.world(), &mut world.effects());
    format!(
        "{verdict:?} {matched:?}\n{:#?}\n{:?}\n{:?} {:?} {:?} {}",
        world.seen(),
        world.done(),
        request.client.name,
        request.server.name,
        request.user,
        request.lists
    )
}

#[test]
fn held_tables_do_as_those_that_are_read() {
    let mut random = Rng::with_seed(5);
    for round in 0..8_000 {
        let (allow, deny) = (table(&mut random), table(&mut random));
        let list = list(&mut random);
        let files = || {
            world(round)
                .file("/A", &allow)
                .file("/D", &deny)
                .file("/list", &list)
        };
        let shown = course(&files().listening(), round);
        for (how, world) in [("read", files()), ("held", files().held())] {
            assert_eq!(
                course(&world, round),
                shown,
                "{how}, round {round}\n{allow}\n---\n{deny}\n---\n{list}"
            );
        }
    }
}

/// How many rules of a table are shown to a request.
fn shown(table: &str, request: &Request) -> usize {
    let table = HeldFile::read(table.as_bytes(), Kind::Table, FEW).unwrap();
    let mut rules = HeldEntries::new(Arc::new(table));
    let mut count = 0;
    while rules.next_entry(request, Side::Client).unwrap().is_some() {
        count += 1;
    }
    count
}

#[test]
fn few_rules_of_many_are_shown() {
    let asked = Request::new("sshd", Host::from_text("10.1.2.3"), Host::unknown());
    let many = |rule: &dyn Fn(usize) -> String| (0..10_000).map(rule).collect::<String>();
    for (what, table, most) in [
        (
            "addresses",
            many(&|n| format!("sshd: 10.{}.{}.9\n", n / 250, n % 250)),
            0,
        ),
        (
            "nets",
            many(&|n| format!("sshd: 10.{}.{}.0/24\n", n / 250, n % 250)),
            1,
        ),
        (
            "prefixes",
            many(&|n| format!("ALL: 10.{}.{}.\n", n / 250, n % 250)),
            1,
        ),
        (
            "IPv6",
            many(&|n| format!("ALL: [2001:db8:{n:x}::]/48\n")),
            0,
        ),
        ("daemons", many(&|n| format!("svc{n}: ALL\n")), 0),
        (
            "clients of daemons",
            many(&|n| format!("svc{n}: 10.1.2.3\n")),
            0,
        ),
        (
            "ports, of which 0 is that of nobody",
            many(&|n| format!("{n}: ALL\n")),
            1,
        ),
        (
            "names, of which the first asks",
            many(&|n| format!("sshd: h{n}.example\n")),
            10_000,
        ),
        ("comments", many(&|n| format!("# {n}\n")), 0),
        (
            "nonsense",
            many(&|n| format!("sshd: 10.0.0.0/{}\n", 33 + n)),
            0,
        ),
    ] {
        let count = shown(&table, &asked);
        assert_eq!(count, most, "{what}");
    }
    let mut named = asked;
    named.client.name = Fact::Known(b"h77.example".to_vec());
    assert_eq!(
        shown(&many(&|n| format!("sshd: h{n}.example\n")), &named),
        1
    );
    assert_eq!(
        shown(&many(&|n| format!("sshd: .d{n}.example\n")), &named),
        0
    );
}

#[test]
fn once_the_name_is_known_the_rules_that_asked_for_it_are_passed_over() {
    let table: String = (0..100).map(|n| format!("sshd: h{n}.example\n")).collect();
    let table = HeldFile::read(table.as_bytes(), Kind::Table, FEW).unwrap();
    let mut rules = HeldEntries::new(Arc::new(table));
    let mut request = Request::new("sshd", Host::from_text("10.1.2.3"), Host::unknown());
    let mut next = |name: Option<&str>| {
        if let Some(name) = name {
            request.client.name = Fact::from_value(name.as_bytes());
        }
        let line = rules.next_entry(&request, Side::Client).unwrap()?;
        Some(line.first)
    };
    let found = [
        next(None),
        next(None),
        next(Some("H77.example")),
        next(None),
    ];
    assert_eq!(found, [Some(1), Some(2), Some(78), None]);
}

/// What would take much memory or time is shown to everybody, or not held at all.
#[test]
fn odd_texts_cost_no_more_than_reading() {
    let asked = Request::new("sshd", Host::from_text("10.1.2.3"), Host::unknown());
    let long = "x".repeat(300);
    let services = |count: usize| (0..count).map(|n| format!("svc{n} ")).collect::<String>();
    let many = |rule: &str| format!("{rule}: 192.0.2.7\n{rule}: ALL\n").repeat(10);
    for (what, table, most) in [
        (
            "a long client word",
            format!("sshd: {long}\n").repeat(20),
            20,
        ),
        ("some services", many(&services(16)), 0),
        ("many services", many(&services(17)), 10),
    ] {
        assert_eq!(shown(&table, &asked), most, "{what}");
    }
    // Ten times the name may take ten times as long; if its parts were gone over again for each, a hundred times.
    let table = "sshd: a. .a\nsshd: b. .b.\n".repeat(10);
    let mut named = asked;
    let [short, long] = [1000, 10_000].map(|labels| {
        named.client.name = Fact::Known("a.".repeat(labels).into_bytes());
        let times = (0..3).map(|_| {
            let start = Instant::now();
            assert_eq!(shown(&table, &named), 10);
            start.elapsed()
        });
        times.min().unwrap()
    });
    assert!(long < 40 * short, "{short:?} {long:?}");
    let table = "sshd: 10.1.2.9\n".repeat(1000);
    let list = "10.1.2.9\n".repeat(1000);
    for (most, held) in [(80_000, true), (40_000, false)] {
        let table = HeldFile::read_within(table.as_bytes(), Kind::Table, FEW, most);
        let list = HeldFile::read_within(list.as_bytes(), Kind::List, FEW, most);
        assert_eq!([table.is_some(), list.is_some()], [held; 2], "{most}");
    }
}
