//! hosts.allow first, then hosts.deny, then granted; and tables that cannot be read.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use scenarios::{Call, REACHED, Subject, UNGRANTED, chmod, rule, scenario};

#[test]
fn the_first_match_decides() {
    scenario(&[], |world| {
        world.check_all(&[
            rule("", "").granted(),
            rule("svcd: ALL", "ALL: ALL").granted(),
            rule("", "ALL: ALL").refused(),
            rule("other: ALL", "ALL: ALL").refused(),
            rule("svcd: 127.0.0.2", "ALL: ALL").refused(),
            rule("svcd: 127.0.0.2", "ALL: ALL")
                .from("127.0.0.2")
                .granted(),
            rule("svcd: 127.0.0.2", "svcd: 127.0.0.3").granted(),
            rule("svcd: ALL", "ALL: ALL").from("::1").granted(),
            rule("svcd: ALL: deny\nsvcd: ALL", "").refused(),
            rule("", "svcd: ALL: allow\nALL: ALL").granted(),
            rule("svcd: ALL: umask 027\nsvcd: ALL: deny", "ALL: ALL").granted(),
            rule(
                "svcd: 127.0.0.2\nsvcd: 127.0.0.1\nALL: ALL: deny",
                "ALL: ALL",
            )
            .granted(),
        ]);
    });
}

#[test]
fn a_missing_table_is_empty() {
    scenario(&[], |world| {
        world.check_all(&[
            rule("", "ALL: ALL")
                .given(|| symlink("/nowhere", "/etc/hosts.allow").unwrap())
                .refused(),
            rule("", "")
                .given(|| symlink("/nowhere", "/etc/hosts.deny").unwrap())
                .granted(),
        ]);
    });
}

#[test]
fn a_directory_is_no_table() {
    scenario(&[], |world| {
        world.check_all(&[
            rule("", "ALL: ALL")
                .given(|| fs::create_dir("/etc/hosts.allow").unwrap())
                .refused()
                .but("T8")
                .says("warning: …/etc/hosts.allow…"),
            rule("", "")
                .given(|| fs::create_dir("/etc/hosts.allow").unwrap())
                .granted()
                .but("T8")
                .refused()
                .says("warning: …/etc/hosts.allow…"),
            rule("", "")
                .given(|| fs::create_dir("/etc/hosts.deny").unwrap())
                .granted()
                .but("T8")
                .refused()
                .says("warning: …/etc/hosts.deny…"),
            rule("svcd: ALL", "")
                .given(|| fs::create_dir("/etc/hosts.deny").unwrap())
                .granted(),
        ]);
    });
}

#[test]
fn a_table_that_cannot_be_opened_denies() {
    let warning = |table: &str, why: &str| format!("warning: cannot open {table}: {why}");
    let many = "Too many levels of symbolic links";
    scenario(&[], |world| {
        world.check_all(&[
            rule("", "")
                .given(|| symlink("/etc/hosts.allow", "/etc/hosts.allow").unwrap())
                .granted()
                .says(&warning("/etc/hosts.allow", many))
                .but("T8")
                .refused()
                .in_error(UNGRANTED),
            rule("", "ALL: ALL")
                .given(|| symlink("/etc/hosts.allow", "/etc/hosts.allow").unwrap())
                .refused()
                .says(&warning("/etc/hosts.allow", many))
                .in_error(UNGRANTED),
            rule("", "")
                .given(|| symlink("/etc/hosts.deny", "/etc/hosts.deny").unwrap())
                .refused()
                .says(&warning("/etc/hosts.deny", many))
                .but("L3")
                .in_error(REACHED),
            rule("svcd: ALL", "")
                .given(|| symlink("/etc/hosts.deny", "/etc/hosts.deny").unwrap())
                .granted(),
            rule("", "")
                .given(|| symlink("/etc/passwd/x", "/etc/hosts.deny").unwrap())
                .refused()
                .says(&warning("/etc/hosts.deny", "Not a directory"))
                .in_error(REACHED),
        ]);
    });
}

#[test]
fn an_unprivileged_wrapper_cannot_open_private_tables() {
    let unreadable = |table| format!("warning: cannot open {table}: Permission denied");
    scenario(&["root"], |world| {
        world.check_all(&[
            rule("svcd: ALL", "ALL: ALL")
                .given(|| chmod("/etc/hosts.allow", 0o600))
                .call(|call| call.launch(&["-u", "1000"]))
                .refused()
                .says(&unreadable("/etc/hosts.allow"))
                .in_error(UNGRANTED),
            rule("", "svcd: 127.0.0.9")
                .given(|| chmod("/etc/hosts.deny", 0o600))
                .call(|call| call.launch(&["-u", "1000"]))
                .refused()
                .says(&unreadable("/etc/hosts.deny"))
                .in_error(REACHED),
        ]);
    });
}

#[test]
fn a_table_that_is_no_file_never_blocks() {
    // The original waits for ever on a FIFO and reads /dev/zero without end.
    scenario(&[], |world| {
        world.tool("mkfifo", &["/srv/fifo"]);
        if world.subject == Subject::Debian {
            symlink("/srv/fifo", "/etc/hosts.deny").unwrap();
        }
        if world.hangs("T8", &Call::new().patience(Duration::from_secs(3))) {
            return;
        }
        world.check_all(&[
            rule("", "")
                .given(|| symlink("/srv/fifo", "/etc/hosts.allow").unwrap())
                .refused()
                .says("warning: …/etc/hosts.allow…"),
            rule("", "")
                .given(|| symlink("/srv/fifo", "/etc/hosts.deny").unwrap())
                .refused()
                .says("warning: …/etc/hosts.deny…"),
            rule("", "")
                .given(|| symlink("/dev/zero", "/etc/hosts.deny").unwrap())
                .refused()
                .says("warning: …/etc/hosts.deny…"),
        ]);
    });
}

#[test]
fn dev_null_is_an_empty_table() {
    scenario(&[], |world| {
        world.check_all(&[
            rule("", "ALL: ALL")
                .given(|| symlink("/dev/null", "/etc/hosts.allow").unwrap())
                .refused(),
            rule("", "")
                .given(|| symlink("/dev/null", "/etc/hosts.deny").unwrap())
                .granted(),
        ]);
    });
}
