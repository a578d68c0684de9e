//! Real tables, with what Debian's tcpdmatch says about each.
//!
//! The recorded answers hold wherever docs/differences.md does not say otherwise; each exception
//! here names its row.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use test_kit::{Machine, Program, Scratch, corpus, run, skip, skip_always};

/// A recorded answer, or ours in the same form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Answer {
    access: String,
    matched: String,
    options: String,
    messages: Vec<String>,
    exit: String,
}

/// Messages that were recorded for each answer.
const RECORDED_MESSAGES: usize = 3;

impl Answer {
    fn recorded(fields: &[&str]) -> Self {
        let [access, matched, options, messages, exit] = fields else {
            panic!("{fields:?}");
        };
        Self {
            access: (*access).to_owned(),
            matched: (*matched).to_owned(),
            options: unescape(options),
            messages: unescape(messages)
                .lines()
                .filter(|line| !line.starts_with("(+"))
                .map(str::to_owned)
                .collect(),
            exit: (*exit).to_owned(),
        }
    }

    fn ours(output: &str, conf: &str) -> Self {
        let mut answer = Self::default();
        let mut options = Vec::new();
        for line in output.lines() {
            if let Some(access) = line.strip_prefix("access:   ") {
                access.clone_into(&mut answer.access);
            } else if let Some(place) = line.strip_prefix("matched:  ") {
                place.clone_into(&mut answer.matched);
            } else if let Some(option) = line.strip_prefix("option:   ") {
                options.push(option.to_owned());
            } else if let Some(status) = line.strip_prefix("[exit ") {
                status.trim_end_matches(']').clone_into(&mut answer.exit);
            } else if (line.starts_with("warning: ") || line.starts_with("error: "))
                && !line.starts_with(&format!("warning: {conf}, "))
                // The machine of the record had this folder.
                && !line.ends_with("/etc/banners: No such file or directory")
                // Row T8: slashes alone are warned of.
                && !line.contains(": slashes alone name no list")
            {
                // Row L3: whom that refuses.
                let plain = line.split(" (in error: refuses ").next().unwrap();
                answer.messages.push(plain.to_owned());
            }
        }
        answer.options = options.join("\n");
        answer.messages.truncate(RECORDED_MESSAGES);
        answer
    }
}

fn unescape(field: &str) -> String {
    let mut text = String::new();
    let mut letters = field.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => text.push(match letters.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                other => other.unwrap_or('\\'),
            }),
            other => text.push(other),
        }
    }
    text
}

/// The answer that differs from the recorded one as docs/differences.md says, with the row.
fn by_row(recorded: &Answer) -> (&'static str, Answer) {
    let mut answer = recorded.clone();
    for message in &mut answer.messages {
        *message = count_last_line(message);
    }
    ("T10", answer)
}

/// Row O2: a command of aclexec that is missing here denies, whatever was recorded.
fn is_not_run(ours: &Answer) -> bool {
    let missing = ": aclexec: /bin/sh ended with status 127: ";
    ours.access == "denied"
        && ours
            .messages
            .iter()
            .any(|message| message.contains(missing))
}

/// Row T10: an unterminated last line has its own number.
fn count_last_line(message: &str) -> String {
    let about_end = [
        "missing newline or line too long",
        "all the subsequent rules will be ignored",
    ];
    let Some((place, text)) = message.split_once(": ").and_then(|(prefix, rest)| {
        let (place, text) = rest.split_once(": ")?;
        about_end
            .contains(&text)
            .then_some((format!("{prefix}: {place}"), text))
    }) else {
        return message.to_owned();
    };
    let (table, line) = place.rsplit_once(' ').unwrap();
    format!("{table} {}: {text}", line.parse::<u64>().unwrap() + 1)
}

/// Answers by daemon and client of one case.
type Case = Vec<(String, String, Answer)>;

fn recorded(file: &Path) -> BTreeMap<String, Case> {
    let text = fs::read_to_string(file).unwrap();
    let mut cases: BTreeMap<String, Case> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<_> = line.split('\t').collect();
        let (case, daemon, client) = (fields[0], unescape(fields[1]), unescape(fields[2]));
        let answer = Answer::recorded(&fields[3..]);
        cases
            .entry(case.to_owned())
            .or_default()
            .push((daemon, client, answer));
    }
    cases
}

fn compare(name: &str, hosts: &str) {
    let Some(folder) = corpus() else {
        return skip_always(name, "the folder of real tables beside the project");
    };
    let hosts = match hosts {
        "" => "127.0.0.1 localhost\n".to_owned(),
        file => fs::read_to_string(folder.join(file)).unwrap(),
    };
    let Some(machine) = Machine::new(&hosts) else {
        return skip(name, "namespaces");
    };
    let program = Program::ours(env!("CARGO_BIN_EXE_tcpdmatch"));
    let (mut same, mut rows, mut wrong) = (0, BTreeMap::new(), Vec::new());
    for (case, answers) in recorded(&folder.join(name)) {
        let place = folder.join(&case);
        let script = "p=$0; while [ $# -gt 0 ]; do \"$p\" -d -i ../made-up-inetd.conf -- \"$1\" \"$2\" 2>&1; \
                      echo \"[exit $?]\"; shift 2; done";
        let mut command = program.script_with(&machine, &place, script);
        for (daemon, client, _) in &answers {
            command.arg(daemon).arg(client);
        }
        let text = run(&mut command).stdout;
        let blocks: Vec<_> = text
            .split_inclusive("[exit 0]\n")
            .flat_map(|part| part.split_inclusive("[exit 1]\n"))
            .collect();
        assert_eq!(blocks.len(), answers.len(), "{case}: {text}");
        for ((daemon, client, answer), block) in answers.iter().zip(blocks) {
            let ours = Answer::ours(block, "../made-up-inetd.conf");
            if ours == *answer {
                same += 1;
            } else if is_not_run(&ours) {
                *rows.entry("O2").or_insert(0) += 1;
            } else if by_row(answer).1 == ours {
                *rows.entry(by_row(answer).0).or_insert(0) += 1;
            } else {
                wrong.push(format!(
                    "{case} {daemon} {client}:\n  {answer:?}\n  {ours:?}"
                ));
            }
        }
    }
    assert!(same > 0, "{name}: {rows:?}");
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn made_up_clients() {
    compare("verdicts.tsv", "");
}

#[test]
fn clients_of_the_rules_themselves() {
    compare("verdicts-own.tsv", "made-up-hosts");
}

/// One rule a line, each over a hosts.deny that denies all, with what five requests get.
#[test]
fn rules_of_a_test_suite() {
    let Some(folder) = corpus() else {
        return skip_always(
            "rules_of_a_test_suite",
            "the folder of real tables beside the project",
        );
    };
    let text = fs::read_to_string(folder.join("augeas-strings.tsv")).unwrap();
    let mut lines = text
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>());
    let heading = lines.next().unwrap();
    let requests = &heading[2..heading.len() - 1];
    let mut compared = 0;
    for row in lines {
        let scratch = Scratch::new();
        scratch.file("hosts.allow", unescape(row[1]));
        scratch.file("hosts.deny", "ALL: ALL\n");
        for (request, expected) in requests.iter().zip(&row[2..]) {
            let program = Program::ours(env!("CARGO_BIN_EXE_tcpdmatch"));
            let mut command = program.command(scratch.path());
            command.args(["-d", "-i", "/dev/null"]);
            command.args(request.split(' '));
            let answer = Answer::ours(&run(&mut command).stdout, "/dev/null");
            let found = format!("{} {}", answer.access, answer.matched);
            assert_eq!(found.trim_end(), *expected, "{row:?} {request}");
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}
