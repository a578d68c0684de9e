//! The value of each option: its grammar and what it asks for (hosts_options(5), VERDICT OPTIONS,
//! COMMAND OPTIONS, MESSAGE OPTIONS, IDENTITY OPTIONS, PROCESS OPTIONS, CONNECTION OPTIONS).
//!
//! Each function answers to one row of [`OPTIONS`](super::OPTIONS).

use super::Value;
use crate::accounts::Gid;
use crate::action::{Action, RuleOutcome, ShellText, Step};
use crate::report::problem::OptionProblem;
use crate::severity::Severity;
use crate::text::bytes::{split_outside_brackets, strip};
use crate::text::number;
use crate::world::World;

type Parsed = Result<Step, OptionProblem>;

/// Nice value of an option without a number.
const DEFAULT_NICE: i32 = 10;

fn act(action: Action) -> Parsed {
    Ok(Step::Act(action))
}

fn bad(kind: &'static str, value: &Value<'_>) -> OptionProblem {
    OptionProblem::BadValue(kind, value.text().to_vec())
}

/// The value as a number is read: white space before it does not count, and neither does the sign
/// of a zero.
fn numeric<'v>(value: &'v Value<'_>) -> &'v [u8] {
    let text = strip(value.text());
    match text.strip_prefix(b"-") {
        Some(zeros) if !zeros.is_empty() && zeros.iter().all(|byte| *byte == b'0') => zeros,
        _ => text,
    }
}

/// The expanded value as a command. Only options whose row says `expanded` get here with one.
fn command(value: &Value<'_>) -> Result<ShellText, OptionProblem> {
    match value {
        Value::Expanded(text) => Ok(text.clone()),
        Value::Written(_) => Err(bad("command", value)),
    }
}

/// `user NAME[.GROUP]`; the group is looked for first.
pub(super) fn user(value: &Value<'_>, world: &World<'_>) -> Parsed {
    let halves = split_outside_brackets(value.text(), b'.', 0);
    let name = halves.map_or(value.text(), |(name, _)| name);
    let group = match halves.map(|(_, group)| group) {
        Some(group) => Some((find_group(group, world)?, group.to_vec())),
        None => None,
    };
    let user = world
        .accounts
        .user(name)
        .ok_or_else(|| OptionProblem::UnknownUser(name.to_vec()))?;
    act(Action::User { user, group })
}

/// `group NAME`.
pub(super) fn group(value: &Value<'_>, world: &World<'_>) -> Parsed {
    let name = value.text();
    act(Action::Group(find_group(name, world)?, name.to_vec()))
}

fn find_group(name: &[u8], world: &World<'_>) -> Result<Gid, OptionProblem> {
    world
        .accounts
        .group(name)
        .ok_or_else(|| OptionProblem::UnknownGroup(name.to_vec()))
}

/// `umask N`, octal.
pub(super) fn umask(value: &Value<'_>, _: &World<'_>) -> Parsed {
    match number::octal(numeric(value)) {
        Some(mask) if mask <= 0o777 => act(Action::Umask(mask)),
        _ => Err(bad("umask value", value)),
    }
}

/// `linger N`, seconds.
pub(super) fn linger(value: &Value<'_>, _: &World<'_>) -> Parsed {
    match number::decimal(numeric(value)) {
        Some(seconds) if i32::try_from(seconds).is_ok() => act(Action::Linger(seconds)),
        _ => Err(bad("linger value", value)),
    }
}

/// `keepalive`.
pub(super) fn keepalive(_: &Value<'_>, _: &World<'_>) -> Parsed {
    act(Action::KeepAlive)
}

/// `spawn COMMAND`.
pub(super) fn spawn(value: &Value<'_>, _: &World<'_>) -> Parsed {
    act(Action::Spawn(command(value)?))
}

/// `twist COMMAND`.
pub(super) fn twist(value: &Value<'_>, _: &World<'_>) -> Parsed {
    Ok(Step::End(RuleOutcome::Twist(command(value)?)))
}

/// `aclexec COMMAND`.
pub(super) fn aclexec(value: &Value<'_>, _: &World<'_>) -> Parsed {
    act(Action::Aclexec(command(value)?))
}

/// `rfc931 [SECONDS]`.
pub(super) fn rfc931(value: &Value<'_>, _: &World<'_>) -> Parsed {
    if value.text().is_empty() {
        return Ok(Step::User(None));
    }
    match number::decimal(numeric(value)) {
        Some(seconds) if seconds > 0 && i32::try_from(seconds).is_ok() => {
            Ok(Step::User(Some(seconds)))
        }
        _ => Err(bad("rfc931 timeout", value)),
    }
}

/// `setenv NAME VALUE`, split at the first blank, with white space off both; the value may be empty.
pub(super) fn setenv(value: &Value<'_>, _: &World<'_>) -> Parsed {
    let text = value.text();
    let end = text
        .iter()
        .position(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
        .unwrap_or(text.len());
    let (name, value) = text.split_at(end);
    let (name, value) = (strip(name), strip(value));
    if name.is_empty() || name.contains(&b'=') {
        return Err(OptionProblem::BadVariable(name.to_vec()));
    }
    act(Action::SetEnv {
        name: name.to_vec(),
        value: value.to_vec(),
    })
}

/// `nice [N]`.
pub(super) fn nice(value: &Value<'_>, _: &World<'_>) -> Parsed {
    if value.text().is_empty() {
        return act(Action::Nice(DEFAULT_NICE));
    }
    match number::signed(numeric(value)) {
        Some(increment) => act(Action::Nice(increment)),
        None => Err(bad("nice value", value)),
    }
}

/// `severity [FACILITY.]LEVEL`.
pub(super) fn severity(value: &Value<'_>, _: &World<'_>) -> Parsed {
    Severity::parse(value.text())
        .map(Step::Severity)
        .map_err(|half| OptionProblem::BadValue("syslog facility or severity", half.to_vec()))
}

/// `allow`.
pub(super) fn allow(_: &Value<'_>, _: &World<'_>) -> Parsed {
    Ok(Step::End(RuleOutcome::Allow))
}

/// `deny`.
pub(super) fn deny(_: &Value<'_>, _: &World<'_>) -> Parsed {
    Ok(Step::End(RuleOutcome::Deny))
}

/// `banners DIRECTORY`.
pub(super) fn banners(value: &Value<'_>, _: &World<'_>) -> Parsed {
    Ok(Step::Banners(value.text().to_vec()))
}
