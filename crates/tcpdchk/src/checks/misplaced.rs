//! Words where an option was expected that are something else.

use hosts_access::options::{self, Field};
use hosts_access::report::problem::{OptionProblem, Problem};
use hosts_access::text::bytes::bracketed;
use hosts_access::text::escape::TableText;

use crate::checked_rule::CheckedRule;
use crate::checker::Checker;
use crate::finding::Finding;
use crate::source::Origin;
use crate::word::is_reserved;

use super::commands::{known_alike, rests};

tools::checks! {
    /// What stands where an option was expected.
    CHECKS;
    SHELL_COMMAND: "shell-command", Error, "a command without the option that runs it",
        why "Old versions took the third field of a rule for a command. Now it is a list of options, so the rule \
             denies everybody it matches, and no command runs.",
        remedy "Write spawn before the command, or twist if it is to answer the client.";
    CLIENT_AS_OPTION: "client-as-option", Error, "a client where an option was expected",
        why "A colon ends the client list. What follows is taken for an option, so the rule denies everybody it \
             matches.",
        remedy "Separate clients with blanks or commas. Rules do not know ports of clients.";
}

/// Looks at each option of a rule.
pub(crate) fn check(rule: &CheckedRule<'_>, checker: &Checker<'_>) {
    let rests = rests(rule);
    for (field, rest) in rule.options().zip(rests) {
        if let Some(finding) = misplaced(rule, &field).filter(|_| !rest) {
            checker.find(finding);
        }
    }
}

/// Whether a finding of ours explains a problem with the option of this number.
pub(crate) fn explains(rule: &CheckedRule<'_>, number: usize, problem: &Problem) -> bool {
    let form = matches!(
        problem,
        Problem::Option(OptionProblem::BadName(_) | OptionProblem::MissingName)
    );
    let misplaced = |field| misplaced(rule, &field).is_some();
    form && (rests(rule).get(number) == Some(&true)
        || rule.options().nth(number).is_some_and(misplaced))
}

fn misplaced(rule: &CheckedRule<'_>, field: &Field<'_>) -> Option<Finding> {
    let keyword = &*field.keyword;
    if keyword.is_empty() || options::find(keyword).is_some() || rule.is_explained(keyword) {
        return None;
    }
    let shown = TableText(keyword);
    let finding = if is_client(keyword) {
        let text = format!("{shown}: is a client, not an option");
        Finding::own(&CLIENT_AS_OPTION, text)
    } else if keyword.contains(&b'/')
        || keyword.starts_with(b"(")
        || (!field.value.is_empty() && known_alike(keyword).is_none())
    {
        let text = format!("{shown}: is a command, not an option");
        let begins =
            matches!(keyword, [b'/' | b'(', ..]) || keyword.iter().all(u8::is_ascii_alphabetic);
        Finding::own(&SHELL_COMMAND, text).instead(begins.then(|| format!("spawn {shown}")))
    } else {
        return None;
    };
    Some(finding.at(rule.origin.place(keyword)))
}

/// Whether a word is an address, a network, a domain, a wildcard or a port.
fn is_client(word: &[u8]) -> bool {
    let word = word.split(|byte| *byte == b',').next().unwrap_or(word);
    let numeric = word
        .iter()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'/' | b'*'));
    numeric
        || word.starts_with(b".")
        || word.starts_with(b"@")
        || bracketed(word).is_some()
        || is_reserved(word)
        || word.eq_ignore_ascii_case(b"EXCEPT")
        || (word.contains(&b'.') && !word.contains(&b'/'))
}
