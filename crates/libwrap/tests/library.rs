//! The libraries as C programs meet them: names, layout, the whole interface, leaks, threads, and
//! Debian's own programs on our library. Compares with Debian's, as tests/setup unpacks it.
//!
//! Needs the release build (`make`); what else is missing is named.

mod common;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{compile, debian, linked, original, ours, output, own, scratch, skip};

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

/// Row W8 of docs/differences.md.
#[test]
fn soname_and_needs() {
    let library = ours().join("libwrap.so.0");
    let dynamic = output(Command::new("readelf").arg("-d").arg(&library));
    assert!(dynamic.contains("soname: [libwrap.so.0]"), "{dynamic}");
    assert!(!dynamic.contains("SYMBOLIC"), "{dynamic}");
    // The loader is the C library's own: its package and version are the same.
    let listed = output(Command::new("ldd").arg(&library));
    for line in listed.lines() {
        let known = ["libc.so.6", "ld-linux", "linux-vdso"].map(|name| line.contains(name));
        assert!(known.contains(&true), "{listed}");
    }
}

#[test]
fn the_same_layout() {
    let include = original("usr/include");
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

/// Programs of any age include it.
#[test]
fn the_header_suits_compilers() {
    let folder = scratch();
    for (compiler, standard) in [
        ("cc", "c89"),
        ("cc", "c99"),
        ("cc", "gnu17"),
        ("c++", "c++98"),
        ("c++", "c++17"),
    ] {
        let flags = [
            &format!("-std={standard}"),
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Werror",
            "-fsyntax-only",
        ];
        for defined in ["-DINET6", "-DHAVE_WEAKSYMS", "-DNEITHER"] {
            let source = folder.join(if compiler == "cc" {
                "header.c"
            } else {
                "header.cc"
            });
            fs::write(
                &source,
                "#include <tcpd.h>\n#include <tcpd.h>\nint main(void) { return 0; }\n",
            )
            .unwrap();
            output(
                Command::new(compiler)
                    .args(flags)
                    .arg(defined)
                    .arg("-I")
                    .arg(own("include"))
                    .arg(source),
            );
        }
    }
}

fn walk(program: &Path, library: &Path) -> String {
    let folder = scratch();
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", library).current_dir(folder);
    output(&mut command)
}

/// Runs a program with each library. What ours prints, log lines included; Debian's must print the same.
fn compared(test: &str, name: &str) -> Option<String> {
    let Some(library) = debian() else {
        skip(test, "Debian's libwrap0");
        return None;
    };
    let program = linked(&scratch(), name);
    let (ours, theirs) = (walk(&program, &ours()), walk(&program, &library));
    // Row T13 of docs/differences.md: what Debian 13's says of a netgroup.
    let said = |line: &&str| !line.ends_with("netgroup support is disabled\n");
    let theirs: String = theirs.split_inclusive('\n').filter(said).collect();
    for (at, (our, their)) in ours.lines().zip(theirs.lines()).enumerate() {
        let before: Vec<_> = ours.lines().take(at).skip(at.saturating_sub(5)).collect();
        assert_eq!(our, their, "{name}: after {before:#?}");
    }
    assert_eq!(ours.len(), theirs.len(), "{name}");
    Some(ours)
}

#[test]
fn the_whole_interface_answers_alike() {
    let Some(text) = compared("the_whole_interface_answers_alike", "walk.c") else {
        return;
    };
    assert!(text.contains("log 7: matched:  allow line 1"), "{text}");
    assert!(text.contains("status 7"), "{text}");
}

/// Each key, state, option, expansion.
#[test]
fn whatever_can_be_counted_out_answers_alike() {
    let test = "whatever_can_be_counted_out_answers_alike";
    // The original sets the groups of a rule before it looks for the user.
    if !fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0) {
        return skip(test, "root");
    }
    let Some(text) = compared(test, "matrix.c") else {
        return;
    };
    assert!(text.lines().count() > 2_800, "{text}");
    assert!(text.contains("log 6: aclexec returned 1"), "{text}");
}

/// A jump out of the library, from a program's own function or a signal handler, leaves nothing behind. Row W6 of
/// docs/differences.md is the one difference.
#[test]
fn jumps_out_of_the_library() {
    let program = linked(&scratch(), "jumps.c");
    let ours = walk(&program, &ours());
    assert_eq!(ours.matches("  at <own> 3\n").count(), 4, "{ours}");
    assert!(ours.contains("  cancelled 1\n"), "{ours}");
    match debian() {
        Some(library) => {
            let theirs = walk(&program, &library);
            assert_eq!(ours, theirs.replace("  at <allow> 1\n", "  at <own> 3\n"));
        }
        None => skip("jumps_out_of_the_library", "Debian's libwrap0"),
    }
}

/// Exceptions of C++ and ends of threads, out of a program's own functions, go on to the program.
#[test]
fn exceptions_out_of_the_library() {
    if let Some(text) = compared("exceptions_out_of_the_library", "exceptions.cc") {
        assert_eq!(text.matches("  thrown 7\n").count(), 9, "{text}");
        assert_eq!(text.matches("  ended 1\n").count(), 2, "{text}");
    }
}

/// No exported name is left out of what the programs compare.
#[test]
fn every_export_is_walked() {
    let map = fs::read_to_string(own("libwrap.map")).unwrap();
    let list = map.split("global:").nth(1).unwrap();
    let list = list.split("local:").next().unwrap();
    let sources = ["walk.h", "walk.c", "matrix.c", "network.c"];
    let sources = sources.map(|name| fs::read_to_string(own("tests").join(name)).unwrap());
    let text = sources.concat();
    let is_part = |byte: char| byte.is_alphanumeric() || byte == '_';
    let words: std::collections::HashSet<_> = text.split(|byte| !is_part(byte)).collect();
    let names: Vec<_> = list
        .split([';', '\n'])
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    assert_eq!(names.len(), 40);
    for name in names {
        assert!(words.contains(name), "{name}");
    }
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

/// No symbol of the static library is in the way of another one's, and a program may bring its own functions.
#[test]
fn a_second_library_of_rust_links_beside_it() {
    let folder = scratch();
    let source = "#[unsafe(no_mangle)] pub extern \"C\" fn sum_of_three() -> i32 {\n\
                  std::panic::catch_unwind(|| vec![1, 2, 3].iter().sum()).unwrap_or(0) }\n";
    fs::write(folder.join("other.rs"), source).unwrap();
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let mut command = Command::new(rustc);
    command.args(["--edition=2024", "--crate-type=staticlib", "other.rs"]);
    output(command.current_dir(&folder));
    fs::write(folder.join("allow"), "svcd: 192.0.2.7: spawn run\n").unwrap();
    fs::write(folder.join("deny"), "ALL: ALL\n").unwrap();
    let [ours, other] = [ours().join("libwrap.a"), folder.join("libother.a")];
    let [ours, other] = [&ours, &other].map(|path| path.to_str().unwrap());
    for order in [[ours, other], [other, ours]] {
        let program = compile(&folder, "beside.c", &own("include"), &order);
        let text = output(Command::new(program).current_dir(&folder));
        assert_eq!(text, "own run\n6 1\n");
    }
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
    assert_eq!(
        ours,
        "W2 0\nW3 0 1 0 1\nW4 at once\nW5 022\nW6 none\nO13 helper's\n"
    );
    match debian() {
        Some(library) => {
            assert_eq!(
                shown(&library),
                "W2 1\nW3 1 1 1 1\nW4 held\nW5 077\nW6 allow\nO13 own\n"
            );
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

/// Tables and lists that are in memory, changed in every way, with and without threads. That
/// they are in memory at all is what the bench counts.
#[test]
fn a_changed_table_is_seen_by_the_next_call() {
    let folder = scratch();
    let mut command = Command::new(linked(&folder, "changes.c"));
    command.env("LD_LIBRARY_PATH", ours()).current_dir(&folder);
    assert_eq!(output(&mut command), "0 wrong\n");
}

/// Allocations that fail while a table is read into memory.
#[test]
fn what_is_kept_never_costs_an_answer() {
    let program = linked(&scratch(), "reserve.c");
    assert_eq!(walk(&program, &ours()), "0 wrong, few allocations\n");
}

/// A request in which nothing goes wrong takes no lock of the log.
#[test]
fn a_child_of_a_program_with_threads_never_waits_for_one() {
    let program = linked(&scratch(), "forks.c");
    assert_eq!(walk(&program, &ours()), "0 wrong\n");
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

/// Runs a program under valgrind, which must find nothing.
fn valgrind(program: &Path, arguments: &[&str], folder: &Path) -> String {
    let mut command = Command::new("valgrind");
    command
        .args(["-q", "--leak-check=full", "--error-exitcode=9"])
        .arg(program)
        .args(arguments)
        .env("LD_LIBRARY_PATH", ours())
        .current_dir(folder);
    output(&mut command)
}

fn has_valgrind(test: &str) -> bool {
    let version = Command::new("valgrind").arg("--version").output();
    let there = version.is_ok_and(|output| output.status.success());
    if !there {
        skip(test, "valgrind");
    }
    there
}

#[test]
fn valgrind_finds_nothing() {
    if !has_valgrind("valgrind_finds_nothing") {
        return;
    }
    let folder = many_tables();
    let many = valgrind(&linked(&folder, "many.c"), &["1", "10000"], &folder);
    assert!(many.starts_with("5000 0 "), "{many}");
    let folder = scratch();
    no_failure(&valgrind(&linked(&folder, "abuse.c"), &[], &folder), 70);
}

#[test]
#[ignore = "takes a minute: make test-libwrap"]
fn valgrind_finds_nothing_in_all_that_can_be_counted_out() {
    if has_valgrind("valgrind_finds_nothing_in_all_that_can_be_counted_out") {
        let folder = scratch();
        let text = valgrind(&linked(&folder, "matrix.c"), &[], &folder);
        assert!(text.contains("shell 0"), "{text}");
    }
}

/// Threads that look names up, set and free variables, warn, jump and fork, and use nothing that was freed.
#[test]
fn threads_use_nothing_that_was_freed() {
    stress("threads_use_nothing_that_was_freed", "60");
}

#[test]
#[ignore = "takes a minute: make test-libwrap"]
fn threads_use_nothing_that_was_freed_for_a_minute() {
    stress("threads_use_nothing_that_was_freed_for_a_minute", "300");
}

fn stress(test: &str, times: &str) {
    if !has_valgrind(test) {
        return;
    }
    let folder = scratch();
    let program = linked(&folder, "stress.c");
    let mut command = Command::new("valgrind");
    // What a jump passes stays behind. As a process ends, valgrind would have the C library free what it holds; in the
    // one that waits for a command, a thread that is not there may have the lock for that.
    command
        .args(["-q", "--error-exitcode=9", "--run-libc-freeres=no"])
        .arg(program)
        .arg(times)
        .env("LD_LIBRARY_PATH", ours())
        .current_dir(folder);
    let text = output(&mut command);
    assert!(text.ends_with("0 wrong\n"), "{text}");
}

/// Checks lines of which a failed one says so, and that there are so many or more.
fn no_failure(text: &str, count: usize) {
    let lines = text.lines().filter(|line| !line.starts_with("  log "));
    let (failed, good): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with("FAILED"));
    assert!(failed.is_empty(), "{failed:#?} {text}");
    assert!(good.len() >= count, "only {}: {text}", good.len());
}

/// Nothing that a program gets wrong or lacks grants, crashes or hangs.
#[test]
fn abuse() {
    let program = linked(&scratch(), "abuse.c");
    for (mode, count) in [(None, 70), (Some("memory"), 3), (Some("forks"), 1)] {
        let mut command = Command::new(&program);
        let command = command.args(mode).env("LD_LIBRARY_PATH", ours());
        no_failure(&output(command.current_dir(scratch())), count);
    }
}

/// A name that cannot be looked up is not one that is unknown.
#[test]
fn shortage() {
    let program = linked(&scratch(), "shortage.c");
    for (mode, count) in [(None, 15), (Some("memory"), 4), (Some("options"), 5)] {
        let mut command = Command::new(&program);
        let command = command.args(mode).env("LD_LIBRARY_PATH", ours());
        no_failure(&output(command.current_dir(scratch())), count);
    }
}

/// Row W12 of docs/differences.md.
#[test]
fn starvation() {
    no_failure(&walk(&linked(&scratch(), "starved.c"), &ours()), 12);
}

/// The process is left as it was; the one change is what a rule asks for.
#[test]
fn a_foreign_process() {
    let text = walk(&linked(&scratch(), "process.c"), &ours());
    let lines = text.lines().filter(|line| !line.starts_with("  log "));
    let expected = [
        "CHANGED",
        "-umask 27",
        "+umask 77",
        "waiting: granted 1, own 1, status 6",
        "handlers: granted 1, run 1",
        "cancelling: returned 1, cancelled 1",
        "interrupted: granted 40, denied 40, often",
        "left: 10 times, no descriptor more 1, no child 1",
        "twisted: status 5, left <two>",
        "twisted: status 6, left <two>",
    ];
    assert_eq!(lines.collect::<Vec<_>>(), expected);
}

#[test]
fn loading_and_unloading_leave_nothing_behind() {
    let folder = scratch();
    fs::write(folder.join("allow"), "svcd: 192.0.2.7: severity info\n").unwrap();
    fs::write(folder.join("deny"), "ALL: ALL\n").unwrap();
    let mut command = Command::new(compile(&folder, "loading.c", &folder, &[]));
    let gained = output(
        command
            .arg(ours().join("libwrap.so.0"))
            .current_dir(&folder),
    );
    let gained: Vec<i64> = gained
        .split_whitespace()
        .map(|word| word.parse().unwrap())
        .collect();
    assert_eq!(gained[..3], [0, 0, 0]);
    assert!(gained[3] < 1_000, "{} kB", gained[3]);
}

/// `make install` gives a tree against which programs are compiled and linked, both ways.
#[test]
fn an_installed_tree_serves_programs() {
    let folder = many_tables();
    let root = folder.join("root");
    output(
        Command::new("make")
            .args(["-o", "all", "install", "LIBDIR=/usr/lib"])
            .arg(format!("DESTDIR={}", root.display()))
            .env_remove("MAKEFLAGS")
            .current_dir(own("../..")),
    );
    let library = root.join("usr/lib");
    let search = format!("-L{}", library.display());
    for way in ["-Wl,-Bdynamic", "-Wl,-Bstatic"] {
        let flags = [search.as_str(), way, "-lwrap", "-Wl,-Bdynamic"];
        let program = compile(&folder, "many.c", &root.join("usr/include"), &flags);
        let needed = output(Command::new("readelf").arg("-d").arg(&program));
        assert_eq!(
            needed.contains("[libwrap.so.0]"),
            way.ends_with("dynamic"),
            "{needed}"
        );
        let mut command = Command::new(program);
        let command = command.args(["1", "100"]).current_dir(&folder);
        let answer = output(command.env("LD_LIBRARY_PATH", &library));
        assert!(answer.starts_with("50 0 "), "{way}: {answer}");
    }
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
            let mut command = Command::new(original("usr/sbin/tcpdmatch"));
            command.args(["-d", "svcd", client]).current_dir(&folder);
            output(command.env("LD_LIBRARY_PATH", library))
        };
        let own = run(&ours());
        assert_eq!(own, run(&library), "{client}");
        assert!(own.contains(access), "{own}");
    }
}
