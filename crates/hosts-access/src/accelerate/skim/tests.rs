//! What is left out is held against the parser.

use fastrand::Rng;

use super::*;
use crate::fake::FakeWorld;
use crate::report::trace::List;
use crate::request::Request;
use crate::request::facts::Fact;
use crate::search::matcher::Matcher;
use crate::table::entry::Entry;
use crate::table::filelist;
use crate::table::line;
use crate::table::rule::Rule;

/// Pieces put together at random.
fn text(random: &mut Rng, pieces: &[&str], most: usize) -> String {
    let count = random.usize(..most);
    let pieces = (0..count).map(|_| pieces[random.usize(..pieces.len())]);
    pieces.collect()
}

/// What stands in tables: much that is plain, and a little of all that is not.
const PIECES: [&str; 82] = [
    "svcd: ",
    "svcd:",
    "ALL: ",
    ": ",
    ":",
    "\n",
    "\n",
    "\n",
    "\n",
    "\n",
    "\n",
    " ",
    ", ",
    "\t",
    "10.1.2.3",
    "192.0.2.8",
    "192.0.2.7",
    "1192.0.2.7",
    "192.0.2.",
    ".2.7",
    "7",
    ".",
    "10.9.8.7",
    "10.7.7.7",
    "svcd: 10.1.2.3\n",
    "svcd: 10.20.30.40\n",
    "ALL: 10.3.2.1 10.3.2.2 : deny\n",
    "svcd: h1.example.org\n",
    "host.example.org",
    "HOST.example.org",
    "example.org",
    ".org",
    "host.",
    "all",
    "KNOWN",
    "local",
    "unknown",
    "except ",
    "\r\n",
    "\\\n",
    "# ",
    "\0",
    "@x",
    "[",
    "]",
    "/24",
    "/24",
    "/255.255.255.0",
    "/255.255.0.0 ",
    "/0",
    "/24.0.0.0",
    "10.1.2.0/24 ",
    "192.0.2.0/24 ",
    "192.0.0.0/15, ",
    "0300.0.2.0/24 ",
    "svcd: 10.1.2.0/24\n",
    "svcd: 192.0.3.0/255.255.255.0\n",
    "10.1. ",
    "192.0. ",
    "svcd: 10.1. : deny\n",
    ".example.org ",
    "svcd: .example.net\n",
    "3com.example.org ",
    "3com.example.net ",
    "[2001:db8::5]",
    "[2001:db8::6]",
    "[2001:DB8:0:0::]/64 ",
    "[2001:db8:1::]/48 ",
    "[::ffff:192.0.2.7] ",
    "[::ffff:192.0.2.0]/120 ",
    "[2001:d*] ",
    "[2001:d*] ",
    "[2001:db8:\0:5]/64 ",
    "svcd: [2001:db9::7]\n",
    "svcd: [fe80::1%lo]/64 : deny\n",
    "svcd: [2001:db8:7::]/48\n",
    "2001:db8::5 ",
    "%lo",
    "?",
    "$(x)",
    "*",
    "\x0b",
];

fn hosts() -> [Host; 11] {
    let socket = "192.0.2.7:9".parse().unwrap();
    let known = |address: &str, name: &str| {
        Host::from_text(address).with_name(Fact::from_value(name.as_bytes()))
    };
    [
        Host::from_socket(socket, "192.0.2.7"),
        known("192.0.2.7", ""),
        known("192.0.2.7", "host.example.org"),
        known("10.1.2.3", "paranoid"),
        known("2001:db8::5", "local"),
        known("", "host.example.org"),
        known("localhost", "x"),
        known("2001:db8::5", ""),
        known("192.0.2.7", "[2001:db8::9]"),
        known("192.0.2.7", "3com.example.org"),
        Host::from_socket("[fe80::1%1]:9".parse().unwrap(), "fe80::1%lo"),
    ]
}

/// The parser and matcher find that each line left out is a rule, in order, that does not match,
/// fails in nothing, logs nothing and asks for nothing.
#[test]
fn what_is_left_out_has_nothing_to_do_with_the_request() {
    let (mut random, mut left_out) = (Rng::with_seed(7), 0);
    for round in 0..20_000 {
        let text = text(&mut random, &PIECES, 60);
        let client = hosts()[round % hosts().len()].clone();
        let Some(skim) = Skim::new(&client) else {
            continue;
        };
        let skipped = skim.lines(text.as_bytes());
        let anywhere = pass::<Lines>(&skim, text.as_bytes());
        assert_eq!(skipped, anywhere, "{text:?}");
        let begin = &text.as_bytes()[..skipped.bytes];
        let newlines = begin.iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(skipped.lines, newlines as u64, "{text:?}");
        assert!(begin.is_empty() || begin.ends_with(b"\n"), "{text:?}");
        let fake = FakeWorld::new();
        let mut request = Request::new("svcd", client.clone(), Host::unknown());
        let mut lines = line::Lines::new(begin);
        while let Some(line) = lines.next_line().unwrap() {
            let rule = Rule::parse(line.text).expect("a rule");
            let mut matcher = Matcher {
                request: &mut request,
                world: fake.world(),
                place: None,
            };
            let matches = matcher.list_match(List::Daemons, rule.daemons).unwrap()
                && matcher.list_match(List::Clients, rule.clients).unwrap();
            assert!(!matches, "{text:?} {client:?}");
            left_out += 1;
        }
        assert_eq!(request.client.name, client.name, "{text:?}");
        assert!(request.server.name == Host::unknown().name, "{text:?}");
        assert!(fake.logged().is_empty(), "{text:?}");
    }
    assert!(left_out > 5_000, "{left_out}");
}

#[test]
fn words_that_are_left_out_do_not_match() {
    let (mut random, mut left_out) = (Rng::with_seed(11), 0);
    for round in 0..20_000 {
        let text = text(&mut random, &PIECES, 60);
        let client = hosts()[round % hosts().len()].clone();
        let Some(skim) = Skim::new(&client) else {
            continue;
        };
        let skipped = skim.list_words(text.as_bytes());
        let anywhere = pass::<ListWords>(&skim, text.as_bytes());
        assert_eq!(skipped, anywhere, "{text:?}");
        let (begin, rest) = text.split_at(skipped.bytes);
        let newlines = begin.bytes().filter(|byte| *byte == b'\n').count();
        assert_eq!(skipped.lines, newlines as u64, "{text:?}");
        let is_blank = |byte: u8| crate::text::bytes::is_blank(byte);
        assert!(
            begin.is_empty() || begin.bytes().last().is_some_and(is_blank),
            "{text:?}"
        );
        let fake = FakeWorld::new();
        let mut request = Request::new("svcd", client.clone(), Host::unknown());
        let mut words = filelist::ListWords::new(begin.as_bytes());
        while let Some(Entry { text: word, .. }) = words.next_word().unwrap() {
            assert_ne!(word[0], b'#', "{text:?} {rest:?}");
            let mut matcher = Matcher {
                request: &mut request,
                world: fake.world(),
                place: None,
            };
            assert!(!matcher.client_match(word).unwrap(), "{text:?} {client:?}");
            left_out += 1;
        }
        assert_eq!(request.client.name, client.name, "{text:?}");
    }
    assert!(left_out > 1_500, "{left_out}");
}

#[test]
fn plain_tables_are_passed_over_whole() {
    let [fresh, _, named, ..] = hosts();
    for (host, line) in [
        (&fresh, "svcd: 10.1.2.3\n"),
        (&fresh, "ALL:10.1.2.3, 10.1.2.4\t: deny\r\n"),
        (
            &named,
            "in.telnetd, svcd: a.example.org 10.1.2.3 EXCEPT b-c_d\n",
        ),
        (&fresh, "svcd: 10.1.2.0/24 10.1.3.0/255.255.255.0 10.1.\n"),
        (&fresh, "svcd: [2001:db8::]/32, [2001:db8:1::]/48 : allow\n"),
        (&named, "svcd: [2001:db8::1] .example.net 192.0.3.0/24\n"),
        (&named, "svcd: [2001:db8::1%lo] 192.168. .9\n"),
    ] {
        let table = line.repeat(1000);
        let skipped = Skim::new(host).unwrap().lines(table.as_bytes());
        let all = Skipped {
            bytes: table.len(),
            lines: 1000,
            stopped: false,
        };
        assert_eq!(skipped, all, "{line:?}");
    }
    let list = "10.1.2.3\n10.1.2.4 \n10.2.0.0/16\t10.3.\r\n[2001:db8::]/32\n".repeat(1000);
    let skipped = Skim::new(&fresh).unwrap().list_words(list.as_bytes());
    assert_eq!((skipped.bytes, skipped.stopped), (list.len(), false));
}

/// Wherever a word that matches stands, it is not passed over.
#[test]
fn what_matches_is_found_at_any_place() {
    let [fresh, _, named, ..] = hosts();
    let known = |name: &str| named.clone().with_name(Fact::from_value(name.as_bytes()));
    let six = Host::from_text("2001:db8::5").with_name(Fact::Unknown);
    for (host, word) in [
        (&fresh, "192.0.2.7"),
        (&fresh, "192.0."),
        (&fresh, ".2.7"),
        (&fresh, "192.0.2.0/24"),
        (&fresh, "192.0.2.0/255.255.255.0"),
        (&fresh, "[::ffff:192.0.2.0]/120"),
        (&named, "HOST.example.org"),
        (&named, ".example.org"),
        (&named, "host."),
        (&named, "known"),
        (&named, "[0:0:0:0:0:ffff:c000:207]"),
        (&known("3com.example.org"), "3com.example.org"),
        (&known("4"), "4"),
        (&six, "[2001:DB8:0:0:0:0:0:5]"),
        (&six, "[2001:db8::]/64"),
    ] {
        for before in 0..200 {
            let filler = "1".repeat(before);
            let list = format!("{filler} {word}\n");
            let line = format!("svcd: {list}");
            let passed = Skim::new(host).map(|skim| {
                let line = skim.lines(line.as_bytes());
                (skim.list_words(list.as_bytes()).bytes, line.bytes)
            });
            let most = (before + 1, 0);
            assert!(passed.is_none_or(|passed| passed <= most), "{line}");
        }
    }
}
