//! `{RBL}.zone`: lists that the DNS publishes.

use scenarios::{Call, Case, Dns, REACHED, Verdict, rule, scenario};

const WORD: &str = "{RBL}.bl.example.test";

/// A name server with the list bl.example.test.
fn list() -> Dns {
    let dns = Dns::usual();
    dns.forward("7.2.0.192.bl.example.test", "127.0.0.2")
        .forward("23.0.0.127.bl.example.test", "127.255.255.255")
        .forward(
            "5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.example.test",
            "127.0.0.24",
        )
        // No list answers so.
        .forward("24.0.0.127.bl.example.test", "192.0.2.1")
        // A name, but no IPv4 address.
        .forward("25.0.0.127.bl.example.test", "2001:db8::7f")
        .fails("26.0.0.127.bl.example.test", 2)
        .fails("28.0.0.127.bl.example.test", 5)
        .silent_forward("29.0.0.127.bl.example.test");
    dns
}

/// What a rule of hosts.deny does to a client. To the original the word is a name that no client has, which it
/// asks for.
fn denies(clients: &str, address: &str, name: &str, denied: bool) -> Case {
    rule("", &format!("svcd: {clients}"))
        .from(address)
        .granted()
        .who(name)
        .but("T14")
        .is(!denied)
        .who(address)
}

#[test]
fn who_is_on_the_list_is_denied() {
    scenario(&[], |world| {
        let _dns = list();
        world.check_all(&[
            denies(WORD, "192.0.2.7", "host.example.test", true),
            denies(
                "{rbl}.BL.example.test.",
                "192.0.2.7",
                "host.example.test",
                true,
            ),
            denies(WORD, "127.0.0.23", "127.0.0.23", true),
            denies(WORD, "127.0.0.2", "good.example.test", false),
            denies(WORD, "127.0.0.25", "127.0.0.25", false),
            denies(WORD, "2001:db8::5", "five.example.test", true),
            denies(WORD, "::1", "six.example.test", false),
            rule("", "svcd: ALL EXCEPT {RBL}.bl.example.test")
                .from("192.0.2.7")
                .refused()
                .who("host.example.test")
                .but("T14")
                .granted()
                .who("192.0.2.7"),
        ]);
    });
}

/// Neither no such name nor an address: no rule may let in whom the list may name.
#[test]
fn a_list_without_an_answer_is_in_error() {
    scenario(&[], |world| {
        let _dns = list();
        let unanswered = |address: &str, said: &str| {
            denies(WORD, address, address, true).says(&format!(
                "warning: /etc/hosts.deny, line 1: DNS list: {said} (in error: refuses {REACHED})"
            ))
        };
        let no_answer = |octet: u8| {
            unanswered(
                &format!("127.0.0.{octet}"),
                &format!("{octet}.0.0.127.bl.example.test.: no answer; see resolv.conf(5)"),
            )
        };
        world.check_all(&[no_answer(26), no_answer(28), no_answer(29)]);
        world.check(
            &denies("{RBL}.*", "127.0.0.2", "good.example.test", true)
                .says(&format!(
                    "warning: /etc/hosts.deny, line 1: DNS list: \"*\" is no name of a zone; write {{RBL}}.ZONE \
                     (in error: refuses {REACHED})"
                )),
        );
        // In hosts.allow it grants nothing, and nothing after it does.
        world.tables(format!("svcd: {WORD}\nsvcd: ALL\n"), "");
        for (client, verdict) in [
            ("127.0.0.2", Verdict::Granted),
            (
                "127.0.0.26",
                world.differs("T14", Verdict::Granted, Verdict::Refused),
            ),
        ] {
            let outcome = world.run(&Call::new().from(client));
            world.same(client, outcome.verdict, verdict);
        }
    });
}

#[test]
fn what_is_no_answer_of_a_list_does_not_count() {
    scenario(&[], |world| {
        let _dns = list();
        world.check(
            &denies(WORD, "127.0.0.24", "127.0.0.24", false).says(
                "warning: /etc/hosts.deny, line 1: DNS list: 24.0.0.127.bl.example.test. is 192.0.2.1, which is not \
                 in 127.0.0.0/8, so it does not count",
            ),
        );
    });
}

/// One question, with a final dot: no search domain of resolv.conf is tried.
#[test]
fn nothing_but_the_entry_is_asked_for() {
    scenario(&[], |world| {
        let dns = list();
        let resolv = world.read("/etc/resolv.conf");
        world.file(
            "/etc/resolv.conf",
            format!("search elsewhere.test\n{resolv}"),
        );
        world.tables("", format!("svcd: {WORD}\n"));
        for (client, name, entry) in [
            (
                "127.0.0.2",
                ["PTR 2.0.0.127.in-addr.arpa", "A good.example.test"],
                ["A 2.0.0.127.bl.example.test"],
            ),
            (
                "192.0.2.7",
                ["PTR 7.2.0.192.in-addr.arpa", "A host.example.test"],
                ["A 7.2.0.192.bl.example.test"],
            ),
        ] {
            dns.queries();
            world.run(&Call::new().from(client));
            let expected = world.differs("T14", &name[..], &entry[..]);
            world.same(
                client,
                dns.queries(),
                expected.iter().map(|query| (*query).to_owned()).collect(),
            );
        }
    });
}
