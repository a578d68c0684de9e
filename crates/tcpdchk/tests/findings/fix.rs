//! `--fix`: what it writes, what it leaves, and that a table is either as it was or whole.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::process::Command;

use test_kit::{Run, Scratch, skip};

use crate::{tcpdchk, tree};

const WRONG: &str = "# networks\nsvcd, second : 10.1.2.3/8   .example.org\n\tALL: \\\n  192.168.1 \\\n ,10.0.0/24\n\n";
const RIGHT: &str = "# networks\nsvcd, second : 10.0.0.0/8   .example.org\n\tALL: \\\n  192.168.1. \\\n ,10.0.0/24\n\n";

fn text(tree: &Scratch, name: &str) -> String {
    fs::read_to_string(tree.path().join("etc").join(name)).unwrap()
}

fn names(tree: &Scratch) -> Vec<String> {
    let entries = fs::read_dir(tree.path().join("etc")).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Runs `--fix`, which leaves no file of its own.
fn fix(tree: &Scratch, arguments: &[&str]) -> Run {
    let before = names(tree);
    let ran = tcpdchk(tree, &[&["--fix"], arguments].concat());
    assert_eq!(names(tree), before);
    ran
}

/// Each kind: a word of hosts.deny, and what is there after `--fix`, of which nothing more is to be said.
#[test]
fn a_word_that_never_refuses_is_mended_in_hosts_deny() {
    for (word, expected, id) in [
        ("10.1.2.3/8", "10.0.0.0/8", "host-bits"),
        ("[2001:db8::5]/32", "[2001:db8::]/32", "host-bits-ipv6"),
        ("10.0.0.0/0.255.255.255", "10.0.0.0/255.0.0.0", "mask-never"),
        ("192.168.1", "192.168.1.", "network-prefix"),
    ] {
        let tree = tree("", &format!("svcd: {word}\n"));
        let ran = fix(&tree, &[]);
        assert_eq!((ran.status, &*ran.stderr), (Some(0), ""), "{word}");
        let line = format!("fixed: ./etc/hosts.deny:1: {word} -> {expected} [{id}]\n");
        assert_eq!(ran.stdout, line);
        assert_eq!(text(&tree, "hosts.deny"), format!("svcd: {expected}\n"));
        assert_eq!(crate::found(&tree, id), [""; 0]);
        let again = fix(&tree, &[]);
        assert_eq!(
            (again.status, &*again.stdout, &*again.stderr),
            (Some(0), "", "")
        );
    }
}

/// What would let somebody in is shown, and nothing is written.
#[test]
fn what_may_open_is_only_shown() {
    for (allow, deny) in [
        ("svcd: 10.1.2.3/8\n", "ALL: ALL\n"),
        ("", "svcd: 10.1.2.3/8: allow\nsvcd: ALL\n"),
        ("", "svcd: ALL EXCEPT 10.1.2.3/8\n"),
        ("svcd: 10.1.2.3/8: twist /bin/sh\n", ""),
        ("svcd: 10.1.2.3/8: spawn /bin/sh\n", ""),
    ] {
        let tree = tree(allow, deny);
        let ran = fix(&tree, &[]);
        assert_eq!((ran.status, &*ran.stdout), (Some(1), ""), "{allow}{deny}");
        assert!(
            ran.stderr
                .contains("10.1.2.3/8 -> 10.0.0.0/8 [host-bits]: not proven"),
            "{}",
            ran.stderr
        );
        assert_eq!(
            (&*text(&tree, "hosts.allow"), &*text(&tree, "hosts.deny")),
            (allow, deny)
        );
    }
    // A rule of hosts.allow may refuse too, and one that changes nothing may be written anywhere.
    let tree = tree("svcd: 10.1.2.3/8: deny\nsvcd: [2001:db8::5]/32\n", "");
    assert_eq!(fix(&tree, &[]).status, Some(0));
    assert_eq!(
        text(&tree, "hosts.allow"),
        "svcd: 10.0.0.0/8: deny\nsvcd: [2001:db8::]/32\n"
    );
}

/// One that opens does not keep another from being written.
#[test]
fn the_others_are_written() {
    let tree = tree(
        "svcd: 10.1.2.3/8\n",
        "svcd: 172.16.1.1/12\nsecond: 172.16.1.1/12\nALL: 10.0.0.1\n",
    );
    let ran = fix(&tree, &[]);
    assert_eq!(
        (ran.status, ran.stdout.lines().count()),
        (Some(1), 2),
        "{}",
        ran.stderr
    );
    assert_eq!(text(&tree, "hosts.allow"), "svcd: 10.1.2.3/8\n");
    assert_eq!(
        text(&tree, "hosts.deny"),
        "svcd: 172.16.0.0/12\nsecond: 172.16.0.0/12\nALL: 10.0.0.1\n"
    );
}

#[test]
fn comments_order_and_layout_stay() {
    let tree = tree("", WRONG);
    fix(&tree, &[]);
    let written = text(&tree, "hosts.deny");
    assert!(
        written == RIGHT || written == RIGHT.replace("10.0.0/24", "10.0.0.0/24"),
        "{written}"
    );
}

/// A newline is never added: in hosts.deny it would end a refusal of everybody.
#[test]
fn a_last_line_that_is_cut_off_stays_so() {
    let tree = tree("", "svcd: 10.1.2.3/8");
    fix(&tree, &[]);
    assert_eq!(text(&tree, "hosts.deny"), "svcd: 10.1.2.3/8");
}

#[test]
fn what_a_comment_allows_is_left() {
    let deny = "# tcpdchk: allow host-bits: it is meant so\nsvcd: 10.1.2.3/8\n";
    let tree = tree("", deny);
    assert_eq!(fix(&tree, &[]).status, Some(0));
    assert_eq!(text(&tree, "hosts.deny"), deny);
}

#[test]
fn a_dry_run_is_a_patch() {
    let tree = tree("", "# x\nsvcd: 10.1.2.3/8\nsvcd: 10.0.0.1\n");
    let ran = fix(&tree, &["--dry-run"]);
    assert_eq!(
        ran.stdout,
        "--- ./etc/hosts.deny\n+++ ./etc/hosts.deny\n@@ -1,3 +1,3 @@\n # x\n-svcd: 10.1.2.3/8\n\
         +svcd: 10.0.0.0/8\n svcd: 10.0.0.1\n"
    );
    assert_eq!(ran.status, Some(1));
    assert!(text(&tree, "hosts.deny").contains("10.1.2.3/8"));
}

#[test]
fn a_link_is_followed_and_stays() {
    let tree = tree("", "");
    let etc = tree.path().join("etc");
    tree.file("srv/deny", "svcd: 10.1.2.3/8\n");
    fs::remove_file(etc.join("hosts.deny")).unwrap();
    symlink("/srv/deny", etc.join("hosts.deny")).unwrap();
    assert_eq!(fix(&tree, &[]).status, Some(0));
    assert!(etc.join("hosts.deny").is_symlink());
    assert_eq!(
        fs::read_to_string(tree.path().join("srv/deny")).unwrap(),
        "svcd: 10.0.0.0/8\n"
    );
}

#[test]
fn mode_and_attributes_stay() {
    let tree = tree("", "svcd: 10.1.2.3/8\n");
    let path = tree.path().join("etc/hosts.deny");
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    // An ACL: user::rw-, user:1:r--, group::r--, mask::r--, other::---.
    let acl = [
        &[2, 0, 0, 0][..],
        &[1, 0, 6, 0, 255, 255, 255, 255],
        &[2, 0, 4, 0, 1, 0, 0, 0],
        &[4, 0, 4, 0, 255, 255, 255, 255],
        &[16, 0, 4, 0, 255, 255, 255, 255],
        &[32, 0, 0, 0, 255, 255, 255, 255],
    ]
    .concat();
    let wanted = [
        ("user.note", &b"kept"[..]),
        ("system.posix_acl_access", &acl),
    ];
    for (name, value) in wanted {
        if xattr::set(&path, name, value).is_err() {
            return skip(
                "mode_and_attributes_stay",
                "a file system with extended attributes",
            );
        }
    }
    assert_eq!(fix(&tree, &[]).status, Some(0));
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o640);
    for (name, value) in wanted {
        assert_eq!(
            xattr::get(&path, name).unwrap().as_deref(),
            Some(value),
            "{name}"
        );
    }
}

/// Why nothing is written, each time.
#[test]
fn nothing_is_written_where_that_is_not_safe() {
    let deny = "svcd: 10.1.2.3/8\n";
    let refused = |tree: &Scratch, why: &str| {
        let ran = fix(tree, &[]);
        assert_eq!((ran.status, &*ran.stdout), (Some(2), ""), "{why}");
        assert!(ran.stderr.contains(why), "{why}: {}", ran.stderr);
        assert_eq!(text(tree, "hosts.deny"), deny);
    };
    let shared = tree("", deny);
    let folder = shared.path().join("etc");
    for mode in [0o775, 0o757, 0o1777] {
        fs::set_permissions(&folder, Permissions::from_mode(mode)).unwrap();
        refused(&shared, "others may write in");
    }
    let linked = tree("", deny);
    let etc = linked.path().join("etc");
    fs::hard_link(etc.join("hosts.deny"), etc.join("other")).unwrap();
    refused(&linked, "hard link");
    let locked = tree("", deny);
    let file = File::open(locked.path().join("etc/hosts.deny")).unwrap();
    file.lock().unwrap();
    refused(&locked, "another program has locked it");
    drop(file);
    assert_eq!(fix(&locked, &[]).status, Some(0));
}

/// A file that cannot be written whole is not put in the table's place, and goes away.
#[test]
fn a_file_that_is_cut_short_is_not_put_in_its_place() {
    let deny = "svcd: 10.1.2.3/8\n";
    let tree = tree("", deny);
    let before = names(&tree);
    let line = format!(
        "ulimit -f 0; exec {} --root . --fix",
        env!("CARGO_BIN_EXE_tcpdchk")
    );
    let status = Command::new("sh")
        .current_dir(tree.path())
        .args(["-c", &line])
        .status()
        .unwrap();
    assert!(!status.success());
    assert_eq!(
        (text(&tree, "hosts.deny"), names(&tree)),
        (deny.to_owned(), before)
    );
}

#[test]
fn another_users_table_is_not_written() {
    if !test_kit::is_root() {
        return skip("another_users_table_is_not_written", "root");
    }
    let deny = "svcd: 10.1.2.3/8\n";
    let tree = tree("", deny);
    let program = tree.path().join("tcpdchk");
    fs::copy(env!("CARGO_BIN_EXE_tcpdchk"), &program).unwrap();
    chown(tree.path().join("etc"), Some(65534), None).unwrap();
    let ran = test_kit::run(
        Command::new(&program)
            .current_dir(tree.path())
            .uid(65534)
            .gid(65534)
            .args(["--root", ".", "--fix"]),
    );
    assert_eq!(ran.status, Some(2));
    assert!(
        ran.stderr.contains("its owner cannot be kept"),
        "{}",
        ran.stderr
    );
    assert_eq!(
        (
            text(&tree, "hosts.deny"),
            names(&tree).contains(&"hosts.deny".to_owned())
        ),
        (deny.to_owned(), true)
    );
}

/// The example of tcpdchk(8).
#[test]
fn the_manuals_example() {
    let page = include_str!("../../../../man/tcpdchk.8");
    let (_, example) = page
        .split_once(".Bd -literal -offset indent -compact\n$ tcpdchk --fix --dry-run\n")
        .unwrap();
    let (patch, _) = example.split_once(".Ed").unwrap();
    let tree = tree("", "svcd: 10.1.2.3/8\n");
    let shown = fix(&tree, &["--dry-run"]).stdout.replace(" ./etc", " /etc");
    assert_eq!(shown, patch.replace("\\-", "-"));
}
