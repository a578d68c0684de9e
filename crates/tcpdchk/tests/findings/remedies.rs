//! What tcpdchk says to write is proven. Each remedy is applied to its table: the result is a table, the finding
//! is gone, no error stands in its place, and no client is granted whom both the table as it is and the table as
//! it was meant refuse. How a word was meant is read here by other means than in tcpdchk.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use hosts_access::fake::FakeWorld;
use hosts_access::request::facts::Fact;
use hosts_access::request::{Host, Request};
use hosts_access::search::access::{Tables, Verdict, hosts_access};
use hosts_access::table::line::Lines;
use tools::testing::{Scratch, corpus, skip_always};

use crate::{cases, tcpdchk, tree};

/// A finding of `--format json`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    id: String,
    error: bool,
    file: String,
    /// The first line of the rule, and that of the word.
    first: usize,
    line: usize,
    column: usize,
    word: String,
    instead: Option<String>,
}

fn findings(tree: &Scratch, arguments: &[&str]) -> Vec<Finding> {
    let shown = tcpdchk(tree, &[&["--format", "json"], arguments].concat()).stdout;
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let number = |value: &serde_json::Value| value.as_u64().unwrap_or(0) as usize;
    let lines = shown.lines().map(|line| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        Finding {
            id: text(&value["id"]),
            error: value["level"] == "error",
            file: text(&value["file"]),
            first: number(&value["line"]),
            line: number(&value["word_line"]),
            column: number(&value["word_column"]),
            word: text(&value["word"]),
            instead: value["instead"].as_str().map(str::to_owned),
        }
    });
    lines.collect()
}

/// A text with the word of a finding replaced.
fn replaced(text: &str, finding: &Finding, by: &str) -> String {
    let mut lines: Vec<_> = text.split('\n').map(str::to_owned).collect();
    let line = &mut lines[finding.line - 1];
    let start: usize = line
        .chars()
        .take(finding.column - 1)
        .map(char::len_utf8)
        .sum();
    let end = start + finding.word.len();
    assert_eq!(line[start..end], finding.word, "{finding:?}");
    line.replace_range(start..end, by);
    lines.join("\n")
}

/// Whether a finding's word lies in what a remedy has put in its line.
fn is_within(found: &Finding, remedy: &Finding, instead: &str) -> bool {
    let range = remedy.column..remedy.column + instead.chars().count().max(1);
    let end = found.column + found.word.chars().count();
    let inside = found.column >= range.start && end <= range.end;
    found.file == remedy.file && found.line == remedy.line && inside
}

/// A client, with the name that its address has.
#[derive(Clone, Debug)]
struct Client {
    address: String,
    name: String,
}

/// The numbers of a text with dots or commas, as people read them.
fn octets(text: &str) -> Option<Vec<u8>> {
    let parts = text.split(['.', ',']);
    let numbers = parts.map(|part| match part.trim_start_matches('0') {
        "" if !part.is_empty() => Some(0),
        plain => plain.parse().ok(),
    });
    numbers.collect()
}

fn bits(octets: &[u8]) -> u32 {
    let mut whole = [0; 4];
    whole
        .iter_mut()
        .zip(octets)
        .for_each(|(byte, octet)| *byte = *octet);
    u32::from_be_bytes(whole)
}

/// The mask of a text: a length, whatever stands after it, or four numbers.
fn mask(text: &str) -> Option<u32> {
    match octets(text).as_deref() {
        Some([a, b, c, d]) => Some(bits(&[*a, *b, *c, *d])),
        _ => {
            let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
            let length: u32 = digits.parse().ok().filter(|length| *length <= 32)?;
            Some(u32::MAX.checked_shl(32 - length).unwrap_or(0))
        }
    }
}

/// Whether a client is in a network, as a word that holds one was meant.
fn in_network(word: &str, client: &Client, turned_round: bool) -> bool {
    let Some((net, length)) = word.rsplit_once('/') else {
        return false;
    };
    let net = net.trim_matches(['[', ']']);
    match client.address.split('%').next().unwrap().parse() {
        Ok(IpAddr::V4(address)) => {
            let net = octets(net.trim_end_matches('.')).filter(|net| net.len() <= 4);
            let (Some(net), Some(mask)) = (net, mask(length)) else {
                return false;
            };
            let mask = if turned_round { !mask } else { mask };
            (u32::from(address) ^ bits(&net)) & mask == 0
        }
        Ok(IpAddr::V6(address)) => {
            let digits: String = length.chars().take_while(char::is_ascii_digit).collect();
            match (net.split('%').next().unwrap().parse(), digits.parse()) {
                (Ok(net), Ok(length)) => same_prefix(address, net, length),
                _ => false,
            }
        }
        Err(_) => false,
    }
}

fn same_prefix(left: Ipv6Addr, right: Ipv6Addr, length: u32) -> bool {
    let mask = u128::MAX
        .checked_shl(128_u32.saturating_sub(length))
        .unwrap_or(0);
    (u128::from(left) ^ u128::from(right)) & mask == 0
}

/// Whether an IPv6 word without its brackets means a client.
fn is_ipv6(word: &str, client: &Client) -> bool {
    if word.contains('/') {
        return in_network(word, client, false);
    }
    let Ok(address) = client
        .address
        .split('%')
        .next()
        .unwrap()
        .parse::<Ipv6Addr>()
    else {
        return false;
    };
    if let Ok(meant) = word.split('%').next().unwrap().parse::<Ipv6Addr>() {
        return address == meant;
    }
    // The first groups of an address.
    let groups = word.trim_end_matches('*').trim_end_matches(':').split(':');
    let groups: Vec<_> = groups.map(|group| u16::from_str_radix(group, 16)).collect();
    groups
        .iter()
        .zip(address.segments())
        .all(|(group, segment)| group.as_ref() == Ok(&segment))
}

/// Whether a text has the form of a glob.
fn is_glob(glob: &str, text: &str) -> bool {
    match (glob.chars().next(), text.chars().next()) {
        (None, end) => end.is_none(),
        (Some('*'), end) => is_glob(&glob[1..], text) || end.is_some() && is_glob(glob, &text[1..]),
        (Some(letter), Some(other)) => {
            (letter == '?' || letter == other) && is_glob(&glob[1..], &text[1..])
        }
        (Some(_), None) => false,
    }
}

/// Whether a pattern as people write it means a client.
fn is_plain(word: &str, client: &Client) -> bool {
    let number = |word: &str| {
        octets(word).map(|octets| {
            octets
                .iter()
                .map(u8::to_string)
                .collect::<Vec<_>>()
                .join(".")
        })
    };
    match word {
        _ if word.contains('/') => in_network(word, client, false),
        _ if word.contains(['*', '?']) => {
            is_glob(word, &client.name) || is_glob(word, &client.address)
        }
        _ if word.starts_with('.') => client.name.ends_with(word),
        _ if word.ends_with('.') => number(word.trim_end_matches('.'))
            .is_some_and(|prefix| client.address.starts_with(&format!("{prefix}."))),
        _ => match number(word) {
            Some(address) => client.address == address,
            None => client.name == word || client.address == word.trim_matches(['[', ']']),
        },
    }
}

/// Whether the word of a finding was meant for a client. `None`: it is not about clients.
fn is_meant(finding: &Finding, client: &Client) -> Option<bool> {
    let word = &*finding.word;
    Some(match &*finding.id {
        "host-bits" | "host-bits-ipv6" | "net-mask" | "octal-net" => {
            in_network(word, client, false)
        }
        "mask-never" => in_network(word, client, true),
        "number-form" => is_plain(word, client),
        "network-prefix" => is_plain(&format!("{word}."), client),
        "comma-for-dot" => is_plain(&word.replace(',', "."), client),
        "ipv6-brackets" => is_ipv6(word, client),
        "ipv6-length-inside" => in_network(&word.replace(['[', ']'], ""), client, false),
        "name-never" => is_plain(word.trim_matches(['[', ']']), client),
        "name-dot" => is_plain(word.trim_end_matches('.'), client),
        "wildcard-dot" if word.starts_with('.') => client.name.ends_with(&word[2..]),
        "wildcard-dot" if word.starts_with('*') => client.name.ends_with(&word[1..word.len() - 1]),
        "wildcard-dot" => is_plain(&word[..word.len() - 2], client),
        "invisible-character" => {
            let plain: String = word
                .chars()
                .filter(|letter| letter.is_ascii_graphic())
                .collect();
            is_plain(&plain, client)
        }
        _ => return None,
    })
}

/// Clients near a word, and some far from it.
fn clients(word: &str) -> Vec<Client> {
    let plain = word.replace(',', ".");
    let mut numbers = vec![
        vec![10, 0, 0, 1],
        vec![8, 0, 0, 1],
        vec![192, 0, 2, 7],
        vec![255, 255, 255, 254],
    ];
    let digits = plain
        .split('/')
        .next()
        .unwrap()
        .trim_matches(|letter: char| !letter.is_ascii_digit());
    numbers.extend(octets(digits));
    let mut addresses: Vec<String> = Vec::new();
    for number in numbers {
        let base = bits(&number);
        let near = (0..32).step_by(3).map(|bit| base ^ (1 << bit));
        addresses.extend(
            [
                base,
                base.wrapping_add(1),
                base | 0xff,
                base | 0xffff,
                0x0a00_0000 | base,
            ]
            .into_iter()
            .chain(near)
            .map(|bits| Ipv4Addr::from(bits).to_string()),
        );
    }
    let inside = word.trim_matches(|letter: char| !letter.is_ascii_hexdigit() && letter != ':');
    let inside = inside.split(['/', '%', ']']).next().unwrap();
    let start = format!("{}::", inside.trim_end_matches(':'));
    let known = [
        "::1",
        "2001:db8::",
        "2001:db8::5",
        "2001:db9::",
        "fe80::1%lo",
        inside,
        &start,
    ];
    for address in known {
        let (plain, scope) = address.split_at(address.find('%').unwrap_or(address.len()));
        if let Ok(plain) = plain.parse::<Ipv6Addr>() {
            addresses.push(format!("{plain}{scope}"));
        }
    }
    // Names that hosts can have.
    let legal = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    let trimmed: String = word.chars().filter(legal).collect();
    let trimmed = trimmed.trim_matches('.');
    let names = [
        "",
        "host.example.org",
        "pc",
        trimmed,
        &format!("a.{trimmed}"),
        &format!("{trimmed}.evil.net"),
        "evil.net",
    ];
    let client = |address: &str, name: &str| Client {
        address: address.to_owned(),
        name: name.to_owned(),
    };
    let without = addresses.iter().map(|address| client(address, ""));
    let named = names
        .iter()
        .flat_map(|name| [client("10.0.0.1", name), client(&addresses[4], name)]);
    without.chain(named).collect()
}

/// Whether tables grant a client; `meant` is what the list /meant holds.
fn grants(allow: &str, deny: &str, meant: &str, daemon: &str, client: &Client) -> bool {
    let world = FakeWorld::new()
        .file("/etc/hosts.allow", allow)
        .file("/etc/hosts.deny", deny)
        .file("/meant", meant)
        .interface("lo", 1);
    let host =
        Host::from_text(&*client.address).with_name(Fact::from_value(client.name.as_bytes()));
    let mut request = Request::new(daemon, host, Host::from_text("10.0.0.1"));
    request.user = Fact::from_value(b"joe");
    let tables = Tables::in_folder("/etc");
    let decision = hosts_access(&tables, &mut request, &world.world(), &mut world.effects());
    decision.verdict == Verdict::Granted
}

/// The daemon of a rule, if it is a plain one.
fn daemon(rule: &str) -> String {
    let word = rule
        .trim_start()
        .split([' ', '\t', ',', ':', '@'])
        .next()
        .unwrap_or_default();
    word.to_owned()
}

/// The lines of a finding's rule. What a rule matches does not depend on the others.
fn rule_of(text: &str, finding: &Finding) -> String {
    let mut rule = String::new();
    for (index, line) in text.split('\n').enumerate().skip(finding.first - 1) {
        rule += line;
        rule.push('\n');
        if index + 1 >= finding.line && !line.ends_with('\\') {
            break;
        }
    }
    rule
}

/// Whether a remedy grants too much. `before` and `after` are the texts of the table before and after.
fn check_verdicts(before: &str, after: &str, finding: &Finding) {
    if is_meant(finding, &clients("")[0]).is_none() {
        // The reading of options and daemons is the remedy; it changes no list of clients.
        return;
    }
    let meant_table = &rule_of(&replaced(before, finding, "/meant"), finding);
    let (before, after) = (&*rule_of(before, finding), &*rule_of(after, finding));
    let line = before;
    let daemon = daemon(line);
    for client in clients(&finding.word) {
        let meant = match is_meant(finding, &client) {
            Some(true) if client.address.is_empty() => client.name.clone(),
            Some(true) if client.address.contains(':') => format!("[{}]\n", client.address),
            Some(true) => format!("{}\n", client.address),
            _ => String::new(),
        };
        for (text, table) in [("hosts.allow", 0), ("hosts.deny", 1)] {
            let of = |rules: &str, meant: &str| match table {
                0 => grants(rules, "ALL: ALL\n", meant, &daemon, &client),
                _ => grants("", rules, meant, &daemon, &client),
            };
            let becomes = of(after, "");
            assert!(
                !becomes || of(before, "") || of(meant_table, &meant),
                "{text}: {before:?} becomes {after:?}, which grants {client:?}: {finding:?}"
            );
        }
    }
}

/// Applies each remedy of a table.
fn prove(tree: &Scratch, arguments: &[&str], file: &str) -> usize {
    let path = tree.path().join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        return 0;
    };
    let all = findings(tree, arguments);
    let at = |found: &&Finding| Path::new(&found.file).ends_with(file) && found.instead.is_some();
    let mut proven = 0;
    for finding in all.iter().filter(at) {
        let instead = finding.instead.as_deref().unwrap();
        let after = replaced(&text, finding, instead);
        std::fs::write(&path, &after).unwrap();
        let found = findings(tree, arguments);
        assert_eq!(faults(&all, &found, finding, &after), [""; 0]);
        let mut lines = Lines::new(after.as_bytes());
        while let Ok(Some(_)) = lines.next_line() {}
        check_verdicts(&text, &after, finding);
        proven += 1;
    }
    std::fs::write(&path, &text).unwrap();
    proven
}

/// What is wrong with the findings after a remedy.
fn faults(before: &[Finding], after: &[Finding], finding: &Finding, text: &str) -> Vec<String> {
    let instead = finding.instead.as_deref().unwrap();
    let same = |found: &&Finding| {
        found.id == finding.id
            && found.line == finding.line
            && found.word == finding.word
            && found.column == finding.column
    };
    let worse = |found: &&Finding| found.error && is_within(found, finding, instead);
    let torn = |all: &[Finding]| {
        all.iter()
            .filter(|found| found.id == "missing-colon")
            .count()
    };
    let mut faults = Vec::new();
    if let Some(found) = after.iter().find(same).or_else(|| after.iter().find(worse)) {
        faults.push(format!("{finding:?} leads to {found:?}: {text:?}"));
    }
    if torn(after) > torn(before) {
        faults.push(format!("{finding:?} tears the rule: {text:?}"));
    }
    faults
}

/// Those of the rules that other tests know.
#[test]
fn remedies_of_known_rules() {
    let mut proven = 0;
    for case in cases() {
        let rules = case.wrong.iter().map(|(rule, _)| rule).chain(case.right);
        for rule in rules {
            for deny in [false, true] {
                let text = format!("{rule}\n");
                let (tree, file) = if deny {
                    (tree("", &text), "etc/hosts.deny")
                } else {
                    (tree(&text, "ALL: ALL\n"), "etc/hosts.allow")
                };
                proven += prove(&tree, &[], file);
            }
        }
    }
    assert!(proven > 100, "{proven}");
}

/// Those of real tables.
#[test]
fn remedies_of_real_tables() {
    let Some(folder) = corpus() else {
        return skip_always(
            "remedies_of_real_tables",
            "the folder of real tables beside the project",
        );
    };
    let mut proven = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let place = entry.unwrap().path();
        // Other bytes than text would only make columns hard to count.
        let read = |name: &str| {
            let bytes = std::fs::read(place.join(name)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        // Long lists of addresses have no remedies, and take long.
        let short = |name: &str| {
            Some(read(name))
                .filter(|text| text.len() < 20_000)
                .unwrap_or_default()
        };
        let (allow, deny) = (short("hosts.allow"), short("hosts.deny"));
        if allow.is_empty() && deny.is_empty() {
            continue;
        }
        let scratch = Scratch::new();
        scratch.file("etc/hosts.allow", allow);
        scratch.file("etc/hosts.deny", deny);
        for file in ["etc/hosts.allow", "etc/hosts.deny"] {
            proven += prove(&scratch, &[], file);
        }
    }
    assert!(proven > 30, "{proven}");
}

/// Of which words are put together.
const PIECES: &[&str] = &[
    "10",
    "192",
    "0",
    "1",
    "2",
    "7",
    "07",
    "010",
    "255",
    "300",
    ".",
    ".",
    ".",
    ".",
    ",",
    "/",
    "8",
    "24",
    "32",
    "x",
    "[",
    "]",
    "[2001:db8::",
    "2001:db8::",
    "::",
    ":",
    "5",
    "]/32",
    "%lo",
    "*",
    "?",
    "ALL",
    "local",
    "host",
    ".example",
    ".org",
    "-",
    "\u{200b}",
    "\u{a0}",
    "deny",
    "allow",
    "joe@",
    "192.0.2.7",
    "192.0.2.",
    "192.0.2.0",
    "/255.255.255.0",
    "/0.0.0.255",
    "/255.0.255.0",
    " ",
    " ",
    " EXCEPT ",
    " EXPECT ",
    " BUT ",
    ": ",
    ": alow",
    ": spwan x &",
    ": spawn (mail a:b) &",
    ": severity mail.inof",
    "fe80::1",
    "192.168",
    "\\ ",
    "{{",
];

/// Numbers that are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % count
    }
}

/// Those of generated rules: a table of many, of which each has its own daemon. All are applied at once, and then
/// those of what came out.
#[test]
fn remedies_of_generated_rules() {
    let mut dice = Dice(1);
    let mut proven = 0;
    let mut wrong = Vec::new();
    for _ in 0..4 {
        let rules = (0..300).map(|number| {
            let pieces = (0..1 + dice.below(6)).map(|_| PIECES[dice.below(PIECES.len())]);
            format!("svc{number}: {}", pieces.collect::<String>())
        });
        let mut lines: Vec<_> = rules.collect();
        for _ in 0..2 {
            let text = lines.join("\n") + "\n";
            let tree = tree(&text, "ALL: ALL\n");
            let before = findings(&tree, &[]);
            let mut applied: Vec<(Finding, String)> = Vec::new();
            for finding in before.iter().filter(|found| found.instead.is_some()) {
                // What joins lines is proven elsewhere.
                let other = finding.id == "backslash-blank" || finding.id == "unknown-daemon";
                if other || applied.iter().any(|(other, _)| other.line == finding.line) {
                    continue;
                }
                let only = Finding {
                    first: 1,
                    line: 1,
                    ..finding.clone()
                };
                let line = lines[finding.line - 1].clone();
                lines[finding.line - 1] =
                    replaced(&line, &only, finding.instead.as_deref().unwrap());
                check_verdicts(&line, &lines[finding.line - 1], &only);
                applied.push((finding.clone(), line));
            }
            let text = lines.join("\n") + "\n";
            tree.file("etc/hosts.allow", &text);
            let after = findings(&tree, &[]);
            for (finding, _) in &applied {
                let of_line = |all: &[Finding]| -> Vec<Finding> {
                    all.iter()
                        .filter(|found| found.line == finding.line)
                        .cloned()
                        .collect()
                };
                let line = &lines[finding.line - 1];
                wrong.extend(faults(&of_line(&before), &of_line(&after), finding, line));
            }
            proven += applied.len();
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(proven > 100, "{proven}");
}
