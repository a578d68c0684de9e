//! Client lists in files: `/path` as a pattern.

use std::os::unix::fs::symlink;

use scenarios::{Case, Dns, REACHED, clients, daemons, rule, scenario};

#[test]
fn a_file_holds_patterns() {
    scenario(&[], |world| {
        let _dns = Dns::usual();
        for (name, content) in [
            ("one", "192.0.2.7\n"),
            ("open", "10.0.0.1 192.0.2.7"),
            ("white", "10.0.0.1\u{b}\u{c}\r\t 192.0.2.7\r\n"),
            ("comma", "10.0.0.1,192.0.2.7\n"),
            ("except", "ALL EXCEPT 192.0.2.7\n"),
            ("net", "10.0.0.0/8\n192.0.2.0/24\n"),
            ("name", ".example.test\n"),
            ("all", "ALL\n"),
            ("nested", "10.0.0.1 /srv/one\n"),
            ("empty", ""),
            ("missing", "/srv/nothing\n192.0.2.7\n"),
            ("user", "joe@192.0.2.7\n"),
            ("six", "2001:db8::5\n"),
            ("sixes", "2001:db8:*\n"),
            ("brackets", "[2001:db8::]/32\n"),
            ("known", "KNOWN\n"),
        ] {
            world.file(format!("/srv/{name}"), content);
        }
        let list = |name: &str, matches: bool| -> Case {
            clients(&format!("/srv/{name}"))
                .from("192.0.2.7")
                .is(matches)
        };
        let six = |name: &str| {
            clients(&format!("/srv/{name}"))
                .from("2001:db8::5")
                .granted()
        };
        world.check_all(&[
            list("one", true),
            list("open", true),
            list("white", true),
            list("comma", false).who("host.example.test"),
            list("except", true),
            list("net", true),
            list("name", true).who("host.example.test"),
            list("all", true),
            list("nested", true),
            list("empty", false),
            list("missing", true),
            list("nothing", false),
            list("user", false).who("host.example.test"),
            list("known", true).who("host.example.test"),
            six("six"),
            six("sixes"),
            six("brackets"),
            clients("/srv/one").from("192.0.2.8").refused(),
            clients("ALL EXCEPT /srv/one").from("192.0.2.7").refused(),
            clients("ALL EXCEPT /srv/one").from("192.0.2.8").granted(),
            clients("/srv/nothing 192.0.2.7")
                .from("192.0.2.7")
                .granted(),
            // In the daemon position it is just a word.
            daemons("/srv/all").refused(),
            rule("", "svcd: /srv/nothing").granted(),
        ]);
    });
}

#[test]
fn a_mark_in_a_file_begins_a_comment() {
    scenario(&[], |world| {
        world.file("/srv/list", "# ALL hosts\n10.0.0.1 # ALL\n");
        world.file("/srv/mark", "192.0.2.7#x\n");
        world.file("/srv/after", "# x\n192.0.2.7\n");
        world.check_all(&[
            clients("/srv/list")
                .from("192.0.2.7")
                .granted()
                .but("T6")
                .refused(),
            clients("/srv/mark").from("192.0.2.7").refused(),
            clients("/srv/after").from("192.0.2.7").granted(),
        ]);
    });
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let open = |table| {
        format!("warning: {table}, line 1: open /srv/circle: Too many levels of symbolic links")
    };
    scenario(&[], |world| {
        symlink("/srv/circle", "/srv/circle").unwrap();
        world.check_all(&[
            clients("/srv/circle")
                .refused()
                .says(&open("/etc/hosts.allow"))
                .in_error(REACHED),
            clients("/srv/circle 127.0.0.1")
                .granted()
                .says(&open("/etc/hosts.allow"))
                .but("T8")
                .refused()
                .in_error(REACHED),
            rule("", "svcd: /srv/circle")
                .granted()
                .says(&open("/etc/hosts.deny"))
                .but("T8")
                .refused()
                .in_error(REACHED),
            // The exception is unknown, so nobody may pass as not excepted.
            clients("ALL EXCEPT /srv/circle")
                .granted()
                .says(&open("/etc/hosts.allow"))
                .but("T8")
                .refused()
                .in_error(REACHED),
        ]);
    });
}

#[test]
fn a_file_without_permission_is_an_error() {
    let open = |table| format!("warning: {table}, line 1: open /srv/list: Permission denied");
    scenario(&["root"], |world| {
        world.file("/srv/list", "127.0.0.1\n");
        scenarios::chmod("/srv/list", 0o600);
        // The target directory may be root's alone; the world shows it elsewhere, too.
        let libraries = ["", "/usr"].map(|part| {
            format!(
                "/srv/.host/debian{part}/lib/{}-linux-gnu",
                std::env::consts::ARCH
            )
        });
        let unprivileged = |case: Case| {
            case.call(|call| {
                let call = call.launch(&["-u", "1000"]);
                call.env("LD_LIBRARY_PATH", libraries.join(":"))
            })
        };
        world.check_all(&[
            unprivileged(clients("/srv/list"))
                .refused()
                .says(&open("/etc/hosts.allow"))
                .in_error(REACHED),
            unprivileged(rule("", "svcd: /srv/list"))
                .granted()
                .says(&open("/etc/hosts.deny"))
                .but("T8")
                .refused()
                .in_error(REACHED),
        ]);
    });
}

#[test]
fn a_directory_is_no_list() {
    scenario(&[], |world| {
        std::fs::create_dir("/srv/directory").unwrap();
        world.check_all(&[
            clients("/srv/directory 127.0.0.1")
                .granted()
                .but("T8")
                .refused()
                .says("warning: /etc/hosts.allow, line 1: …/srv/directory…"),
            rule("", "svcd: /srv/directory")
                .granted()
                .but("T8")
                .refused()
                .says("warning: /etc/hosts.deny, line 1: …/srv/directory…"),
        ]);
    });
}

#[test]
fn lists_that_never_end() {
    // A FIFO, itself, a circle, an endless device, too deep a nest: the original hangs or crashes.
    scenario(&[], |world| {
        if world.only_ours("T8") {
            return;
        }
        world.tool("mkfifo", &["/srv/fifo"]);
        world.file("/srv/self", "/srv/self\n");
        world.file("/srv/a", "10.0.0.1 /srv/b\n");
        world.file("/srv/b", "/srv/a\n");
        for depth in 0..20 {
            world.file(
                format!("/srv/deep{depth}"),
                format!("/srv/deep{}\n", depth + 1),
            );
        }
        world.file("/srv/deep20", "127.0.0.1\n");
        let list = ["fifo", "self", "a", "deep0"].map(|name| format!("/srv/{name}"));
        for path in list.iter().map(String::as_str).chain(["/dev/zero"]) {
            let error = |table| format!("warning: {table}, line 1: …{}…", &path[..5]);
            world.check_all(&[
                clients(&format!("{path} 127.0.0.1"))
                    .refused()
                    .says(&error("/etc/hosts.allow")),
                rule("", &format!("svcd: {path}"))
                    .refused()
                    .says(&error("/etc/hosts.deny")),
                rule("svcd: 127.0.0.1", &format!("svcd: {path}")).granted(),
            ]);
        }
    });
}

#[test]
fn a_few_files_may_nest() {
    scenario(&[], |world| {
        for depth in 1..8 {
            world.file(format!("/srv/{depth}"), format!("/srv/{}\n", depth + 1));
        }
        world.file("/srv/8", "127.0.0.1\n");
        world.check_all(&[
            clients("/srv/1").granted(),
            clients("/srv/8 /srv/8").granted(),
            // The same file twice is no circle.
            clients("/srv/nothing /srv/6 /srv/7")
                .from("127.0.0.2")
                .refused(),
        ]);
    });
}

#[test]
fn a_long_word_is_a_word() {
    // From some 8 kB on the original overwrites its stack.
    scenario(&[], |world| {
        if world.only_ours("T1") {
            return;
        }
        for length in [8_201, 20_000, 1_000_000] {
            world.file(
                format!("/srv/{length}"),
                "A".repeat(length) + "\n127.0.0.1\n",
            );
            world.check(
                &clients(&format!("/srv/{length}"))
                    .from("127.0.0.1")
                    .granted()
                    .who("localhost"),
            );
            world.check(
                &rule("", &format!("svcd: /srv/{length}"))
                    .refused()
                    .who("localhost"),
            );
        }
    });
}
