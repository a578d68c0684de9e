//! The libraries as C programs meet them: names, layout, the whole interface, leaks, threads, and
//! Debian's own programs on our library. Compares with Debian's, as tests/setup unpacks it.
//!
//! Needs the release build (`make`); what else is missing is named.

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{compile, debian, linked, ours, output, own, scratch, skip, target, unpacked};

/// What a library exports: kind, name, and size of variables.
fn exports(library: &Path) -> Vec<String> {
    let list = output(
        Command::new("nm")
            .args(["-D", "-S", "--defined-only"])
            .arg(library),
    );
    let symbol = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        let (size, kind, name) = (words[1], words[2], words[3]);
        let size = if kind == "T" { "" } else { size };
        format!("{kind} {name} {size}")
    };
    list.lines().map(symbol).collect()
}

#[test]
fn the_same_names_are_exported() {
    let Some(library) = debian() else {
        return skip("the_same_names_are_exported", "Debian's libwrap0");
    };
    let ours = exports(&ours().join("libwrap.so.0"));
    assert_eq!(ours, exports(&library.join("libwrap.so.0")));
}

#[test]
fn soname_and_needs() {
    let dynamic = output(
        Command::new("readelf")
            .arg("-d")
            .arg(ours().join("libwrap.so.0")),
    );
    assert!(dynamic.contains("soname: [libwrap.so.0]"), "{dynamic}");
    let needed = dynamic.lines().filter(|line| line.contains("(NEEDED)"));
    // The loader is the C library's own: its package and version are the same.
    for line in needed {
        let known = line.contains("[libc.so.6]") || line.contains("[ld-linux");
        assert!(known, "{line}");
    }
    assert!(!dynamic.contains("SYMBOLIC"), "{dynamic}");
}

#[test]
fn the_same_layout() {
    let include = unpacked("usr/include");
    if !include.join("tcpd.h").exists() {
        return skip("the_same_layout", "Debian's libwrap0-dev");
    }
    let folder = scratch();
    let layout = |include: &Path| {
        let program = compile(&folder, "layout.c", include, &[]);
        output(&mut Command::new(program))
    };
    let ours = layout(&own("include"));
    assert_eq!(ours, layout(&include));
    assert!(ours.contains("struct request_info 872\n"), "{ours}");
}

fn walk(program: &Path, library: &Path) -> String {
    let folder = scratch();
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", library).current_dir(folder);
    output(&mut command)
}

/// Without the rows of docs/differences.md that add a line. L1: at level debug, which rule has refused.
/// W9: what an aclexec returned that process_options has run.
fn without_additions(text: &str) -> String {
    let lines: Vec<_> = text
        .lines()
        .filter(|line| !line.contains("log 7: matched:"))
        .collect();
    let jump_follows = |at: usize| {
        lines
            .get(at + 1)
            .is_some_and(|next| next.contains("  jump "))
    };
    let kept = lines
        .iter()
        .enumerate()
        .filter(|(at, line)| !(line.contains("log 6: aclexec returned") && jump_follows(*at)));
    kept.map(|(_, line)| *line).collect::<Vec<_>>().join("\n")
}

/// Runs a program with each library. What ours prints, and whether Debian's prints the same.
fn compared(test: &str, name: &str) -> Option<String> {
    let Some(library) = debian() else {
        skip(test, "Debian's libwrap0");
        return None;
    };
    let program = linked(&scratch(), name);
    let (ours, theirs) = (walk(&program, &ours()), walk(&program, &library));
    let (same, as_theirs) = (without_additions(&ours), without_additions(&theirs));
    for (at, (our, their)) in same.lines().zip(as_theirs.lines()).enumerate() {
        let before: Vec<_> = same.lines().take(at).skip(at.saturating_sub(5)).collect();
        assert_eq!(our, their, "{name}: behind {before:#?}");
    }
    assert_eq!(same.len(), as_theirs.len(), "{name}");
    Some(ours)
}

#[test]
fn the_whole_interface_answers_alike() {
    let Some(text) = compared("the_whole_interface_answers_alike", "walk.c") else {
        return;
    };
    assert!(text.contains("log 7: matched:  deny line 1"), "{text}");
    assert!(text.contains("status 7"), "{text}");
}

/// Each key, state, option, expansion; row W9 of docs/differences.md.
#[test]
fn whatever_can_be_counted_out_answers_alike() {
    let Some(text) = compared("whatever_can_be_counted_out_answers_alike", "matrix.c") else {
        return;
    };
    assert!(text.lines().count() > 2_900, "{text}");
    assert!(
        text.contains("log 6: aclexec returned 1\n  jump 0"),
        "{text}"
    );
}

#[test]
fn a_static_program_answers_alike() {
    let folder = scratch();
    let archive = ours().join("libwrap.a");
    let program = compile(
        &folder,
        "walk.c",
        &own("include"),
        &[archive.to_str().unwrap()],
    );
    let shared = linked(&scratch(), "walk.c");
    assert_eq!(walk(&program, &folder), walk(&shared, &ours()));
}

/// Rows of docs/differences.md, by what the same program prints with each library.
#[test]
fn the_documented_differences() {
    let folder = scratch();
    let program = linked(&folder, "differences.c");
    let shown = |library: &Path| {
        let mut command = Command::new(&program);
        output(command.env("LD_LIBRARY_PATH", library).current_dir(&folder))
    };
    let ours = shown(&ours());
    assert_eq!(ours, "W2 0\nW3 0\nW4 at once\nW5 022\nW6 none\n");
    match debian() {
        Some(library) => {
            assert_eq!(shown(&library), "W2 1\nW3 1\nW4 held\nW5 077\nW6 allow\n");
        }
        None => skip("the_documented_differences", "Debian's library"),
    }
}

/// A folder with tables for many.c: one rule grants half of what it asks.
fn many_tables() -> PathBuf {
    let folder = scratch();
    let allow = "other: ALL\nsvcd: 192.0.2. .example.com: severity notice: umask 022\n";
    fs::write(folder.join("allow"), allow).unwrap();
    fs::write(folder.join("deny"), "svcd: .example.org\nALL: ALL\n").unwrap();
    folder
}

/// Granted, descriptors gained, kilobytes gained.
fn many(threads: u32, times: u32) -> Vec<i64> {
    let folder = many_tables();
    let mut command = Command::new(linked(&folder, "many.c"));
    command.env("LD_LIBRARY_PATH", ours()).current_dir(&folder);
    let counts = [threads, times].map(|count| count.to_string());
    let text = output(command.args(counts));
    text.split_whitespace()
        .map(|word| word.parse().unwrap())
        .collect()
}

#[test]
fn many_requests_leave_nothing_behind() {
    let gained = many(1, 50_000);
    assert_eq!(gained[..2], [25_000, 0]);
    assert!(gained[2] < 500, "{} kB", gained[2]);
}

#[test]
fn threads_get_the_same_answers() {
    let gained = many(8, 4_000);
    assert_eq!(gained[..2], [16_000, 0]);
}

#[test]
#[ignore = "takes a minute: make test-libwrap"]
fn threads_for_a_minute() {
    let start = std::time::Instant::now();
    while start.elapsed().as_secs() < 60 {
        assert_eq!(many(8, 40_000)[..2], [160_000, 0]);
    }
}

#[test]
fn valgrind_finds_nothing() {
    if !Command::new("valgrind")
        .arg("--version")
        .output()
        .is_ok_and(|out| out.status.success())
    {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: valgrind_finds_nothing: needs valgrind"
        );
        return;
    }
    let folder = many_tables();
    let mut command = Command::new("valgrind");
    command
        .args(["-q", "--leak-check=full", "--error-exitcode=9"])
        .arg(linked(&folder, "many.c"))
        .args(["1", "10000"])
        .env("LD_LIBRARY_PATH", ours())
        .current_dir(&folder);
    assert!(output(&mut command).starts_with("5000 0 "));
}

#[test]
fn debians_own_tools_run_on_our_library() {
    let Some(library) = debian() else {
        return skip("debians_own_tools_run_on_our_library", "Debian's libwrap0");
    };
    let folder = scratch();
    fs::write(
        folder.join("hosts.allow"),
        "svcd: 127.0.0.1: spawn true: banners /nowhere\nsvcd: [2001:db8::]/32 EXCEPT [2001:db8::7]\n",
    )
    .unwrap();
    fs::write(
        folder.join("hosts.deny"),
        "svcd: 192.0.2.8: twist true\nALL: ALL\n",
    )
    .unwrap();
    for (client, access) in [
        ("127.0.0.1", "granted"),
        ("192.0.2.7", "denied"),
        ("192.0.2.8", "delegated"),
    ] {
        let run = |library: &Path| {
            let program = target().join("debian/usr/sbin/tcpdmatch");
            let mut command = Command::new(program);
            command.args(["-d", "svcd", client]).current_dir(&folder);
            output(command.env("LD_LIBRARY_PATH", library))
        };
        let own = run(&ours());
        assert_eq!(own, run(&library), "{client}");
        assert!(own.contains(access), "{own}");
    }
}
