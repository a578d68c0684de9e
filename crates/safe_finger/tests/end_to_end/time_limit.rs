//! The 60 seconds of the program itself, which no caller can change.

use std::net::{TcpListener, UdpSocket};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use crate::sandbox::{DEBIANS, OURS, Ran, Sandbox, sandbox};

/// One test for all, so that their minutes pass side by side.
#[test]
fn nothing_outlasts_it() {
    let cases: [(&str, fn()); 6] = [
        (
            "a finger program that hangs",
            a_finger_program_that_hangs_is_killed_with_its_group,
        ),
        ("the same with Debian's", debians_shows_the_same),
        (
            "one that hangs later",
            a_finger_program_that_hangs_after_the_last_byte_is_killed,
        ),
        (
            "an output that nobody reads",
            an_output_that_nobody_reads_does_not_hold_it,
        ),
        (
            "a server that never answers",
            a_server_that_never_answers_does_not_hold_it,
        ),
        (
            "a resolver that never answers",
            a_resolver_that_never_answers_does_not_hold_it,
        ),
    ];
    let running = cases.map(|(name, case)| (name, thread::spawn(case)));
    let ended = running.map(|(name, case)| (name, case.join()));
    let failed: Vec<_> = ended
        .iter()
        .filter(|(_, end)| end.is_err())
        .map(|(name, _)| name)
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
}

/// Runs a command that the time limit of 60 seconds must end.
#[track_caller]
fn timed(sandbox: &Sandbox, command: &mut Command) -> Ran {
    let started = Instant::now();
    let ran = sandbox.run(command);
    let took = started.elapsed().as_secs_f32();
    assert!((59.5..70.0).contains(&took), "took {took} s: {ran:?}");
    ran
}

fn stopped(output: &str) -> Ran {
    let errors = "safe_finger: stopped after 60 seconds\n".to_string();
    Ran {
        status: Some(1),
        output: output.to_string(),
        errors,
    }
}

/// A finger program that never ends, with a process of its own that does not either.
const HANGS: &str = "sleep 600 & echo begun; wait";

fn a_finger_program_that_hangs_is_killed_with_its_group() {
    sandbox("time_limit_a_finger_program_that_hangs", &[], |sandbox| {
        sandbox.finger(HANGS);
        assert_eq!(timed(sandbox, &mut Command::new(OURS)), stopped(" begun\n"));
        sandbox.assert_nothing_left();
    });
}

/// Row X5: Debian's shows the same and calls it success.
fn debians_shows_the_same() {
    sandbox("time_limit_debians_shows_the_same", &["tcpd"], |sandbox| {
        sandbox.finger("echo begun; exec sleep 600");
        let ran = timed(sandbox, &mut Command::new(DEBIANS));
        assert_eq!(
            ran,
            Ran {
                status: Some(0),
                output: " begun\n".into(),
                errors: String::new()
            }
        );
    });
}

fn a_finger_program_that_hangs_after_the_last_byte_is_killed() {
    sandbox(
        "time_limit_a_finger_program_after_the_last_byte",
        &[],
        |sandbox| {
            sandbox.finger("trap '' PIPE; yes | head -c 100001; exec sleep 600");
            let ran = timed(sandbox, &mut Command::new(OURS));
            assert!(
                ran.output
                    .ends_with(" y\n\n\n Input truncated to 100000 bytes...\n")
            );
            assert_eq!(ran.status, Some(1));
            sandbox.assert_nothing_left();
        },
    );
}

fn an_output_that_nobody_reads_does_not_hold_it() {
    sandbox("time_limit_an_output_that_nobody_reads", &[], |sandbox| {
        sandbox.finger("exec yes");
        let mut child = Command::new(OURS)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("run");
        let started = Instant::now();
        let status = child.wait().expect("status");
        let took = started.elapsed().as_secs_f32();
        assert!((59.5..70.0).contains(&took), "took {took} s");
        assert_eq!(status.code(), Some(1));
        sandbox.assert_nothing_left();
    });
}

fn a_server_that_never_answers_does_not_hold_it() {
    sandbox("time_limit_a_server_that_never_answers", &[], |sandbox| {
        let _server = TcpListener::bind("127.0.0.1:79").expect("bind");
        let mut command = Command::new(OURS);
        assert_eq!(
            timed(sandbox, command.arg("joe@127.0.0.1")),
            stopped(" [127.0.0.1]\n")
        );
    });
}

fn a_resolver_that_never_answers_does_not_hold_it() {
    sandbox("time_limit_a_resolver_that_never_answers", &[], |sandbox| {
        sandbox.replace("/etc/nsswitch.conf", "hosts: dns\n");
        sandbox.replace(
            "/etc/resolv.conf",
            "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n",
        );
        let _server = UdpSocket::bind("127.0.0.1:53").expect("bind");
        let mut command = Command::new(OURS);
        assert_eq!(
            timed(sandbox, command.arg("joe@silent.example")),
            stopped(" [silent.example]\n")
        );
    });
}
