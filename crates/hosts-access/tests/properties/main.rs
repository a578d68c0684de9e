//! Properties of the engine, on tables and requests made at random.
//!
//! Half of the tables are made by a grammar, so that rules match and options run; the other half
//! has bytes of any kind put in. A failing case is shrunk and printed.

#![forbid(unsafe_code)]

mod case;
mod written;

use std::fmt;

use hosts_access::fake::FakeWorld;
use hosts_access::lookup::ident::parse_reply;
use hosts_access::options::expand::expand;
use hosts_access::request::facts::Fact;
use hosts_access::request::{Host, Request};
use hosts_access::search::access::{Tables, Verdict, hosts_access};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use case::Case;
use written::Parts;

/// Words of daemon lists.
const DAEMONS: &[&str] = &[
    "ALL",
    "svcd",
    "SVCD",
    "svc*",
    "s?cd",
    "other",
    ".cd",
    "svc.",
    "KNOWN",
    "UNKNOWN",
    "EXCEPT",
    "22",
    "80",
    "022",
    "svcd@ALL",
    "svcd@127.",
    "svcd@[::1]",
    "ALL@/list",
    "@x",
    "[svcd]",
];

/// Words of client lists.
const CLIENTS: &[&str] = &[
    "ALL",
    "LOCAL",
    "KNOWN",
    "UNKNOWN",
    "PARANOID",
    "EXCEPT",
    "except",
    "192.0.2.7",
    "192.0.2.",
    "192.0.2.*",
    "10.*",
    ".example.org",
    "host.example.org",
    "*.org",
    "un*",
    "192.0.2.0/24",
    "192.0.2.0/255.255.255.0",
    "192.0.2.7/33",
    "0.0.0.0/0",
    "[2001:db8::5]",
    "[2001:db8::]/32",
    "[::/0]",
    "[fe80::1%lo]",
    "@trusted",
    "{RBL}.bl.example",
    "{RBL}.other.example",
    "{RBL}.-/",
    "/list",
    "/loop",
    "/nul",
    "/secret",
    "/missing",
    "joe@ALL",
    "KNOWN@192.0.2.",
    "j*@.example.org",
    "joe@/list",
    "2001:db8::5",
];

/// Options with their values.
const OPTIONS: &[&str] = &[
    "allow",
    "deny",
    "ALLOW",
    "spawn echo %a %u %h",
    "spawn a\\:b",
    "twist exec %d",
    "aclexec %c",
    "setenv NAME %n x",
    "setenv FOO=bar",
    "setenv X",
    "banners /banners",
    "banners /none",
    "umask 022",
    "umask 8",
    "umask=077",
    "nice",
    "nice -5",
    "linger 10",
    "linger -1",
    "keepalive",
    "keepalive x",
    "rfc931",
    "rfc931 5",
    "rfc931 0",
    "severity mail.info",
    "severity nope",
    "user nobody",
    "user nobody.nogroup",
    "user none",
    "group nogroup",
    "bogus",
    "",
    "spawn",
];

const NAMES: &[&str] = &[
    "",
    "host.example.org",
    "host",
    "paranoid",
    "10.evil.example",
    "a;b\x1b$(x)",
];

const ADDRESSES: &[&str] = &[
    "192.0.2.7",
    "::ffff:192.0.2.7",
    "2001:db8::5",
    "fe80::1%lo",
    "10.0.0.1",
    "",
];

const LISTS: &[case::File<'_>] = &[
    ("/list", Some(b"# ours\n192.0.2.7 .example.org\n")),
    ("/loop", Some(b"10. /loop")),
    ("/nul", Some(b"10.\0x")),
    ("/secret", None),
    ("/banners/svcd", Some(b"Hello %u@%h\n%")),
];

/// A table, shown as it would be written in a test.
#[derive(Clone)]
struct Table(Vec<u8>);

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

fn text(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(words).prop_map(str::to_owned)
}

/// Words with separators between them.
fn list(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    let separator = select(&[" ", ", ", "\t", ",", " \\\n ", "\r"][..]);
    vec((text(words), separator), 0..5)
        .prop_map(|words| words.into_iter().map(|(word, gap)| word + gap).collect())
}

/// A rule with its newline.
fn rule() -> impl Strategy<Value = String> {
    let options = vec(text(OPTIONS), 0..4);
    (list(DAEMONS), list(CLIENTS), options).prop_map(|(daemons, clients, options)| {
        let fields: Vec<_> = [daemons, clients].into_iter().chain(options).collect();
        fields.join(": ") + "\n"
    })
}

/// Lines of a table, most of them rules.
fn table() -> impl Strategy<Value = Table> {
    let other = select(
        &[
            "\n",
            "# comment\n",
            " # svcd: ALL\n",
            "svcd ALL\n",
            "x: y",
            "a\\\n",
            "svcd[: ALL\n",
            "\u{feff}",
            "ALL: ALL\n",
            "x: y\0\n",
            "\0\0\n",
            "\0\0svcd: ALL\n",
            "# \0\n",
            "svcd: 10.0.0.0 / 255.0.0.0\n",
        ][..],
    );
    let line = prop_oneof![6 => rule(), 1 => other.prop_map(str::to_owned)];
    vec(line, 0..12).prop_map(|lines| Table(lines.concat().into_bytes()))
}

/// The same with a few bytes of any kind put in.
fn noisy_table() -> impl Strategy<Value = Table> {
    let noise = vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    (table(), noise).prop_map(|(mut table, noise)| {
        for (at, byte) in noise {
            let at = at.index(table.0.len() + 1);
            table.0.insert(at, byte);
        }
        table
    })
}

/// A table, or one that may not be read.
fn any_table() -> impl Strategy<Value = Option<Table>> {
    prop_oneof![
        10 => table().prop_map(Some),
        10 => noisy_table().prop_map(Some),
        1 => Just(None),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let user = select(&["", "joe", "unknown", "-rf\x07`id`"][..]);
    let daemon = select(&["svcd", "other", "../x", "", "s\x1bvcd"][..]);
    (
        select(ADDRESSES),
        select(NAMES),
        user,
        daemon,
        any::<bool>(),
    )
        .prop_map(|(address, name, user, daemon, asked)| {
            let client = Host::from_text(address).with_name(Fact::from_value(name.as_bytes()));
            let server = Host::from_text("127.0.0.1").with_port(22);
            let mut request = Request::new(daemon, client, server);
            if asked {
                request.user = Fact::from_value(user.as_bytes());
            }
            request
        })
}

fn world() -> FakeWorld {
    FakeWorld::new()
        .interface("lo", 1)
        .netgroup("trusted", "host.example.org")
        .list_entry("7.2.0.192.bl.example.", [127, 0, 0, 2].into())
        .list_entry("7.2.0.192.other.example.", [192, 0, 2, 1].into())
        .user("nobody", 65534, 65534)
        .group("nogroup", 65534)
}

/// As many cases as `make test` has time for. A failing one is printed, not kept in a file: it
/// becomes a test of its own.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 1024,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    /// See [`Case::check`]: an error never grants, rules after the match make no difference, the
    /// dry run agrees with the real one, and more.
    #[test]
    fn decisions(
        allow in any_table(),
        deny in any_table(),
        request in request(),
        status in select(&[0, 0, 1][..]),
    ) {
        Case {
            allow: allow.as_ref().map(|table| &table.0[..]),
            deny: deny.as_ref().map(|table| &table.0[..]),
            lists: LISTS,
            others: &world(),
            request: &request,
            status,
        }
        .check(None);
    }

    /// Whatever is put before the options of a rule that matches: if an option is wrong, it denies.
    #[test]
    fn a_wrong_option_denies_in_either_table(
        before in vec(text(&["umask 022", "keepalive", "spawn x", "severity info"]), 0..3),
        wrong in text(&["bogus", "", "umask 8", "allow x", "spawn", "user none", "twist x:"]),
        request in request(),
        in_allow in any::<bool>(),
    ) {
        let options = before.into_iter().chain([wrong]).collect::<Vec<_>>().join(":");
        let table = if in_allow { "/etc/hosts.allow" } else { "/etc/hosts.deny" };
        let world = world().file(table, format!("ALL: ALL: {options}\n"));
        let mut request = request;
        let decision =
            hosts_access(&Tables::in_folder("/etc"), &mut request, &world.world(), &mut world.effects());
        prop_assert_eq!(decision.verdict, Verdict::Denied);
    }

    #[test]
    fn a_rule_is_the_same_when_written_again(table in noisy_table()) {
        for line in table.0.split(|byte| *byte == b'\n') {
            written::check(line);
        }
    }

    /// A rule that was made, not read, is read as what it was made of.
    #[test]
    fn a_written_rule_is_read_as_it_was_meant(
        daemons in vec(text(DAEMONS), 0..4),
        clients in vec("[a-z0-9.*?@/%]{1,9}|\\[[0-9a-f:]{0,9}\\](/[0-9]{0,3})?", 0..4),
        options in prop::option::of(vec(("[a-z:\\\\]{1,9}", "([!-~]([ -~]*[!-~])?)?"), 1..4)),
    ) {
        let bytes = |words: Vec<String>| words.into_iter().map(String::into_bytes).collect();
        let parts = Parts {
            daemons: bytes(daemons),
            clients: bytes(clients),
            options: options.map(|options| {
                options.into_iter().map(|(key, value)| (key.into(), value.into())).collect()
            }),
        };
        prop_assert_eq!(Parts::parse(&parts.print()), Some(parts));
    }

    #[test]
    fn an_expansion_keeps_its_bound(
        text in vec(select(&b"%%%acdhnpru ARxyz"[..]), 0..40),
        request in request(),
        bound in 0..60_usize,
    ) {
        let world = world();
        let mut request = request;
        if let Ok(value) = expand(&text, &mut request, &world.world(), None, bound) {
            prop_assert!(value.as_bytes().len() <= bound);
            let safe = |byte: &u8| byte.is_ascii_alphanumeric() || b" _!@%-=+:,./".contains(byte);
            prop_assert!(value.as_bytes().iter().all(safe));
        }
    }

    /// Only a reply for both our ports names a user.
    #[test]
    fn a_reply_for_other_ports_names_nobody(
        client in any::<u16>(),
        server in any::<u16>(),
        user in "[!-~]{1,9}",
        other in any::<u16>(),
    ) {
        let reply = format!("{client},{server}:USERID:UNIX:{user}\r\n");
        let found = |client, server| parse_reply(reply.as_bytes(), client, server);
        prop_assert_eq!(found(client, server), Some(user.into_bytes()));
        prop_assert!(other == client || found(other, server).is_none());
        prop_assert!(other == server || found(client, other).is_none());
    }
}
