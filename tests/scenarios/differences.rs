//! docs/differences.md against the tests: every row names the tests that show it, each of them exists and is run, and every
//! row that a scenario names is there.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

fn workspace() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the workspace").to_path_buf()
}

/// Row and "shown by" of each difference.
fn rows() -> Vec<(String, String)> {
    let text = fs::read_to_string(workspace().join("docs/differences.md")).expect("the table");
    let mut rows = Vec::new();
    for line in text.lines() {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let row = cells[0].split(' ').next().unwrap_or_default();
        if line.starts_with("| ")
            && cells.len() == 5
            && row.ends_with(|end: char| end.is_ascii_digit())
        {
            rows.push((row.to_string(), cells[4].to_string()));
        }
    }
    rows
}

/// The functions of a source text: name, text, and whether it is a test that is run.
fn functions(text: &str) -> Vec<(&str, &str, bool)> {
    let head = r"(?m)^([ \t]*)((?:#\[.*\]\s*)*)(?:pub(?:\([a-z]+\))? )?fn (\w+)\b";
    let head = Regex::new(head).expect("a pattern");
    let found = head.captures_iter(text).map(|function| {
        let [indent, attributes, name] =
            [1, 2, 3].map(|group| &text[function.get(group).expect("a group").range()]);
        let rest = &text[function.get(0).expect("all of it").start()..];
        let end = rest.find(&format!("\n{indent}}}\n")).unwrap_or(rest.len());
        let is_run = attributes.contains("#[test]") && !attributes.contains("#[ignore");
        (name, &rest[..end], is_run)
    });
    found.collect()
}

/// Whether a scenario `FILE::NAME` shows a row: itself, or by a function of its file that it calls.
fn scenario_shows(name: &str, row: &str) -> bool {
    let Some((file, name)) = name.rsplit_once("::") else {
        return false;
    };
    let path = workspace().join(format!("tests/scenarios/{}.rs", file.replace("::", "/")));
    let text = fs::read_to_string(path).unwrap_or_default();
    let functions = functions(&text);
    let row = format!("\"{row}\"");
    functions
        .iter()
        .filter(|(other, _, is_run)| *is_run && *other == name)
        .any(|(_, body, _)| {
            body.contains(&row)
                || functions.iter().any(|(helper, text, is_run)| {
                    !is_run && text.contains(&row) && body.contains(&format!("{helper}("))
                })
        })
}

/// Whether there is a unit test `PACKAGE::MODULE::NAME`, or one of hosts-access without the package. A module is a file
/// below `src`, its `tests.rs`, or a file below `tests`.
fn unit_test_exists(name: &str) -> bool {
    let crates = workspace().join("crates");
    let (package, path) = match name.split_once("::") {
        Some((package, path)) if crates.join(package).is_dir() => (package, path),
        _ => ("hosts-access", name),
    };
    let Some((module, name)) = path.rsplit_once("::") else {
        return false;
    };
    let module = module.replace("::", "/");
    ["src", "tests"]
        .map(|folder| crates.join(package).join(folder).join(&module))
        .iter()
        .flat_map(|base| {
            let inside = ["mod.rs", "main.rs", "tests.rs"].map(|file| base.join(file));
            [base.with_extension("rs")].into_iter().chain(inside)
        })
        .filter_map(|path| fs::read_to_string(path).ok())
        .any(|text| {
            let mut functions = functions(&text).into_iter();
            functions.any(|(other, _, is_run)| is_run && other == name)
        })
}

/// What is wrong with the last cell of a row.
fn faults(row: &str, shown_by: &str) -> Vec<String> {
    let (scenarios, units) = match shown_by.split_once("unit ") {
        Some((scenarios, units)) => (scenarios.trim_end_matches("; "), units),
        None => (shown_by, ""),
    };
    let names = |list: &str| -> Vec<String> {
        let names = list
            .split(", ")
            .map(|name| name.trim_matches('`').to_owned());
        names.filter(|name| !name.is_empty()).collect()
    };
    let (scenarios, units) = (names(scenarios), names(units));
    let mut faults = Vec::new();
    if scenarios.is_empty() && units.is_empty() {
        faults.push(format!("{row}: no test"));
    }
    for name in scenarios.iter().filter(|name| !scenario_shows(name, row)) {
        faults.push(format!("{row}: no scenario {name} that shows it"));
    }
    for name in units.iter().filter(|name| !unit_test_exists(name)) {
        faults.push(format!("{row}: no unit test {name} that is run"));
    }
    faults
}

#[test]
fn every_row_is_shown_by_tests_that_exist() {
    let rows = rows();
    assert!(rows.len() >= 70, "only {} rows were found", rows.len());
    let found = rows
        .iter()
        .flat_map(|(row, shown_by)| faults(row, shown_by));
    let found: Vec<String> = found.collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_test_that_does_not_show_a_row_is_found_out() {
    for (row, shown_by) in [
        ("T1", "`lines::long_rules_are_rules`"),
        (
            "T10",
            "`lines::the_last_line_needs_its_newline`; unit `table::line::logical_lines`",
        ),
        ("X7", "unit `tcpdchk::original::rules::texts_about_rules`"),
    ] {
        assert_eq!(faults(row, shown_by), [""; 0]);
    }
    for (row, shown_by) in [
        ("T1", ""),
        ("T1", "`lines`"),
        ("T2", "`lines::long_rules_are_rules`"),
        ("T1", "`files::long_rules_are_rules`"),
        ("T10", "`lines::unterminated`"),
        ("T1", "unit `table::line`"),
        ("T1", "unit `table::logical_lines`"),
        ("T1", "unit `system::table::line::logical_lines`"),
        // One that is run by `make test-libwrap` alone.
        ("W1", "unit `libwrap::library::threads_for_a_minute`"),
    ] {
        assert_eq!(faults(row, shown_by).len(), 1, "{row} {shown_by}");
    }
}

/// A row of docs/acceleration.md ends in the unit tests that show it.
#[test]
fn every_test_that_acceleration_rests_on_is_there() {
    let text = fs::read_to_string(workspace().join("docs/acceleration.md")).expect("the page");
    let (_, table) = text.split_once("| shown by |").expect("its table");
    let table = table.split("\n\n").next().unwrap_or_default();
    let rows = table.lines().filter(|line| line.starts_with("| "));
    let cells = rows.filter_map(|row| row.trim_end_matches(" |").rsplit(" | ").next());
    let names: Vec<_> = cells.flat_map(|cell| cell.split(", ")).collect();
    assert!(names.len() >= 10, "only {names:?} are named");
    for name in names {
        assert!(unit_test_exists(name.trim_matches('`')), "no test {name}");
    }
}

#[test]
fn every_row_that_a_test_names_is_there() {
    let rows = rows();
    let folder = workspace().join("tests/scenarios");
    for entry in fs::read_dir(folder).expect("the scenarios") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).unwrap_or_default();
        for word in text.split('"') {
            let is_row = word.len() <= 3
                && word.starts_with(['T', 'O', 'N', 'L', 'X', 'W'])
                && word[1..].parse::<u8>().is_ok();
            let known = rows.iter().any(|(row, _)| row == word);
            assert!(!is_row || known, "{}: {word} is no row", path.display());
        }
    }
}
