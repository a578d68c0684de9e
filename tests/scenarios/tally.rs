//! tests/tally, which counts for `make test`: what the test programs print, and the last line that comes of it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// A step of `make test`: its exit status and what it prints.
fn step(status: i32, prints: &str) -> String {
    format!("== step a step\n{prints}== status {status}\n")
}

/// The end of a test program.
fn result(word: &str, passed: u32, failed: u32, filtered: u32) -> String {
    format!(
        "\ntest result: {word}. {passed} passed; {failed} failed; 0 ignored; 0 measured; {filtered} filtered out; \
         finished in 0.01s\n\n"
    )
}

/// What tests/tally prints of a log, and its exit status.
fn tally(log: &str, allowed: &str) -> (String, Option<i32>) {
    let mut child = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tally"))
        .args(["-v", &format!("allowed={allowed}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("run tally");
    let mut stdin = child.stdin.take().expect("stdin");
    stdin.write_all(log.as_bytes()).expect("write to tally");
    drop(stdin);
    let output = child.wait_with_output().expect("wait for tally");
    let text = String::from_utf8(output.stdout).expect("text");
    (text, output.status.code())
}

#[track_caller]
fn comes_to(log: &str, allowed: &str, last: &str, status: i32) -> String {
    let (text, code) = tally(log, allowed);
    assert_eq!(
        (text.lines().last(), code),
        (Some(last), Some(status)),
        "{text}"
    );
    text
}

#[test]
fn passed_tests_and_steps_without_tests_are_counted() {
    let log = [
        step(0, &format!("test a ... ok\n{}", result("ok", 3, 0, 0))),
        step(0, &[result("ok", 2, 0, 7), result("ok", 1, 0, 0)].concat()),
        step(0, "40 pages clean\n"),
    ]
    .concat();
    comes_to(&log, "", "7 passed, 0 failed, 0 skipped", 0);
}

#[test]
fn a_skipped_test_has_not_passed() {
    let log = [
        // Behind a mark of progress, and twice from one test.
        step(
            0,
            &format!(
                "..skipped: a::b: needs root\n.skipped: a::b: needs root\n{}",
                result("ok", 5, 0, 0)
            ),
        ),
        step(0, "skipped: the manual: needs mandoc\n"),
    ]
    .concat();
    let text = comes_to(&log, "", "4 passed, 0 failed, 2 skipped", 0);
    assert!(
        text.contains("skipped, needs root:\n    a step: a::b\n")
            && text.contains("    a step: the manual\n"),
        "{text}"
    );
    let text = comes_to(&log, "^root", "4 passed, 1 failed, 1 skipped", 1);
    assert!(
        text.contains("a step: the manual was skipped: needs mandoc"),
        "{text}"
    );
}

#[test]
fn a_name_may_end_like_the_mark_of_a_skip() {
    let skip = "skipped: lines::a_line_is_skipped: needs root\n";
    let log = step(0, &format!("{skip}{}", result("ok", 2, 0, 0)));
    let text = comes_to(&log, "", "1 passed, 0 failed, 1 skipped", 0);
    let named = "skipped, needs root:\n    a step: lines::a_line_is_skipped\n";
    assert!(text.contains(named), "{text}");
}

#[test]
fn whatever_fails_is_named() {
    let plain = format!(
        "test a::b ... FAILED\ntest c ... ok\n{}",
        result("FAILED", 1, 1, 0)
    );
    // A scenario that fails prints what its inner test program has printed.
    let inner = format!(
        "test x::y ... FAILED\n\nfailures:\n    x::y\n{}",
        result("FAILED", 0, 1, 208)
    );
    let quiet = format!(
        "... 3/9\nx::y --- FAILED\nx::z --- FAILED\n..\nfailures:\n\n---- x::y stdout ----\n{inner}\n\
         ---- x::z stdout ----\n{inner}\nfailures:\n    x::y\n    x::z\n{}",
        result("FAILED", 7, 2, 0)
    );
    let log = [step(101, &plain), step(101, &quiet)].concat();
    let text = comes_to(&log, "", "8 passed, 3 failed, 0 skipped", 1);
    for name in ["a::b", "x::y", "x::z"] {
        assert!(text.contains(&format!("    a step: {name}\n")), "{text}");
    }
}

#[test]
fn no_failure_gets_lost() {
    for (log, last) in [
        // It does not compile, it crashes, it is silent about what has failed.
        (
            step(101, "error: mismatched types\n"),
            "0 passed, 1 failed, 0 skipped",
        ),
        (
            step(101, &format!("{}killed\n", result("ok", 3, 0, 0))),
            "3 passed, 1 failed, 0 skipped",
        ),
        (
            step(1, &result("FAILED", 2, 1, 0)),
            "2 passed, 1 failed, 0 skipped",
        ),
        (String::new(), "0 passed, 0 failed, 0 skipped"),
        // More was skipped than there were tests: the names are not those of tests.
        (
            step(
                0,
                &format!(
                    "skipped: p: needs x\nskipped: q: needs x\n{}",
                    result("ok", 1, 0, 0)
                ),
            ),
            "0 passed, 1 failed, 2 skipped",
        ),
    ] {
        comes_to(&log, "", last, 1);
    }
}
