//! Banner files: what reaches the client, and what cannot be sent.

use std::time::Duration;

use scenarios::{Call, Case, Client, Dns, Verdict, rule, scenario};

/// A rule that sends the banners of /srv/ban and grants.
fn banner() -> Case {
    rule("svcd: ALL: banners /srv/ban", "")
}

#[test]
fn lines_end_as_the_protocols_want() {
    scenario(&[], |world| {
        for (content, sent) in [
            ("one\n", "one\r\n"),
            ("one\ntwo\n\n", "one\r\ntwo\r\n\r\n"),
            ("open", "open"),
            ("one\nopen", "one\r\nopen"),
            ("cr\r\n", "cr\r\r\n"),
            ("", ""),
            ("\n", "\r\n"),
            ("220-Hello, %c\n", "220-Hello, 127.0.0.1\r\n"),
            ("100%% %d\n", "100% svcd\r\n"),
            ("\u{e9}\u{1b}(x\n", "\u{e9}\u{1b}(x\r\n"),
            // A bracket that is not closed takes part in the counting.
            ("[x\ny\n", "[x\ny\r\n"),
            ("[x]\n", "[x]\r\n"),
        ] {
            world.file("/srv/ban/svcd", content);
            world.check(&banner().granted().reads(sent));
            let deny = rule("", "svcd: ALL: banners /srv/ban");
            world.check(&deny.refused().reads(sent));
        }
    });
}

#[test]
fn nul_bytes_and_lone_percent_signs() {
    scenario(&[], |world| {
        world.file("/srv/ban/svcd", "\0\0x\n");
        world.check(&banner().granted().reads("\0\0x\r\n"));
        world.file("/srv/ban/svcd", "a\0b\nc\n");
        world.check(&banner().granted().reads("ac\r\n"));
        world.file("/srv/ban/svcd", "x %\ny\n");
        let warning = "warning: /etc/hosts.allow, line 1: unrecognized %";
        world.check(
            &banner()
                .granted()
                .reads("x \ny\r\n")
                .says(&format!("{warning}\r"))
                .but("N9")
                .silent()
                .says(&format!("{warning}…")),
        );
    });
}

#[test]
fn the_file_is_named_after_the_daemon() {
    scenario(&[], |world| {
        let _dns = Dns::usual();
        std::fs::hard_link("/srv/svcd", "/srv/other").unwrap();
        world.file("/srv/ban/svcd", "svcd\n");
        world.file("/srv/ban/other", "%n %a\n");
        world.file("/srv/ban/d/svcd", "deep\n");
        world.check_all(&[
            banner().granted().reads("svcd\r\n"),
            rule("other: ALL: banners /srv/ban", "")
                .argv0("/srv/other")
                .from("127.0.0.2")
                .granted()
                .who("good.example.test")
                .reads("good.example.test 127.0.0.2\r\n"),
            rule("svcd: ALL: banners /srv/ban/", "")
                .granted()
                .reads("svcd\r\n"),
            rule("svcd: ALL: banners=/srv/ban: banners /srv/ban", "")
                .granted()
                .reads("svcd\r\nsvcd\r\n"),
        ]);
    });
}

#[test]
fn what_is_not_there_is_not_sent() {
    let warning = "warning: /etc/hosts.allow, line 1: ";
    scenario(&[], |world| {
        world.file("/srv/file", "x\n");
        world.file("/srv/directory/svcd/x", "x\n");
        std::fs::create_dir("/srv/empty").unwrap();
        let ban = |path: &str| rule(&format!("svcd: ALL: banners {path}"), "").granted();
        world.check_all(&[
            ban("/srv/nothing").says(&format!("{warning}/srv/nothing: No such file or directory")),
            ban("/srv/%d").says(&format!("{warning}/srv/%d: No such file or directory")),
            ban("/srv/file"),
            ban("/srv/empty"),
            ban("/srv/directory"),
            rule("", "svcd: ALL: banners /srv/nothing")
                .refused()
                .says("warning: /etc/hosts.deny, line 1: /srv/nothing: No such file or directory"),
        ]);
    });
}

#[test]
fn datagram_clients_get_no_banner() {
    scenario(&[], |world| {
        world.file("/srv/ban/svcd", "banner\n");
        world.check(&banner().from("udp 127.0.0.1").granted().reads(""));
    });
}

#[test]
fn long_lines_are_lines() {
    scenario(&[], |world| {
        // The expansion stands across the original's border of 8190 bytes.
        world.file("/srv/ban/svcd", format!("{}%a\n", "x".repeat(8189)));
        let text = |end: &str| format!("{}{end}\r\n", "x".repeat(8189));
        let case = banner().granted().reads(&text("%a"));
        world.check(&case.but("T1").reads(&text("127.0.0.1")));
        world.file("/srv/ban/svcd", "y".repeat(100_000));
        world.check(&banner().granted().reads(&"y".repeat(100_000)));
    });
}

#[test]
fn a_client_that_has_gone_is_still_logged() {
    scenario(&[], |world| {
        world.file("/srv/ban/svcd", "one\ntwo\nthree\n".repeat(1000));
        for (allow, deny, ours) in [
            (
                "",
                "svcd: ALL: banners /srv/ban\n",
                "refused connect from 127.0.0.1 (127.0.0.1)",
            ),
            (
                "svcd: ALL: banners /srv/ban: severity crit\n",
                "",
                "connect from 127.0.0.1 (127.0.0.1)",
            ),
        ] {
            world.tables(allow, deny);
            let mut running = Call::new().launch(&["-t", "1"]).start();
            running.client.hang_up();
            let outcome = running.outcome(world);
            // The original dies of SIGPIPE.
            let expected = world.differs("O6", vec![], vec![ours]);
            world.same(ours, outcome.texts(), expected);
        }
    });
}

#[test]
fn a_client_that_does_not_read_does_not_hold_the_server() {
    scenario(&[], |world| {
        world.file("/srv/ban/svcd", "x".repeat(70).repeat(1 << 20));
        world.tables("", "svcd: ALL: banners /srv/ban\n");
        if world.hangs("O6", &Call::new().patience(Duration::from_secs(13))) {
            return;
        }
        for (allow, deny) in [
            ("", "svcd: ALL: banners /srv/ban\n"),
            ("svcd: ALL: banners /srv/ban: deny\n", ""),
        ] {
            world.tables(allow, deny);
            let outcome = Call::new()
                .patience(Duration::from_secs(60))
                .start()
                .outcome(world);
            world.same("refused in the end", outcome.verdict, Verdict::Refused);
        }
    });
}

#[test]
fn a_banner_of_fifty_megabytes_reaches_who_reads_it() {
    scenario(&[], |world| {
        let size = 50 << 20;
        let line = "y".repeat(79) + "\n";
        for content in ["x".repeat(size), line.repeat(size / 80)] {
            world.file("/srv/ban/svcd", &content);
            world.tables("svcd: ALL: banners /srv/ban\n", "");
            let mut running = Call::new().patience(Duration::from_secs(60)).start();
            let read = running.client.read_all(Duration::from_secs(30));
            let outcome = running.outcome(world);
            let whole = content.len() + content.matches('\n').count() + "served\n".len();
            world.same("all of it", read.len(), whole);
            let logged = vec!["connect from 127.0.0.1 (127.0.0.1)"];
            world.same("and it is logged", outcome.texts(), logged);
        }
    });
}

#[test]
fn a_fifo_is_no_banner() {
    scenario(&[], |world| {
        std::fs::create_dir("/srv/ban").unwrap();
        world.tool("mkfifo", &["/srv/ban/svcd"]);
        world.tables("svcd: ALL: banners /srv/ban\n", "");
        if world.hangs("O6", &Call::new().patience(Duration::from_secs(3))) {
            return;
        }
        world.check(&banner().granted().within(Duration::from_secs(5)));
    });
}

#[test]
fn a_service_behind_inetd_greets() {
    scenario(&["openbsd-inetd"], |world| {
        world.file("/srv/ban/svcd", "220-Hello, %c\n");
        world.tables("svcd: ALL: banners /srv/ban\n", "");
        let line = "4000 stream tcp nowait root /usr/sbin/tcpd /srv/svcd\n";
        let _inetd = scenarios::Superserver::inetd(world, line, &[4000]);
        let text =
            Client::connect("127.0.0.1", "127.0.0.1", 4000).read_all(Duration::from_secs(10));
        world.same(
            "greeting",
            String::from_utf8_lossy(&text).as_ref(),
            "220-Hello, 127.0.0.1\r\nserved\n",
        );
    });
}
