//! What tcpdchk says to write is proven. Each remedy is applied to its table: the result is a table, the finding
//! is gone, no error stands in its place, and no client is granted whom both the table as it is and the table as
//! it was meant refuse. How a word was meant is read here by other means than in tcpdchk.

mod generated;
mod meaning;

use std::path::Path;

use hosts_access::fake::FakeWorld;
use hosts_access::request::facts::Fact;
use hosts_access::request::{Host, Request};
use hosts_access::search::access::{Tables, Verdict, hosts_access};
use hosts_access::table::line::Lines;
use test_kit::{Scratch, corpus, skip_always};

use crate::{cases, tcpdchk, tree};

use meaning::{Client, clients, is_meant};

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
