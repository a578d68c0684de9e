//! Whether the shell can read a command.
//!
//! `sh -n` reads a command and runs nothing of it. It gets the command on its standard input, in an empty
//! environment, for a limited time; a command that is very long, or comes after many others, is not asked about.
//! Where there is no answer, nothing is known: that is never a finding.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The shell that runs commands of rules.
const SHELL: &str = "/bin/sh";

/// Longest command that is asked about, in bytes: it fits into a pipe, so writing it never waits.
const MAX_COMMAND_BYTES: usize = 16 << 10;

/// Commands that are asked about. Tables have few different ones.
const MAX_COMMANDS: usize = 200;

/// Time for one command, and for all.
const LIMIT: Duration = Duration::from_secs(2);
const LIMIT_OF_ALL: Duration = Duration::from_secs(10);

/// How often a shell is looked at.
const TICK: Duration = Duration::from_millis(2);

/// How much of its message is read, in bytes.
const MAX_MESSAGE_BYTES: u64 = 1 << 10;

/// What the shell said of commands so far.
#[derive(Debug, Default)]
pub(crate) struct Shell {
    known: RefCell<HashMap<Vec<u8>, Option<String>>>,
    spent: RefCell<Duration>,
}

impl Shell {
    /// Why the shell cannot read a command, if it cannot.
    pub(crate) fn complaint(&self, command: &[u8]) -> Option<String> {
        if !command.iter().any(|byte| is_syntax(*byte)) || command.len() > MAX_COMMAND_BYTES {
            return None;
        }
        let known = &mut *self.known.borrow_mut();
        if let Some(answer) = known.get(command) {
            return answer.clone();
        }
        let spent = &mut *self.spent.borrow_mut();
        if known.len() >= MAX_COMMANDS || *spent > LIMIT_OF_ALL {
            return None;
        }
        let start = Instant::now();
        let answer = ask(&without_expansions(command));
        *spent += start.elapsed();
        known.insert(command.to_vec(), answer.clone());
        answer
    }
}

/// Whether a byte may have to do with the structure of a command.
fn is_syntax(byte: u8) -> bool {
    matches!(
        byte,
        b'\''
            | b'"'
            | b'`'
            | b'('
            | b')'
            | b'{'
            | b'}'
            | b'|'
            | b'&'
            | b';'
            | b'<'
            | b'>'
            | b'\\'
            | b'$'
    )
}

/// The command with a letter in place of each expansion: what they stand for holds no syntax, since the
/// engine takes it out.
fn without_expansions(command: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(command.len() + 1);
    let mut bytes = command.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => plain.push(match bytes.next() {
                Some(b'%') => b'%',
                _ => b'x',
            }),
            _ => plain.push(*byte),
        }
    }
    plain.push(b'\n');
    plain
}

fn ask(text: &[u8]) -> Option<String> {
    let mut command = Command::new(SHELL);
    command.arg("-n").env_clear().current_dir("/");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut shell = command.spawn().ok()?;
    let written = shell.stdin.take()?.write_all(text);
    let status = wait(&mut shell);
    written.ok()?;
    if status?.success() {
        return None;
    }
    let mut message = Vec::new();
    let errors = shell.stderr.take()?;
    errors
        .take(MAX_MESSAGE_BYTES)
        .read_to_end(&mut message)
        .ok()?;
    let message = String::from_utf8_lossy(&message);
    let line = message.lines().next()?;
    // Without the shell's name and line number.
    let reason = ["Syntax error: ", "syntax error: "]
        .iter()
        .find_map(|mark| line.split(mark).nth(1));
    Some(reason.unwrap_or("syntax error").to_owned())
}

/// Waits for a shell to end, or ends it.
fn wait(shell: &mut Child) -> Option<std::process::ExitStatus> {
    let end = Instant::now() + LIMIT;
    while Instant::now() < end {
        match shell.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) => thread::sleep(TICK),
            Err(_) => break,
        }
    }
    // It may have ended just now; then there is nothing to end.
    let _ = shell.kill();
    let _ = shell.wait();
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_the_shell_cannot_read() {
        let shell = Shell::default();
        for (command, readable) in [
            ("/bin/echo x", true),
            ("(echo \"%a\" >> /var/log/x) &", true),
            ("if test -e /x; then echo; fi", true),
            ("echo 100%% `date`", true),
            ("(echo \"%a >> /var/log/x &", false),
            ("(echo x &", false),
            ("echo x)", false),
            ("echo 'x", false),
            ("echo x | | y", false),
        ] {
            let complaint = shell.complaint(command.as_bytes());
            assert_eq!(complaint.is_none(), readable, "{command}: {complaint:?}");
        }
    }

    #[test]
    fn nothing_is_run() {
        let mark = std::env::temp_dir().join(format!("run-{}", std::process::id()));
        let path = mark.display();
        let shell = Shell::default();
        for command in [
            format!("touch {path};"),
            format!("(touch {path})&"),
            format!("`touch {path}`"),
            format!("$(touch {path}); echo \""),
            format!(": ${{X:=$(touch {path})}}"),
            format!("set +n; touch {path}"),
            format!(". /dev/stdin; touch {path}"),
        ] {
            let _ = shell.complaint(command.as_bytes());
            assert!(!mark.exists(), "{command}");
        }
    }

    #[test]
    fn many_and_long_commands_are_not_asked_about() {
        let shell = Shell::default();
        let long = format!("echo \"{}", "x".repeat(MAX_COMMAND_BYTES));
        assert_eq!(shell.complaint(long.as_bytes()), None);
        for number in 0..2 * MAX_COMMANDS {
            let _ = shell.complaint(format!("echo {number} \"").as_bytes());
        }
        assert!(shell.known.borrow().len() <= MAX_COMMANDS);
    }
}
