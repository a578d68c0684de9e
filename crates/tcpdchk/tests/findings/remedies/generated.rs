//! Remedies of generated rules.

use fastrand::Rng;

use crate::tree;

use super::{Finding, check_verdicts, faults, findings, replaced};

/// Of which words are put together.
const PIECES: &[&str] = &[
    "10",
    "192",
    "0",
    "1",
    "2",
    "7",
    "07",
    "010",
    "255",
    "300",
    ".",
    ".",
    ".",
    ".",
    ",",
    "/",
    "8",
    "24",
    "32",
    "x",
    "[",
    "]",
    "[2001:db8::",
    "2001:db8::",
    "::",
    ":",
    "5",
    "]/32",
    "%lo",
    "*",
    "?",
    "ALL",
    "local",
    "host",
    ".example",
    ".org",
    "-",
    "\u{200b}",
    "\u{a0}",
    "deny",
    "allow",
    "joe@",
    "192.0.2.7",
    "192.0.2.",
    "192.0.2.0",
    "/255.255.255.0",
    "/0.0.0.255",
    "/255.0.255.0",
    " ",
    " ",
    " EXCEPT ",
    " EXPECT ",
    " BUT ",
    ": ",
    ": alow",
    ": spwan x &",
    ": spawn (mail a:b) &",
    ": severity mail.inof",
    "fe80::1",
    "192.168",
    "\\ ",
    "{{",
];

/// A table of many rules, of which each has its own daemon. All are applied at once, and then
/// those of what came out.
#[test]
fn remedies_of_generated_rules() {
    let mut random = Rng::with_seed(1);
    let mut proven = 0;
    let mut wrong = Vec::new();
    for _ in 0..4 {
        let rules = (0..300).map(|number| {
            let pieces = (0..random.usize(1..=6)).map(|_| PIECES[random.usize(..PIECES.len())]);
            format!("svc{number}: {}", pieces.collect::<String>())
        });
        let mut lines: Vec<_> = rules.collect();
        for _ in 0..2 {
            let text = lines.join("\n") + "\n";
            let tree = tree(&text, "ALL: ALL\n");
            let before = findings(&tree, &[]);
            let mut applied: Vec<(Finding, String)> = Vec::new();
            for finding in before.iter().filter(|found| found.instead.is_some()) {
                // What joins lines is proven elsewhere.
                let other = finding.id == "backslash-blank" || finding.id == "unknown-daemon";
                if other || applied.iter().any(|(other, _)| other.line == finding.line) {
                    continue;
                }
                let only = Finding {
                    first: 1,
                    line: 1,
                    ..finding.clone()
                };
                let line = lines[finding.line - 1].clone();
                lines[finding.line - 1] =
                    replaced(&line, &only, finding.instead.as_deref().unwrap());
                check_verdicts(&line, &lines[finding.line - 1], &only);
                applied.push((finding.clone(), line));
            }
            let text = lines.join("\n") + "\n";
            tree.file("etc/hosts.allow", &text);
            let after = findings(&tree, &[]);
            for (finding, _) in &applied {
                let of_line = |all: &[Finding]| -> Vec<Finding> {
                    all.iter()
                        .filter(|found| found.line == finding.line)
                        .cloned()
                        .collect()
                };
                let line = &lines[finding.line - 1];
                wrong.extend(faults(&of_line(&before), &of_line(&after), finding, line));
            }
            proven += applied.len();
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(proven > 100, "{proven}");
}
