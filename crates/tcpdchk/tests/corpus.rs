//! Real tables: what Debian's tcpdchk was recorded to say of each, and that no format fails.

use std::fs;
use std::path::Path;

use test_kit::{Machine, Program, corpus, run, skip, skip_always};

/// Lines that people are shown of any table, so that they read them.
const MOST_LINES: usize = 200;

/// Lines that were recorded of each answer.
const RECORDED_LINES: usize = 400;

/// The recorded command and its lines.
fn recorded(file: &Path) -> (Vec<String>, Vec<String>) {
    let text = String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned();
    let mut lines = text.lines();
    let command = lines.next().unwrap().split_whitespace().skip(2);
    let mut answer: Vec<_> = lines.map(str::to_owned).collect();
    answer.retain(|line| !line.starts_with("[exit status") && !line.starts_with("[... "));
    (command.map(str::to_owned).collect(), answer)
}

/// The recorded line as docs/differences.md wants it. Row T10: an unterminated last line has its own
/// number.
fn by_row_t10(line: &str) -> Option<String> {
    let text = ": missing newline or line too long";
    let (table, number) = line.strip_suffix(text)?.rsplit_once(' ')?;
    let number = number.parse::<u64>().ok()? + 1;
    Some(format!("{table} {number}{text}"))
}

#[test]
fn real_tables() {
    let Some(folder) = corpus() else {
        return skip_always(
            "real_tables",
            "the folder of real tables beside the project",
        );
    };
    let Some(machine) = Machine::new("127.0.0.1 localhost\n") else {
        return skip("real_tables", "namespaces");
    };
    let program = Program::ours(env!("CARGO_BIN_EXE_tcpdchk"));
    let (mut same, mut t10, mut wrong) = (0, 0, Vec::new());
    let mut cases: Vec<_> = fs::read_dir(folder.join("tcpdchk"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    for file in cases {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let (arguments, mut answer) = recorded(&file);
        // Row X3: CR separates words, so the word before it is looked up without it.
        let recorded_lines = answer.len();
        answer.retain(|line| !line.contains('\r'));
        let returns = answer.len() < recorded_lines;
        let place = folder.join(&name);
        let mut command = program.command_with(&machine, &place);
        let ran = run(command.args(["--format", "classic"]).args(&arguments));
        assert!(matches!(ran.status, Some(0 | 1)), "{name}: {ran:?}");
        let mut ours: Vec<_> = ran
            .stdout
            .lines()
            .filter(|line| !line.starts_with("warning: ../made-up-inetd.conf, "))
            // The machine of the record had this folder.
            .filter(|line| !line.ends_with("/etc/banners: No such file or directory"))
            .map(str::to_owned)
            .collect();
        ours.truncate(RECORDED_LINES);
        for line in &mut answer {
            if let Some(right) = by_row_t10(line).filter(|right| ours.contains(right)) {
                t10 += 1;
                *line = right;
            }
        }
        if returns {
            ours.retain(|line| answer.contains(line));
        }
        if answer == ours {
            same += 1;
        } else {
            let at = answer
                .iter()
                .zip(&ours)
                .position(|(theirs, ours)| theirs != ours);
            let at = at.unwrap_or(answer.len().min(ours.len()));
            wrong.push(format!(
                "{name}\n  {:?}\n  {:?}",
                answer.get(at),
                ours.get(at)
            ));
        }
        for format in ["human", "json"] {
            let mut command = program.command_with(&machine, &place);
            let ran = run(command.args(["-d", "--no-dns", "--format", format]));
            assert!(
                matches!(ran.status, Some(0 | 1)),
                "{name} {format}: {ran:?}"
            );
            assert_eq!(ran.stderr, "", "{name} {format}");
            let lines = ran.stdout.lines().count();
            assert!(format == "json" || lines < MOST_LINES, "{name}: {lines}");
        }
    }
    assert!(same > 0 && t10 > 0);
    assert!(
        wrong.is_empty(),
        "{} differ, {same} do not:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
