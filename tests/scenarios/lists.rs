//! Fields, separators and EXCEPT.

use scenarios::{Case, clients, daemons, rule, scenario};

/// Whether this client list matches 192.0.2.7.
fn list(list: &str, matches: bool) -> Case {
    clients(list).from("192.0.2.7").is(matches)
}

#[test]
fn separators_are_commas_and_blanks() {
    scenario(&[], |world| {
        world.check_all(&[
            list("10.0.0.1 192.0.2.7", true),
            list("10.0.0.1,192.0.2.7", true),
            list(",, 10.0.0.1 ,\t, 192.0.2.7,", true),
            list("10.0.0.1\r192.0.2.7", true),
            list("10.0.0.1;192.0.2.7", false),
            list("10.0.0.1\u{b}192.0.2.7", false),
            list("10.0.0.1\u{c}192.0.2.7", false),
            list("10.0.0.1\u{a0}192.0.2.7", false),
            list("\"192.0.2.7\"", false),
            list("'192.0.2.7'", false),
            list("192.0.2.7", true),
            daemons("other,svcd").granted(),
            daemons("other svcd x").granted(),
            daemons("other;svcd").refused(),
        ]);
    });
}

#[test]
fn empty_lists_never_match() {
    scenario(&[], |world| {
        world.check_all(&[
            list("", false),
            list(" , ", false),
            daemons("").refused(),
            daemons(" ,\t").refused(),
            rule(": : deny\n: ALL: deny\nsvcd:: deny\nsvcd: ALL", "ALL: ALL").granted(),
        ]);
    });
}

#[test]
fn the_first_two_colons_outside_of_brackets_split() {
    let missing = "error: /etc/hosts.allow, line 1: missing option name";
    scenario(&[], |world| {
        world.check_all(&[
            rule("svcd: [2001:db8::5]", "ALL: ALL")
                .from("2001:db8::5")
                .granted(),
            rule("svcd: [2001:db8::5]: deny", "")
                .from("2001:db8::5")
                .refused(),
            rule("svcd: ALL:", "").refused().says(missing),
            rule("svcd: ALL: ", "").refused().says(missing),
            rule("", "svcd: ALL:")
                .refused()
                .says("error: /etc/hosts.deny, line 1: missing option name"),
            // The rest of an address without brackets is taken for options, if 2001 matches.
            rule("svcd: 2001:db8::5", "ALL: ALL")
                .from("2001:db8::5")
                .refused(),
            rule("svcd: ALL:db8::5", "")
                .refused()
                .says("error: /etc/hosts.allow, line 1: bad option name: \"db8\""),
            rule("", "svcd: ::1").from("::1").granted(),
            rule("svcd: ALL: setenv X [a:b", "")
                .refused()
                .says("error: /etc/hosts.allow, line 1: bad option name: \"b\""),
        ]);
    });
}

#[test]
fn except_nests_to_the_right() {
    scenario(&[], |world| {
        world.check_all(&[
            list("ALL EXCEPT 192.0.2.7", false),
            list("ALL except 192.0.2.7", false),
            list("ALL EXCEPT 192.0.2.8", true),
            list("ALL EXCEPT 192.0.2. EXCEPT 192.0.2.7", true),
            list("ALL EXCEPT 192.0.2. EXCEPT 192.0.2.8", false),
            list("ALL EXCEPT ALL EXCEPT ALL", true),
            list("10. EXCEPT 10.1. 192.0.2.", false),
            list("192.0.2.7 10. EXCEPT 10.1.", true),
            list("EXCEPT ALL", false),
            list("EXCEPT", false),
            list("ALL EXCEPT", true),
            list("ALL EXCEPT EXCEPT 192.0.2.7", true),
            list("192.0.2.8 192.0.2.7, EXCEPT 192.0.2.7", false),
            list("ALL, EXCEPT, 192.0.2.8", true),
            list("ALLEXCEPT 192.0.2.8", false),
            list("ALL EXCEPT ALL EXCEPT ALL EXCEPT 192.0.2.7", false),
            daemons("ALL EXCEPT svcd").refused(),
            daemons("ALL EXCEPT other").granted(),
            daemons("ALL Except sv* Except svcd").granted(),
            rule("", "ALL: ALL EXCEPT 192.0.2. 127.")
                .from("192.0.2.7")
                .granted(),
            rule("", "ALL EXCEPT svcd: ALL").granted(),
        ]);
    });
}
