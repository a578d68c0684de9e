//! `--export`: what it writes, and when it refuses to. That no text is more open than the tables is proven in
//! crates/policy, and by the real readers in tests/scenarios and tests/machines.

use std::path::Path;
use std::process::Command;

use test_kit::{Run, Scratch, corpus, run, skip_always};

/// The tables of the manual's examples.
const ALLOW: &str = "\
sshd: 10.0.0.0/8 EXCEPT 10.66.0.0/16
sshd: .example.org root@[2001:db8::]/32
";
const DENY: &str = "ALL: ALL\n";

fn scratch(allow: &str, deny: &str) -> Scratch {
    let scratch = Scratch::new();
    scratch.file("hosts.allow", allow);
    scratch.file("hosts.deny", deny);
    scratch
}

fn export(scratch: &Scratch, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tcpdmatch"));
    command.current_dir(scratch.path());
    run(command.args(["-d", "--export"]).args(arguments))
}

/// The text without its comments.
fn body(run: &Run) -> String {
    let lines = run.stdout.lines().filter(|line| !line.starts_with('#'));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_addresses_say_is_exported_whole() {
    let scratch = scratch(
        "sshd: 192.0.2.0/24 [2001:db8::]/32 EXCEPT 192.0.2.128/25\n",
        DENY,
    );
    let systemd = export(&scratch, &["systemd", "sshd"]);
    assert_eq!(systemd.status, Some(0), "{}", systemd.stderr);
    assert_eq!(
        body(&systemd),
        "[Service]\nIPAddressAllow=\nIPAddressDeny=\nIPAddressDeny=any\n\
         IPAddressAllow=192.0.2.0/25\nIPAddressAllow=2001:db8::/32"
    );
    assert_eq!(systemd.stderr, "");
    let head = "# Who may connect to sshd, by hosts.allow and hosts.deny;";
    assert!(systemd.stdout.starts_with(head), "{}", systemd.stdout);
    let sshd = export(&scratch, &["sshd", "sshd"]);
    let plain = "Match Address *,!192.0.2.0/25,!2001:db8::/32\n\tDenyUsers *\nMatch all";
    assert_eq!((sshd.status, &*body(&sshd)), (Some(0), plain));
    let nft = export(&scratch, &["nft", "--port", "2222", "--port", "22", "sshd"]);
    assert_eq!(nft.status, Some(0), "{}", nft.stderr);
    assert!(
        body(&nft).contains("th dport { 2222, 22 } jump guard"),
        "{}",
        nft.stdout
    );
    // A daemon given by its path has the last part of it as its name.
    assert_eq!(body(&export(&scratch, &["sshd", "/usr/sbin/sshd"])), plain);
}

#[test]
fn refuse_connection_is_written_only_if_that_sshd_knows_it() {
    let scratch = scratch("sshd: 10.\n", DENY);
    for (version, line) in [
        ("OpenSSH_9.2, OpenSSL 3.0.22 25 Aug 2026", false),
        ("9.8p1", false),
        (
            "OpenSSH_10.0p2 Debian-7+deb13u4, OpenSSL 3.5.9 29 Sep 2026",
            true,
        ),
    ] {
        let run = export(&scratch, &["sshd", "--sshd-version", version, "sshd"]);
        assert_eq!(run.status, Some(0), "{}", run.stderr);
        assert_eq!(
            body(&run).contains("\tRefuseConnection yes\n\tDenyUsers *"),
            line
        );
    }
    let run = export(&scratch, &["sshd", "--sshd-version", "new", "sshd"]);
    assert_eq!((run.status, &*run.stdout), (Some(2), ""));
}

#[test]
fn what_addresses_cannot_say_is_listed_and_never_let_in() {
    for (allow, listed) in [
        (
            "sshd: 10. .example.org\n",
            "hosts.allow:1: granted if its name ends in .example.org",
        ),
        (
            "sshd: 10.\nsshd: root@192.0.2.7\n",
            "hosts.allow:2: granted if its user is root",
        ),
        (
            "sshd: 10.\nsshd: @group\n",
            "hosts.allow:2: granted if its name is in netgroup group",
        ),
        (
            "sshd: 10.\nsshd: 192.0.2.: twist /bin/x\n",
            "hosts.allow:2: delegated to a command",
        ),
        (
            "sshd: 10.\nsshd@192.0.2.1: ALL\n",
            "hosts.allow:2: granted if the server's end",
        ),
        (
            "sshd: 10.\n22: ALL\n",
            "hosts.allow:2: granted if the server's port is 22",
        ),
        (
            "sshd: 10.\nsshd: [fe80::1%eth0]\n",
            "hosts.allow:2: granted if it is on link eth0",
        ),
        (
            "sshd: 10.\nsshd: ALL: aclexec /bin/sh x\n",
            "hosts.allow:2: granted if the command of",
        ),
        (
            "sshd: PARANOID: deny\nsshd: ALL\n",
            "hosts.allow:1: denied if its name does not lead",
        ),
    ] {
        let scratch = scratch(allow, DENY);
        let run = export(&scratch, &["systemd", "sshd"]);
        assert_eq!((run.status, &*run.stdout), (Some(1), ""), "{allow}");
        assert!(run.stderr.contains(listed), "{allow}: {}", run.stderr);
        assert!(run.stderr.contains("--partial"), "{}", run.stderr);
        let partial = export(&scratch, &["systemd", "--partial", "sshd"]);
        assert_eq!(partial.status, Some(1));
        assert!(partial.stderr.contains(listed), "{}", partial.stderr);
        assert!(
            partial.stdout.contains(&format!("#   {listed}")),
            "{}",
            partial.stdout
        );
        let granted = body(&partial);
        let networks: Vec<_> = granted
            .lines()
            .filter_map(|line| line.strip_prefix("IPAddressAllow="))
            .filter(|network| !network.is_empty())
            .collect();
        if allow.contains("PARANOID") {
            assert!(networks.is_empty(), "{networks:?}");
        } else {
            assert_eq!(networks, ["10.0.0.0/8"], "{allow}");
        }
    }
    // The port is settled where it is known.
    let scratch = scratch("22: 192.0.2.7\n", DENY);
    let run = export(&scratch, &["nft", "--port", "22", "sshd"]);
    assert_eq!(run.status, Some(0));
    assert!(run.stdout.contains("192.0.2.7/32"), "{}", run.stdout);
    let run = export(&scratch, &["nft", "--port", "22", "--port", "23", "sshd"]);
    assert_eq!((run.status, &*run.stdout), (Some(2), ""));
    assert!(
        run.stderr.contains("export each of them by itself"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_is_in_error_is_refused_and_said() {
    let scratch = scratch("sshd: 10.\nsshd: /etc\nsshd: 192.0.2.\n", "ALL: ALL");
    let run = export(&scratch, &["sshd", "sshd"]);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    assert_eq!(
        body(&run),
        "Match Address *,!10.0.0.0/8\n\tDenyUsers *\nMatch all"
    );
    for text in [&run.stdout, &run.stderr] {
        assert!(
            text.contains("n error, and refused: hosts.deny, line 1: "),
            "{text}"
        );
        assert!(
            text.contains("n error, and refused: hosts.allow, line 2: "),
            "{text}"
        );
    }
}

#[test]
fn what_cannot_be_exported_has_a_status_of_its_own() {
    let scratch = scratch("sshd: 10.\n", DENY);
    for (arguments, said) in [
        (&["nft", "a daemon of no port"][..], "say it with --port"),
        (&["sshd", "sshd@10.0.0.1"], "without a server"),
        (&["sshd", ""], "the name of a daemon"),
        (
            &["systemd", "--unit", "ssh@.service", "sshd"],
            "a socket unit",
        ),
        (
            &["systemd", "--unit", "a/b.service", "sshd"],
            "no name of a service or socket unit",
        ),
        (
            &["systemd", "--unit", "ssh", "sshd"],
            "no name of a service or socket unit",
        ),
    ] {
        let run = export(&scratch, arguments);
        assert_eq!((run.status, &*run.stdout), (Some(2), ""), "{arguments:?}");
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
    let many: String = (0..20_000)
        .map(|at| format!("10.{}.{}.4\n", at / 256, at % 256))
        .collect();
    let list = scratch.file("many", many);
    scratch.file("hosts.allow", format!("sshd: {}\n", list.display()));
    let run = export(&scratch, &["sshd", "sshd"]);
    assert_eq!((run.status, &*run.stdout), (Some(2), ""));
    assert!(run.stderr.contains("too much for sshd"), "{}", run.stderr);
    assert_eq!(export(&scratch, &["systemd", "sshd"]).status, Some(0));
}

#[test]
fn no_text_ends_a_comment() {
    let scratch = scratch("sshd: 10. *\\\\\n", DENY);
    for arguments in [
        &["systemd", "--partial", "sshd\ndrop\\"][..],
        &["nft", "--port", "22", "--partial", "sshd\\\n}"],
        &[
            "systemd",
            "--partial",
            "--unit",
            "a\nExecStart=x.service",
            "sshd",
        ],
        &["sshd", "--partial", "sshd"],
    ] {
        let run = export(&scratch, arguments);
        for line in run
            .stdout
            .lines()
            .take_while(|line| !line.starts_with(['[', 't', 'M']))
        {
            assert!(line.starts_with("# ") && !line.ends_with('\\'), "{line}");
        }
        assert!(!body(&run).contains("ExecStart") && !run.stdout.is_empty());
    }
}

#[test]
fn the_port_is_that_of_the_daemons_service() {
    let scratch = scratch("", "");
    scratch.file("root/etc/services", "ssh 22/tcp\n");
    scratch.file("root/etc/hosts.allow", "sshd: 10.\n");
    scratch.file("root/etc/hosts.deny", DENY);
    let mut command = Command::new(env!("CARGO_BIN_EXE_tcpdmatch"));
    command.current_dir(scratch.path());
    let run = run(command.args(["--root", "root", "--export", "nft", "sshd"]));
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("th dport { 22 } "), "{}", run.stdout);
    for text in [&run.stdout, &run.stderr] {
        assert!(
            text.contains("Port 22 is that of ssh in /etc/services"),
            "{text}"
        );
    }
}

/// A socket unit filters what comes through it, so the drop-in is for that one where it is used.
#[test]
fn the_drop_in_is_for_the_unit_that_opens_the_socket() {
    let scratch = scratch("", "");
    scratch.file("root/etc/hosts.deny", DENY);
    let unit = |expected: &str, section: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tcpdmatch"));
        command.current_dir(scratch.path());
        let run = run(command.args(["--root", "root", "--export", "systemd", "sshd"]));
        let place = format!("/etc/systemd/system/{expected}.d/");
        assert!(run.stdout.contains(&place), "{expected}: {}", run.stdout);
        assert!(body(&run).starts_with(section), "{}", run.stdout);
    };
    unit("sshd.service", "[Service]");
    let folder = "root/lib/systemd/system";
    scratch.file(
        &format!("{folder}/ssh@.service"),
        "[Service]\nExecStart=-/usr/sbin/sshd -i\n",
    );
    unit("ssh.socket", "[Socket]");
    scratch.file(
        &format!("{folder}/ssh.service"),
        "[Service]\nExecStart=/usr/sbin/sshd -D\n",
    );
    unit("ssh.service", "[Service]");
    scratch.file(
        "root/etc/systemd/system/sockets.target.wants/ssh.socket",
        "",
    );
    unit("ssh.socket", "[Socket]");
}

#[test]
fn what_the_manual_shows_is_what_comes() {
    let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../man/tcpdmatch.8");
    let manual = std::fs::read_to_string(manual).unwrap();
    let shown = |start: &str| {
        let (_, after) = manual.split_once(start).unwrap();
        let (_, block) = after.split_once(".Bd -literal -offset indent\n").unwrap();
        block.split_once(".Ed").unwrap().0.replace("\\&", "")
    };
    let scratch = scratch(ALLOW, DENY);
    let run = export(&scratch, &["sshd", "--partial", "sshd"]);
    assert_eq!(run.status, Some(1));
    assert_eq!(shown(".\\\" example: listed"), run.stderr);
    let whole = body(&run) + "\n";
    let (start, end) = whole.split_once(",!10.67").unwrap();
    let end = end.split_once('\n').unwrap().1;
    assert_eq!(shown(".\\\" example: sshd"), format!("{start},...\n{end}"));
}

/// Each pair of tables below a folder is exported for each reader, or it is said why not; how many there were.
fn export_below(root: &Path) -> usize {
    let mut exported = 0;
    for folder in std::fs::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        let tables = ["hosts.allow", "hosts.deny"].map(|name| folder.join(name));
        if !tables.iter().any(|table| table.exists()) {
            continue;
        }
        let [allow, deny] = tables.map(|table| {
            if table.exists() {
                table
            } else {
                "/dev/null".into()
            }
        });
        for form in [&["nft", "--port", "22"][..], &["systemd"], &["sshd"]] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_tcpdmatch"));
            command
                .arg("--tables")
                .args([&allow, &deny])
                .arg("--export");
            let run = run(command.args(form).args(["--partial", "sshd"]));
            let too_much = run.status == Some(2) && run.stderr.contains("too much for sshd");
            let told = run.status == Some(i32::from(run.stderr.contains("alone cannot say")));
            assert!(
                too_much || told && !run.stdout.is_empty(),
                "{folder:?}: {}",
                run.stderr
            );
        }
        exported += 1;
    }
    exported
}

#[test]
fn the_examples_can_be_exported() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    assert!(export_below(&root) > 3);
}

#[test]
fn real_tables_can_be_exported() {
    match corpus() {
        Some(folder) => assert!(export_below(&folder) > 50),
        None => skip_always(
            "real_tables_can_be_exported",
            "the folder of real tables beside the project",
        ),
    }
}
