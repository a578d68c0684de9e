//! Tables in other places than the usual one (`-d`, `--root`, `--tables`), and tables that cannot be read.

use std::process::Command;

use test_kit::{run, skip};

use crate::{ask, tables};

/// Tables in other places: arguments, and the line by which 192.0.2.7 is judged.
#[test]
fn tables_in_other_places() {
    let scratch = tables();
    let root = scratch.path().display().to_string();
    scratch.file("etc/hosts.allow", "ALL: /etc/friends\n");
    scratch.file("etc/friends", "192.0.2.7");
    let place = format!("{root}/etc/hosts.allow line 1");
    for (arguments, place, access) in [
        (&["--root", &root][..], place.as_str(), "granted"),
        (
            &["--tables", "hosts.deny", "/dev/null"],
            "hosts.deny line 1",
            "delegated",
        ),
        (&["--tables", "/dev/null", "/dev/null"], "", "granted"),
        (&["--tables", "/dev/null", "etc"], "", "denied"),
    ] {
        let came = ask(&scratch, &[arguments, &["svcd", "192.0.2.7"]].concat());
        assert!(
            came.stdout.ends_with(&format!("access:   {access}\n")),
            "{came:?}"
        );
        assert!(came.stdout.contains(&format!("matched:  {place}")) || place.is_empty());
        assert_eq!(came.status, Some(0));
    }
}

/// A mistyped name is no empty table, and a table that may not be read no wrong one: either would
/// answer otherwise than tcpd.
#[test]
fn tables_that_cannot_be_judged_by() {
    let scratch = tables();
    scratch.file("policy", "svcd 192.0.2.7 => denied\n");
    let hidden = scratch.file_with_mode("hidden", "ALL: ALL\n", 0o000);
    let hidden = hidden.to_str().unwrap();
    for (arguments, reason) in [
        (
            &["--tables", "none", "hosts.deny"][..],
            "open none: No such file",
        ),
        (&["--root", "none"], "open none: No such file"),
        (&["--root", "policy"], "open policy: Not a directory"),
        (
            &["--tables", "/dev/null", hidden],
            "hidden: Permission denied",
        ),
    ] {
        for (question, status) in [
            (&["svcd", "192.0.2.7"][..], 1),
            (&["--test", "policy"], 2),
            (&["--stdin"], 2),
        ] {
            if arguments.contains(&hidden) && status == 1 {
                continue;
            }
            let mut command = Command::new("unshare");
            command.arg("--user").arg(env!("CARGO_BIN_EXE_tcpdmatch"));
            let came = run(command
                .current_dir(scratch.path())
                .args(arguments)
                .args(question));
            if came.stderr.contains("unshare: ") {
                return skip("tables_that_cannot_be_judged_by", "user namespaces");
            }
            assert_eq!(
                (came.status, came.stdout.as_str()),
                (Some(status), ""),
                "{arguments:?} {came:?}"
            );
            assert!(came.stderr.contains(reason), "{came:?}");
        }
    }
}
