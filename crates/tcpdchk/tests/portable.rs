//! `--portable`: Debian's program says one thing of a client, our engine another, and tcpdchk names the place.

use std::collections::BTreeSet;

use hosts_access::fake::FakeWorld;
use hosts_access::request::{Host, Request};
use hosts_access::search::access::{Tables, Verdict, hosts_access};
use test_kit::{Run, Scratch, Sides};

fn sides(test: &str) -> Option<Sides> {
    Sides::new(
        test,
        "tcpdmatch",
        env!("CARGO_BIN_EXE_tcpdchk"),
        "127.0.0.1 localhost\n",
    )
}

/// One table or list, and a client of whom both disagree.
struct Case {
    id: &'static str,
    allow: &'static str,
    deny: &'static str,
    list: &'static str,
    client: &'static str,
}

const fn case(id: &'static str, allow: &'static str, client: &'static str) -> Case {
    Case {
        id,
        allow,
        deny: "ALL: ALL\n",
        list: "",
        client,
    }
}

fn cases() -> Vec<Case> {
    let in_list = |list| Case {
        list,
        ..case("differs-comment", "svcd: /LIST\n", "192.0.2.7")
    };
    vec![
        case("differs-network", "svcd: 0.0.0.0/0\n", "192.0.2.7"),
        case(
            "differs-network",
            "svcd: 192.0.2.7/255.255.255.255\n",
            "192.0.2.7",
        ),
        case("differs-network", "svcd: [::ffff:192.0.2.7]\n", "192.0.2.7"),
        case(
            "differs-network",
            "svcd: [::ffff:192.0.2.0]/120\n",
            "192.0.2.7",
        ),
        case("differs-number", "svcd: [2001:db8::]/\n", "2001:db9::1"),
        case("differs-number", "svcd: [2001:db8::]/32x\n", "2001:db8::1"),
        case("differs-number", "svcd: 192.0.2.0/24x\n", "192.0.2.7"),
        case(
            "differs-number",
            "svcd: 192.0.2.0/4294967320\n",
            "192.0.2.7",
        ),
        case("differs-comment", " # svcd: ALL\n", "192.0.2.7"),
        case("differs-comment", "\u{feff}svcd: ALL\n", "192.0.2.7"),
        in_list("# nobody but ALL\n"),
        in_list("10.0.0.1 # and ALL\n"),
        Case {
            deny: "x: y\0\nsvcd: ALL\n",
            ..case("differs-nul", "", "192.0.2.7")
        },
        case(
            "differs-severity",
            "svcd: ALL: severity authpriv.info\n",
            "192.0.2.7",
        ),
        Case {
            deny: "svcd: ALL: severity warn: allow\nALL: ALL\n",
            ..case("differs-severity", "", "192.0.2.7")
        },
    ]
}

/// What our engine says.
fn here(case: &Case, allow: &str) -> bool {
    let world = FakeWorld::new()
        .file("/etc/hosts.allow", allow)
        .file("/etc/hosts.deny", case.deny)
        .file("/LIST", case.list);
    let server = Host::from_text("127.0.0.1");
    let mut request = Request::new("svcd", Host::from_text(case.client), server);
    let mut effects = world.effects();
    let decision = hosts_access(
        &Tables::in_folder("/etc"),
        &mut request,
        &world.world(),
        &mut effects,
    );
    decision.verdict == Verdict::Granted
}

fn portable(sides: &Sides, scratch: &Scratch) -> Run {
    sides.ours(scratch.path(), &["--portable", "-d", "--format", "gcc"])
}

#[test]
fn each_place_is_named_that_debians_program_reads_otherwise() {
    let Some(sides) = sides("each_place_is_named_that_debians_program_reads_otherwise") else {
        return;
    };
    for case in cases() {
        let scratch = Scratch::new();
        let list = scratch.file("list", case.list);
        let list = list.to_str().unwrap();
        scratch.file("hosts.allow", case.allow.replace("/LIST", list));
        scratch.file("hosts.deny", case.deny);
        let original = sides.debian(scratch.path(), &["-d", "svcd", case.client]);
        let original = original.stdout.contains("access:   granted");
        assert_ne!(
            original,
            here(&case, case.allow),
            "{:?} {}",
            case.allow,
            case.list
        );
        let told = portable(&sides, &scratch);
        let id = format!("[{}]", case.id);
        assert!(told.stdout.contains(&id), "{:?}: {told:?}", case.allow);
        assert_eq!(told.status, Some(1), "{told:?}");
    }
}

/// Rules of the other rows.
fn others() -> Vec<(String, &'static str)> {
    let long = format!("svcd: {}ALL\n", "192.0.2.1 ".repeat(205));
    let mut others = vec![(long, "differs-length")];
    let short = [
        ("svcd: 10.*\n", "differs-glob"),
        ("svcd: a*b*c*d*e*f*g*h*\n", "differs-stars"),
        ("svcd: {RBL}.bl.example\n", "differs-dns-list"),
        ("svcd: [fe80::1%2]\n", "differs-link"),
        ("svcd: /\n", "differs-file"),
        ("svcd: ALL: user nobody\n", "differs-account"),
        ("svcd: ALL: aclexec /bin/true\n", "differs-aclexec"),
        (
            "svcd: ALL: setenv RES_OPTIONS timeout:1\n",
            "differs-resolver",
        ),
        ("svcd: ALL: nice 4294967301\n", "differs-number"),
        ("4294967318: ALL\n", "differs-number"),
    ];
    others.extend(short.map(|(rule, id)| (rule.to_owned(), id)));
    others
}

#[test]
fn every_difference_is_tested() {
    let Some(sides) = sides("every_difference_is_tested") else {
        return;
    };
    let listed = sides.ours(Scratch::new().path(), &["--explain"]).stdout;
    let words = listed
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let known: BTreeSet<_> = words.filter(|id| id.starts_with("differs-")).collect();
    let mut tested: BTreeSet<_> = cases().iter().map(|case| case.id).collect();
    tested.extend(others().iter().map(|(_, id)| *id));
    assert_eq!(known, tested);
}

/// What the client's own name, the time or the daemon's rights decide is not seen by asking once.
#[test]
fn each_other_row_is_named() {
    let Some(sides) = sides("each_other_row_is_named") else {
        return;
    };
    for (rule, id) in others() {
        let scratch = Scratch::new();
        scratch.file(
            "hosts.allow",
            rule.replace(": /\n", &format!(": {}\n", scratch.path().display())),
        );
        let told = portable(&sides, &scratch);
        assert!(told.stdout.contains(&format!("[{id}]")), "{rule}: {told:?}");
        assert_eq!(told.status, Some(1), "{rule}");
    }
}

#[test]
fn nothing_is_said_of_what_both_read_alike() {
    let Some(sides) = sides("nothing_is_said_of_what_both_read_alike") else {
        return;
    };
    let scratch = Scratch::new();
    let list = scratch.file("list", "192.0.2. .example.org\n10.0.0.0/8\n");
    let rules = format!(
        "# a comment: ALL\n\nsvcd, 22: 192.0.2.0/24 [2001:db8::]/32 .example.org joe@host EXCEPT {}\n\
         ALL@127.0.0.1: LOCAL @group *.example.org 0.0.0.0/0.0.0.0: severity mail.info: spawn (echo %a) &\n",
        list.display()
    );
    scratch.file("hosts.allow", rules);
    scratch.file("hosts.deny", "ALL: ALL: rfc931 5: deny\n");
    let told = portable(&sides, &scratch);
    assert_eq!(
        (told.stdout.as_str(), told.status),
        ("", Some(0)),
        "{told:?}"
    );
}

/// A folder in the place of a table; it is told, and nothing is changed.
#[test]
fn a_table_that_cannot_be_read() {
    let Some(sides) = sides("a_table_that_cannot_be_read") else {
        return;
    };
    let scratch = Scratch::new();
    scratch.file("hosts.deny/x", "");
    let told = portable(&sides, &scratch);
    assert!(
        told.stdout
            .contains("everybody who gets that far is denied"),
        "{told:?}"
    );
    assert!(scratch.path().join("hosts.deny").is_dir());
}
