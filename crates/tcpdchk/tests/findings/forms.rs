//! The forms in which findings and usage are shown.

use tools::testing::{COLOUR_SETTINGS, check_completions, on_terminal};

use crate::{tcpdchk, tree};

/// The forms in which a finding is shown.
#[test]
fn formats() {
    let tree = tree("svcd: \\\n  10.0.0.1/8\n", "ALL: ALL\n");
    let human = tcpdchk(&tree, &[]).stdout;
    let gcc = tcpdchk(&tree, &["--format", "gcc"]).stdout;
    let json = tcpdchk(&tree, &["--format", "json"]).stdout;
    let classic = tcpdchk(&tree, &["--format", "classic"]).stdout;
    let text = "10.0.0.1/8: host bits are set, so it never matches";
    assert_eq!(
        human,
        format!(
            "error: ./etc/hosts.allow, line 2: {text}\n \
             --> ./etc/hosts.allow:1:9\n  \
             |\n\
             1 | svcd: \\\n  \
             |\n\
             2 |   10.0.0.1/8\n  \
             |   ^^^^^^^^^^\n  \
             |\n  \
             = error [host-bits]: a network with host bits set\n  \
             = why: A client matches if masking its address gives exactly the network that is written, so \
             this pattern never matches. In hosts.deny it lets everybody in.\n  \
             = help: Write the address of the network, with zeros behind the mask.\n  \
             = write: 10.0.0.0/8\n\n\
             1 error, 0 warnings, 0 notes; tcpdchk --explain ID tells more\n"
        )
    );
    assert_eq!(
        gcc,
        format!(
            "./etc/hosts.allow:1:9: error: {text}; write: 10.0.0.0/8 [host-bits]\n\
             ./etc/hosts.allow:2:3: note: here\n"
        )
    );
    for part in [
        "\"id\":\"host-bits\"",
        "\"level\":\"error\"",
        "\"line\":1",
        "\"column\":9",
        "\"word_line\":2",
        "\"word_column\":3",
        "\"word\":\"10.0.0.1/8\"",
        "\"instead\":\"10.0.0.0/8\"",
    ] {
        assert!(json.contains(part), "{part}: {json}");
    }
    assert_eq!(classic, "");
}

/// The line is the rule's first, wherever the word stands; the column never lies in another word of
/// that line; and a long line that is cut has its right place.
#[test]
fn places() {
    let long = "10.2.3.4 ".repeat(60);
    for (rule, gcc, head, lines) in [
        (
            "svcd: 10.0.0.1/8 \\\n  10.",
            &["1:7: error: "][..],
            "1:7",
            &["1 | svcd: 10.0.0.1/8 \\"][..],
        ),
        (
            "svcd: 10. \\\n11. \\\n\t10.0.0.1/8",
            &["1:16: error: ", "3:2: note: here"],
            "1:16",
            &["1 | svcd: 10. \\", "3 |     10.0.0.1/8"],
        ),
        (
            "\\\nsvcd: 10.0.0.1/8",
            &["1:7: error: ", "2:7: note: here"],
            "1:7",
            &["1 | \\", "2 | svcd: 10.0.0.1/8"],
        ),
        (
            &format!("svcd: {long}10.0.0.1/8"),
            &["1:547: error: "],
            "1:547",
            &["10.2.3.4 10.0.0.1/8"],
        ),
        (
            &format!("svcd: {long}\\\n{long}10.0.0.1/8"),
            &["1:1087: error: ", "2:541: note: here"],
            "1:1087",
            &["1 | svcd: 10.2.3.4", "2 | "],
        ),
    ] {
        let tree = tree(&format!("{rule}\n"), "ALL: ALL\n");
        let shown = tcpdchk(&tree, &["--format", "gcc"]).stdout;
        let mut found = shown.lines();
        for part in gcc {
            let wanted = format!("./etc/hosts.allow:{part}");
            assert!(
                found.any(|line| line.starts_with(&wanted)),
                "{wanted}: {shown}"
            );
        }
        let notes = shown.lines().filter(|line| line.ends_with("note: here"));
        assert_eq!(notes.count(), gcc.len() - 1, "{shown}");
        let human = tcpdchk(&tree, &[]).stdout;
        let mut found = human.lines();
        let head = format!("--> ./etc/hosts.allow:{head}");
        for wanted in [&[&*head], lines].concat() {
            assert!(found.any(|line| line.contains(wanted)), "{wanted}: {human}");
        }
        assert!(!human.contains(":::"), "{human}");
    }
}

/// What a table holds does not get at the terminal, and the words of its rules and files neither.
#[test]
fn no_escape_sequence_gets_through() {
    let rules =
        "svcd: /srv/\x1b[31mx /srv/\x1b[2J\na\x1b[1mb: \x1b]0;t\x07: banners /\x1b[2J\nx\x1b[3m\n";
    let rules = format!(
        "{rules}svcd: ALL: spawn /bin/\x1b4m &\nx EXCEPT: @\x1b6m joe@\u{9b}7m: \u{9b}8m\n"
    );
    let tree = tree(&rules, "ALL: ALL\n");
    tree.file("srv/\x1b[31mx", "\x1b[31my\n10.0.0.0/33\x1b[31m\n");
    for format in ["human", "classic", "gcc", "json"] {
        for arguments in [&["--format", format][..], &["-v", "--format", format]] {
            let said = tcpdchk(&tree, arguments).stdout;
            assert!(
                !said.contains(['\x1b', '\x07', '\u{9b}']),
                "{format}: {said:?}"
            );
            assert!(
                format == "classic" || said.contains("list-missing"),
                "{said}"
            );
        }
    }
    let program = "ExecStart=@/usr/sbin/tcpd /usr/sbin/s\x1b[7md\n";
    tree.file(
        "etc/systemd/system/u\x1b[8m.service",
        format!("[Service]\n{program}"),
    );
    let server = "flags = NAMEINARGS\nserver = /usr/sbin/tcpd\nserver_args = x\x1b[9md";
    tree.file(
        "etc/xinetd.conf",
        format!("service a\x1b[1mb\n{{\n{server}\n}}\n"),
    );
    tree.file(
        "etc/inetd.conf",
        "s stream tcp nowait root /usr/sbin/tcpd /usr/sbin/i\x1b[2md\n",
    );
    tree.file("etc/hosts.allow", "s\x1b7md x\x1b9md i\x1b2md: ALL\n");
    for arguments in [
        &["--services"][..],
        &[],
        &["--services", "--format", "json"],
    ] {
        let said = tcpdchk(&tree, arguments).stdout;
        assert!(!said.contains('\x1b'), "{said:?}");
        let services = arguments.contains(&"--services");
        assert!(
            !services || (said.contains("u\\033") || said.contains("u\\\\033")),
            "{said}"
        );
    }
    let ran = tcpdchk(&tree, &["--\x1b[31m"]);
    assert!(!ran.stderr.contains('\x1b'), "{ran:?}");
}

/// Wrong usage says what is meant.
#[test]
fn usage_has_a_tip() {
    let tree = tree("", "");
    for (arguments, tip) in [
        (
            &["--forma", "gcc"][..],
            "a similar argument exists: '--format'",
        ),
        (
            &["--format", "x"],
            "[possible values: human, classic, gcc, json]",
        ),
        (&["--explain", "net-mas"], "did you mean net-mask?"),
        (&["--explain", "net"], "did you mean net-mask?"),
    ] {
        let ran = tcpdchk(&tree, arguments);
        assert!(ran.stderr.contains(tip) && ran.status == Some(2), "{ran:?}");
    }
    // Short, all of it on one screen.
    let help = tcpdchk(&tree, &["--help"]).stdout;
    assert!(
        help.contains("--no-dns") && help.lines().count() < 24,
        "{help}"
    );
}

/// Completions for each shell name the options.
#[test]
fn completions() {
    let options = [
        "no-dns", "services", "explain", "format", "strict", "root", "tables",
    ];
    check_completions(env!("CARGO_BIN_EXE_tcpdchk"), &options);
}

/// Colours are for terminals, and for those who want them.
#[test]
fn colours() {
    let tree = tree("svcd: 10.0.0.0/33\n", "ALL: ALL\n");
    let plain = tcpdchk(&tree, &[]).stdout;
    assert!(plain.contains("bad net/mask") && !plain.contains('\x1b'));
    for (setting, coloured) in COLOUR_SETTINGS {
        let program = env!("CARGO_BIN_EXE_tcpdchk");
        let line = "--root . --no-dns";
        let Some(shown) = on_terminal("colours", program, tree.path(), line, setting) else {
            return;
        };
        let shown = shown.stdout;
        assert!(shown.contains("bad net/mask"), "{shown}");
        assert_eq!(shown.contains('\x1b'), coloured, "{setting}: {shown}");
    }
}
