//! Which files of a crate name which others: their `use` lines and the paths in their bodies.
//!
//! A file is a module; its name here is its path below `src`, as `table::line`. Comments, and what stands after
//! `#[cfg(test)] mod tests`, do not count: tests may look at anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use regex::Regex;

/// The modules of a crate, by name, with their text. The root is the empty name.
pub(crate) type Modules = BTreeMap<String, String>;

/// Reads the files below a `src` folder.
pub(crate) fn modules(src: &Path) -> Modules {
    let mut modules = Modules::new();
    let mut folders = vec![src.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(src).unwrap().with_extension("");
                let name = name.to_str().unwrap().replace('/', "::");
                let name = name.strip_suffix("::mod").unwrap_or(&name);
                let name = if matches!(name, "lib" | "main" | "mod") {
                    ""
                } else {
                    name
                };
                let text = fs::read_to_string(&path).unwrap();
                modules.entry(name.to_owned()).or_default().push_str(&text);
            }
        }
    }
    // The tests of a module are part of it.
    modules.retain(|name, _| {
        name != "tests" && !name.ends_with("::tests") && !name.contains("tests::")
    });
    modules
}

/// The text without comments and tests.
fn plain(text: &str) -> String {
    let comment = Regex::new(r"//[^\n]*").unwrap();
    let text = comment.replace_all(text, "");
    let tests = Regex::new(r"#\[cfg\(test\)\]\s*mod tests\b").unwrap();
    let end = tests.find(&text).map_or(text.len(), |found| found.start());
    text[..end].to_owned()
}

/// The paths of a `use`, its braces written out.
fn written_out(start: &str, tree: &str, paths: &mut Vec<String>) {
    let tree = tree.trim();
    let Some((head, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        paths.push(format!("{start}{}", path.trim()));
        return;
    };
    let inside = rest.trim_end().strip_suffix('}').unwrap_or(rest);
    let (mut depth, mut from) = (0, 0);
    for (at, letter) in inside.char_indices().chain([(inside.len(), ',')]) {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let part = &inside[from..at];
                if !part.trim().is_empty() {
                    written_out(&format!("{start}{}", head.trim()), part, paths);
                }
                from = at + 1;
            }
            _ => {}
        }
    }
}

/// The modules that each module names. `name` is the crate's own, for programs beside a library.
pub(crate) fn uses(modules: &Modules) -> BTreeMap<String, BTreeSet<String>> {
    let import = Regex::new(r"\buse\s+([^;]+);").unwrap();
    let in_body = Regex::new(r"\b(?:crate|super|self)(?:::\w+)+").unwrap();
    let mut all = BTreeMap::new();
    for (module, text) in modules {
        let text = plain(text);
        let mut paths = Vec::new();
        for found in import.captures_iter(&text) {
            written_out("", &found[1], &mut paths);
        }
        paths.extend(
            in_body
                .find_iter(&text)
                .map(|found| found.as_str().to_owned()),
        );
        let named = paths
            .iter()
            .filter_map(|path| target(module, path, modules));
        let named = named.filter(|other| other != module).collect();
        all.insert(module.clone(), named);
    }
    all
}

/// The module that a path names: the deepest that is a file. The root does not count.
fn target(module: &str, path: &str, modules: &Modules) -> Option<String> {
    let mut words = path.split("::").map(str::trim).peekable();
    let mut base: Vec<&str> = module.split("::").filter(|word| !word.is_empty()).collect();
    match words.peek().copied()? {
        "crate" => {
            base.clear();
            words.next();
        }
        "self" => {
            words.next();
        }
        "super" => {
            while words.next_if_eq(&"super").is_some() {
                base.pop();
            }
        }
        word => {
            let child = base
                .iter()
                .copied()
                .chain([word])
                .collect::<Vec<_>>()
                .join("::");
            if !modules.contains_key(&child) {
                return None;
            }
        }
    }
    for word in words {
        let deeper = base
            .iter()
            .copied()
            .chain([word])
            .collect::<Vec<_>>()
            .join("::");
        if !modules.contains_key(&deeper) {
            break;
        }
        base.push(word);
    }
    Some(base.join("::")).filter(|name| !name.is_empty())
}

/// Whether one is a module and the other its own child.
pub(crate) fn are_parent_and_child(one: &str, two: &str) -> bool {
    let is_child = |parent: &str, child: &str| {
        child.rsplit_once("::").map_or("", |(above, _)| above) == parent && parent != child
    };
    is_child(one, two) || is_child(two, one)
}
