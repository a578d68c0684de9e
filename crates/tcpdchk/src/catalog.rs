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
    checks::dry_run::CHECKS,
    checks::host_words::NAME_SERVICE_CHECKS,
    checks::lines::CHECKS,
    checks::forms::CHECKS,
    checks::spelling::CHECKS,
    checks::ipv6::CHECKS,
    checks::networks::CHECKS,
    checks::misplaced::CHECKS,
    checks::commands::CHECKS,
    checks::programs::CHECKS,
    checks::aclexec::CHECKS,
    checks::files::CHECKS,
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

    /// The manual says of each what `--explain` says.
    #[test]
    fn the_manual_agrees() {
        let page = include_str!("../../../man/tcpdchk.8");
        let entries = page.split("\n.It Sy ").skip(1);
        let entries: Vec<_> = entries
            .map(|entry| entry.split("\n.").next().unwrap_or_default())
            .map(|entry| {
                entry
                    .replace("\\&", "")
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect();
        for check in all() {
            let (first, rest) = check.title.split_at(1);
            let title = format!("{}{rest}", first.to_uppercase());
            let wanted = format!(
                "{} Pq {} {title}. {} {}",
                check.id, check.level, check.why, check.remedy
            );
            let words: Vec<_> = wanted.split_whitespace().collect();
            let wanted = words.join(" ").replace('\\', "\\e");
            let same = |entry: &String| entry.trim_end_matches('.') == wanted.trim_end_matches('.');
            assert!(entries.iter().any(same), "{wanted}");
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
