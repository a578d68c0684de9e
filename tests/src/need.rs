//! What a scenario needs beyond the program under test, and the skip if it is missing.
//!
//! A skip names the scenario and the need on standard error, past the test runner's
//! capture. With `CI=true` it is a failure: a skip there would be a test that cannot fail.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use socket2::Domain;

use crate::subject::{Release, Subject, have_package, helper, original};

/// Whether the scenario can run here; if not, says so. A need is `root`, or a package of tests/packages.
pub fn satisfied(scenario: &str, needs: &[&str]) -> bool {
    let oracle: &[&str] = match Subject::chosen() {
        Subject::Ours => &[],
        Subject::Debian => match Release::chosen() {
            Release::Debian12 => &["the original of Debian 12"],
            Release::Debian13 => &["the original of Debian 13"],
        },
    };
    let always = ["namespaces", "helpers", "iproute2"];
    let missing: Vec<&str> = always
        .iter()
        .chain(oracle)
        .chain(needs)
        .copied()
        .filter(|need| !present(need))
        .collect();
    if missing.is_empty() {
        return true;
    }
    let missing = missing.join(", ");
    assert!(!strict(), "{scenario} cannot run: needs {missing}");
    // The macros would be captured by the test runner. In one piece: others write there too.
    let line = format!("skipped: {scenario}: needs {missing}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
    false
}

/// Whether a skip is a failure.
fn strict() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

/// A need is `root`, `namespaces`, `helpers`, `mptcp`, or the name of a package of tests/packages.
fn present(need: &str) -> bool {
    match need {
        "root" => root(),
        "namespaces" => namespaces(),
        "helpers" => ["probe", "launch", "ipclient"]
            .iter()
            .all(|name| helper(name).exists()),
        "mptcp" => crate::net::mptcp(Domain::IPV4).is_ok(),
        which if which.starts_with("the original of ") => original().join(".have/tcpd").exists(),
        package => have_package(package),
    }
}

/// Whether we are root, and not just inside a namespace of our own.
pub(crate) fn root() -> bool {
    nix::unistd::geteuid().is_root()
}

fn namespaces() -> bool {
    static WORKS: OnceLock<bool> = OnceLock::new();
    *WORKS.get_or_init(|| {
        let mut probe = unshare();
        probe
            .arg("true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    })
}

/// The command that makes the namespaces of a scenario and runs what is appended to it. The signals that a
/// shell's `&` has the tests ignore have their defaults there.
pub(crate) fn unshare() -> Command {
    let mut command = Command::new("env");
    command.args(["--default-signal=INT,QUIT", "unshare"]);
    if !root() {
        command.arg("--map-root-user");
    }
    command.args([
        "--mount",
        "--net",
        "--uts",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
    ]);
    command
}
