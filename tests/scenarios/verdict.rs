//! hosts.allow first, then hosts.deny, then granted; and tables that are broken.

use scenarios::{rule, scenario, tables};

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
        ]);
    });
}

#[test]
fn a_rule_without_colon_is_skipped() {
    let missing = |table, line| format!("warning: {table}, line {line}: missing \":\" separator");
    scenario(&[], |world| {
        world.check_all(&[
            rule("svcd ALL", "ALL: ALL")
                .refused()
                .says(&missing("/etc/hosts.allow", 1)),
            rule("svcd ALL\nsvcd: ALL", "ALL: ALL")
                .granted()
                .says(&missing("/etc/hosts.allow", 1)),
            rule("", "\n#\nALL ALL")
                .granted()
                .says(&missing("/etc/hosts.deny", 3)),
            rule("", "svcd[: ALL")
                .granted()
                .says(&missing("/etc/hosts.deny", 1)),
            rule("", "svcd]: ALL")
                .granted()
                .says(&missing("/etc/hosts.deny", 1)),
            tables("", "\x0b\nALL: ALL\n")
                .refused()
                .says(&missing("/etc/hosts.deny", 1)),
            tables("", "\x0c\nALL: ALL\n")
                .refused()
                .says(&missing("/etc/hosts.deny", 1)),
        ]);
    });
}

#[test]
fn names_are_checked_twice() {
    scenario(&[], |world| {
        let dns = scenarios::Dns::usual();
        world.check_all(&[
            rule("svcd: good.example.test", "ALL: ALL").from("127.0.0.2").granted().who("good.example.test"),
            rule("svcd: .example.test", "ALL: ALL").from("::1").granted().who("six.example.test"),
            rule("svcd: .test", "ALL: PARANOID").from("127.0.0.3").refused()
                .says("warning: /etc/hosts.allow, line 1: host name/address mismatch: 127.0.0.3 != liar.example.test"),
            rule("svcd: .test", "ALL: PARANOID").from("127.0.0.4").refused()
                .says("warning: /etc/hosts.allow, line 1: can't verify hostname: getaddrinfo(lost.example.test, AF_INET) failed"),
            rule("svcd: .test", "ALL: PARANOID").from("127.0.0.5").refused()
                .says("warning: /etc/hosts.allow, line 1: host name/name mismatch: alias.example.test != canon.example.test"),
        ]);
        world.holds(
            "DNS was asked",
            dns.queries().contains(&"PTR 2.0.0.127.in-addr.arpa".into()),
            || "not".into(),
        );
    });
}

#[test]
fn ident_names_the_user() {
    scenario(&[], |world| {
        let ident = scenarios::Ident::start("127.0.0.2");
        world.check_all(&[
            rule("svcd: joe@127.0.0.2", "ALL: ALL")
                .from("127.0.0.2")
                .granted()
                .who("joe@127.0.0.2"),
            rule("svcd: ann@127.0.0.2", "ALL: ALL")
                .from("127.0.0.2")
                .refused()
                .who("joe@127.0.0.2"),
            rule("svcd: ALL", "ALL: ALL")
                .from("udp 127.0.0.2")
                .granted()
                .queued(false),
            rule("", "ALL: ALL")
                .from("udp 127.0.0.2")
                .refused()
                .queued(false),
            rule("svcd: localhost", "ALL: ALL").from("unix").granted(),
            rule("", "ALL: 127.0.0.1")
                .from("::ffff:127.0.0.1")
                .refused(),
            rule("svcd: [fe80::1%lo]", "ALL: ALL")
                .from("fe80::1%lo")
                .granted(),
            rule("svcd: ALL: twist echo %a %r", "")
                .twisted("echo 127.0.0.1 …")
                .reads("127.0.0.1 …"),
        ]);
        world.same("two queries", ident.queries().len(), 2);
    });
}
