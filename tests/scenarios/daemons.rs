//! Daemon patterns: names, ports, and `daemon@server`.

use scenarios::{Case, Dns, daemons, scenario};

/// Whether this daemon list matches `svcd` on a port of the kernel's choice.
fn list(list: &str, matches: bool) -> Case {
    daemons(list).is(matches)
}

#[test]
fn names_compare_as_strings() {
    scenario(&[], |world| {
        world.check_all(&[
            list("svcd", true),
            list("SVCD", true),
            list("svc", false),
            list("svcdx", false),
            list("ALL", true),
            list("all", true),
            list("KNOWN", true),
            list("known", true),
            list("UNKNOWN", false),
            list("LOCAL", false),
            list("PARANOID", false),
            list("FAIL", false),
            list("*", true),
            list("s*d", true),
            list("s?cd", true),
            list("?", false),
            list("sv.", false),
            list("svcd.", false),
            list("[svcd]", false),
            list("/srv/svcd", false),
            list("@svcd", false),
            list("22x", false),
            list("0x16", false),
            list("70000", false),
        ]);
    });
}

/// Another name of the daemon.
fn named(pattern: &str, argv0: &str, matches: bool) -> Case {
    daemons(pattern).argv0(argv0).is(matches)
}

#[test]
fn the_name_is_the_last_component_of_an_absolute_path() {
    scenario(&[], |world| {
        for name in ["in.x", "80", "unknown", ".hid", "@x", "svcd.d"] {
            std::fs::hard_link("/srv/svcd", format!("/srv/{name}")).unwrap();
        }
        std::fs::create_dir("/usr/sbin/d").unwrap();
        std::fs::copy("/srv/svcd", "/usr/sbin/d/svcd").unwrap();
        world.check_all(&[
            named("in.x", "/srv/in.x", true),
            named(".x", "/srv/in.x", true),
            named("in.", "/srv/in.x", true),
            named("IN.", "/srv/in.x", true),
            named("svcd.d", "/srv/svcd.d", true),
            named("KNOWN", "/srv/unknown", false),
            named("UNKNOWN", "/srv/unknown", true),
            // A number is a port and no name.
            named("80", "/srv/80", false),
            named("[80]", "/srv/80", false),
            // The leading dot asks for an ending.
            named(".hid", "/srv/.hid", false),
            named("?hid", "/srv/.hid", true),
            named("@x", "/srv/@x", true),
            named("svcd", "svcd", true),
            // A relative name is taken whole.
            named("svcd", "d/svcd", false),
            named("d/svcd", "d/svcd", true),
            named("./svcd", "./svcd", false),
            named("?/svcd", "./svcd", true),
            named("svcd", "./svcd", false),
            named("*/svcd", "d/svcd", true),
            named("svcd", "/srv/../srv/svcd", true),
        ]);
    });
}

#[test]
fn numbers_are_local_ports() {
    scenario(&[], |world| {
        world.check_all(&[
            list("22", false),
            daemons("22").port(22).granted(),
            daemons("022").port(22).granted(),
            daemons("+22").port(22).granted(),
            daemons("22x").port(22).refused(),
            daemons("0x16").port(22).refused(),
            daemons("220").port(22).refused(),
            daemons("22").port(22).from("::1").granted(),
            daemons("22").port(22).from("::ffff:127.0.0.1").granted(),
            daemons("22").port(22).from("udp 127.0.0.1").granted(),
            daemons("4294967318").port(22).granted().but("T3").refused(),
            daemons("65535").port(65535).granted(),
            daemons("ALL EXCEPT 22").port(22).refused(),
            daemons("21 22 23").port(23).granted(),
            daemons("22").from("unix").refused(),
        ]);
    });
}

#[test]
fn daemon_at_server() {
    let at = |pattern: &str, matches: bool| daemons(pattern).at("127.0.0.5").is(matches);
    scenario(&[], |world| {
        world.file("/srv/servers", "127.0.0.5\n");
        world.file("/etc/netgroup", "group (localhost,,)\n");
        world.check_all(&[
            at("svcd@127.0.0.5", true),
            at("svcd@127.0.0.1", false),
            at("other@127.0.0.5", false),
            at("svcd@127.", true),
            at("svcd@127.0.0.0/24", true),
            at("svcd@127.1.0.0/16", false),
            at("ALL@127.0.0.5", true),
            at("svcd@ALL", true),
            at("svcd@", false),
            at("svcd@/srv/servers", true),
            daemons("svcd@/srv/servers").refused(),
            daemons("svcd@localhost").granted(),
            daemons("svcd@LOCAL").granted(),
            daemons("svcd@KNOWN").granted(),
            daemons("svcd@@group")
                .granted()
                .without_netgroups("T13", "allow", false, "127.0.0.1"),
            at("svcd@LOCAL", false),
            at("svcd@@group", false).without_netgroups("T13", "allow", false, "127.0.0.1"),
            at("svcd@UNKNOWN", true),
            at("svcd@KNOWN", false),
            daemons("22@ALL").port(22).granted(),
            daemons("22@127.0.0.1").port(22).granted(),
            daemons("22@127.0.0.2").port(22).refused(),
            daemons("svcd@[::1]").from("::1").granted(),
            daemons("svcd@[2001:db8::]/32")
                .from("::1")
                .at("2001:db8::5")
                .granted(),
            daemons("svcd@127.0.0.1").from("::ffff:127.0.0.1").granted(),
            daemons("svcd@127.0.0.1").from("udp 127.0.0.1").granted(),
            daemons("svcd@localhost").from("unix").granted(),
            daemons("svcd@127.0.0.5 EXCEPT svcd")
                .at("127.0.0.5")
                .refused(),
        ]);
    });
}

#[test]
fn the_server_has_a_name_too() {
    scenario(&[], |world| {
        let _dns = Dns::usual();
        let at = |pattern: &str, server: &str| daemons(pattern).from("127.0.0.1").at(server);
        let mismatch = "warning: /etc/hosts.allow, line 1: host name/address mismatch: \
            127.0.0.3 != liar.example.test";
        world.check_all(&[
            at("svcd@good.example.test", "127.0.0.2").granted(),
            at("svcd@.example.test", "127.0.0.2").granted(),
            at("svcd@good.example.test", "127.0.0.77").refused(),
            at("svcd@PARANOID", "127.0.0.3").granted().says(mismatch),
            at("svcd@liar.example.test", "127.0.0.3")
                .refused()
                .says(mismatch),
            at("svcd@single", "127.0.0.6").granted(),
            at("svcd@LOCAL", "127.0.0.6").granted(),
        ]);
    });
}

#[test]
fn long_names_match_whole() {
    // The original compares the first 127 bytes of the name, but the whole word of the table.
    scenario(&[], |world| {
        let name = "n".repeat(130);
        let path = format!("/srv/{name}");
        std::fs::copy("/srv/svcd", &path).unwrap();
        world.check_all(&[
            daemons(&name).argv0(&path).refused().but("T1").granted(),
            daemons(&name[..127])
                .argv0(&path)
                .granted()
                .but("T1")
                .refused(),
            daemons("n*").argv0(&path).granted(),
        ]);
    });
}
