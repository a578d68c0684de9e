//! Questions about a whole policy: who gets in, what a change opens, and the same for what never asks the tables. The answers are the `policy`
//! crate's; here they are asked for and written down.
//!
//! Nothing is looked up and nothing is run: what depends on that is a condition.

mod changes;
mod conditions;
mod export;
mod report;
mod who;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use hosts_access::fault::reason as problem_reason;
use hosts_access::report::problem::Diagnostic;
use hosts_access::search::access::Tables;
use hosts_access::table::place::Place;
use hosts_access::text::escape::TableText;
use hosts_access::world::{Log, World};
use policy::access::{Access, By, Decision, Policy, Verdict};
use system::netgroup::SystemNetgroups;
use system::resolver::SystemResolver;
use tools::disk::Disk;
use tools::dry::NoIdent;
use tools::output::{Output, complain};
use tools::tree_accounts::TreeAccounts;

use crate::arguments::Arguments;
use crate::{EXIT_FAILED, EXIT_UNABLE};
use changes::Compared;

/// Answers a question about a whole policy.
///
/// # Errors
/// Something named on the command line cannot be used.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let daemon = arguments.daemon.as_deref().map(OsStr::as_bytes);
    if let Some(to) = arguments.export {
        let exported = export::run(arguments, to, daemon.unwrap_or_default(), output);
        return Ok(exported.unwrap_or_else(|error| {
            complain(error);
            EXIT_UNABLE.into()
        }));
    }
    if let Some(file) = &arguments.report {
        report::run(arguments, file, daemon, output)?;
        return Ok(ExitCode::SUCCESS);
    }
    let Some(old) = &arguments.diff else {
        who::run(arguments, daemon, output)?;
        return Ok(ExitCode::SUCCESS);
    };
    let [allow, deny] = &old[..] else {
        return Ok(EXIT_UNABLE.into());
    };
    let old = Tables {
        allow: allow.clone(),
        deny: deny.clone(),
    };
    for table in [&old.allow, &old.deny] {
        if let Err(error) = std::fs::File::open(table) {
            let (table, why) = (TableText::from(&**table), problem_reason(&error));
            complain(format_args!("open {table}: {why}"));
            return Ok(EXIT_UNABLE.into());
        }
    }
    Ok(match changes::run(arguments, &old, daemon, output) {
        Ok(Compared::Nothing) => ExitCode::SUCCESS,
        Ok(Compared::Something) => EXIT_FAILED.into(),
        Ok(Compared::Unsure) => EXIT_UNABLE.into(),
        Err(error) => {
            complain(error);
            EXIT_UNABLE.into()
        }
    })
}

/// What the tables refer to, on this machine.
struct Sources<'d> {
    disk: &'d Disk,
    accounts: TreeAccounts,
    lookups: (SystemResolver, NoIdent),
    netgroups: SystemNetgroups,
}

impl<'d> Sources<'d> {
    fn new(disk: &'d Disk) -> Self {
        let budget = std::rc::Rc::default();
        Self {
            disk,
            accounts: TreeAccounts::new(disk),
            lookups: (SystemResolver::new(std::rc::Rc::clone(&budget)), NoIdent),
            netgroups: SystemNetgroups::new(budget),
        }
    }

    fn world(&self) -> World<'_> {
        World {
            files: self.disk,
            lookups: &self.lookups,
            netgroups: &self.netgroups,
            accounts: &self.accounts,
            log: &Unheard,
        }
    }
}

/// What the engine says while the tables are read is said by tcpdchk.
struct Unheard;

impl Log for Unheard {
    fn diagnostic(&self, _: &Diagnostic) {}
}

/// The verdict in one word, as `--stdin` has it.
fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Granted => "granted",
        Verdict::Denied => "denied",
        Verdict::Twist => "delegated",
    }
}

/// A place as `FILE:LINE`.
fn spot(place: &Place) -> String {
    format!("{}:{}", TableText::from(&*place.table), place.line)
}

/// The rule that decides, as `FILE:LINE`.
fn rule(policy: &Policy<'_>, decision: &Decision) -> Option<String> {
    policy.place(decision.by).map(spot)
}

/// What was in error where a client is refused since no rule granted after it.
fn in_error(policy: &Policy<'_>, by: By) -> Option<String> {
    match by {
        By::RuleInError(index) => policy.place(By::Rule(index)).map(spot),
        By::TableInError(allow) => {
            let error = if allow {
                &policy.rules.allow_error
            } else {
                &policy.rules.deny_error
            };
            error.as_ref().map(|error| match &error.place {
                Some(place) => spot(place),
                None => TableText(error.text.as_bytes()).to_string(),
            })
        }
        By::Rule(_) | By::Nothing => None,
    }
}

/// Why a decision is made, in words.
fn reason(policy: &Policy<'_>, decision: &Decision) -> String {
    match (rule(policy, decision), in_error(policy, decision.by)) {
        (Some(rule), _) => rule,
        (None, Some(error)) => format!("in error: {error}"),
        (None, None) => "no rule matches".to_owned(),
    }
}

/// All that is in error for some client, as messages.
fn errors(policy: &Policy<'_>, access: &Access) -> Vec<String> {
    let mut errors: Vec<String> = policy.errors().map(ToString::to_string).collect();
    let places = access.in_error().iter().filter_map(|by| policy.place(*by));
    errors.extend(
        places.map(|place| format!("{place}: the rule cannot be evaluated for some clients")),
    );
    errors
}
