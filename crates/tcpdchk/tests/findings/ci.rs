//! What examples/ci and .pre-commit-hooks.yaml have for others: each is used here as they would use it.

use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::Value;
use test_kit::{Program, run};
use yaml_rust2::{Yaml, YamlLoader};

use crate::{tcpdchk, tree};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn yaml(path: &str) -> Yaml {
    let text = std::fs::read_to_string(project().join(path)).unwrap();
    YamlLoader::load_from_str(&text).unwrap().remove(0)
}

/// The problem matcher takes each line that has a place apart, as the site does.
#[test]
fn the_problem_matcher_fits() {
    let text = std::fs::read_to_string(project().join("examples/ci/problem-matcher.json")).unwrap();
    let matcher: Value = serde_json::from_str(&text).unwrap();
    let pattern = &matcher["problemMatcher"][0]["pattern"][0];
    let regexp = Regex::new(pattern["regexp"].as_str().unwrap()).unwrap();
    let group = |line: &str, name: &str| -> String {
        let number = usize::try_from(pattern[name].as_u64().unwrap()).unwrap();
        let found = regexp.captures(line).unwrap_or_else(|| panic!("{line}"));
        found
            .get(number)
            .map_or(String::new(), |part| part.as_str().to_owned())
    };
    let tree = tree(
        "svcd: 10.0.0.1/8\nsvcd 10.\n",
        "svcd: a;b: alow\nx: 192.168: banners /x\n",
    );
    tree.file(
        "etc/inetd.conf",
        "n stream tcp nowait root /usr/sbin/tcpd none\n",
    );
    let shown = tcpdchk(&tree, &["--format", "gcc"]).stdout;
    assert!(shown.lines().count() > 6, "{shown}");
    for line in shown.lines() {
        assert!(!group(line, "message").is_empty() && !group(line, "code").is_empty());
    }
    let first = shown
        .lines()
        .find(|line| line.contains("host-bits"))
        .unwrap();
    let parts = ["file", "line", "column", "severity", "code"].map(|name| group(first, name));
    assert_eq!(parts, ["etc/hosts.allow", "1", "7", "error", "host-bits"]);
    let of_file = shown
        .lines()
        .find(|line| line.contains("inetd.conf:1"))
        .unwrap();
    assert_eq!(group(of_file, "column"), "");
}

/// The commands of the workflow are those that the programs have.
#[test]
fn the_workflow_runs() {
    let workflow = yaml("examples/ci/access-tables.yml");
    let steps = workflow["jobs"]["tables"]["steps"].as_vec().unwrap();
    let commands: Vec<_> = steps
        .iter()
        .filter_map(|step| step["run"].as_str())
        .collect();
    let ours = commands
        .iter()
        .flat_map(|text| text.lines())
        .find(|line| line.starts_with("tcpdchk "));
    let place = project().join("examples/ci");
    let line = ours.unwrap().replace("etc/", "");
    let arguments = line.split_whitespace().skip(1);
    let ran = run(Program::ours(env!("CARGO_BIN_EXE_tcpdchk"))
        .command(&place)
        .args(arguments));
    let clean = !ran.stdout.contains(": error: ./") && !ran.stdout.contains("hosts.deny");
    assert!(
        matches!(ran.status, Some(0 | 1)) && clean && ran.stderr.is_empty(),
        "{ran:?}"
    );
}

/// The hook's command checks the tables at the top of a repository.
#[test]
fn the_hook_runs() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let hook = &hooks[0];
    let files = Regex::new(hook["files"].as_str().unwrap()).unwrap();
    for (path, meant) in [
        ("hosts.allow", true),
        ("etc/hosts.deny", true),
        ("etc/hosts", false),
    ] {
        assert_eq!(files.is_match(path), meant, "{path}");
    }
    let mut words = hook["entry"].as_str().unwrap().split_whitespace();
    assert_eq!(words.next(), Some("tcpdchk"));
    let arguments = hook["args"]
        .as_vec()
        .unwrap()
        .iter()
        .filter_map(Yaml::as_str);
    let arguments: Vec<_> = words.chain(arguments).collect();
    let scratch = test_kit::Scratch::new();
    for (rule, status) in [("ALL: 10.", 0), ("ALL: 10.0.0.0/33", 1)] {
        scratch.file("hosts.allow", format!("{rule}\n"));
        let ours = Program::ours(env!("CARGO_BIN_EXE_tcpdchk"));
        let ran = run(ours.command(scratch.path()).args(&arguments));
        assert_eq!(ran.status, Some(status), "{rule}: {ran:?}");
    }
}
