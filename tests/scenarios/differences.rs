//! docs/differences.md against the tests: every row has a test that exists, and every row that a
//! test names is there.

use std::fs;
use std::path::{Path, PathBuf};

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

/// The text of a module's source, with that of a `tests.rs` of its own; or of the tests of a package.
fn module(name: &str) -> Option<String> {
    let crates = workspace().join("crates");
    let (package, path) = match name.split_once("::") {
        Some((package, path)) if crates.join(package).is_dir() => (package, path),
        _ => ("hosts-access", name),
    };
    let package = crates.join(package);
    let base = package.join("src").join(path.replace("::", "/"));
    let tests = package.join("tests").join(path.replace("::", "/"));
    let texts = [
        base.with_extension("rs"),
        base.join("mod.rs"),
        base.join("tests.rs"),
        tests.with_extension("rs"),
        tests.join("main.rs"),
    ];
    let texts: Vec<_> = texts
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .collect();
    (!texts.is_empty()).then(|| texts.concat())
}

#[test]
fn every_row_is_shown_by_a_test() {
    let rows = rows();
    assert!(rows.len() >= 30, "only {} rows were found", rows.len());
    for (row, shown_by) in rows {
        let (scenarios, units) = match shown_by.split_once("unit ") {
            Some((scenarios, units)) => (scenarios.trim_end_matches("; "), units),
            None => (shown_by.as_str(), ""),
        };
        let mut count = 0;
        for name in scenarios.split(", ").filter(|name| !name.is_empty()) {
            let path = workspace().join(format!("tests/scenarios/{name}.rs"));
            let text = fs::read_to_string(&path).unwrap_or_default();
            assert!(
                text.contains(&format!("\"{row}\"")),
                "{row}: {name} does not show it"
            );
            count += 1;
        }
        for name in units.split(", ").filter(|name| !name.is_empty()) {
            let text = module(name.trim_matches('`')).unwrap_or_default();
            assert!(text.contains("#[test]"), "{row}: {name} has no test");
            count += 1;
        }
        assert!(count > 0, "{row}: no test");
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
