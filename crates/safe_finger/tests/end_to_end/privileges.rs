//! Who the finger program runs as: nobody if root had any part in the call, else the caller.

use std::process::Command;

use crate::sandbox::{DEBIANS, OURS, Ran, Sandbox, sandbox, skip};

/// Prints real, effective, saved and file system ids, then the supplementary groups.
const WHO: &str = "sed -n 's/[[:space:]]\\+/ /g; /^[UG]id:\\|^Groups:/p' /proc/self/status";

fn started_as(sandbox: &Sandbox, identity: &[&str]) -> Ran {
    sandbox.finger(WHO);
    sandbox.run(Command::new("setpriv").args(identity).arg(OURS))
}

fn said(output: &str) -> Ran {
    Ran {
        status: Some(0),
        output: output.to_string(),
        errors: String::new(),
    }
}

const NOBODY: &str = " Uid: 65534 65534 65534 65534\n Gid: 65534 65534 65534 65534\n Groups: \n";

/// Each test: how the program is started, and what the finger program is then.
macro_rules! becomes {
    ($($name:ident: $identity:expr => $who:expr;)*) => {
        $(#[test] fn $name() {
            sandbox(stringify!($name), &[], |sandbox| {
                assert_eq!(started_as(sandbox, &$identity), said($who));
            });
        })*
    };
}

becomes! {
    root_becomes_nobody: ["--groups=0,4,27"] => NOBODY;
    effective_root_becomes_nobody:
        ["--ruid=1000", "--euid=0", "--regid=1000", "--groups=4,27"] => NOBODY;
    real_root_becomes_nobody:
        ["--ruid=0", "--euid=1000", "--regid=1000", "--groups=4,27"] => NOBODY;
    a_user_keeps_user_and_groups:
        ["--reuid=1000", "--regid=1001", "--groups=4,27"] =>
        " Uid: 1000 1000 1000 1000\n Gid: 1001 1001 1001 1001\n Groups: 4 27 \n";
    a_user_in_the_group_of_root_keeps_it:
        ["--reuid=1000", "--regid=0", "--clear-groups"] =>
        " Uid: 1000 1000 1000 1000\n Gid: 0 0 0 0\n Groups: \n";
}

#[test]
fn debians_lets_real_root_through() {
    sandbox("debians_lets_real_root_through", &["tcpd"], |sandbox| {
        sandbox.finger(WHO);
        let identity = ["--ruid=0", "--euid=1000", "--clear-groups"];
        let ran = sandbox.run(Command::new("setpriv").args(identity).arg(DEBIANS));
        assert!(ran.output.starts_with(" Uid: 0 "), "{ran:?}");
    });
}

#[test]
fn saved_root_becomes_nobody() {
    sandbox("saved_root_becomes_nobody", &[], |sandbox| {
        // A set-user-id program: real 1000, effective and saved 0.
        let mode = ["--preserve=mode", OURS, "/usr/sbin/suid"];
        sandbox.run(Command::new("cp").args(mode));
        sandbox.run(Command::new("chmod").args(["4755", "/usr/sbin/suid"]));
        sandbox.finger(WHO);
        let identity = ["--reuid=1000", "--regid=1000", "--groups=4"];
        let ran = sandbox.run(Command::new("setpriv").args(identity).arg("/usr/sbin/suid"));
        assert_eq!(ran, said(NOBODY));
    });
}

#[test]
fn the_account_decides_who_nobody_is() {
    sandbox("the_account_decides_who_nobody_is", &[], |sandbox| {
        sandbox.replace("/etc/passwd", "root:x:0:0::/:\nnobody:x:4242:4243::/:\n");
        let who = " Uid: 4242 4242 4242 4242\n Gid: 4243 4243 4243 4243\n Groups: \n";
        assert_eq!(started_as(sandbox, &["--groups=0,4"]), said(who));
    });
}

#[test]
fn without_the_account_the_number_serves() {
    sandbox("without_the_account_the_number_serves", &[], |sandbox| {
        sandbox.replace("/etc/passwd", "root:x:0:0::/:\n");
        assert_eq!(started_as(sandbox, &["--groups=0,4"]), said(NOBODY));
    });
}

#[test]
fn an_account_that_is_root_ends_the_program() {
    for (number, account) in ["nobody:x:0:65534::/:\n", "nobody:x:65534:0::/:\n"]
        .iter()
        .enumerate()
    {
        sandbox(
            &format!("an_account_that_is_root_ends_the_program_{number}"),
            &[],
            |sandbox| {
                sandbox.replace("/etc/passwd", account);
                let message = "safe_finger: cannot give up root: user or group id of nobody is 0\n";
                let refused = Ran {
                    status: Some(1),
                    output: String::new(),
                    errors: message.to_string(),
                };
                assert_eq!(started_as(sandbox, &["--clear-groups"]), refused);
            },
        );
    }
}

/// Root of a user namespace without any other id can become nobody else.
#[test]
fn a_failed_drop_ends_the_program_before_anything_else() {
    let name = "a_failed_drop_ends_the_program_before_anything_else";
    sandbox(name, &[], move |sandbox| {
        let namespace = ["--user", "--map-root-user"];
        if sandbox
            .run(Command::new("unshare").args(namespace).arg("true"))
            .status
            != Some(0)
        {
            return skip(name, "user namespaces");
        }
        sandbox.finger("echo finger has run");
        for argument in ["joe@example.test", "--help"] {
            let ran = sandbox.run(
                Command::new("unshare")
                    .args(namespace)
                    .args([OURS, argument]),
            );
            let message = "safe_finger: cannot give up root: setgroups: Operation not permitted\n";
            let refused = Ran {
                status: Some(1),
                output: String::new(),
                errors: message.to_string(),
            };
            assert_eq!(ran, refused, "{argument}");
        }
    });
}

#[test]
fn a_kept_capability_ends_the_program() {
    sandbox("a_kept_capability_ends_the_program", &[], |sandbox| {
        sandbox.finger("echo finger has run");
        let keep = ["--securebits=+no_setuid_fixup", OURS];
        let ran = sandbox.run(Command::new("setpriv").args(keep));
        let message = "safe_finger: cannot give up root: it could be taken back\n";
        assert_eq!(
            (ran.status, ran.output.as_str(), ran.errors.as_str()),
            (Some(1), "", message)
        );
    });
}
