//! Logical lines: continuation, comments, blanks, length, NUL bytes, line numbers.

use scenarios::{Case, Dns, REACHED, rule, scenario, tables};

const ALLOW: &str = "/etc/hosts.allow";
const DENY: &str = "/etc/hosts.deny";

fn separator(table: &str, line: usize) -> String {
    format!("warning: {table}, line {line}: missing \":\" separator")
}

/// The two warnings about a line without end, as the original numbers it and as ours does.
fn unterminated(case: Case, table: &str, line: usize, own: usize) -> Case {
    let texts = [
        "missing newline or line too long",
        "all the subsequent rules will be ignored",
    ];
    let warn = |line: usize| texts.map(|text| format!("warning: {table}, line {line}: {text}"));
    let [first, second] = warn(line);
    let case = case.says(&first).says(&second);
    let [first, second] = warn(own);
    let case = case.but("T10").silent().says(&first);
    // That of hosts.allow is only left out.
    let case = match table {
        DENY => case.in_error(REACHED),
        _ => case,
    };
    case.says(&second)
}

#[test]
fn a_rule_without_colon_is_skipped() {
    scenario(&[], |world| {
        world.check_all(&[
            rule("svcd ALL", "ALL: ALL")
                .refused()
                .says(&separator(ALLOW, 1)),
            rule("svcd ALL\nsvcd: ALL", "ALL: ALL")
                .granted()
                .says(&separator(ALLOW, 1)),
            rule("", "\n#\nALL ALL").granted().says(&separator(DENY, 3)),
            rule("", "svcd[: ALL").granted().says(&separator(DENY, 1)),
            rule("", "svcd]: ALL").granted().says(&separator(DENY, 1)),
            rule("", "\u{b}\nALL: ALL")
                .refused()
                .says(&separator(DENY, 1)),
            rule("", "\u{c}\nALL: ALL")
                .refused()
                .says(&separator(DENY, 1)),
        ]);
    });
}

#[test]
fn backslash_newline_joins() {
    scenario(&[], |world| {
        world.check_all(&[
            rule("sv\\\ncd: ALL", "ALL: ALL").granted(),
            rule("svcd: \\\n  127.0.0.2 \\\n  127.0.0.1", "ALL: ALL").granted(),
            rule("svcd: ALL \\\r\n: deny\r\n", "").granted(),
            rule("svcd: 127.0.0.1 \\ \nnonsense\n", "ALL: ALL").granted(),
            rule("sv\\ \ncd: ALL", "ALL: ALL")
                .refused()
                .says(&separator(ALLOW, 1)),
            // The first backslash stays, the second joins.
            rule("sv\\\\\ncd: ALL", "ALL: ALL").refused(),
            rule("sv\\\\\ncd: ALL", "ALL: ALL")
                .argv0("/srv/sv\\cd")
                .given(link_odd)
                .granted(),
            rule("# comment \\\nsvcd: ALL", "ALL: ALL").refused(),
            // Not a comment: its words are patterns.
            rule("svcd: 127.0.0.9 \\\n# 127.0.0.1", "ALL: ALL")
                .granted()
                .who("localhost"),
            rule("svcd: ALL: \\\n deny", "").refused(),
        ]);
    });
}

fn link_odd() {
    let _ = std::os::unix::fs::symlink("svcd", "/srv/sv\\cd");
}

#[test]
fn comments_begin_in_the_first_column() {
    scenario(&[], |world| {
        world.check_all(&[
            rule("# svcd: ALL", "ALL: ALL").refused(),
            rule("#\n#x\n\nsvcd: ALL", "ALL: ALL").granted(),
            // The original takes the mark after blanks for a daemon name.
            rule(" # svcd: ALL", "ALL: ALL")
                .granted()
                .but("T5")
                .refused(),
            rule("\t# svcd: ALL", "ALL: ALL")
                .granted()
                .but("T5")
                .refused(),
            rule("", "svcd: 10.0.0.1 # not ALL")
                .refused()
                .who("localhost"),
            rule("", "svcd: 10.0.0.1 # not all")
                .refused()
                .who("localhost"),
            rule("", "svcd: 10.0.0.1 # nothing")
                .granted()
                .who("localhost"),
        ]);
    });
}

/// What tcpd says of a comment that the original obeys as a rule.
fn hidden(table: &str, line: u32) -> String {
    format!(
        "warning: {table}, line {line}: a comment, but a rule for tcp_wrappers 7.6, which refuses this \
         client by it, since \"#\" is not first in its line: remove the \"#\" for a rule, what is \
         before it for a comment"
    )
}

#[test]
fn a_comment_that_the_original_obeys_is_told_to_whom_it_would_refuse() {
    scenario(&[], |world| {
        let _dns = Dns::usual();
        let opened = |case: Case, table: &str, line: u32| {
            let case = case.refused().but("T5").granted();
            case.logs("daemon.warning", &hidden(table, line))
        };
        for (allow, deny, table, line) in [
            ("", "  # ALL: ALL", DENY, 1),
            ("", "x: y\n\t#ALL svcd \\\n: 127.0.0.0/8", DENY, 3),
            ("", "\u{feff}# ALL: ALL", DENY, 1),
            ("", " # ALL: ALL: umask 077", DENY, 1),
            ("", " # ALL: ALL\nsvcd: ALL: allow", DENY, 1),
            (
                "svcd: 10.0.0.0/8",
                " # ALL: 10.0.0.0/8\n # ALL: ALL",
                DENY,
                2,
            ),
            (" # ALL: ALL: deny\nsvcd: ALL", "", ALLOW, 1),
        ] {
            let case = opened(rule(allow, deny), table, line);
            world.check(&case);
        }
        world.check_all(&[
            // It would not refuse this client, or was not reached.
            rule("", " # ALL: 10.0.0.0/8").granted(),
            rule("", " # ALL: ALL: allow").granted(),
            rule("", " # other: ALL").granted(),
            rule("", " # ALL ALL")
                .granted()
                .says("…")
                .but("T5")
                .silent(),
            rule("svcd: ALL", " # ALL: ALL").granted(),
            rule(" # ALL: ALL", " # ALL: ALL").granted(),
            rule("", "svcd: ALL: allow\n # ALL: ALL").granted(),
            rule("", "# ALL: ALL").granted(),
            // Refused all the same.
            rule("", " # ALL: ALL\nALL: ALL").refused(),
            // Nothing is looked up for it, so of this nothing is said.
            rule("", " # ALL: .example.test")
                .from("127.0.0.2")
                .refused()
                .who("good.example.test")
                .but("T5")
                .granted()
                .who("127.0.0.2"),
        ]);
    });
}

#[test]
fn blanks_carriage_returns_and_marks() {
    scenario(&[], |world| {
        world.check_all(&[
            rule("   \n\t\n \r\n\r\n\nsvcd: ALL", "ALL: ALL").granted(),
            rule("  svcd : ALL", "ALL: ALL").granted(),
            rule("svcd: 127.0.0.1\r\n", "ALL: ALL\r\n").granted(),
            rule("svcd: 127.0.0.2\r\n", "ALL: ALL\r\n").refused(),
            rule("svcd: ALL: umask 022\r\n", "ALL: ALL").granted(),
            rule("svcd: ALL: deny\r\n", "").refused(),
            rule("\u{feff}svcd: ALL", "ALL: ALL")
                .refused()
                .but("T5")
                .granted(),
            unterminated(
                tables("svcd: ALL\rx: y\r", "ALL: ALL\n").refused(),
                ALLOW,
                0,
                1,
            ),
        ]);
    });
}

#[test]
fn the_last_line_needs_its_newline() {
    scenario(&[], |world| {
        world.check_all(&[
            unterminated(tables("ALL: ALL: deny", "").granted(), ALLOW, 0, 1),
            unterminated(tables("svcd: ALL", "ALL: ALL\n").refused(), ALLOW, 0, 1),
            unterminated(tables("", "# comment").refused(), DENY, 0, 1),
            unterminated(tables("", "\n\nother: ALL").refused(), DENY, 2, 3),
            unterminated(tables("", "other: ALL\\\n").refused(), DENY, 1, 1),
            // A match before it still counts.
            tables("svcd: ALL\nx", "ALL: ALL\n").granted(),
            tables("", "svcd: ALL\nx").refused(),
        ]);
    });
}

#[test]
fn numbers_count_physical_lines() {
    scenario(&[], |world| {
        world.check_all(&[
            rule("\n\n#\nsvcd ALL", "")
                .granted()
                .says(&separator(ALLOW, 4)),
            rule("sv\\\ncd \\\nALL\nx", "")
                .granted()
                .says(&separator(ALLOW, 3))
                .says(&separator(ALLOW, 4)),
            rule("a: b\nsvcd: \\\nALL: \\\nbogus", "")
                .refused()
                .says("error: /etc/hosts.allow, line 4: bad option name: \"bogus\""),
        ]);
    });
}

/// A rule of `length` bytes with its newline, whose last client is the right one.
fn long(length: usize) -> String {
    let (start, end) = ("svcd: ", " 127.0.0.1\n");
    format!(
        "{start}{}{end}",
        "x".repeat(length - start.len() - end.len())
    )
}

#[test]
fn long_rules_are_rules() {
    let lost = |case: Case, table: &str, line: usize| {
        case.refused()
            .says(&format!(
                "warning: {table}, line {line}: missing newline or line too long"
            ))
            .says(&format!(
                "warning: {table}, line {line}: all the subsequent rules will be ignored"
            ))
            .but("T1")
            .silent()
    };
    scenario(&[], |world| {
        let joined = |first: usize| format!("svcd: {}\\\n127.0.0.1\n", " ".repeat(first - 6));
        world.check_all(&[
            tables(long(2047), "ALL: ALL\n").granted().who("localhost"),
            lost(tables(long(2048), "ALL: ALL\n"), ALLOW, 0)
                .granted()
                .who("localhost"),
            lost(tables(long(100_000), "ALL: ALL\n"), ALLOW, 0)
                .granted()
                .who("localhost"),
            lost(tables("", format!("#{}\n", "x".repeat(5000))), DENY, 0).granted(),
            tables(joined(2036), "ALL: ALL\n").granted(),
            lost(tables(joined(2046), "ALL: ALL\n"), ALLOW, 0).granted(),
            tables(
                format!("x: {}\\\n127.0.0.1\nsvcd: ALL\n", " ".repeat(2030)),
                "ALL: ALL\n",
            )
            .granted(),
        ]);
    });
}

#[test]
fn a_nul_byte_spoils_its_line() {
    // The original loses the rest of the line, its end included.
    let spoiled = |case: Case, table: &str| {
        let rest = "all the subsequent rules will be ignored";
        case.says(&format!("warning: {table}, line 1: …"))
            .says(&format!("warning: {table}, line 1: {rest}"))
    };
    scenario(&[], |world| {
        let glued = tables("", "x: y\0\nALL: ALL\n")
            .granted()
            .but("T7")
            .refused();
        let hidden = tables("svcd: ALL\0\n", "ALL: ALL\n")
            .refused()
            .says("…")
            .says("…");
        world.check_all(&[
            spoiled(glued, DENY),
            spoiled(hidden.but("T7").silent(), ALLOW),
            tables("svcd: ALL\nx\0y\n", "ALL: ALL\n").granted(),
        ]);
    });
}
