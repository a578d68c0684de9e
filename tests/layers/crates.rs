//! The crates of others that we depend on, held against deny.toml: their licences, their source, and that none comes in
//! two versions without a reason.
//!
//! It asks cargo, offline, for what this machine's builds use; whoever has cargo-deny can check the same file with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use regex::Regex;
use serde_json::Value;

use crate::root;

/// What deny.toml allows.
struct Allowed {
    licences: BTreeSet<String>,
    /// Crates that may come besides another version, as `NAME@VERSION`.
    doubles: BTreeSet<String>,
}

/// Reads deny.toml, as it is written here: no other file has its form.
fn allowed(text: &str) -> Allowed {
    let list = |key: &str| {
        let (_, rest) = text.split_once(&format!("\n{key} = [\n")).expect("a list");
        rest.split_once("\n]").expect("its end").0
    };
    let strings = |text: &str, pattern: &str| -> BTreeSet<String> {
        let pattern = Regex::new(pattern).unwrap();
        let found = pattern.captures_iter(text);
        found.map(|found| found[1].to_owned()).collect()
    };
    Allowed {
        licences: strings(list("allow"), r#"(?m)^ *"([^"]+)",$"#),
        doubles: strings(list("skip"), r#"crate = "([^"]+)", reason = "[^"]"#),
    }
}

/// Whether a licence expression can be met. `AND` binds as if each of its sides stood in brackets, which is never
/// milder than what the expression says.
fn is_free(expression: &str, licences: &BTreeSet<String>) -> bool {
    let expression = expression.replace(['(', ')'], "").replace('/', " OR ");
    expression.split(" AND ").all(|part| {
        let mut names = part.split(" OR ").map(str::trim);
        names.any(|name| licences.contains(name))
    })
}

/// What is wrong with the crates that `cargo metadata` lists.
fn faults(metadata: &Value, allowed: &Allowed) -> Vec<String> {
    let mut faults = Vec::new();
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let text = |key: &str| package[key].as_str().unwrap_or_default();
        // Ours have no source.
        if package["source"].is_null() {
            continue;
        }
        let (name, version) = (text("name"), text("version"));
        versions.entry(name).or_default().push(version);
        if !is_free(text("license"), &allowed.licences) {
            faults.push(format!("{name}: licence {}", text("license")));
        }
        if text("source") != "registry+https://github.com/rust-lang/crates.io-index" {
            faults.push(format!("{name}: source {}", text("source")));
        }
    }
    let mut needed = BTreeSet::new();
    for (name, versions) in &versions {
        let named = versions.iter().map(|version| format!("{name}@{version}"));
        let (excused, rest): (Vec<_>, Vec<_>) =
            named.partition(|one| allowed.doubles.contains(one));
        if rest.len() > 1 {
            faults.push(format!(
                "{} versions without a reason: {rest:?}",
                rest.len()
            ));
        }
        if versions.len() > 1 {
            needed.extend(excused);
        }
    }
    for one in allowed.doubles.difference(&needed) {
        faults.push(format!("{one} is no second version any more"));
    }
    faults
}

#[test]
fn licences_sources_and_versions_are_those_of_deny_toml() {
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--format-version", "1"])
        .args(["--filter-platform", &platform])
        .current_dir(root())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&metadata.stderr);
    assert!(metadata.status.success(), "{error}");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let text = fs::read_to_string(root().join("deny.toml")).unwrap();
    let faults = faults(&metadata, &allowed(&text));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_deny_toml_does_not_allow_is_found() {
    let deny = "[licenses]\nallow = [\n    \"MIT\",\n    \"Zlib\",\n]\n[bans]\nskip = [\n    \
                { crate = \"a@1.0.0\", reason = \"b wants it\" },\n    { crate = \"c@1.0.0\", reason = \"\" },\n]\n";
    let allowed = allowed(deny);
    let package = |name: &str, version: &str, license: &str| {
        let source = "registry+https://github.com/rust-lang/crates.io-index";
        serde_json::json!({ "name": name, "version": version, "license": license, "source": source })
    };
    let of = |packages: &[Value]| faults(&serde_json::json!({ "packages": packages }), &allowed);
    let twice = [
        package("a", "1.0.0", "MIT"),
        package("a", "2.0.0", "Zlib OR GPL-3.0"),
    ];
    assert_eq!(of(&twice), [""; 0]);
    for more in [
        package("x", "1.0.0", "GPL-3.0"),
        package("x", "1.0.0", "MIT AND GPL-3.0"),
        package("x", "1.0.0", ""),
        package("a", "3.0.0", "MIT/Apache-2.0"),
        serde_json::json!({ "name": "x", "version": "1.0.0", "license": "MIT", "source": "git+https://example.org/x" }),
    ] {
        let all = [&twice[..], &[more]].concat();
        assert_eq!(of(&all).len(), 1, "{:?}", of(&all));
    }
    assert_eq!(of(&twice[1..]), ["a@1.0.0 is no second version any more"]);
    // An exception without a reason is none.
    let other = [package("c", "1.0.0", "MIT"), package("c", "2.0.0", "MIT")];
    assert_eq!(of(&[&twice[..], &other].concat()).len(), 1);
}
