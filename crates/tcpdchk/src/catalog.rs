//! Every kind of finding, and what `--explain` tells of it.

use tools::output::Output;
use tools::remark::Check;

use crate::checks;
use crate::suggest::closest;

/// The groups of checks, as their modules define them.
static GROUPS: &[&[&Check]] = &[
    tools::remark::CHECKS,
    checks::tables::CHECKS,
    checks::allowances::CHECKS,
    checks::daemon_lists::CHECKS,
    checks::host_words::CHECKS,
    checks::list_files::CHECKS,
    checks::dns_lists::CHECKS,
    checks::dry_run::CHECKS,
    checks::host_words::NAME_SERVICE_CHECKS,
    checks::lines::CHECKS,
    checks::forms::CHECKS,
    checks::spelling::CHECKS,
    checks::ipv6::CHECKS,
    checks::networks::CHECKS,
    checks::misplaced::CHECKS,
    checks::commands::CHECKS,
    checks::command_programs::CHECKS,
    checks::aclexec::CHECKS,
    checks::file_rights::CHECKS,
    checks::reach::CHECKS,
    checks::effect::CHECKS,
    crate::portable::CHECKS,
];

/// Every check.
pub(crate) fn all() -> impl Iterator<Item = &'static Check> {
    GROUPS.iter().copied().flatten().copied()
}

/// Tells of one kind of finding or, without an id, lists them all.
///
/// # Errors
/// There is no such kind.
pub(crate) fn explain(id: &str, output: &Output) -> anyhow::Result<()> {
    if id.is_empty() {
        for check in all() {
            let level = check.level.to_string();
            output.line(format_args!("{:<22} {level:<8} {}", check.id, check.title));
        }
        return Ok(());
    }
    let Some(check) = all().find(|check| check.id == id) else {
        let meant = closest(id.as_bytes(), all().map(|check| check.id));
        let meant = meant.map_or(String::new(), |meant| format!("; did you mean {meant}?"));
        anyhow::bail!("tcpdchk: there is no kind of finding called {id:?}{meant}");
    };
    output.line(format_args!(
        "{} ({}): {}",
        check.id, check.level, check.title
    ));
    output.line(format_args!("\nWhy it matters: {}", check.why));
    output.line(format_args!("\nWhat to do: {}", check.remedy));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_told_apart() {
        let ids: BTreeSet<_> = all().map(|check| check.id).collect();
        assert_eq!(ids.len(), all().count());
    }

    /// The paragraph of the manual on a check: one sentence a line, in mdoc(7).
    fn paragraph(check: &Check) -> String {
        let (first, rest) = check.title.split_at(1);
        let title = format!("{}{rest}.", first.to_uppercase());
        let text = [&title, check.why, check.remedy].join(" ");
        let text = text.replace('\\', "\\e");
        let mut lines = Vec::new();
        let mut rest = &*text;
        for (at, _) in text.match_indices(". ") {
            let (before, after) = text.split_at(at);
            // The dot of a number ends no sentence, unless another one begins.
            let number = before.ends_with(|end: char| end.is_ascii_digit());
            if !number || after[2..].starts_with(|next: char| next.is_ascii_uppercase()) {
                let (line, next) = rest.split_at(at + 1 - (text.len() - rest.len()));
                lines.push(line.to_owned());
                rest = next.trim_start();
            }
        }
        lines.push(rest.to_owned());
        let head = format!(".It Sy {} Pq {}", check.id, check.level);
        let lines = lines.into_iter().map(|line| match line.chars().next() {
            Some('.' | '\'') => format!("\\&{line}"),
            _ => line,
        });
        [head]
            .into_iter()
            .chain(lines)
            .fold(String::new(), |text, line| text + &line + "\n")
    }

    /// The manual says of each what `--explain` says. `MANUAL=write` writes the paragraphs anew.
    #[test]
    fn the_manual_agrees() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../man/tcpdchk.8");
        let page = std::fs::read_to_string(path).unwrap();
        let mut made = String::new();
        let mut skipping = false;
        for line in page.lines() {
            let id = line
                .strip_prefix(".It Sy ")
                .and_then(|rest| rest.split(' ').next());
            let check = all().find(|check| Some(check.id) == id);
            skipping &= check.is_none() && !line.starts_with(".It") && line != ".El";
            if let Some(check) = check {
                made += &paragraph(check);
                skipping = true;
            } else if !skipping {
                made += line;
                made.push('\n');
            }
        }
        if std::env::var("MANUAL").is_ok_and(|mode| mode == "write") {
            std::fs::write(path, made).unwrap();
        } else {
            let (lines, wanted) = (page.lines(), made.lines());
            let different = lines.zip(wanted).find(|(line, wanted)| line != wanted);
            assert!(
                made == page,
                "`make manual` writes the paragraphs anew: {different:?}"
            );
        }
    }

    /// The manual has a paragraph on each, and on no other.
    #[test]
    fn the_manual_has_them_all() {
        let page = include_str!("../../../man/tcpdchk.8");
        let described: BTreeSet<_> = page
            .lines()
            .filter_map(|line| line.strip_prefix(".It Sy "))
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        let known: BTreeSet<_> = all().map(|check| check.id).collect();
        assert_eq!(described, known);
    }
}
