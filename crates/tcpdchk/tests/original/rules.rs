//! What the original says of rules.

use test_kit::{Scratch, later};

use crate::{compare, sides};

/// Every text of the original about a rule, for the least that brings it up.
#[test]
fn texts_about_rules() {
    let Some(sides) = sides("texts_about_rules") else {
        return;
    };
    for (rule, text) in [
        (
            "svcd ALL",
            "warning: hosts.allow, line 1: missing \":\" separator",
        ),
        (": ALL", "daemon list is empty or ends in EXCEPT"),
        ("ALL EXCEPT: ALL", "daemon list is empty or ends in EXCEPT"),
        ("svcd:", "client list is empty or ends in EXCEPT"),
        ("svcd: ALL EXCEPT", "client list is empty or ends in EXCEPT"),
        ("svcd: ,", "client list is empty or ends in EXCEPT"),
        ("@x: ALL", "@x: daemon name begins with \"@\""),
        ("/x: ALL", "/x: daemon name begins with \"/\""),
        (".x: ALL", ".x: daemon name begins with dot"),
        ("x.: ALL", "x.: daemon name ends in dot"),
        ("KNOWN: ALL", "KNOWN: daemon name may be reserved word"),
        ("local: ALL", "local: daemon name may be reserved word"),
        (
            "PARANOID: ALL",
            "PARANOID: daemon name may be reserved word",
        ),
        ("ALL UNKNOWN sshd: ALL", ""),
        ("FAIL: ALL", "FAIL is no longer recognized"),
        ("svcd: fail", "(use EXCEPT or DENY instead)"),
        ("svcd: Fail@ALL", "FAIL is no longer recognized"),
        ("in.x: ALL", "in.x: no such process name in (null)"),
        ("80: ALL", "80: no such process name in (null)"),
        ("a a A: ALL", "a: no such process name in (null)"),
        ("x@x@ALL: ALL", "x@ALL: host not found"),
        ("svcd: @x@ALL", "@x: user name begins with \"@\""),
        ("svcd: /x@ALL", "/x: user name begins with \"/\""),
        ("svcd: .x@ALL", ".x: user name begins with dot"),
        ("svcd: x.@ALL", "x.: user name ends in dot"),
        ("svcd: LOCAL@ALL", "LOCAL: user name may be reserved word"),
        ("svcd: KNOWN@ALL UNKNOWN@ALL ALL@ALL", ""),
        ("svcd: a@b@ALL", "b@ALL: host not found"),
        ("svcd: joe@", ": host not found"),
        (
            "svcd@multi.example.test: ALL",
            "host multi.example.test has more than one address",
        ),
        (
            "svcd@multi.example.test: ALL",
            "(consider using an address instead)",
        ),
        ("svcd: multi.example.test", ""),
        ("svcd@LOCAL svcd@good.example.test: ALL", ""),
        ("svcd: @grp", "grp: unknown or empty netgroup"),
        ("svcd: @", ": unknown or empty netgroup"),
        ("svcd: /etc/passwd/x", "open /etc/passwd/x: Not a directory"),
        ("svcd: /nonexistent", ""),
        ("svcd: 10.0.0.0/0", "10.0.0.0/0: bad net/mask pattern"),
        ("svcd: 10.0.0.0/33", "10.0.0.0/33: bad net/mask pattern"),
        ("svcd: 10.0.0.0/-1", "10.0.0.0/-1: bad net/mask pattern"),
        ("svcd: 10.0.0.0/", "10.0.0.0/: bad net/mask pattern"),
        ("svcd: 10.0.0.0/0x10", "10.0.0.0/0x10: bad net/mask pattern"),
        ("svcd: 10.0.0/24", "10.0.0/24: bad net/mask pattern"),
        ("svcd: host/24", "host/24: bad net/mask pattern"),
        ("svcd: ALL/0", "ALL/0: bad net/mask pattern"),
        ("svcd: [::1]/129", "[::1]/129: bad net/mask pattern"),
        (
            "svcd: [fe80::1%no]/64",
            "[fe80::1%no]/64: bad net/mask pattern",
        ),
        (
            "svcd: 10.0.0.1/24 [::1]/64 1.2.3.4/255.0.255.0 10.0.0.0/+24",
            "",
        ),
        ("svcd: a.b.", "a.b.: domain or host name ends in dot"),
        ("svcd: LOCAL.", "LOCAL.: domain or host name ends in dot"),
        ("svcd: .5", ".5: network number begins with dot"),
        ("svcd: .", ".: network number begins with dot"),
        (
            "svcd: .x 5. 0.0.0.0 255.255.255.255 ALL KNOWN UNKNOWN LOCAL PARANOID",
            "",
        ),
        ("svcd: [::1] [::] [::ffff:127.0.0.1]", ""),
        ("svcd: nope", "nope: host not found"),
        ("svcd: *.x 10.* [x] [10.0.0.1] []", "*.x: host not found"),
        (
            "svcd: 300.1.1.1 1.2.3.4.5 [::1",
            "300.1.1.1: host not found",
        ),
        ("svcd: ALL # x", "#: host not found"),
        (
            "svcd: alias.example.test",
            "alias.example.test: hostname alias",
        ),
        (
            "svcd: alias.example.test",
            "(official name: good.example.test)",
        ),
        ("svcd: good.example.test GOOD.example.test localhost", ""),
        (
            "svcd: 192.0.2.77",
            "host address 192.0.2.77->name lookup failed",
        ),
        (
            "svcd: 2001 192.168 010.0.0.1 0x7f.1",
            "host address 0.0.7.209->name lookup failed",
        ),
        (
            "svcd: 192.0.2.9",
            "host name/name mismatch: reverse lookup results in non-FQDN 1.2.3.4",
        ),
        ("svcd: 192.0.2.10 192.0.2.11 192.0.2.12", ""),
        ("svcd: second.example.test first.example.test", ""),
        ("svcd: six.example.test [2001:db8::5]", ""),
        (
            "svcd: ALL:",
            "error: hosts.allow, line 1: missing option name",
        ),
        ("svcd: ALL: umask 022:", "missing option name"),
        ("svcd: ALL: bogus", "bad option name: \"bogus\""),
        ("svcd: ALL: /bin/echo x", "bad option name: \"/bin/echo\""),
        ("svcd: ALL: spawn", "option \"spawn\" requires value"),
        ("svcd: ALL: allow x", "option \"allow\" requires no value"),
        (
            "svcd: ALL: allow: umask 022",
            "option \"allow\" must be at end",
        ),
        ("svcd: ALL: umask 9", "bad umask value: \"9\""),
        ("svcd: ALL: nice x", "bad nice value: \"x\""),
        ("svcd: ALL: linger x", "bad linger value: \"x\""),
        ("svcd: ALL: rfc931 x", "bad rfc931 timeout: \"x\""),
        (
            "svcd: ALL: severity mail.x",
            "bad syslog facility or severity: \"x\"",
        ),
        ("svcd: ALL: user nosuch", "unknown user: \"nosuch\""),
        ("svcd: ALL: group nosuch", "unknown group: \"nosuch\""),
        (
            "svcd: ALL: banners /nonexistent",
            "/nonexistent: No such file or directory",
        ),
        ("svcd: ALL: spawn echo %z", "unrecognized %z"),
        (
            "svcd: ALL: linger 5: keepalive: rfc931 3: nice 5: severity mail.info: deny",
            "",
        ),
        (
            "svcd: ALL: spawn echo %a %c %d %h %H %n %N %r %R %s %u %% &: allow",
            "",
        ),
        ("svcd: ALL: twist echo %A", ""),
        ("svcd: ALL: aclexec true", ""),
        ("svcd: ALL: setenv A b", ""),
        (
            "a\\\nb: x\\\ny",
            "warning: hosts.allow, line 3: xy: host not found",
        ),
        (" \t x: y", "y: host not found"),
        ("svcd: ::1", "missing option name"),
        ("svcd: 2001:db8::1", "bad option name: \"db8\""),
        ("svcd[: ALL", "missing \":\" separator"),
    ] {
        let scratch = Scratch::new();
        scratch.file("hosts.allow", format!("{rule}\n"));
        scratch.file("hosts.deny", format!("{rule}\n"));
        for arguments in [&["-d"][..], &["-dva"]] {
            if later() && text.ends_with("unknown or empty netgroup") {
                let said = sides.debian(scratch.path(), arguments).stdout;
                assert!(said.contains("netgroup support disabled"), "T13: {said}");
                continue;
            }
            let said = compare(&sides, scratch.path(), arguments, rule);
            assert!(said.contains(text), "{rule}: {said}");
        }
    }
}
