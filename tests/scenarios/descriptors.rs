//! Descriptors that are scarce or closed: what a command writes never reaches the client by
//! accident, and neither does the log.

use std::time::Duration;

use scenarios::{Call, Dns, Ident, Subject, Verdict, scenario};

#[test]
fn a_command_with_few_descriptors_left_does_not_speak_to_the_client() {
    scenario(&[], |world| {
        for limit in 4..=12 {
            let limit = limit.to_string();
            let call = Call::new()
                .launch(&["-n", &limit])
                .patience(Duration::from_secs(8));
            world.tables("svcd: ALL: spawn echo leak; echo leak >&2\n", "ALL: ALL\n");
            let outcome = world.run(&call);
            world.same(&limit, outcome.verdict, Verdict::Granted);
            world.same(&limit, outcome.read, String::new());
            world.tables("svcd: ALL: aclexec echo leak\n", "ALL: ALL\n");
            let outcome = world.run(&call);
            let read = world.differs("O2", "leak\n", "");
            world.same(&limit, outcome.read.as_str(), read);
        }
    });
}

#[test]
fn the_log_does_not_take_the_place_of_standard_output() {
    scenario(&[], |world| {
        world.file("/srv/sh", "no program");
        world.tool("mount", &["--bind", "/srv/sh", "/usr/bin/dash"]);
        world.tables("svcd: ALL: twist echo hi\n", "");
        let outcome = world.run(&Call::new().launch(&["-c", "1", "-c", "2"]));
        world.same("verdict", outcome.verdict, Verdict::Twisted);
        if world.subject == Subject::Debian {
            return;
        }
        // In the original the log's socket becomes the client's, who reads the last record.
        world.same("client", outcome.read.as_str(), "");
        let last = "warning: /etc/hosts.allow, line 1: twist_option: /bin/sh: Permission denied";
        world.same("log", outcome.texts().last().copied(), Some(last));
    });
}

/// What needs a name or a user is in error where there is no descriptor to ask with; Debian's serves.
#[test]
fn with_few_descriptors_left_a_name_is_not_unknown() {
    scenario(&[], |world| {
        let dns = Dns::usual();
        dns.host("host.evil.example", "127.0.0.10");
        dns.reverse("127.0.0.11", "liar.evil.example")
            .forward("liar.evil.example", "127.0.0.12");
        let ident = Ident::start("127.0.0.10");
        ident.user("joe");
        world.file("/etc/netgroup", "bad (host.evil.example,,)\n");
        world.file("/srv/names", ".evil.example\n");
        let mut opened = 0;
        for (client, allow, deny) in [
            ("127.0.0.10", "", "svcd: .evil.example\n"),
            ("127.0.0.10", "", "svcd: /srv/names\n"),
            ("127.0.0.10", "", "svcd: KNOWN\n"),
            ("127.0.0.10", "", "svcd: @bad\n"),
            ("127.0.0.10", "", "svcd: joe@ALL\n"),
            ("127.0.0.11", "", "svcd: PARANOID\n"),
            (
                "127.0.0.10",
                "svcd: ALL EXCEPT .evil.example\n",
                "ALL: ALL\n",
            ),
            ("127.0.0.10", "svcd: .evil.example: deny\nsvcd: ALL\n", ""),
            ("127.0.0.10", "svcd: UNKNOWN\n", "ALL: ALL\n"),
        ] {
            world.tables(allow, deny);
            for limit in 3..=12 {
                let limit = limit.to_string();
                let call = Call::new().from(client).launch(&["-n", &limit]);
                let outcome = world.run(&call.patience(Duration::from_secs(8)));
                let granted = outcome.verdict == Verdict::Granted;
                opened += usize::from(granted);
                if world.subject == Subject::Ours {
                    world.holds(&format!("{allow}{deny}{limit}"), !granted, || {
                        format!("{outcome:#?}")
                    });
                }
            }
        }
        let some = world.differs("N6", true, false);
        world.same("granted to some", opened > 0, some);
        // Addresses need none but that of the table.
        world.tables("", "svcd: 127.0.0.9\n");
        let call = Call::new().launch(&["-n", "5"]);
        let outcome = world.run(&call);
        world.same("by address", outcome.verdict, Verdict::Granted);
    });
}
