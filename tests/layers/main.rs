//! The layers of each crate, as docs/architecture.md shows them: a file names only files of layers below its own.
//!
//! A module and its own child may name each other. What fails is a path that goes up or to the side, a file that
//! stands in no layer, a layer that names no file, and a crate that is in no list. Besides, tcpd links few foreign crates.

mod crates;
mod paths;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use paths::{Modules, are_parent_and_child, modules, uses};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The layers of a crate, the lowest first.
type Layers = Vec<Vec<String>>;

/// The table of the document: a line `crate NAME`, then a line for each layer.
fn table(document: &str) -> BTreeMap<String, Layers> {
    let (_, block) = document
        .split_once("```layers\n")
        .expect("a block of layers");
    let (block, _) = block.split_once("```").expect("its end");
    let mut crates: BTreeMap<String, Layers> = BTreeMap::new();
    let mut at = String::new();
    for line in block.lines() {
        match line.strip_prefix("crate ") {
            Some(name) => {
                name.clone_into(&mut at);
                crates.insert(at.clone(), Layers::new());
            }
            None => {
                let names = line.split_whitespace().map(str::to_owned).collect();
                crates.get_mut(&at).expect("a crate").push(names);
            }
        }
    }
    crates
}

/// What is wrong with a crate.
fn faults(modules: &Modules, layers: &Layers) -> Vec<String> {
    let mut faults = Vec::new();
    let mut at: BTreeMap<&str, usize> = BTreeMap::new();
    for (layer, names) in layers.iter().enumerate() {
        for name in names {
            if at.insert(name, layer).is_some() {
                faults.push(format!("{name} stands in two layers"));
            }
            if !modules.contains_key(name) {
                faults.push(format!("{name} is no file"));
            }
        }
    }
    for (module, named) in uses(modules) {
        if module.is_empty() {
            continue;
        }
        let Some(layer) = at.get(&*module) else {
            faults.push(format!("{module} stands in no layer"));
            continue;
        };
        for other in named {
            if are_parent_and_child(&module, &other) {
                continue;
            }
            if at.get(&*other).is_some_and(|below| below >= layer) {
                faults.push(format!("{module} names {other}, which is not below it"));
            }
        }
    }
    faults
}

/// The lowest layers that a crate can have, for the message of a failure: each file above all that it names.
fn proposal(modules: &Modules) -> String {
    let uses = uses(modules);
    let mut left: BTreeSet<&String> = modules.keys().filter(|name| !name.is_empty()).collect();
    let mut text = String::new();
    while !left.is_empty() {
        let free: Vec<&String> = left
            .iter()
            .copied()
            .filter(|module| {
                uses[*module]
                    .iter()
                    .all(|other| !left.contains(other) || are_parent_and_child(module, other))
            })
            .collect();
        if free.is_empty() {
            return format!("{text}a ring among {left:?}\n");
        }
        let names: Vec<&str> = free.iter().map(|name| name.as_str()).collect();
        text += &format!("{}\n", names.join(" "));
        left.retain(|name| !free.contains(name));
    }
    text
}

#[test]
fn every_file_names_only_what_is_below_it() {
    let document = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let table = table(&document);
    let mut crates = BTreeSet::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let folder = entry.unwrap().path();
        if folder.join("Cargo.toml").exists() {
            crates.insert(folder.file_name().unwrap().to_str().unwrap().to_owned());
        }
    }
    let mut wrong = String::new();
    for name in &crates {
        let modules = modules(&root().join("crates").join(name).join("src"));
        let layers = table.get(name).cloned().unwrap_or_default();
        let faults = faults(&modules, &layers);
        if !faults.is_empty() {
            let faults = faults.join("\n  ");
            wrong += &format!(
                "crate {name}:\n  {faults}\nIts files would fit so:\n{}\n",
                proposal(&modules)
            );
        }
    }
    for name in table.keys().filter(|name| !crates.contains(*name)) {
        wrong += &format!("{name} is no crate\n");
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The packages that a package links, runs at build time or names itself, as `cargo tree` shows them.
fn tree(package: &str, arguments: &[&str]) -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--package", package])
        .args(["--prefix", "none", "--format", "{p}"])
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&tree.stderr);
    assert!(tree.status.success(), "{error}");
    let text = String::from_utf8(tree.stdout).unwrap();
    let lines = text.lines().map(|line| line.trim_end_matches(" (*)"));
    lines.map(str::to_owned).collect()
}

/// Ours are shown with their folder.
fn is_ours(package: &str) -> bool {
    package.contains("(/")
}

/// Which crates of ours each shipped crate may depend on. What is for tests alone is in no list.
const BELOW: [(&str, &[&str]); 10] = [
    ("hosts-access", &[]),
    ("libwrap", &["hosts-access", "system"]),
    ("policy", &["hosts-access"]),
    ("safe_finger", &["system"]),
    ("system", &["hosts-access"]),
    ("tcpd", &["hosts-access", "system"]),
    ("tcpdchk", &["hosts-access", "policy", "system", "tools"]),
    ("tcpdmatch", &["hosts-access", "policy", "system", "tools"]),
    ("tools", &["hosts-access", "system"]),
    ("try-from", &["hosts-access", "system"]),
];

#[test]
fn crates_depend_on_crates_below_them() {
    for (name, below) in BELOW {
        let direct = tree(name, &["--edges", "normal,build", "--depth", "1"]);
        for package in direct.iter().filter(|package| is_ours(package)) {
            let dependency = package.split(' ').next().unwrap();
            assert!(
                dependency == name || below.contains(&dependency),
                "{name} depends on {dependency}"
            );
        }
    }
}

#[test]
fn what_users_build_is_what_is_shipped() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, members) = manifest.split_once("\ndefault-members = [").unwrap();
    let (members, _) = members.split_once(']').unwrap();
    let members: Vec<&str> = members.split('"').skip(1).step_by(2).collect();
    let shipped = BELOW.map(|(name, _)| format!("crates/{name}"));
    let tests = "tests".to_owned();
    assert!(
        members.iter().eq(shipped.iter().chain([&tests])),
        "{members:?}"
    );
}

/// Foreign crates that tcpd may link: it runs as root before every connection.
const MAX_LINKED: usize = 25;

#[test]
fn tcpd_links_few_foreign_crates() {
    let mut linked = tree("tcpd", &["--edges", "normal,no-proc-macro"]);
    linked.retain(|package| !is_ours(package));
    assert!(
        linked.iter().any(|package| package.starts_with("nix ")),
        "{linked:?}"
    );
    let count = linked.len();
    assert!(count <= MAX_LINKED, "{count} crates: {linked:#?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crate_of(files: &[(&str, &str)]) -> Modules {
        let files = files.iter();
        files
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect()
    }

    fn layers(lines: &[&str]) -> Layers {
        let words = |line: &&str| line.split(' ').map(str::to_owned).collect();
        lines.iter().map(words).collect()
    }

    #[test]
    fn a_path_may_go_down_only() {
        let files = crate_of(&[
            ("a", ""),
            ("b", "use crate::a::X;"),
            ("c", "fn f() { crate::b::g() }"),
        ]);
        assert_eq!(faults(&files, &layers(&["a", "b", "c"])), [""; 0]);
        assert_eq!(
            faults(&files, &layers(&["b", "a", "c"])),
            ["b names a, which is not below it"]
        );
        assert_eq!(
            faults(&files, &layers(&["a", "b c"])),
            ["c names b, which is not below it"]
        );
        assert_eq!(
            faults(&files, &layers(&["a", "b"])),
            ["c stands in no layer"]
        );
        assert_eq!(
            faults(&files, &layers(&["a", "b", "c", "d"])),
            ["d is no file"]
        );
    }

    #[test]
    fn every_way_to_name_a_file_counts() {
        for text in [
            "use crate::{x::Y, a::{B, C}};",
            "use super::a;",
            "use super::super::a::Z;",
            "fn f() -> crate::a::T { super::a::g() }",
            "pub(crate) use crate::a as other;",
            "use crate::a::{self, b};",
        ] {
            let module = if text.contains("super::super") {
                "m::n"
            } else {
                "m"
            };
            let files = crate_of(&[("a", ""), (module, text)]);
            assert!(uses(&files)[module].contains("a"), "{text}");
        }
        for text in [
            "// crate::a",
            "use other::a;",
            "#[cfg(test)]\nmod tests { use crate::a; }",
        ] {
            let files = crate_of(&[("a", ""), ("m", text)]);
            assert!(uses(&files)["m"].is_empty(), "{text}");
        }
    }

    #[test]
    fn a_ring_fits_into_no_layers_but_a_module_and_its_child_do() {
        let ring = crate_of(&[
            ("a", "use crate::b;"),
            ("b", "use crate::c;"),
            ("c", "use crate::a;"),
        ]);
        assert!(proposal(&ring).contains("a ring among"));
        for order in [["a", "b", "c"], ["b", "c", "a"], ["c", "b", "a"]] {
            assert!(!faults(&ring, &layers(&order)).is_empty());
        }
        let child = crate_of(&[("a", "mod b; use b::X;"), ("a::b", "use super::Y;")]);
        assert_eq!(faults(&child, &layers(&["a a::b"])), [""; 0]);
        let cousin = crate_of(&[
            ("a", ""),
            ("a::b", "use super::c;"),
            ("a::c", "use super::b;"),
        ]);
        assert!(!faults(&cousin, &layers(&["a a::b a::c"])).is_empty());
    }

    #[test]
    fn the_table_is_read_from_the_document() {
        let read = table("text\n```layers\ncrate one\na b\nc\ncrate two\n```\n");
        assert_eq!(read["one"], layers(&["a b", "c"]));
        assert!(read["two"].is_empty());
    }
}
