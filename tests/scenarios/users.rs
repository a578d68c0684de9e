//! `@netgroup` and `user@host`.

use scenarios::{Dns, Ident, clients, rule, scenario};

#[test]
fn netgroups_hold_names() {
    scenario(&[], |world| {
        let _dns = Dns::usual();
        world.file(
            "/etc/netgroup",
            "hosts (host.example.test,,) (good.example.test,-,)\naddresses (192.0.2.7,,)\n\
             any (,,)\nusers (host.example.test,joe,)\nnested other hosts\nother (x,,)\n\
             words (unknown,,)\nempty\ndomain (host.example.test,,elsewhere)\n",
        );
        let group = |list: &str, matches: bool| {
            clients(list)
                .from("192.0.2.7")
                .is(matches)
                .who("host.example.test")
                .without_netgroups("T13", "allow", list.starts_with("ALL"), "192.0.2.7")
        };
        let nameless = |list: &str, matches: bool| {
            clients(list)
                .from("127.0.0.77")
                .is(matches)
                .without_netgroups("T13", "allow", false, "127.0.0.77")
        };
        let deny = |list: &str, matches: bool| {
            rule("", &format!("svcd: {list}"))
                .from("192.0.2.7")
                .is(!matches)
                .who("host.example.test")
                .without_netgroups("T13", "deny", true, "192.0.2.7")
        };
        world.check_all(&[
            group("@hosts", true),
            group("@addresses", false),
            group("@any", true),
            group("@users", true),
            group("@nested", true),
            group("@other", false),
            group("@empty", false),
            group("@nowhere", false),
            group("@HOSTS", false),
            group("@hosts/24", false),
            group("@words", false),
            group("ALL EXCEPT @hosts", false),
            clients("@hosts")
                .from("127.0.0.2")
                .granted()
                .who("good.example.test")
                .without_netgroups("T13", "allow", false, "127.0.0.2"),
            nameless("@words", true),
            nameless("@any", true),
            nameless("@hosts", false),
            deny("@hosts", true),
            deny("@nowhere", false),
        ]);
    });
}

#[test]
fn users_are_asked_last() {
    scenario(&[], |world| {
        let ident = Ident::start("127.0.0.2");
        let user = |list: &str, matches: bool| clients(list).from("127.0.0.2").is(matches);
        world.check_all(&[
            user("joe@127.0.0.2", true).who("joe@127.0.0.2"),
            user("JOE@127.0.0.2", true).who("joe@127.0.0.2"),
            user("ann@127.0.0.2", false).who("joe@127.0.0.2"),
            user("jo.@ALL", false).who("joe@127.0.0.2"),
            user("j*@ALL", true).who("joe@127.0.0.2"),
            user("j?e@ALL", true).who("joe@127.0.0.2"),
            user("jo.@ALL", false).who("joe@127.0.0.2"),
            user("j.@ALL", false).who("joe@127.0.0.2"),
            user(".oe@ALL", false).who("joe@127.0.0.2"),
            user("ALL@ALL", true).who("joe@127.0.0.2"),
            user("KNOWN@ALL", true).who("joe@127.0.0.2"),
            user("UNKNOWN@ALL", false).who("joe@127.0.0.2"),
            user("LOCAL@ALL", false).who("joe@127.0.0.2"),
            user("ALL EXCEPT joe@ALL", false).who("joe@127.0.0.2"),
            user("ALL EXCEPT ann@ALL", true).who("joe@127.0.0.2"),
            user("joe@127.0.0.0/24", true).who("joe@127.0.0.2"),
            user("@grp@ALL", false).who("joe@127.0.0.2"),
            user("/f@ALL", false).who("joe@127.0.0.2"),
            user("ann@ALL joe@ALL", true).who("joe@127.0.0.2"),
        ]);
        world.same("one query each", ident.queries().len(), 19);
        world.check_all(&[
            user("joe@127.0.0.3", false),
            user("joe@", false),
            user("joe@10. joe@192.0.2.0/24", false),
            user("[::1]@ALL", false),
            user("joe@10.* 127.0.0.2", true),
        ]);
        world.same("no query unless the host matches", ident.queries(), vec![]);
    });
}

#[test]
fn without_an_answer_the_user_is_unknown() {
    scenario(&[], |world| {
        let user = |list: &str, matches: bool| clients(list).from("127.0.0.2").is(matches);
        world.check_all(&[
            user("joe@ALL", false),
            user("ALL@ALL", true),
            user("UNKNOWN@ALL", true),
            user("KNOWN@ALL", false),
            user("un*@ALL", true),
            user("*@ALL", true),
            user("ALL EXCEPT KNOWN@ALL", true),
        ]);
    });
}

#[test]
fn an_at_sign_splits_once() {
    scenario(&[], |world| {
        let ident = Ident::start("127.0.0.2");
        let _dns = Dns::usual();
        ident.user("a@b");
        world.file("/etc/netgroup", "group (good.example.test,,)\n");
        world.file("/srv/list", "127.0.0.2\n");
        world.check_all(&[
            // The user is `a`, the host `b@ALL`.
            clients("a@b@ALL")
                .from("127.0.0.2")
                .refused()
                .who("good.example.test"),
            clients("a?b@ALL")
                .from("127.0.0.2")
                .granted()
                .who("a@b@127.0.0.2"),
            clients("a*@@group")
                .from("127.0.0.2")
                .granted()
                .who("a@b@good.example.test")
                .without_netgroups("T13", "allow", false, "127.0.0.2"),
            clients("a*@/srv/list")
                .from("127.0.0.2")
                .granted()
                .who("a@b@127.0.0.2"),
            clients("a*@KNOWN")
                .from("127.0.0.2")
                .granted()
                .who("a@b@good.example.test"),
            clients("a*@good.example.test")
                .from("127.0.0.2")
                .granted()
                .who("a@b@good.example.test"),
        ]);
    });
}

#[test]
fn name_services_are_those_of_nsswitch() {
    // The modules come with the C library: files and dns within it, compat beside it.
    scenario(&["root"], |world| {
        let _dns = Dns::usual();
        world.file("/etc/hosts", "127.0.0.2 box.lan\n");
        world.file("/etc/netgroup", "group (box.lan,,) (good.example.test,,)\n");
        let unknown = "error: /etc/hosts.allow, line 1: unknown user: \"nobody\"";
        for (hosts, name) in [
            ("files dns", "box.lan"),
            ("dns files", "good.example.test"),
            ("compat", "127.0.0.2"),
        ] {
            let known = name != "127.0.0.2";
            world.file(
                "/etc/nsswitch.conf",
                format!("passwd: compat\nhosts: {hosts}\nnetgroup: files\n"),
            );
            world.check_all(&[
                clients("KNOWN").from("127.0.0.2").is(known).who(name),
                clients("@group")
                    .from("127.0.0.2")
                    .is(known)
                    .who(name)
                    .without_netgroups("T13", "allow", false, "127.0.0.2"),
                rule("svcd: ALL: user nobody", "")
                    .from("127.0.0.2")
                    .granted(),
            ]);
        }
        world.file(
            "/etc/nsswitch.conf",
            "passwd: dns\nhosts: dns\nnetgroup: dns\n",
        );
        world.check_all(&[
            clients("@group")
                .from("127.0.0.2")
                .refused()
                .who("good.example.test")
                .without_netgroups("T13", "allow", false, "127.0.0.2"),
            rule("svcd: ALL: user nobody", "")
                .from("127.0.0.2")
                .refused()
                .says(unknown),
        ]);
    });
}

#[test]
fn a_plug_in_of_the_name_service_decides() {
    // It names the machine's own addresses after the machine; no file and no server knows them.
    scenario(&["libnss-myhostname"], |world| {
        let known = |address: &str, known: bool| {
            let case = clients("scenario").from(address).is(known);
            case.who(if known { "scenario" } else { address })
        };
        for (services, is_known) in [("files myhostname", true), ("files", false)] {
            world.file("/etc/nsswitch.conf", format!("hosts: {services}\n"));
            world.check_all(&[
                known("192.0.2.7", is_known),
                known("2001:db8::5", is_known),
                clients("ALL EXCEPT LOCAL")
                    .from("192.0.2.7")
                    .is(!is_known)
                    .who(if is_known { "scenario" } else { "192.0.2.7" }),
            ]);
        }
    });
}

#[test]
fn a_plug_in_may_know_users() {
    // It knows nobody without a file of users.
    scenario(&["root", "libnss-systemd"], |world| {
        let unknown = "error: /etc/hosts.allow, line 1: unknown user: \"nobody\"";
        let nobody = || rule("svcd: ALL: user nobody", "").from("127.0.0.2");
        world.file("/etc/passwd", "root:x:0:0::/:/bin/sh\n");
        world.file("/etc/nsswitch.conf", "passwd: files systemd\n");
        world.check(&nobody().granted());
        world.file("/etc/nsswitch.conf", "passwd: files\n");
        world.check(&nobody().refused().says(unknown));
    });
}
