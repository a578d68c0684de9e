//! All constructs that must be reached: hosts_access(5) and hosts_options(5) as a list.

/// Every option.
pub(super) const OPTIONS: &[&str] = &[
    "allow",
    "deny",
    "spawn",
    "twist",
    "aclexec",
    "banners",
    "setenv",
    "umask",
    "nice",
    "linger",
    "keepalive",
    "rfc931",
    "severity",
    "user",
    "group",
];

/// Facilities of syslog(3), those too that only we know.
pub(super) const FACILITIES: &[&str] = &[
    "kern", "user", "mail", "daemon", "auth", "lpr", "news", "uucp", "cron", "local0", "local1",
    "local2", "local3", "local4", "local5", "local6", "local7", "authpriv", "ftp", "security",
    "syslog", "*", "",
];

/// Levels in the same way, and words that are none.
pub(super) const LEVELS: &[&str] = &[
    "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", "error", "panic",
    "warn", "none", "6", "log_info", "",
];

/// Every message that a case can bring about; three dots stand for what differs.
pub(super) const MESSAGES: &[&str] = &[
    "warning: cannot open ...: Permission denied",
    "warning: cannot open ...: Is a directory",
    ": missing newline or line too long",
    ": all the subsequent rules will be ignored",
    ": missing \":\" separator",
    ": NUL byte in the line",
    ": open ...: Permission denied",
    ": open ...: Is a directory",
    ": open ...: Not a directory",
    ": lists include each other",
    ": NUL byte or endless word",
    ": NUL bytes are passed over",
    ": slashes alone name no list",
    "(in error: refuses everybody whom no rule above grants)",
    "(in error: refuses everybody who gets that far)",
    "aclexec: /bin/sh ended with status 126",
    "aclexec: /bin/sh ended with status 127",
    ": unrecognized %",
    "aclexec returned 1",
    "exited with signal",
    ": can't verify hostname: getaddrinfo(..., AF_INET) failed",
    ": can't verify hostname: getaddrinfo(..., AF_INET6) failed",
    ": host name/name mismatch: reverse lookup results in non-FQDN ",
    ": host name/name mismatch: ... != other.example.org",
    ": host name/address mismatch: ",
    "error: ...: missing option name",
    "error: ...: bad option name: \"",
    "option \"spawn\" requires value",
    "option \"twist\" requires value",
    "option \"aclexec\" requires value",
    "option \"banners\" requires value",
    "option \"setenv\" requires value",
    "option \"umask\" requires value",
    "option \"linger\" requires value",
    "option \"severity\" requires value",
    "option \"user\" requires value",
    "option \"group\" requires value",
    "option \"allow\" requires no value",
    "option \"deny\" requires no value",
    "option \"keepalive\" requires no value",
    "option \"allow\" must be at end",
    "option \"deny\" must be at end",
    "option \"twist\" must be at end",
    "bad umask value: \"",
    "bad nice value: \"",
    "bad linger value: \"",
    "bad rfc931 timeout: \"",
    "bad syslog facility or severity: \"",
    "unknown user: \"",
    "unknown group: \"",
    "setenv: bad variable name \"",
    "percent_x: expansion too long: ",
    "twist ... to ",
];

const FORMS: &[&str] = &["Glob", "Suffix", "All", "Known", "Prefix", "Equal"];

/// All of them.
pub(super) fn constructs() -> Vec<String> {
    let mut all = Vec::new();
    tests(&mut all);
    networks(&mut all);
    words(&mut all);
    lists(&mut all);
    options(&mut all);
    texts(&mut all);
    all.extend(MESSAGES.iter().map(|message| format!("says: {message}")));
    all
}

/// Each form against each subject: it matches, in another case too, it does not, and it nearly does.
fn tests(all: &mut Vec<String>) {
    let subjects = ["daemon", "user"].map(str::to_owned).into_iter();
    let of_hosts = ["client", "server"].into_iter().flat_map(|side| {
        ["address", "name"]
            .into_iter()
            .flat_map(move |what| ["", " in a list"].map(|listed| format!("{side} {what}{listed}")))
    });
    for subject in subjects.chain(of_hosts) {
        for form in FORMS {
            // Words for a name are tested on the address first, which ALL always matches.
            let never_asked = subject.contains("name") && *form == "All";
            // KNOWN is a test of its own where a host stands.
            let own_test = *form == "Known" && subject.contains(' ');
            if never_asked || own_test {
                continue;
            }
            all.push(format!("{subject}, {form}: yes"));
            if *form != "All" && !(*form == "Known" && subject == "daemon") {
                all.push(format!("{subject}, {form}: no"));
            }
            if matches!(*form, "Suffix" | "Prefix" | "Equal") {
                all.push(format!("{subject}, {form}: no, nearly"));
                if !subject.contains("address") {
                    all.push(format!("{subject}, {form}: yes, in another case"));
                }
            }
        }
    }
    for side in ["client", "server"] {
        for listed in ["", " in a list"] {
            for test in ["KNOWN", "LOCAL", "netgroup", "bracketed", "network"] {
                for how in ["yes", "no"] {
                    all.push(format!("{side}{listed}, {test}: {how}"));
                }
            }
            for test in ["bracketed", "network"] {
                all.push(format!("{side}{listed}, {test}: nonsense"));
            }
        }
    }
    for listed in ["", " in a list"] {
        for how in ["found true: yes", "found true: no", "found false: no"] {
            all.push(format!("file{listed}, {how}"));
        }
    }
    all.extend(["none known", "yes", "no"].map(|how| format!("port: {how}")));
}

/// Each length of a prefix, each form of net and mask, and each way to be near.
fn networks(all: &mut Vec<String>) {
    let mut add = |form: &str, how: &[&str]| {
        all.extend(how.iter().map(|how| format!("network {form}: {how}")));
    };
    add("IPv4 /0", &["yes", "no"]);
    for length in 1..=32 {
        add(&format!("IPv4 /{length}"), &["yes", "no"]);
    }
    for length in 0..=128 {
        add(&format!("IPv6 /{length}"), &["yes"]);
    }
    for length in 1..=128 {
        add(&format!("IPv6 /{length}"), &["no"]);
    }
    add("IPv4, inside", &["yes"]);
    for near in [
        "inside but for host bits",
        "one bit too long",
        "outside",
        "IPv6 client",
        "no address",
    ] {
        add(&format!("IPv4, {near}"), &["no"]);
    }
    add("IPv6, inside", &["yes"]);
    add("IPv6, one bit too long", &["no"]);
    add("IPv6, outside", &["no"]);
    add("IPv6, IPv4 client", &["no"]);
    add("IPv6 with a scope", &["yes", "no"]);
    add("IPv6 of mapped addresses", &["yes", "no"]);
    for net in [
        "IPv6 without brackets",
        "of too few numbers",
        "that is none",
    ] {
        add(&format!("net {net}"), &["nonsense"]);
    }
    add("net in octal or hexadecimal", &["yes", "no"]);
    for mask in [
        "dotted",
        "0.0.0.0",
        "255.255.255.255",
        "with a plus",
        "with zeros",
        "0",
        "to 32",
        "33 to 128",
    ] {
        add(&format!("mask {mask}"), &["yes", "no"]);
    }
    add("mask dotted with holes", &["yes", "no"]);
    add("mask dotted in hexadecimal", &["yes", "no"]);
    for mask in [
        "empty",
        "negative",
        "33 to 128",
        "over 128",
        "that wraps",
        "in hexadecimal",
        "of too few numbers",
        "with junk",
        "that is none",
    ] {
        add(&format!("mask {mask}"), &["nonsense"]);
    }
    for scope in ["by name", "by number"] {
        all.extend(["yes", "no"].map(|how| format!("bracketed, scope {scope}: {how}")));
    }
    for scope in ["empty", "of nothing"] {
        all.push(format!("bracketed, scope {scope}: no"));
    }
}

fn words(all: &mut Vec<String>) {
    let everywhere = [
        "bracket left open",
        "bracket never opened",
        "brackets with nothing",
        "at sign first",
        "at sign last",
        "two at signs",
        "left and right",
        "netgroup on the right",
        "list on the right",
        "8-bit bytes",
        "lower case",
        "#",
        "VT or FF",
        "semicolon",
        "two asterisks",
        "a dot alone",
        "dot at both ends",
    ];
    for place in ["daemon", "client"] {
        all.extend(everywhere.map(|form| format!("{place} word: {form}")));
    }
    let ports = [
        "port with a plus",
        "port with zeros",
        "port over 65535",
        "port that wraps",
        "port with junk",
        "over 127 bytes",
    ];
    all.extend(ports.map(|form| format!("daemon word: {form}")));
    let hosts = [
        "brackets around a mask",
        "at sign after brackets",
        "netgroup with a slash",
        "a slash alone",
        "two slashes first",
        "IPv6 without brackets",
    ];
    // A colon outside brackets ends a list of a table.
    all.extend(hosts[..5].iter().map(|form| format!("client word: {form}")));
    let listed = [
        "bracket left open",
        "bracket never opened",
        "brackets with nothing",
        "at sign first",
        "two at signs",
        "8-bit bytes",
        "lower case",
        "semicolon",
        "two asterisks",
        "a dot alone",
        "over 127 bytes",
    ];
    all.extend(
        hosts
            .iter()
            .chain(&listed)
            .map(|form| format!("list word: {form}")),
    );
}

fn lists(all: &mut Vec<String>) {
    for list in ["Daemons", "Clients"] {
        all.extend(["yes", "no"].map(|how| format!("{list}: {how}")));
        all.push(format!("{list}: EXCEPT 0 deep, not entered"));
        for depth in 1..=4 {
            all.push(format!("{list}: EXCEPT {depth} deep, entered"));
        }
        for depth in 1..=3 {
            all.push(format!("{list}: EXCEPT {depth} deep, not entered"));
        }
    }
    all.push("a word passed over".to_owned());
    let forms = [
        "empty daemon list",
        "empty client list",
        "no options",
        "blank options",
        "# as a word",
        "comma",
        "tab",
        "CR",
        "VT",
        "FF",
        "semicolon",
        "several separators",
        "colon in brackets",
    ];
    all.extend(forms.map(|form| format!("rule: {form}")));
}

fn options(all: &mut Vec<String>) {
    for option in OPTIONS {
        if !matches!(*option, "allow" | "deny" | "keepalive") {
            all.push(format!("option {option} with a value"));
        }
        if matches!(*option, "allow" | "deny" | "keepalive" | "nice" | "rfc931") {
            all.push(format!("option {option} without a value"));
        }
    }
    all.push("option in upper case".to_owned());
    all.extend(
        FACILITIES
            .iter()
            .map(|name| format!("severity, facility {name}")),
    );
    all.extend(LEVELS.iter().map(|name| format!("severity, level {name}")));
    let letters = [
        "%a",
        "%A",
        "%c",
        "%d",
        "%h",
        "%H",
        "%n",
        "%N",
        "%p",
        "%r",
        "%R",
        "%s",
        "%u",
        "%%",
        "% and an 8-bit byte",
        "% and a digit",
        "% and a blank",
        "% and another letter",
        "% at the end",
    ];
    for place in ["spawn", "twist", "aclexec", "setenv", "banners"] {
        all.extend(letters.map(|letter| format!("{letter} in {place}")));
    }
    for letter in ["%n", "%N", "%h", "%H", "%c", "%s"] {
        for state in ["unknown", "paranoid", "known"] {
            all.push(format!("{letter}, {state}"));
        }
        if !letter.eq_ignore_ascii_case("%n") {
            all.push(format!("{letter}, not asked"));
        }
    }
    for letter in ["%a", "%A"] {
        for state in ["unknown", "link-local", "mapped", "IPv4", "IPv6"] {
            all.push(format!("{letter}, {state}"));
        }
    }
    all.extend(["unknown", "known"].map(|state| format!("%u, {state}")));
    all.extend(["not asked", "unknown", "known"].map(|state| format!("%c, user {state}")));
}

fn texts(all: &mut Vec<String>) {
    let tables = [
        "missing",
        "unreadable",
        "directory",
        "empty",
        "byte order mark",
        "comment",
        "indented comment",
        "comment that goes on",
        "continuation",
        "continuation after a backslash",
        "continuation of nothing",
        "continuation at the end",
        "# in a continuation",
        "backslash before CR",
        "backslash before a blank",
        "CR LF",
        "CR inside",
        "blank line",
        "empty line",
        "leading blank",
        "VT or FF",
        "NUL",
        "NUL before the line end",
        "NUL in a comment",
        "8-bit",
        "no newline at the end",
        "line of nearly 2,047 bytes",
        "line of just over 2,047 bytes",
        "line of some 4,096 bytes",
        "line of some 8,192 bytes",
    ];
    all.extend(tables.map(|form| format!("table: {form}")));
    let lists = [
        "empty",
        "comment",
        "# in a word",
        "NUL",
        "VT or FF",
        "CR LF",
        "comma",
        "no newline at the end",
        "list in a list",
        "word over 127 bytes",
        "word over 2,000 bytes",
        "word over 8,000 bytes",
        "colon",
    ];
    all.extend(lists.map(|form| format!("list: {form}")));
    let banners = [
        "empty",
        "several lines",
        "no newline at the end",
        "CR LF",
        "brackets open",
        "brackets closed",
        "NUL first",
        "NUL later",
        "8-bit",
        "% before the line end",
        "% before NUL",
        "% at the end",
    ];
    all.extend(banners.map(|form| format!("banner: {form}")));
    let done = [
        "spawn",
        "aclexec",
        "banner",
        "setenv",
        "umask",
        "nice",
        "linger",
        "keepalive",
        "ident",
        "user",
    ];
    all.extend(done.map(|what| format!("does: {what}")));
    for by in ["hosts.allow", "hosts.deny"] {
        all.extend(
            ["granted", "denied", "twist"].map(|verdict| format!("{verdict}, last match {by}")),
        );
    }
    all.extend(["granted", "denied"].map(|verdict| format!("{verdict}, last match no rule")));
}
