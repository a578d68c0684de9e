//! Random tables in a small world, and random clients of it.

use std::net::IpAddr;

use hosts_access::fake::FakeWorld;
use hosts_access::request::Host;
use hosts_access::request::facts::Fact;
use hosts_access::search::access::Tables;
use policy::state::State;

pub(crate) const HOSTS: &[&str] = &[
    "ALL",
    "LOCAL",
    "KNOWN",
    "UNKNOWN",
    "PARANOID",
    "10.",
    "10.0.",
    "192.168.1.",
    "10.0.0.1",
    "10.0.0.0/255.0.0.0",
    "10.0.0.0/24",
    "10.0.0.1/24",
    "192.168.0.0/255.255.0.255",
    "10.0.0.0/255.255.255.3",
    "0.0.0.0/0",
    "10.0.*",
    "*.0.0.1",
    "10.0.0.?",
    "*",
    "1*",
    ".example.org",
    "www.example.org",
    "www.",
    "w*.example.org",
    "?*.org",
    "host",
    "[2001:db8::]/32",
    "[2001:db8::1]",
    "[::ffff:10.0.0.1]",
    "[::ffff:10.0.0.0]/104",
    "[fe80::%eth0]/10",
    "[fe80::1%eth0]",
    "[fe80::]/10",
    "[fe80::]/64",
    "[::]/0",
    "[fe80::1%7]",
    "2001*",
    "fe80*",
    "*eth0",
    "/list",
    "/nested",
    "/missing",
    "/bad",
    "@group",
    "@Group",
    "/",
    "unknown",
    "*known",
    "bogus/99",
    "[2001:db8::]/200",
    "10.0.0.1.",
    "255.255.255.255",
    "*.1",
    ".0.1",
    "256.0.0.1",
    "010.0.0.1",
    "a@ALL",
    "root@10.",
    "r*@.example.org",
    "KNOWN@LOCAL",
    "UNKNOWN@10.0.0.0/8",
    "ALL@www.example.org",
    "root@/list",
    "x@@group",
    "user@/bad",
    "{RBL}.bl.example",
    "{rbl}.BL.example.",
    "{RBL}.*",
    "root@{RBL}.other.example",
];

pub(crate) const DAEMONS: &[&str] = &[
    "ALL",
    "sshd",
    "ftpd",
    "ss*",
    "22",
    "21",
    "sshd@10.0.0.1",
    "ALL@192.168.1.",
    "sshd@.example.org",
    "22@KNOWN",
    "sshd@/list",
    "SSHD",
    "s.",
    "ALL@ALL",
    "sshd@LOCAL",
    "ftpd@/bad",
    "ALL@/bad",
    "ALL@{RBL}.*",
];

pub(crate) const OPTIONS: &[&str] = &[
    "",
    "",
    "",
    "",
    ":allow",
    ":deny",
    ":ALLOW",
    ":bogus",
    ":twist /bin/echo %h",
    ":aclexec /bin/test %a",
    ":aclexec /bin/a: deny",
    ":spawn /bin/true: allow",
    ":user nobody",
    ":user root",
    ":severity info",
    ":severity foo.bar",
    ":allow: deny",
    ":aclexec /bin/b: aclexec /bin/c",
    ":setenv A %c: deny",
    ":umask 888",
    ":banners /nowhere",
    ":",
    ": aclexec /bin/d: twist x",
];

fn list(random: &mut fastrand::Rng, words: &[&str]) -> String {
    let mut list = Vec::new();
    for _ in 0..random.usize(1..4) {
        list.push(words[random.usize(..words.len())].to_owned());
        if random.u8(..4) == 0 {
            list.push("EXCEPT".to_owned());
        }
    }
    list.join([" ", ", ", "\t"][random.usize(..3)])
}

pub(crate) fn table(random: &mut fastrand::Rng) -> Vec<u8> {
    let mut text = Vec::new();
    for _ in 0..random.usize(0..5) {
        let daemons = match random.u8(..3) {
            0 => list(random, DAEMONS),
            _ => ["ALL", "sshd"][random.usize(..2)].to_owned(),
        };
        let clients = list(random, HOSTS);
        let options = OPTIONS[random.usize(..OPTIONS.len())];
        text.extend_from_slice(format!("{daemons}: {clients} {options}\n").as_bytes());
        match random.u8(..40) {
            0 => text.extend_from_slice(b"no colon here\n"),
            1 => text.extend_from_slice(b"sshd: 10.\0\n"),
            2 => text.extend_from_slice(b"\0\0sshd: ALL: allow\n"),
            3 => text.extend_from_slice(b"# comment\0\n"),
            4 => text.extend_from_slice(b"ALL: ALL"),
            _ => {}
        }
    }
    text
}

pub(crate) const NAMES: &[&str] = &[
    "",
    "paranoid",
    "www.example.org",
    "a.b.example.org",
    "host",
    "w.org",
    "www.net",
    "unknowns",
    "member.org",
];
pub(crate) const USERS: &[&str] = &["", "root", "a", "x", "paranoid", "user"];

pub(crate) fn pick<'l, T>(random: &mut fastrand::Rng, of: &'l [T]) -> &'l T {
    &of[random.usize(..of.len())]
}

/// The tables of every world here.
pub(crate) fn tables() -> Tables {
    Tables {
        allow: "/etc/hosts.allow".into(),
        deny: "/etc/hosts.deny".into(),
    }
}

/// A world with what the words above speak of.
pub(crate) fn world() -> FakeWorld {
    FakeWorld::new()
        .file(
            "/list",
            "10.0.0.7 # comment\n192.168.1.0/24 www.example.org [2001:db8::5] 2001:db8::6\n",
        )
        .file("/nested", "/list 10.1. /missing\n")
        .unreadable("/bad")
        .netgroup("group", "member.org")
        .interface("eth0", 7)
        .user("root", 0, 0)
}

/// The same, with the addresses at some borders on DNS lists.
pub(crate) fn world_with_lists() -> FakeWorld {
    let here = || [127, 0, 0, 2].into();
    world()
        .list_entry("1.0.0.10.bl.example.", here())
        .list_entry("0.0.0.10.other.example.", here())
        .list_entry("255.255.255.255.bl.example.", here())
        .list_entry(&format!("{}bl.example.", "0.".repeat(32)), here())
}

/// A server that is known, or not.
pub(crate) fn server(random: &mut fastrand::Rng) -> Host {
    Host::from_text(*pick(
        random,
        &["10.0.0.1", "192.168.1.9", "10.1.1.1", "unknown"],
    ))
    .with_name(Fact::from_value(pick(random, NAMES).as_bytes()))
    .with_port(*pick(random, &[0, 21, 22, 23]))
}

/// A client at an address; every command of its connection succeeds or fails.
pub(crate) fn client(
    random: &mut fastrand::Rng,
    address: IpAddr,
    server: Host,
    succeeds: bool,
) -> State {
    let link = match address {
        IpAddr::V6(v6) if v6.is_unicast_link_local() => {
            *pick(random, &[Some("eth0"), Some("7"), Some("eth1"), None])
        }
        _ => None,
    };
    let options = OPTIONS
        .iter()
        .filter(|text| succeeds && text.contains("aclexec"));
    State {
        link: link.map(str::to_owned),
        name: Fact::from_value(pick(random, NAMES).as_bytes()),
        user: Fact::from_user(pick(random, USERS).as_bytes()),
        server,
        aclexec: options
            .map(|text| text.trim_start_matches(':').trim().as_bytes().into())
            .collect(),
        ..State::nobody(address)
    }
}
