//! What is in error decides nothing, and lets nobody in: a table that cannot be read to its end, a rule that
//! cannot be evaluated. And what only looks so: bytes and words that the original passes over.

use std::fs;
use std::os::unix::fs::symlink;

use scenarios::{Case, REACHED, UNGRANTED, rule, scenario, tables};

const ALLOW: &str = "warning: /etc/hosts.allow, line";
const DENY: &str = "warning: /etc/hosts.deny, line";

/// The second line about a table that ends before its end.
fn rest(case: Case, table: &str, line: u64) -> Case {
    case.says(&format!(
        "{table} {line}: all the subsequent rules will be ignored"
    ))
}

#[test]
fn an_unreadable_hosts_allow_denies_whom_hosts_deny_does_not_decide_about() {
    let cannot = "warning: cannot open /etc/hosts.allow: …";
    scenario(&[], |world| {
        let allow = |deny: &str| -> Case {
            rule("", deny).given(|| symlink("/etc/passwd/x", "/etc/hosts.allow").unwrap())
        };
        let opens = |case: Case| {
            case.granted()
                .says("warning: cannot open /etc/hosts.allow: Not a directory")
                .but("T8")
                .refused()
                .in_error(UNGRANTED)
        };
        world.check_all(&[
            opens(allow("")),
            opens(allow("other: ALL")),
            allow("ALL: ALL")
                .refused()
                .says("…")
                .but("L3")
                .in_error(UNGRANTED),
            // What could not be read may have refused the client.
            opens(allow("svcd: ALL: allow")),
            rule("", "")
                .given(|| fs::create_dir("/etc/hosts.allow").unwrap())
                .granted()
                .but("T8")
                .refused()
                .says(cannot),
        ]);
    });
}

/// The first rule cannot be evaluated; the second one refuses all others, and there is no hosts.deny.
#[test]
fn a_rule_in_error_lets_nobody_past_what_comes_after_it() {
    scenario(&[], |world| {
        world.file("/srv/odd", "10.0.0.1\0x\n");
        world.file("/srv/self", "10.0.0.1 /srv/self\n");
        fs::create_dir("/srv/directory").unwrap();
        symlink("/srv/circle", "/srv/circle").unwrap();
        let refused = |client: &str| -> Case {
            rule(&format!("svcd: {client}\nALL: ALL: deny"), "").refused()
        };
        world.check_all(&[
            refused("/etc/passwd/x")
                .says(&format!("{ALLOW} 1: open /etc/passwd/x: Not a directory"))
                .in_error(REACHED),
            refused("/srv/circle")
                .says(&format!(
                    "{ALLOW} 1: open /srv/circle: Too many levels of symbolic links"
                ))
                .in_error(REACHED),
            refused("/srv/odd")
                .but("T7")
                .says(&format!("{ALLOW} 1: /srv/odd: …"))
                .in_error(REACHED),
            refused("/srv/directory")
                .but("T8")
                .says(&format!("{ALLOW} 1: open /srv/directory: Is a directory"))
                .in_error(REACHED),
            // Of other daemons nothing is said.
            rule("other: /srv/directory", "").granted(),
            rule("svcd: 127.0.0.1 /srv/directory", "").granted(),
            rule("svcd: /srv/directory", "svcd: ALL: allow")
                .granted()
                .but("T8")
                .refused()
                .says(&format!("{ALLOW} 1: open /srv/directory: Is a directory"))
                .in_error(REACHED),
        ]);
        if world.only_ours("T8") {
            // Overflows its stack.
            return;
        }
        world.check(
            &refused("/srv/self")
                .says(&format!("{ALLOW} 1: /srv/self: …"))
                .in_error(REACHED),
        );
    });
}

#[test]
fn the_unterminated_last_line_of_hosts_allow_is_only_left_out() {
    let long = "missing newline or line too long";
    scenario(&[], |world| {
        world.check_all(&[rest(
            tables("x: y\nsvcd: ALL: deny", "")
                .granted()
                .says(&format!("{ALLOW} 1: {long}")),
            ALLOW,
            1,
        )
        .but("T10")
        .silent()
        .says(&format!("{ALLOW} 2: {long}"))
        .says(&format!(
            "{ALLOW} 2: all the subsequent rules will be ignored"
        ))]);
    });
}

#[test]
fn slashes_alone_name_no_list() {
    let slashes = |table: &str, word: &str| {
        format!("{table} 1: {word}: slashes alone name no list, so this matches nothing")
    };
    scenario(&[], |world| {
        world.check_all(&[
            rule("svcd: 10.9. / 255.0.0.0", "")
                .granted()
                .but("T8")
                .says(&slashes(ALLOW, "/")),
            rule("svcd: 10.0.0.1 // home", "")
                .granted()
                .who("localhost")
                .but("T8")
                .says(&slashes(ALLOW, "//")),
            rule("", "svcd: 10.9. / 255.0.0.0")
                .granted()
                .but("T8")
                .says(&slashes(DENY, "/")),
            rule("svcd: / 127.0.0.1", "ALL: ALL")
                .granted()
                .but("T8")
                .says(&slashes(ALLOW, "/")),
        ]);
    });
}

#[test]
fn nul_bytes_that_touch_no_rule_are_passed_over() {
    let passed = "NUL bytes are passed over; write the table again as plain text";
    scenario(&[], |world| {
        world.check_all(&[
            // The original glues the next line on.
            tables("# \0\nsvcd: ALL\n", "ALL: ALL\n")
                .refused()
                .but("T7")
                .granted()
                .says(&format!("{ALLOW} 1: {passed}")),
            tables("", "# \0\nALL: ALL\n")
                .granted()
                .but("T7")
                .refused()
                .says(&format!("{DENY} 1: {passed}")),
            tables("svcd: 10.\n\0\0\0\0", "")
                .granted()
                .but("T7")
                .says(&format!("{ALLOW} 2: {passed}")),
            tables("", "svcd: 10.\n\0\0\0\0")
                .granted()
                .but("T7")
                .says(&format!("{DENY} 2: {passed}")),
            // As a crash leaves them in front of a rule: hosts.deny refuses more, hosts.allow grants nothing.
            tables("", "a: b\n\0\0\0svcd: 127.0.0.1\nc: d\n")
                .granted()
                .but("T7")
                .refused()
                .says(&format!("{DENY} 2: {passed}")),
            tables("", "a: b\n\0\0\0svcd: 127.0.0.9\nc: d\n")
                .granted()
                .but("T7")
                .says(&format!("{DENY} 2: {passed}")),
            tables("", "\0svcd: ALL: allow\nALL: ALL\n")
                .refused()
                .but("T7")
                .says(&format!("{DENY} 1: {passed}"))
                .says(&format!("{DENY} 1: NUL byte in the line; …"))
                .in_error(REACHED),
            rest(
                tables("a: b\n\0\0svcd: 127.0.0.9\n", "")
                    .granted()
                    .but("T7")
                    .refused()
                    .says(&format!("{ALLOW} 2: NUL byte in the line; …"))
                    .in_error(UNGRANTED),
                ALLOW,
                2,
            ),
            rest(
                tables("", "x: y\0\nz: z\n")
                    .granted()
                    .but("T7")
                    .refused()
                    .says(&format!("{DENY} 1: NUL byte in the line; …"))
                    .in_error(REACHED),
                DENY,
                1,
            ),
        ]);
    });
}

#[test]
fn a_list_with_nul_bytes_at_its_end_is_a_list() {
    scenario(&[], |world| {
        world.file("/srv/tail", "127.0.0.1\n\0\0\0");
        world.file("/srv/other", "10.0.0.1 # \0\n");
        world.check_all(&[
            rule("svcd: /srv/tail", "ALL: ALL").granted(),
            rule("svcd: /srv/other", "")
                .granted()
                .who("localhost")
                .but("T7")
                .who("127.0.0.1")
                .says(&format!(
                    "{ALLOW} 1: /srv/other: NUL bytes are passed over; …"
                )),
        ]);
    });
}

/// 126 and 127 are the shell's own words for a command that it could not run.
#[test]
fn a_command_that_could_not_be_run_has_no_opinion() {
    let no = "aclexec returned 1";
    scenario(&[], |world| {
        world.file("/srv/plain", "exit 0\n");
        world.file("/srv/crlf", "#!/bin/sh\r\nexit 0\r\n");
        world.file("/srv/orphan", "#!/srv/none\n");
        for (program, status) in [
            ("/srv/plain", 126),
            ("/srv/crlf", 127),
            ("/srv/orphan", 127),
            ("/srv/none", 127),
            ("exit 126;", 126),
        ] {
            let error =
                |table: &str| format!("{table} 1: aclexec: /bin/sh ended with status {status}: …");
            let command = format!("svcd: ALL: aclexec {program} %a 2>/dev/null");
            world.check_all(&[
                rule(&command, "ALL: ALL")
                    .refused()
                    .logs("daemon.info", no)
                    .but("O2")
                    .silent()
                    .says(&error(ALLOW))
                    .in_error(REACHED),
                rule(&command, "")
                    .granted()
                    .logs("daemon.info", no)
                    .but("O2")
                    .silent()
                    .refused()
                    .says(&error(ALLOW))
                    .in_error(REACHED),
                rule("", &command)
                    .granted()
                    .logs("daemon.info", no)
                    .but("O2")
                    .silent()
                    .refused()
                    .says(&error(DENY))
                    .in_error(REACHED),
                rule(&format!("{command}: allow"), "")
                    .granted()
                    .but("O2")
                    .refused()
                    .says(&error(ALLOW))
                    .in_error(REACHED),
            ]);
        }
        world.check_all(&[
            rule("svcd: ALL: aclexec exit 125", "")
                .granted()
                .logs("daemon.info", no),
            rule("svcd: ALL: aclexec exit 128", "ALL: ALL")
                .refused()
                .logs("daemon.info", no),
            rule("svcd: ALL: aclexec kill -9 $$\nALL: ALL: deny", "")
                .granted()
                .says(&format!("{ALLOW} 1: process … exited with signal 9"))
                .logs("daemon.info", no)
                .but("O2")
                .silent()
                .refused()
                .says(&format!("{ALLOW} 1: process … exited with signal 9"))
                .in_error(REACHED),
        ]);
    });
}
