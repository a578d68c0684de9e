//! The programs of commands: which they are, and whether they can be run.

use std::borrow::Cow;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use hosts_access::options::Field;
use hosts_access::report::problem::RefusedClients;
use hosts_access::text::escape::TableText;
use hosts_access::world::Files;
use tools::disk::Disk;

use crate::checked_rule::{CheckedRule, Table};
use crate::checker::Checker;
use crate::finding::{FilePlace, Finding};
use crate::source::{Origin, offset_in};

tools::checks! {
    /// What is wrong with the programs of commands.
    CHECKS;
    COMMAND_MISSING: "command-missing", Warning, "a command with a program that is not there",
        why "The shell cannot find the program, and nobody is told: what it says goes to /dev/null.",
        remedy "Install the program, or correct its path.";
    COMMAND_UNFIT: "command-unfit", Warning, "a command with a program that cannot be run",
        why "The shell finds the program and cannot run it, and nobody is told: what it says goes to /dev/null.",
        remedy "See to the reason that is given: make the file executable, correct the first line of the script, or \
                convert it with dos2unix.";
    ACLEXEC_FAILS: "aclexec-fails", Error, "an aclexec whose program cannot be run",
        why "The rule is in error, in either table: it refuses everybody who gets that far. Debian's tcpd takes it for \
             a no, which in hosts.deny lets everybody in.",
        remedy "Install the program, correct its path, or make it executable.";
    COMMAND_PATH: "command-path", Note, "a command that relies on PATH",
        why "The command gets the PATH of inetd, which may be short or come from whoever started it.",
        remedy "Write the program's full path.";
}

/// Where commands are looked for, as inetd's usual PATH has it.
const PATH: [&str; 4] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// Words of the shell that are no programs.
const SHELL_WORDS: &[&str] = &[
    "!", ".", ":", "[", "alias", "break", "case", "cd", "command", "continue", "do", "done",
    "echo", "elif", "else", "esac", "eval", "exec", "exit", "export", "false", "fi", "for", "if",
    "in", "kill", "local", "printf", "pwd", "read", "return", "set", "shift", "test", "then",
    "time", "times", "trap", "true", "type", "ulimit", "umask", "unset", "until", "wait", "while",
    "{", "}",
];

/// A program of a command, with where it begins in the command's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommandProgram {
    name: String,
    at: usize,
}

/// Why a program cannot be run.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Unfit {
    Missing,
    /// A reason in words.
    Because(String),
}

/// Looks at the programs of a command. `place` is that of the option.
pub(crate) fn check(
    rule: &CheckedRule<'_>,
    field: &Field<'_>,
    place: &FilePlace,
    checker: &Checker<'_>,
) {
    let programs = programs(&field.value);
    let alone = programs.len() == 1 && is_simple(&field.value);
    let aclexec = field.keyword.eq_ignore_ascii_case(b"aclexec");
    for program in &programs {
        if let Some(finding) = judge(&program.name, aclexec && alone, rule.table, checker) {
            let place = word_place(rule, field, program).unwrap_or(place.clone());
            checker.find(finding.at(place));
        }
    }
}

/// Whether the command of an aclexec plainly cannot be run, so that it never answers.
pub(super) fn never_answers(field: &Field<'_>, checker: &Checker<'_>) -> bool {
    match &programs(&field.value)[..] {
        [program] if is_simple(&field.value) && program.name.starts_with('/') => {
            unfit(Path::new(&program.name), checker.disk).is_some()
        }
        _ => false,
    }
}

/// Where a program's name is.
fn word_place(
    rule: &CheckedRule<'_>,
    field: &Field<'_>,
    program: &CommandProgram,
) -> Option<FilePlace> {
    let Cow::Borrowed(value) = field.value else {
        return None;
    };
    let word = value.get(program.at..program.at + program.name.len())?;
    (word == program.name.as_bytes()).then(|| rule.origin.place(word))
}

/// What there is to say of a program. `decides`: it gives the status of an aclexec.
fn judge(name: &str, decides: bool, table: Table, checker: &Checker<'_>) -> Option<Finding> {
    if SHELL_WORDS.contains(&name) {
        return None;
    }
    if !name.starts_with('/') && name.contains('/') {
        let text = format!("{name}: depends on the folder that tcpd was started in");
        return Some(Finding::own(&COMMAND_PATH, text));
    }
    if !name.starts_with('/') {
        let mut found = PATH.iter().map(|folder| format!("{folder}/{name}"));
        return Some(
            match found.find(|path| checker.disk.metadata(Path::new(path)).is_ok()) {
                Some(path) => {
                    let text = format!("{name}: is looked for in PATH");
                    Finding::own(&COMMAND_PATH, text).instead(path)
                }
                None => {
                    let text = format!("{name}: no such program in {}", PATH.join(":"));
                    Finding::own(&COMMAND_MISSING, text)
                }
            },
        );
    }
    let unfit = unfit(Path::new(name), checker.disk)?;
    let reason = match &unfit {
        Unfit::Missing => "no such program",
        Unfit::Because(reason) => reason,
    };
    if !decides {
        let check = match unfit {
            Unfit::Missing => &COMMAND_MISSING,
            Unfit::Because(_) => &COMMAND_UNFIT,
        };
        return Some(Finding::own(check, format!("{name}: {reason}")));
    }
    let debian = match table {
        Table::Allow => "",
        Table::Deny => "; Debian's lets everybody in",
    };
    let whom = RefusedClients::Reached;
    let text = format!("{name}: {reason}, so the rule is in error and {whom}{debian}");
    Some(Finding::own(&ACLEXEC_FAILS, text))
}

/// How much of a file is looked at: the kernel reads no more of a script's first line.
const HEAD_BYTES: u64 = 256;

/// Why a file cannot be run, if it cannot.
fn unfit(path: &Path, disk: &Disk) -> Option<Unfit> {
    let because = |reason: &str| Some(Unfit::Because(reason.to_owned()));
    let Ok(metadata) = disk.metadata(path) else {
        return Some(Unfit::Missing);
    };
    if metadata.is_dir() {
        return because("is a folder");
    }
    if metadata.permissions().mode() & 0o111 == 0 {
        return because("is not executable");
    }
    // What cannot be read may be run all the same.
    let mut head = Vec::new();
    disk.open(path)
        .ok()??
        .take(HEAD_BYTES)
        .read_to_end(&mut head)
        .ok()?;
    let line = head
        .strip_prefix(b"#!")?
        .split(|byte| *byte == b'\n')
        .next()?;
    if line.ends_with(b"\r") {
        return because("the first line of the script ends with a carriage return");
    }
    let words = line.trim_ascii_start();
    let end = words.iter().position(|byte| matches!(byte, b' ' | b'\t'));
    let interpreter = words.get(..end.unwrap_or(words.len()))?;
    let path = Path::new(std::str::from_utf8(interpreter).ok()?);
    let missing = path.is_absolute() && disk.metadata(path).is_err();
    missing.then(|| {
        Unfit::Because(format!(
            "its interpreter {} is not there",
            TableText(interpreter)
        ))
    })
}

/// Stands for text that is no word of a command.
const MASK: char = '"';

/// Whether a command is one program with its arguments, whose status is that of the command.
fn is_simple(command: &[u8]) -> bool {
    !command.iter().any(|byte| {
        matches!(
            byte,
            b'|' | b'&' | b';' | b'(' | b')' | b'`' | b'!' | b'{' | b'\\'
        )
    })
}

/// The programs that a command begins with, after each `|`, `;`, `&` and `(`. Words with
/// expansions are left out: what they come to is not known.
fn programs(command: &[u8]) -> Vec<CommandProgram> {
    let mut masked = String::with_capacity(command.len());
    // Where simple commands begin. After some signs the command around them goes on.
    let mut begins = vec![(0, false)];
    let mut quote = None;
    let mut before = '\0';
    let mut inside = false;
    for letter in String::from_utf8_lossy(command).chars() {
        let mut shown = letter;
        let next = masked.len() + letter.len_utf8();
        match (quote, letter) {
            (None, '\'' | '"') => (quote, shown) = (Some(letter), MASK),
            (Some(open), _) if open == letter => (quote, shown) = (None, MASK),
            // What is quoted is data.
            (Some(_), _) => shown = MASK,
            (None, '&') if before == '>' || before == '<' => {}
            (None, '`') => {
                begins.push((next, inside));
                inside = !inside;
            }
            (None, ')') => begins.push((next, true)),
            (None, '|' | ';' | '&' | '(' | '\n') => begins.push((next, false)),
            (None, _) => {}
        }
        // As long as what it stands for, so that places stay.
        masked.extend(std::iter::repeat_n(
            shown,
            letter.len_utf8() / shown.len_utf8(),
        ));
        before = letter;
    }
    let ends = begins
        .iter()
        .skip(1)
        .map(|(begin, _)| begin - 1)
        .chain([masked.len()]);
    let pieces = begins.iter().zip(ends).filter(|((_, goes_on), _)| !goes_on);
    let found = pieces.filter_map(|((begin, _), end)| {
        let word = program(masked.get(*begin..end)?)?;
        let at = offset_in(masked.as_bytes(), word.as_bytes())?;
        Some(CommandProgram {
            name: word.to_owned(),
            at,
        })
    });
    found.collect()
}

/// The program of a simple command.
fn program(piece: &str) -> Option<&str> {
    let mut words = piece.split_whitespace();
    let word = words.find(|word| {
        let prefix = [
            "if", "then", "else", "elif", "do", "while", "until", "!", "exec", "time", "{",
        ];
        !word.contains('=') && !prefix.contains(word)
    })?;
    let plain = word
        .chars()
        .all(|letter| letter.is_alphanumeric() || "/._+-[:".contains(letter));
    (plain && !word.starts_with('-')).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_of_commands() {
        for (command, expected) in [
            ("/bin/echo x", &["/bin/echo"][..]),
            (
                "(safe_finger -l @%h | /usr/bin/mail -s \"a; b | c\" root) &",
                &["safe_finger", "/usr/bin/mail"],
            ),
            ("a 2>&1 >/dev/null; b & c", &["a", "b", "c"]),
            ("A=b x", &["x"]),
            ("if test -e /x; then /y; fi", &["test", "/y", "fi"]),
            ("echo `date`", &["echo", "date"]),
            ("echo `date` a >>b", &["echo", "date"]),
            ("echo $(date) a; c", &["echo", "date", "c"]),
            ("echo logger | logger x", &["echo", "logger"]),
            ("echo 'é;' é & x", &["echo", "x"]),
            ("\"$X\" y", &[]),
            ("%d y", &[]),
            ("", &[]),
        ] {
            let found = programs(command.as_bytes());
            let names: Vec<_> = found.iter().map(|program| &*program.name).collect();
            assert_eq!(names, expected, "{command}");
            for CommandProgram { name, at } in &found {
                assert_eq!(command.get(*at..at + name.len()), Some(&**name));
            }
        }
    }

    #[test]
    fn commands_of_one_program() {
        for (command, simple) in [
            ("/x %a", true),
            ("/x \"a b\" >/dev/null", true),
            ("/x | y", false),
            ("/x; y", false),
            ("/x || y", false),
            ("(/x)", false),
            ("! /x", false),
        ] {
            assert_eq!(is_simple(command.as_bytes()), simple, "{command}");
        }
    }
}
