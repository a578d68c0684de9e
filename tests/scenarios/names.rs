//! Host names: the states known, unknown and paranoid, and what makes a program ask.

use std::time::Duration;

use scenarios::{Case, Dns, Superserver, Verdict, clients, daemons, rule, scenario};

const WARNING: &str = "warning: /etc/hosts.allow, line 1: ";

/// A case in which the client's name is looked up and the states are told apart.
fn state(client: &str, word: &str) -> Case {
    clients(word).from(client).granted()
}

#[test]
fn a_name_is_known_if_both_ways_agree() {
    scenario(&[], |world| {
        let dns = Dns::usual();
        dns.host("many.example.test", "127.0.0.10")
            .forward("many.example.test", "127.0.0.11");
        dns.host("both.example.test", "127.0.0.12")
            .forward("both.example.test", "2001:db8::5");
        dns.host("MixedCase.Example.Test", "127.0.0.13");
        world.check_all(&[
            state("127.0.0.2", "KNOWN").who("good.example.test"),
            state("::1", "KNOWN").who("six.example.test"),
            state("127.0.0.10", "KNOWN").who("many.example.test"),
            state("127.0.0.12", "KNOWN").who("both.example.test"),
            state("127.0.0.13", "mixedcase.example.test").who("MixedCase.Example.Test"),
            state("::ffff:127.0.0.2", "KNOWN").who("good.example.test"),
        ]);
    });
}

#[test]
fn without_a_name_it_is_unknown() {
    scenario(&[], |world| {
        let dns = Dns::usual();
        dns.host("unknown", "127.0.0.10")
            .host("paranoid", "127.0.0.11");
        for (number, label) in ["a b", "a;b", "a%b", "a*b", "a/b", "-x", "\u{e9}", "a_b"]
            .iter()
            .enumerate()
        {
            let address = format!("127.0.1.{number}");
            let wire = [
                &[u8::try_from(label.len()).unwrap()],
                label.as_bytes(),
                b"\x04test\0",
            ]
            .concat();
            dns.reverse_raw(&address, wire);
            dns.forward(&format!("{label}.test"), &address);
        }
        world.check_all(&[
            state("127.0.0.77", "UNKNOWN"),
            clients("KNOWN").from("127.0.0.77").refused(),
            clients("PARANOID").from("127.0.0.77").refused(),
            state("127.0.0.10", "UNKNOWN"),
            state("127.0.0.11", "PARANOID"),
            state("127.0.1.0", "UNKNOWN"),
            state("127.0.1.1", "UNKNOWN"),
            state("127.0.1.2", "UNKNOWN"),
            state("127.0.1.3", "UNKNOWN"),
            state("127.0.1.4", "UNKNOWN"),
            state("127.0.1.5", "UNKNOWN"),
            state("127.0.1.6", "UNKNOWN"),
            state("127.0.1.7", "a_b.test").who("a_b.test"),
        ]);
    });
}

#[test]
fn a_name_that_does_not_lead_back_is_paranoid() {
    let address = format!("{WARNING}host name/address mismatch: 127.0.0.3 != liar.example.test");
    let failed = |name: &str, family: &str| {
        format!("{WARNING}can't verify hostname: getaddrinfo({name}, {family}) failed")
    };
    let alias =
        format!("{WARNING}host name/name mismatch: alias.example.test != canon.example.test");
    scenario(&[], |world| {
        let dns = Dns::usual();
        dns.reverse("127.0.0.12", "six.example.test");
        dns.reverse("2001:db8::5", "good.example.test");
        dns.reverse("fe80::1", "link.example.test");
        world.check_all(&[
            state("127.0.0.3", "PARANOID").says(&address),
            clients("KNOWN").from("127.0.0.3").refused().says(&address),
            clients("UNKNOWN")
                .from("127.0.0.3")
                .refused()
                .says(&address),
            clients("liar.example.test")
                .from("127.0.0.3")
                .refused()
                .says(&address),
            state("127.0.0.3", "par*").says(&address),
            state("127.0.0.3", "*"),
            state("127.0.0.4", "PARANOID").says(&failed("lost.example.test", "AF_INET")),
            state("127.0.0.5", "PARANOID").says(&alias),
            // The name has an address, but of the other family.
            state("127.0.0.12", "PARANOID").says(&failed("six.example.test", "AF_INET")),
            state("::ffff:127.0.0.3", "PARANOID").says(&address),
            rule("", "svcd: PARANOID")
                .from("127.0.0.3")
                .refused()
                .says(&address.replace("allow", "deny")),
            // Nothing is refused merely for that.
            rule("", "").from("127.0.0.3").granted(),
        ]);
    });
}

#[test]
fn a_name_that_looks_like_an_address_is_paranoid() {
    scenario(&[], |world| {
        let dns = Dns::usual();
        for (number, name) in ["1.2.3.4", "1234", "0x7f.1", "127.0.2.3"]
            .iter()
            .enumerate()
        {
            let client = format!("127.0.2.{number}");
            dns.host(name, &client);
            let warning = format!(
                "{WARNING}host name/name mismatch: reverse lookup results in non-FQDN {name}"
            );
            world.check(&state(&client, "PARANOID").says(&warning));
            world.check(
                &clients("1.2. 1234 127.0.0.1 0x7f.1")
                    .from(&client)
                    .refused()
                    .says(&warning),
            );
        }
    });
}

#[test]
fn a_long_name_is_a_name() {
    scenario(&[], |world| {
        let dns = Dns::usual();
        let name = format!(
            "{}.{}.{}.example.test",
            "a".repeat(60),
            "b".repeat(60),
            "c".repeat(60)
        );
        dns.host(&name, "127.0.0.10");
        world.check(
            &clients("KNOWN")
                .from("127.0.0.10")
                .refused()
                .says(&format!("{WARNING}…"))
                .but("T1")
                .granted()
                .silent()
                .who(&name),
        );
    });
}

#[test]
fn names_of_the_hosts_file_are_taken() {
    scenario(&[], |world| {
        world.file(
            "/etc/hosts",
            "127.0.0.1 localhost\n127.0.0.20 box.lan box\n127.0.0.21 odd_name;x\n",
        );
        world.check_all(&[
            state("127.0.0.20", "box.lan").who("box.lan"),
            state("127.0.0.21", "KNOWN").who("odd_name;x"),
            clients("box").from("127.0.0.20").refused().who("box.lan"),
        ]);
    });
}

#[test]
fn a_lookup_is_made_only_if_a_rule_asks() {
    let both = ["PTR 7.2.0.192.in-addr.arpa", "A host.example.test"].as_slice();
    let none: &[&str] = &[];
    scenario(&[], |world| {
        let dns = Dns::usual();
        world.file("/srv/list", "10.0.0.1\n");
        world.file("/srv/names", ".x\n");
        world.file("/etc/netgroup", "group (x,,)\n");
        for (list, expected) in [
            ("ALL", none),
            ("192.0.2.7", none),
            ("10.0.0.1", none),
            ("10.", none),
            ("10.0.0.0/8", none),
            ("[::]/0", none),
            ("192.*", none),
            ("*", none),
            (".7", none),
            ("10.1/2", none),
            ("/srv/list", none),
            ("/srv/names", both),
            ("LOCAL", both),
            ("KNOWN", both),
            ("UNKNOWN", both),
            ("PARANOID", both),
            ("@group", world.differs_later("T13", none, both)),
            ("x", both),
            (".example.test", both),
            ("[::1]", both),
            ("x y z LOCAL KNOWN", both),
            ("192.0.2.7 x", none),
            ("ALL EXCEPT x", both),
            ("joe@x", both),
            ("un*", both),
        ] {
            dns.queries();
            world.tables(format!("svcd: {list}\n"), "");
            let outcome = world.run(&scenarios::Call::new().from("192.0.2.7"));
            world.same(list, outcome.verdict, Verdict::Granted);
            world.same(
                list,
                dns.queries(),
                expected.iter().map(|query| (*query).into()).collect(),
            );
        }
        // A pattern of digits and stars is no pattern of names for ours.
        let expected = world.differs("T4", both, none);
        world.tables("svcd: 10.*\n", "");
        world.run(&scenarios::Call::new().from("192.0.2.7"));
        world.same(
            "10.*",
            dns.queries(),
            expected.iter().map(|query| (*query).into()).collect(),
        );
    });
}

#[test]
fn the_server_is_looked_up_only_for_a_server_name() {
    scenario(&[], |world| {
        let dns = Dns::usual();
        for (list, asked) in [
            ("svcd", false),
            ("ALL@127.0.0.2", false),
            ("other@x", false),
            ("svcd@127.", false),
            ("svcd@x", true),
            ("svcd@LOCAL", true),
        ] {
            dns.queries();
            world.check(
                &daemons(&format!("{list}, ALL"))
                    .from("192.0.2.7")
                    .at("127.0.0.2")
                    .granted(),
            );
            world.same(
                list,
                dns.queries().contains(&"PTR 2.0.0.127.in-addr.arpa".into()),
                asked,
            );
        }
    });
}

#[test]
fn a_dead_or_lying_resolver_leaves_the_name_unknown() {
    scenario(&[], |world| {
        let dns = Dns::usual();
        dns.silent("127.0.0.10");
        dns.raw("127.0.0.11", b"");
        dns.raw(
            "127.0.0.12",
            &[0x85, 0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        );
        dns.raw("127.0.0.13", &[0xff; 60_000]);
        dns.reverse("127.0.0.14", "quiet.example.test")
            .silent_forward("quiet.example.test");
        // A name that points at itself, and one whose label runs over the end.
        dns.reverse_raw("127.0.0.15", vec![0xc0, 0x0c]);
        dns.reverse_raw("127.0.0.16", vec![63, b'x']);
        let failed = format!(
            "{WARNING}can't verify hostname: getaddrinfo(quiet.example.test, AF_INET) failed"
        );
        world.check_all(&[
            state("127.0.0.10", "UNKNOWN"),
            state("127.0.0.11", "UNKNOWN"),
            state("127.0.0.12", "UNKNOWN"),
            state("127.0.0.13", "UNKNOWN"),
            state("127.0.0.14", "PARANOID").says(&failed),
            state("127.0.0.16", "UNKNOWN"),
            rule("svcd: KNOWN", "ALL: ALL").from("127.0.0.10").refused(),
        ]);
        world.tables("svcd: KNOWN\n", "ALL: ALL\n");
        let outcome = world.run(&scenarios::Call::new().from("127.0.0.15"));
        world.same(
            "a name that points at the query",
            outcome.verdict,
            Verdict::Refused,
        );
    });
}

/// Half a minute is longer than the resolver's own schedule: past it the name is not unknown, it is not known.
#[test]
fn a_resolver_without_limits_is_not_waited_for() {
    scenario(&[], |world| {
        let dns = Dns::usual();
        dns.silent("127.0.0.10");
        world.file(
            "/etc/resolv.conf",
            "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n",
        );
        world.tables("", "svcd: .evil.example\n");
        let call = scenarios::Call::new()
            .from("127.0.0.10")
            .patience(Duration::from_secs(60));
        let beyond = Duration::from_secs(13);
        if world.hangs("N6", &call.clone().patience(beyond)) {
            return;
        }
        let outcome = world.run(&call);
        world.same("verdict", outcome.verdict, Verdict::Refused);
        let late = "warning: /etc/hosts.deny, line 1: host name of 127.0.0.10: no answer in time; see resolv.conf(5) \
            (in error: refuses everybody who gets that far)";
        world.same("told", outcome.texts().first().copied(), Some(late));
        let range = Duration::from_secs(29)..Duration::from_secs(34);
        world.holds("half a minute", range.contains(&outcome.took), || {
            format!("{:?}", outcome.took)
        });
    });
}

#[test]
fn a_glob_takes_no_time() {
    scenario(&[], |world| {
        let dns = Dns::usual();
        let label = "a".repeat(62);
        let name = format!("{label}.{label}");
        dns.host(&name, "127.0.0.10");
        let glob = format!("{}b", "*a".repeat(40));
        let stars = format!("{}b", "*".repeat(500));
        world.tables(format!("svcd: {glob}\n"), "ALL: ALL\n");
        let call = scenarios::Call::new().from("127.0.0.10");
        if world.hangs("T9", &call.patience(Duration::from_secs(3))) {
            return;
        }
        world.check_all(&[
            clients(&glob)
                .from("127.0.0.10")
                .refused()
                .who(&name)
                .within(Duration::from_secs(5)),
            clients(&stars)
                .from("127.0.0.10")
                .refused()
                .who(&name)
                .within(Duration::from_secs(5)),
        ]);
    });
}

#[test]
fn a_name_need_not_be_utf8() {
    // Domains hold host names only; the hosts file is not filtered.
    scenario(&[], |world| {
        let hosts = [
            &b"127.0.0.10 h\xe4user.test\n127.0.0.11 "[..],
            b"\xe4.test plain.test\n",
        ];
        world.file("/etc/hosts", hosts.concat());
        for client in ["127.0.0.10", "127.0.0.11"] {
            world.check_all(&[
                state(client, "KNOWN").who("…"),
                state(client, ".test").who("…"),
                clients("UNKNOWN").from(client).refused().who("…"),
                clients("PARANOID").from(client).refused().who("…"),
            ]);
        }
    });
}

#[test]
fn dnsmasq_with_records_that_do_not_match() {
    let mismatch = format!("{WARNING}host name/address mismatch: 127.0.0.3 != liar.example.test");
    let failed =
        format!("{WARNING}can't verify hostname: getaddrinfo(lost.example.test, AF_INET) failed");
    let alias =
        format!("{WARNING}host name/name mismatch: alias.example.test != canon.example.test");
    scenario(&["root", "dnsmasq-base"], |world| {
        let args = [
            "--keep-in-foreground",
            "--conf-file=/dev/null",
            "--user=root",
            "--pid-file=",
            "--log-facility=/srv/dnsmasq.log",
            "--no-resolv",
            "--no-hosts",
            "--bind-interfaces",
            "--listen-address=127.0.0.1",
            "--local=/test/",
            "--local=/in-addr.arpa/",
            "--host-record=good.example.test,127.0.0.2",
            "--ptr-record=3.0.0.127.in-addr.arpa,liar.example.test",
            "--host-record=liar.example.test,127.0.0.99",
            "--ptr-record=4.0.0.127.in-addr.arpa,lost.example.test",
            "--ptr-record=5.0.0.127.in-addr.arpa,alias.example.test",
            "--host-record=canon.example.test,127.0.0.55",
            "--cname=alias.example.test,canon.example.test",
        ];
        let _dnsmasq = Superserver::start("/usr/sbin/dnsmasq", &args, &[53]);
        world.check_all(&[
            state("127.0.0.2", "KNOWN").who("good.example.test"),
            state("127.0.0.3", "PARANOID").says(&mismatch),
            clients("KNOWN liar.example.test")
                .from("127.0.0.3")
                .refused()
                .says(&mismatch),
            state("127.0.0.4", "PARANOID").says(&failed),
            state("127.0.0.5", "PARANOID").says(&alias),
            state("127.0.0.77", "UNKNOWN"),
        ]);
    });
}
