//! The forms in which findings and usage are shown.

use serde_json::{Value, json};
use test_kit::{COLOUR_SETTINGS, check_completions, on_terminal};

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
             = help: Write the address of the network, with zeros after the mask.\n  \
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
    for format in ["human", "classic", "gcc", "json", "sarif"] {
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
            "[possible values: human, classic, gcc, json, sarif]",
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

/// What `--format sarif` writes keeps to its schema, has each finding, and says where and what to write.
#[test]
fn sarif_keeps_to_its_schema() {
    // Published by OASIS; this copy comes with the crate serde-sarif (MIT).
    let schema = include_str!("../data/sarif-schema-2.1.0.json");
    // One of its patterns has a bracket too many.
    let schema = schema.replace("-[a-zA-Z]{2}]?$", "-[a-zA-Z]{2}?$");
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let tables = "svcd: \\\n  10.0.0.1/8\n# tcpdchk: allow net-mask: kept for later\nsvcd: 1/33\n";
    for (allow, deny) in [
        (tables, "ALL: ALL\n"),
        ("svcd: 10.\n", "ALL: ALL\n"),
        ("x\0", "y"),
    ] {
        let tree = tree(allow, deny);
        let shown = tcpdchk(&tree, &["--format", "sarif"]).stdout;
        let report: Value = serde_json::from_str(&shown).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&report)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, [""; 0]);
        let gcc = tcpdchk(&tree, &["--format", "gcc"]).stdout;
        let counted = gcc
            .lines()
            .filter(|line| !line.ends_with("note: here"))
            .count();
        let results = report["runs"][0]["results"].as_array().unwrap();
        let open = results
            .iter()
            .filter(|result| result["suppressions"].is_null());
        assert_eq!(open.count(), counted, "{gcc}");
        if allow != tables {
            continue;
        }
        let rule = &results[0];
        let place = &rule["locations"][0]["physicalLocation"];
        let region = json!({"startLine": 2, "startColumn": 3, "endColumn": 13});
        assert_eq!(rule["ruleId"], "host-bits");
        assert_eq!(place["artifactLocation"]["uri"], "etc/hosts.allow");
        assert_eq!(place["region"], region);
        let change = &rule["fixes"][0]["artifactChanges"][0]["replacements"][0];
        assert_eq!(change["insertedContent"]["text"], "10.0.0.0/8");
        assert_eq!(change["deletedRegion"], region);
        assert_eq!(results[1]["ruleId"], "net-mask");
        assert_eq!(
            results[1]["suppressions"][0]["justification"],
            "kept for later"
        );
    }
}

/// Like findings are told once to people, with their number and first places, and all of them to programs.
#[test]
fn like_findings_are_told_once() {
    let rules = |count: usize| -> String {
        let rules = (0..count).map(|number| format!("svcd: 10.{number}.0.1  #38\n"));
        rules.collect()
    };
    let tree = tree(&rules(200), "ALL: ALL\n");
    let human = tcpdchk(&tree, &[]).stdout;
    assert!(human.lines().count() < 40, "{human}");
    let more =
        "198 more like this error [trailing-comment]: ./etc/hosts.allow:3, ./etc/hosts.allow:4, ";
    assert!(
        human.contains(more) && human.contains("200 errors, 0 warnings"),
        "{human}"
    );
    for arguments in [&["--all"][..], &["-v"]] {
        let all = tcpdchk(&tree, arguments).stdout;
        assert!(
            all.matches("[trailing-comment]: ").count() == 200 && !all.contains(" more like"),
            "{all}"
        );
    }
    for format in ["gcc", "json"] {
        let all = tcpdchk(&tree, &["--format", format]).stdout;
        assert_eq!(all.matches("trailing-comment").count(), 200);
    }
    let sarif = tcpdchk(&tree, &["--format", "sarif"]).stdout;
    assert_eq!(
        sarif.matches("\"ruleId\":\"trailing-comment\"").count(),
        200
    );
}

/// Comments silence what they name, for the rule below and for no other.
#[test]
fn comments_silence_findings() {
    for (allow, ids) in [
        ("# tcpdchk: allow net-mask: a test\nsvcd: 1/33\n", &[][..]),
        (
            "# tcpdchk: allow net-mask: a test\n# more\n\nsvcd: 10. \\\n 1/33\n",
            &[],
        ),
        (
            "# tcpdchk: allow net-mask: a test\nsvcd: 10.\nsvcd: 1/33\n",
            &["net-mask", "allow-unused"],
        ),
        (
            "# tcpdchk: allow host-bits: a test\nsvcd: 1/33\n",
            &["net-mask", "allow-unused"],
        ),
        (
            "# tcpdchk: allow net-mask\nsvcd: 1/33\n",
            &["allow-form", "net-mask"],
        ),
        (
            "# tcpdchk: allow net-mas: a test\nsvcd: 1/33\n",
            &["allow-form", "net-mask"],
        ),
        (
            "svcd: 1/33\n# tcpdchk: allow net-mask: a test\n",
            &["net-mask", "allow-unused"],
        ),
        (
            "svcd: 10. \\\n# tcpdchk: allow net-mask: a test\nsvcd: 1/33\n",
            &["trailing-comment", "net-mask"],
        ),
        (
            "# tcpdchk: allow net-mask: a\n# tcpdchk: allow network-prefix: b\nsvcd: 1/33 10.1\n",
            &[],
        ),
        (
            "# tcpdchk: allow host-not-found: not asked with --no-dns\nsvcd: 10.\n",
            &[],
        ),
        (
            "# tcpdchk: allow unreachable: kept\nsvcd: 10.\n",
            &["allow-unused"],
        ),
        ("# tcpdchk: allow missing-newline: kept\nsvcd: 10.", &[]),
    ] {
        let tree = tree(allow, "ALL: ALL\n");
        let shown = tcpdchk(&tree, &["--format", "gcc"]).stdout;
        let found: Vec<_> = shown
            .lines()
            .filter(|line| !line.ends_with("note: here"))
            .map(|line| line.rsplit_once('[').unwrap().1.trim_end_matches(']'))
            .collect();
        assert_eq!(found, ids, "{allow:?}: {shown}");
    }
    let tree = tree(
        "# tcpdchk: allow net-mask: a test\nsvcd: 1/33\n",
        "ALL: ALL\n",
    );
    let human = tcpdchk(&tree, &[]);
    assert_eq!(human.status, Some(0));
    assert!(
        human.stdout.contains("0 notes, 1 allowed by comments;"),
        "{human:?}"
    );
    // The original knows no such comments.
    let classic = tcpdchk(&tree, &["--format", "classic"]).stdout;
    assert!(classic.contains("1/33: bad net/mask pattern"), "{classic}");
}
