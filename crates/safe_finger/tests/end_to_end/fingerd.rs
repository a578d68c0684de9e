//! A real server: Debian's in.fingerd, run by a real inetd.

use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::sandbox::{DEBIANS, OURS, Ran, Sandbox, sandbox};

const PACKAGES: [&str; 4] = ["tcpd", "finger", "fingerd", "openbsd-inetd"];

/// Debian's finger program, as the sandbox has it.
const FINGER: &str = "/usr/sbin/debian/finger";

/// An inetd that runs in.fingerd for both address families; over IPv6 it forwards.
struct Inetd(Child);

impl Inetd {
    fn start(sandbox: &Sandbox) -> Self {
        let server = format!("nobody /usr/sbin/debian/in.fingerd in.fingerd -p {FINGER}");
        let table = format!(
            "127.0.0.1:79 stream tcp nowait {server}\n[::1]:79 stream tcp6 nowait {server} -f\n"
        );
        sandbox.program("inetd.conf", &table);
        let mut command = Command::new("/usr/sbin/debian/inetd");
        command
            .args(["-i", "/usr/sbin/inetd.conf"])
            .stdin(Stdio::null());
        let mut inetd = Self(command.spawn().expect("run inetd"));
        inetd.wait_for("127.0.0.1:79");
        inetd.wait_for("[::1]:79");
        inetd
    }

    fn wait_for(&mut self, address: &str) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(address).is_err() {
            let ended = self.0.try_wait().expect("status");
            let in_time = ended.is_none() && Instant::now() < deadline;
            assert!(in_time, "inetd does not listen on {address}: {ended:?}");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Inetd {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the finger program says about local users, as it should arrive.
fn local(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let ran = sandbox.run(Command::new(FINGER).args(arguments));
    assert!(!ran.output.is_empty() || !ran.errors.is_empty());
    let all = ran.output + &ran.errors;
    all.split_inclusive('\n')
        .map(|line| {
            if line == "\n" {
                line.into()
            } else {
                format!(" {line}")
            }
        })
        .collect()
}

#[test]
fn without_a_finger_program() {
    sandbox("fingerd_without_a_finger_program", &PACKAGES, |sandbox| {
        let _inetd = Inetd::start(sandbox);
        for host in ["127.0.0.1", "::1", "localhost"] {
            let questions: [(&[&str], &str, &[&str]); 4] = [
                (&[], "root", &["root"]),
                (&["-l"], "root", &["-l", "root"]),
                (&[], "", &[]),
                (&["-l"], "", &["-l"]),
            ];
            for (options, user, same) in questions {
                let target = format!("{user}@{host}");
                let ran = sandbox.ours(&[options, &[target.as_str()]].concat());
                let output = format!(" [{host}]\n{}", local(sandbox, same));
                assert_eq!(
                    ran,
                    Ran {
                        status: Some(0),
                        output,
                        errors: String::new()
                    }
                );
            }
        }
    });
}

#[test]
fn forwarding() {
    sandbox("fingerd_forwarding", &PACKAGES, |sandbox| {
        let _inetd = Inetd::start(sandbox);
        let granted = sandbox.ours(&["root@127.0.0.1@::1"]);
        let output = format!(" [::1]\n{}", local(sandbox, &["root"]));
        assert_eq!(
            granted,
            Ran {
                status: Some(0),
                output,
                errors: String::new()
            }
        );
        let denied = sandbox.ours(&["root@::1@127.0.0.1"]);
        assert!(
            denied.output.contains("forwarding not allowed"),
            "{denied:?}"
        );
    });
}

/// With Debian's finger program ours and Debian's are the same, byte for byte.
#[test]
fn with_debians_finger_program() {
    sandbox(
        "fingerd_with_debians_finger_program",
        &PACKAGES,
        |sandbox| {
            let _inetd = Inetd::start(sandbox);
            sandbox.run(Command::new("ln").args(["-s", FINGER, "/usr/sbin/finger"]));
            let questions: [&[&str]; 9] = [
                &["root"],
                &["-s", "root"],
                &["-l"],
                &["root@127.0.0.1"],
                &["-l", "root@::1"],
                &["@localhost", "daemon"],
                &["root@127.0.0.1@::1"],
                &["-l", "nobody@127.0.0.1", "nobody@127.0.0.1"],
                &["no-such-user@127.0.0.1"],
            ];
            for arguments in questions {
                let [ours, debians] = [OURS, DEBIANS]
                    .map(|program| sandbox.run(Command::new(program).args(arguments)));
                assert_eq!(ours, debians);
                assert!(
                    ours.status == Some(0) && !ours.output.is_empty(),
                    "{ours:?}"
                );
            }
        },
    );
}

/// What goes wrong is told the same way, each line of it after its blank (row X5).
#[test]
fn complaints_of_debians_finger_program() {
    sandbox(
        "fingerd_complaints_of_debians_finger_program",
        &PACKAGES,
        |sandbox| {
            sandbox.run(Command::new("ln").args(["-s", FINGER, "/usr/sbin/finger"]));
            for arguments in [
                &["-z"][..],
                &["no-such-user"],
                &["joe@127.0.0.1"],
                &["joe@x.invalid"],
            ] {
                let [ours, debians] = [OURS, DEBIANS]
                    .map(|program| sandbox.run(Command::new(program).args(arguments)));
                assert_eq!(
                    (ours.status, &ours.output),
                    (debians.status, &debians.output)
                );
                let lines: Vec<_> = debians
                    .errors
                    .lines()
                    .map(|line| format!(" {line}\n"))
                    .collect();
                assert_eq!(ours.errors, lines.concat());
                assert!(!lines.is_empty());
            }
        },
    );
}
