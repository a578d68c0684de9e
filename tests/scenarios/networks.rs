//! Client patterns with a slash inside: net/mask and prefix length.

use scenarios::{Case, clients, rule, scenario};

#[test]
fn ipv4_networks() {
    let net = |pattern: &str, matches: bool| clients(pattern).from("192.0.2.7").is(matches);
    scenario(&[], |world| {
        world.check_all(&[
            net("192.0.2.0/24", true),
            net("192.0.2.0/255.255.255.0", true),
            net("192.0.2.7/32", true),
            net("192.0.2.6/31", true),
            net("192.0.2.8/31", false),
            net("128.0.0.0/1", true),
            net("10.0.0.0/8", false),
            // Host bits in the network: never.
            net("192.0.2.1/24", false),
            net("192.0.2.7/255.255.255.0", false),
            net("192.0.0.7/255.255.0.255", true),
            net("0.0.0.0/0.0.0.0", true),
            net("0300.0.2.0/24", true),
            net("192.0.2.0/0xff.0xff.0xff.0", true),
            net("0xc0.0.2.0/24", true),
            net("192.0.2.0/024", true),
            net("192.0.2.0/+24", true),
            net("192.0.2.0/24x", true).but("T3").refused(),
            net("192.0.2.0/24/24", true).but("T3").refused(),
            net("192.0.2.0/33", false),
            net("192.0.2.0/-24", false),
            net("192.0.2.0/", false),
            net("192.0.2.0/0xffffff00", false),
            net("192.0.2.0/255.255.255", false),
            net("0.0.0.0/0", false).but("T2").granted(),
            net("192.0.2.7/0", false),
            net("192.0.2.7/255.255.255.255", false).but("T2").granted(),
            net("192.0.2.8/255.255.255.255", false),
            net("255.255.255.255/32", false),
            net("192.0.2/24", false),
            net("192/8", false),
            net("host/24", false),
            net("ALL/0", false),
            net("192.0.2.0/ 24", false),
            net("192.0.2.0 /24", false),
            net("[::]/0", false),
            net("192.0.2.*/24", false),
            net("0.0.0.0/1 192.0.2.0/25", true),
        ]);
    });
}

#[test]
fn ipv6_prefixes() {
    let net = |pattern: &str, matches: bool| clients(pattern).from("2001:db8::5").is(matches);
    let six = |pattern: &str, matches: bool| -> Case { clients(pattern).from("::1").is(matches) };
    scenario(&[], |world| {
        world.check_all(&[
            net("[2001:db8::]/32", true),
            net("[2001:db8:0:1::]/64", false),
            net("[2001:db8::]/64", true),
            // Host bits are ignored, unlike in IPv4.
            net("[2001:db8::1]/64", true),
            net("[2001:db8::5]/128", true),
            net("[2001:db8::4]/128", false),
            net("[2001:db8::4]/127", true),
            net("[2001:db8::7]/127", false),
            net("[::]/0", true),
            net("[fe80::]/0", true),
            net("[2001:db8::]/129", false),
            net("[2001:db8::]/-1", false),
            net("[2001:db8::/32]", false),
            net("2001:db8::/32", false),
            net("[fe80::]/", true).but("T3").refused(),
            net("[fe80::]/abc", true).but("T3").refused(),
            net("[fe80::]/0x10", true).but("T3").refused(),
            net("192.0.2.0/24", false),
            net("0.0.0.0/0.0.0.0", false),
            six("[::]/127", true),
            six("[::]/128", false),
            clients("[fe80::]/10").from("fe80::1%lo").granted(),
            clients("[fe80::]/64").from("fe80::1%lo").granted(),
            clients("[fe81::]/16").from("fe80::1%lo").refused(),
        ]);
    });
}

#[test]
fn surprises_in_hosts_deny() {
    scenario(&[], |world| {
        world.check_all(&[
            rule("", "svcd: 127.0.0.1/33").granted(),
            rule("", "svcd: 127.0.0.1/8").granted(),
            rule("", "svcd: 127.0.0.1/255.255.255.255")
                .granted()
                .but("T2")
                .refused(),
            rule("", "svcd: ::1").from("::1").granted(),
            rule("", "svcd: [::ffff:127.0.0.1]")
                .from("::ffff:127.0.0.1")
                .granted()
                .who("localhost")
                .but("T2")
                .refused()
                .who("::ffff:127.0.0.1"),
            rule("", "svcd: 127.0.0.1")
                .from("::ffff:127.0.0.1")
                .refused(),
            rule("", "svcd: 10.9.9.9 # see ALL notes")
                .refused()
                .who("localhost"),
        ]);
    });
}
