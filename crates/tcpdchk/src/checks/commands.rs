//! Commands and banners of rules: whether they can run, hold a client up, or come to nothing.

use std::path::Path;

use hosts_access::list::{Words, is_except};
use hosts_access::options::Field;
use hosts_access::pattern::{path_of, split_at_sign};
use hosts_access::problem::Written;
use hosts_access::strings::is_glob;

use crate::checker::Checker;
use crate::clients::is_reserved;
use crate::finding::{Finding, Place};
use crate::rule::{MAX_OPTIONS, RuleAt, is_command};
use crate::source::Origin;

tools::checks! {
    /// What is wrong with commands and banners.
    CHECKS;
    SPAWN_WAITS: "spawn-waits", Warning, "a command that holds the client up",
        why "tcpd waits for the command to end before it goes on, so a slow command keeps the client waiting.",
        remedy "End the command with &, as in: spawn (safe_finger -l @%h | mail root) &";
    COMMAND_MISSING: "command-missing", Warning, "a command with a program that is not there",
        why "The shell cannot find the program, and nobody is told: what it says goes to /dev/null.",
        remedy "Install the program, or correct its path.";
    COMMAND_PATH: "command-path", Note, "a command that relies on PATH",
        why "The command gets the PATH of inetd, which may be short or come from whoever started it.",
        remedy "Write the program's full path.";
    UDP_OPTION: "udp-option", Warning, "twist or banners for a service that takes datagrams",
        why "There is no connection to answer on: a banner is not sent, and the command of a twist finds the \
             client's datagram in the place of a stream.",
        remedy "Use spawn, allow or deny for such services, in a rule of their own.";
    BANNER_MISSING: "banner-missing", Warning, "a daemon without a banner of its name",
        why "The banner is the file with the daemon's name in the folder; without one nothing is sent.",
        remedy "Create the file; prototypes are made by the Makefile that hosts_options(5) shows.";
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

/// Looks at each option of a rule that runs a command or sends a banner.
pub(crate) fn check(rule: &RuleAt<'_>, checker: &Checker<'_>) {
    for field in rule.options() {
        let place = place(rule, &field);
        let value = field.value.trim_ascii();
        if is_command(&field.keyword) {
            let spawn = field.keyword.eq_ignore_ascii_case(b"spawn");
            if spawn && !value.is_empty() && !runs_aside(value) {
                let text = "spawn: the client waits for the command to end";
                let finding = Finding::own(&SPAWN_WAITS, text).at(place.clone());
                checker.find(finding);
            }
            for program in programs(value) {
                let place = word_place(rule, &field, &program).unwrap_or(place.clone());
                check_program(&program, &place, checker);
            }
        }
        if field.keyword.eq_ignore_ascii_case(b"banners") {
            check_banners(rule, &path_of(value), &place, checker);
        }
        let answers = [&b"twist"[..], b"banners"]
            .iter()
            .any(|keyword| field.keyword.eq_ignore_ascii_case(keyword));
        if answers {
            check_udp(rule, &field, &place, checker);
        }
    }
}

fn place(rule: &RuleAt<'_>, field: &Field<'_>) -> Place {
    match &field.value {
        std::borrow::Cow::Borrowed(value) if !value.is_empty() => rule.stretch.place(value),
        _ => rule.stretch.place(&field.keyword),
    }
}

/// Where a word of a command is.
fn word_place(rule: &RuleAt<'_>, field: &Field<'_>, word: &str) -> Option<Place> {
    let std::borrow::Cow::Borrowed(value) = field.value else {
        return None;
    };
    let at = value
        .windows(word.len())
        .position(|part| part == word.as_bytes())?;
    Some(rule.stretch.place(value.get(at..at + word.len())?))
}

/// Whether the last part of a command runs in the background.
fn runs_aside(command: &[u8]) -> bool {
    let end = command.trim_ascii_end();
    let end = end.strip_suffix(b")").unwrap_or(end).trim_ascii_end();
    end.ends_with(b"&") && !end.ends_with(b"&&")
}

/// Stands for text that is no word of a command, so that what follows it is not its program.
const GOES_ON: &str = "\"";

/// The programs that a command begins with, behind each `|`, `;`, `&` and `(`. Words with
/// expansions are left out: what they come to is not known.
fn programs(command: &[u8]) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut quote = None;
    let mut before = '\0';
    let mut inside = false;
    for letter in String::from_utf8_lossy(command).chars() {
        match (quote, letter) {
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (None, '&') if before == '>' || before == '<' => {}
            (None, '`') => {
                // Behind the closing one, the command around it goes on.
                pieces.push(if inside {
                    GOES_ON.to_owned()
                } else {
                    String::new()
                });
                inside = !inside;
            }
            (None, ')') => pieces.push(GOES_ON.to_owned()),
            (None, '|' | ';' | '&' | '(' | '\n') => pieces.push(String::new()),
            (None, _) => {
                if let Some(piece) = pieces.last_mut() {
                    piece.push(letter);
                }
            }
            // What is quoted is data; a placeholder keeps the word apart from its neighbours.
            (Some(_), _) => {
                if let Some(piece) = pieces.last_mut() {
                    piece.push_str(GOES_ON);
                }
            }
        }
        before = letter;
    }
    pieces.iter().filter_map(|piece| program(piece)).collect()
}

/// The program of a simple command.
fn program(piece: &str) -> Option<String> {
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
    (plain && !word.starts_with('-')).then(|| word.to_owned())
}

fn check_program(program: &str, place: &Place, checker: &Checker<'_>) {
    let exists = |path: &str| checker.disk.metadata(Path::new(path)).is_ok();
    let finding = if program.starts_with('/') {
        if exists(program) {
            return;
        }
        Finding::own(&COMMAND_MISSING, format!("{program}: no such program"))
    } else if SHELL_WORDS.contains(&program) {
        return;
    } else if program.contains('/') {
        let text = format!("{program}: depends on the folder that tcpd was started in");
        Finding::own(&COMMAND_PATH, text)
    } else {
        let found = PATH.iter().map(|folder| format!("{folder}/{program}"));
        match found.into_iter().find(|path| exists(path)) {
            Some(path) => {
                let text = format!("{program}: is looked for in PATH");
                Finding::own(&COMMAND_PATH, text).instead(path)
            }
            None => Finding::own(
                &COMMAND_MISSING,
                format!("{program}: no such program in {}", PATH.join(":")),
            ),
        }
    };
    checker.find(finding.at(place.clone()));
}

/// Daemons of a rule by their plain names; `None` stands for patterns of names.
fn daemons<'r>(rule: &RuleAt<'r>) -> impl Iterator<Item = Option<&'r [u8]>> {
    Words::new(rule.fields.daemons)
        .take_while(|word| !is_except(word))
        .take(MAX_OPTIONS)
        .map(|word| split_at_sign(word).map_or(word, |(name, _)| name))
        .map(|name| (!is_reserved(name) && !is_glob(name)).then_some(name))
}

fn check_banners(rule: &RuleAt<'_>, folder: &Path, place: &Place, checker: &Checker<'_>) {
    // A folder that is missing is reported in the original's words.
    let Ok(entries) = checker.disk.entries(folder) else {
        return;
    };
    super::files::check(folder, place, checker);
    let empty = entries.is_empty();
    for daemon in daemons(rule) {
        let text = match daemon {
            Some(name) => {
                let path = folder.join(path_of(name));
                if checker.disk.metadata(&path).is_ok() {
                    super::files::check(&path, place, checker);
                    continue;
                }
                format!("{}: no banner for {}", Written::from(&*path), Written(name))
            }
            None if empty => format!("{}: there are no banners", Written::from(folder)),
            None => continue,
        };
        checker.find(Finding::own(&BANNER_MISSING, text).at(place.clone()));
    }
}

fn check_udp(rule: &RuleAt<'_>, field: &Field<'_>, place: &Place, checker: &Checker<'_>) {
    for name in daemons(rule).flatten() {
        if checker.services.takes_datagrams(name) {
            let text = format!(
                "{}: {} takes datagrams",
                Written(&field.keyword),
                Written(name)
            );
            checker.find(Finding::own(&UDP_OPTION, text).at(place.clone()));
        }
    }
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
            ("\"$X\" y", &[]),
            ("%d y", &[]),
            ("", &[]),
        ] {
            assert_eq!(programs(command.as_bytes()), expected, "{command}");
        }
    }

    #[test]
    fn commands_in_the_background() {
        for (command, aside) in [
            ("x &", true),
            ("(x | y) &", true),
            ("(x &)", true),
            ("x", false),
            ("x & y", false),
            ("x 2>&1", false),
            ("x &&", false),
        ] {
            assert_eq!(runs_aside(command.as_bytes()), aside, "{command}");
        }
    }
}
