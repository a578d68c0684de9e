//! Client patterns that compare strings: addresses, prefixes, suffixes, globs, names.

use scenarios::{Case, Dns, clients, scenario};

fn from(client: &str, pattern: &str, matches: bool) -> Case {
    clients(pattern).from(client).is(matches)
}

#[test]
fn ipv4_addresses_compare_as_text() {
    let host = |pattern: &str, matches: bool| from("192.0.2.7", pattern, matches);
    scenario(&[], |world| {
        world.check_all(&[
            host("192.0.2.7", true),
            host("192.0.2.8", false),
            host("192.0.2.07", false),
            host("192.0.2", false),
            host("192.0.2.7.", false),
            host("0xC0000207", false),
            host("3221225991", false),
            host("192.0.2.", true),
            host("192.", true),
            host("192.0.2.70", false),
            host("19.", false),
            host(".7", true),
            host(".2.7", true),
            host(".192.0.2.7", false),
            host("192.0.2.*", true),
            host("192.0.2.?", true),
            host("192.0.2.??", false),
            host("*.7", true),
            host("*", true),
            host("1*7", true),
            host("*2*2*7*", true),
            host(".*.7", false),
            host("ALL", true),
            host("all", true),
            host("KNOWN", false),
            host("LOCAL", false),
            host("UNKNOWN", true),
            host("unknown", true),
            host("un*", true),
            host("PARANOID", false),
            host("FAIL", false),
            host("[192.0.2.7]", false),
            host("::ffff:192.0.2.7", false),
        ]);
    });
}

#[test]
fn ipv6_addresses_compare_as_numbers_in_brackets() {
    let five = |pattern: &str, matches: bool| from("2001:db8::5", pattern, matches);
    let link = |pattern: &str, matches: bool| from("fe80::1%lo", pattern, matches);
    scenario(&[], |world| {
        world.check_all(&[
            five("[2001:db8::5]", true),
            five("[2001:DB8:0:0::5]", true),
            five("[2001:0db8:0:0:0:0:0:5]", true),
            five("[2001:db8::6]", false),
            five("[2001:db8::]", false),
            five("[2001:db8:]", false),
            five("[ALL]", false),
            five("[*]", false),
            five("[::/0]", false),
            five("2001*", true),
            five("*5", true),
            five("2001.", false),
            five("ALL", true),
            five("192.0.2.7", false),
            from("::1", "[::1]", true),
            from("::1", "[0:0:0:0:0:0:0:1]", true),
            from("::1", "[::2]", false),
            link("[fe80::1]", true),
            link("[fe80::1%lo]", true),
            link("[fe80::1%1]", true),
            link("[fe80::1%eth9]", false),
            // The original compares no scopes; an interface that is not there is no address.
            link("[fe80::1%2]", true).but("T11").refused(),
            link("[fe80::2%lo]", false),
            link("[fe80::1%lo]/64", true),
            link("[fe80::%1]/64", true),
            link("[fe80::%2]/64", true).but("T11").refused(),
            link("[fe80::%eth9]/64", false),
            link("fe80*", true),
            link("fe80*%lo", true),
            from("192.0.2.7", "[::1]", false),
        ]);
    });
}

#[test]
fn mapped_clients_match_ipv4_patterns() {
    let mapped = |pattern: &str, matches: bool| from("::ffff:192.0.2.7", pattern, matches);
    scenario(&[], |world| {
        world.check_all(&[
            mapped("192.0.2.7", true),
            mapped("192.0.2.", true),
            mapped("192.0.2.0/24", true),
            mapped(".2.7", true),
            mapped("192.0.2.8", false),
            mapped("192.0.2.*", true),
            mapped("ALL", true),
            mapped("[::]/0", false),
            mapped("[2001:db8::]/32", false),
            mapped("[::ffff:192.0.2.7]", false).but("T2").granted(),
            mapped("[::ffff:192.0.2.8]", false),
            mapped("[::ffff:0:0]/96", false).but("T2").granted(),
            mapped("[::ffff:192.0.2.0]/120", false).but("T2").granted(),
            mapped("[::ffff:10.0.0.0]/104", false),
            from("192.0.2.7", "[::ffff:192.0.2.7]", false)
                .but("T2")
                .granted(),
            from("192.0.2.7", "[::ffff:0:0]/96", false)
                .but("T2")
                .granted(),
        ]);
    });
}

#[test]
fn names_match_by_suffix_prefix_and_glob() {
    let named = |pattern: &str, matches: bool| from("192.0.2.7", pattern, matches).who("…");
    scenario(&[], |world| {
        let _dns = Dns::usual();
        world.check_all(&[
            named("host.example.test", true),
            named("HOST.Example.TEST", true),
            named("host.example.test.", false),
            named("host", false),
            named("host.", true),
            named("example.test", false),
            named(".example.test", true),
            named(".EXAMPLE.test", true),
            named(".test", true),
            named(".host.example.test", false),
            named("*.example.test", true),
            named("h*t", true),
            named("h??t.example.test", true),
            named("h?t.example.test", false),
            named("host.*.test", true),
            named("KNOWN", true),
            named("UNKNOWN", false),
            named("PARANOID", false),
            named("LOCAL", false),
            named("localhost", false),
            from("127.0.0.1", "localhost", true).who("…"),
            from("127.0.0.1", "LOCAL", true).who("…"),
            from("127.0.0.1", "KNOWN", true).who("…"),
            from("127.0.0.6", "single", true).who("…"),
            from("127.0.0.6", "LOCAL", true).who("…"),
            from("2001:db8::5", "five.example.test", true).who("…"),
            from("::ffff:192.0.2.7", "host.example.test", true).who("…"),
            from("udp 192.0.2.7", "host.example.test", true).who("…"),
            from("unix", "localhost", true),
            from("unix", "KNOWN", false),
            from("unix", "LOCAL", false),
            from("unix", "UNKNOWN", true),
        ]);
    });
}

#[test]
fn a_numeric_pattern_does_not_see_the_name() {
    scenario(&[], |world| {
        let dns = Dns::usual();
        dns.host("192.0.2.7.evil.example", "127.0.0.8");
        world.check_all(&[
            from("127.0.0.8", "192.0.2.", false),
            from("127.0.0.8", "192.0.2.*", true)
                .who("192.0.2.7.evil.example")
                .but("T4")
                .refused()
                .who("127.0.0.8"),
            from("127.0.0.9", "10.*", true)
                .who("10.evil.example")
                .but("T4")
                .refused()
                .who("127.0.0.9"),
            from("127.0.0.9", "10.?*", true)
                .who("10.evil.example")
                .but("T4")
                .refused()
                .who("127.0.0.9"),
            from("127.0.0.9", "10.e*", true).who("10.evil.example"),
            from("127.0.0.8", ".2", false),
            from("127.0.0.8", "*.example", true).who("192.0.2.7.evil.example"),
            from("127.0.0.9", "127.*", true),
            from("127.0.0.9", "*", true),
            from("127.0.0.9", "192.* 127.*", true)
                .who("10.evil.example")
                .but("T4")
                .who("127.0.0.9"),
        ]);
    });
}
