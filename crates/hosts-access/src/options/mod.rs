//! Options: the third field of a rule (hosts_options(5)).
//!
//! An option is one row of [`OPTIONS`]: its keyword, whether it takes a value, where it may stand,
//! whether the value is expanded, and how the value becomes a [`Step`]. To add one, write its parse
//! function in [`values`] and its row here.
//!
//! Options run from left to right; each is checked and carried out before the next is looked at, so
//! the effects of those before an error stay. Any error denies, in either table.

pub mod banner;
pub mod expand;
mod fields;
pub mod values;

use crate::action::{Action, Done, RuleOutcome, ShellText, Step};
use crate::fault::{Fault, reason};
use crate::limits::{MAX_BANNER_CHUNK_BYTES, MAX_EXPANSION_BYTES};
use crate::lookup::fetch_user;
use crate::options::banner::Banner;
use crate::options::expand::{TooLong, expand};
use crate::report::problem::{Diagnostic, OptionProblem, Problem};
use crate::report::trace::Event;
use crate::request::Request;
use crate::table::place::Place;
use crate::text::bytes::{path_of, strip};
use crate::text::escape::TableText;
use crate::world::{Effects, World};

pub use fields::{Field, Fields};

/// Whether an option takes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// It must have one.
    Required,
    /// It may have one.
    Optional,
    /// It may not.
    None,
}

/// Where an option may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// Before or after any other option.
    Anywhere,
    /// Nothing may follow.
    Last,
}

/// What becomes of the request when an option's action cannot be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFault {
    /// A warning; the options go on.
    Warn,
    /// The request is denied.
    Deny,
    /// The rule is in error: hosts.allow does not grant, hosts.deny denies.
    RuleInError,
}

/// An option of the language.
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    /// Its keyword, in any case.
    pub keyword: &'static str,
    /// Whether it takes a value.
    pub argument: Argument,
    /// Where it may stand.
    pub position: Position,
    /// Whether `%` expansions are done in the value.
    pub expanded: bool,
    /// What a failure of its action means.
    pub on_fault: OnFault,
    /// Makes a step of the value.
    pub parse: fn(&Value<'_>, &World<'_>) -> Result<Step, OptionProblem>,
}

/// The value of an option.
#[derive(Clone, Debug)]
pub enum Value<'v> {
    /// As written; empty if there is none.
    Written(&'v [u8]),
    /// With its expansions done.
    Expanded(ShellText),
}

impl Value<'_> {
    /// Its bytes, expanded or not.
    pub fn text(&self) -> &[u8] {
        match self {
            Self::Written(text) => text,
            Self::Expanded(text) => text.as_bytes(),
        }
    }
}

/// Every option.
#[rustfmt::skip] // a table
pub const OPTIONS: &[OptionSpec] = {
    use Argument::{None, Optional, Required};
    use OnFault::{Deny, RuleInError, Warn};
    use Position::{Anywhere, Last};
    const fn row(
        keyword: &'static str,
        argument: Argument,
        position: Position,
        expanded: bool,
        on_fault: OnFault,
        parse: fn(&Value<'_>, &World<'_>) -> Result<Step, OptionProblem>,
    ) -> OptionSpec {
        OptionSpec {
            keyword,
            argument,
            position,
            expanded,
            on_fault,
            parse,
        }
    }
    &[
        row("user", Required, Anywhere, false, Deny, values::user),
        row("group", Required, Anywhere, false, Deny, values::group),
        row("umask", Required, Anywhere, false, Warn, values::umask),
        row("linger", Required, Anywhere, false, Warn, values::linger),
        row("keepalive", None, Anywhere, false, Warn, values::keepalive),
        row("spawn", Required, Anywhere, true, Warn, values::spawn),
        row("twist", Required, Last, true, Deny, values::twist),
        row("rfc931", Optional, Anywhere, false, Warn, values::rfc931),
        row("setenv", Required, Anywhere, true, Deny, values::setenv),
        row("nice", Optional, Anywhere, false, Warn, values::nice),
        row("severity", Required, Anywhere, false, Warn, values::severity),
        row("allow", None, Last, false, Warn, values::allow),
        row("deny", None, Last, false, Warn, values::deny),
        row("banners", Required, Anywhere, false, Warn, values::banners),
        row("aclexec", Required, Anywhere, true, RuleInError, values::aclexec),
    ]
};

/// The option with this keyword.
pub fn find(keyword: &[u8]) -> Option<&'static OptionSpec> {
    OPTIONS
        .iter()
        .find(|option| option.keyword.as_bytes().eq_ignore_ascii_case(keyword))
}

/// Checks an option's form: that it exists, has a value or none, and stands where it may.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(field: &Field<'_>) -> Result<&'static OptionSpec, OptionProblem> {
    let key = || field.keyword.to_vec();
    if field.keyword.is_empty() {
        return Err(OptionProblem::MissingName);
    }
    let option = find(&field.keyword).ok_or_else(|| OptionProblem::BadName(key()))?;
    match (option.argument, field.value.is_empty()) {
        (Argument::Required, true) => Err(OptionProblem::RequiresValue(key())),
        (Argument::None, false) => Err(OptionProblem::RequiresNoValue(key())),
        _ if option.position == Position::Last && !field.last => {
            Err(OptionProblem::MustBeAtEnd(key()))
        }
        _ => Ok(option),
    }
}

/// Runs the options of a rule that has matched.
pub fn run(
    options: &[u8],
    request: &mut Request,
    world: &World<'_>,
    place: &Place,
    effects: &mut dyn Effects,
) -> RuleOutcome {
    OptionRun {
        request,
        world,
        place,
        effects,
        refused: false,
    }
    .all(options)
}

/// Options of one rule under way.
struct OptionRun<'r, 'w> {
    request: &'r mut Request,
    world: &'r World<'w>,
    place: &'r Place,
    effects: &'r mut dyn Effects,
    /// Whether the last aclexec ended with a status other than 0.
    refused: bool,
}

/// Why the options end early.
enum Stop {
    /// An option gave the outcome.
    End(RuleOutcome),
    /// An option is wrong.
    Wrong(OptionProblem),
    /// An action could not be carried out.
    Fault(OnFault, Fault),
}

impl From<OptionProblem> for Stop {
    fn from(problem: OptionProblem) -> Self {
        Self::Wrong(problem)
    }
}

impl OptionRun<'_, '_> {
    fn all(mut self, options: &[u8]) -> RuleOutcome {
        for field in Fields::new(options) {
            match self.one(&field) {
                Ok(()) => {}
                Err(Stop::End(outcome)) => return outcome,
                Err(Stop::Wrong(problem)) => {
                    self.log(Problem::Option(problem));
                    return RuleOutcome::Failed;
                }
                Err(Stop::Fault(OnFault::RuleInError, fault)) => {
                    return RuleOutcome::InError(fault);
                }
                Err(Stop::Fault(_, fault)) => {
                    self.log(Problem::OptionFailed(fault));
                    return RuleOutcome::Failed;
                }
            }
        }
        if self.refused {
            self.log(Problem::AclexecReturned);
            return RuleOutcome::NoMatch;
        }
        RuleOutcome::Table
    }

    fn log(&self, problem: Problem) {
        self.world.log.diagnostic(&Diagnostic {
            place: Some(self.place.clone()),
            problem,
        });
    }

    fn one(&mut self, field: &Field<'_>) -> Result<(), Stop> {
        let option = check(field)?;
        let value = if option.expanded {
            let text = self.expand(&field.value, MAX_EXPANSION_BYTES)?;
            // An expansion that stands for nothing leaves blanks that count no more than others.
            Value::Expanded(text.map(strip))
        } else {
            Value::Written(&field.value)
        };
        self.world.log.option(&field.keyword, value.text());
        let step = (option.parse)(&value, self.world)?;
        self.world.log.event(&Event::Step(&step));
        match step {
            Step::Act(action) => self.act(option, &action).map(drop),
            Step::Banners(directory) => self.banner(option, &directory),
            Step::Severity(severity) => {
                self.request.severity = Some(severity);
                Ok(())
            }
            Step::User(seconds) => {
                if let Some(seconds) = seconds {
                    self.request.ident_limit = std::time::Duration::from_secs(seconds.into());
                }
                // A rule that depends on the user is in error; this one does not.
                if let Err(problem) = fetch_user(self.request, self.world) {
                    self.log(problem);
                }
                Ok(())
            }
            Step::End(outcome) => Err(Stop::End(outcome)),
        }
    }

    fn expand(&mut self, text: &[u8], bound: usize) -> Result<ShellText, OptionProblem> {
        expand(text, self.request, self.world, Some(self.place), bound).map_err(|TooLong| {
            let start = text.get(..30).unwrap_or(text);
            OptionProblem::TooLong(start.to_vec())
        })
    }

    /// Carries an action out; `false` if it failed and the options go on.
    fn act(&mut self, option: &OptionSpec, action: &Action) -> Result<bool, Stop> {
        if let (Action::Aclexec(_), Some(why)) = (action, self.request.unanswered()) {
            let fault = Fault {
                what: "aclexec: its command would judge by a name or user that is not known"
                    .to_owned(),
                reason: why.to_string(),
            };
            return Err(Stop::Fault(option.on_fault, fault));
        }
        match self.effects.perform(action) {
            Ok(Done::Done) => Ok(true),
            Ok(Done::Exited(status)) => match not_run(status) {
                Some(fault) => Err(Stop::Fault(option.on_fault, fault)),
                None => {
                    self.refused = status != 0;
                    Ok(true)
                }
            },
            Err(fault) if option.on_fault == OnFault::Warn => {
                self.log(Problem::OptionFault(fault));
                Ok(false)
            }
            Err(fault) => Err(Stop::Fault(option.on_fault, fault)),
        }
    }

    /// Sends the file of the daemon's name, if there is one, to a client on a stream socket.
    fn banner(&mut self, option: &OptionSpec, directory: &[u8]) -> Result<(), Stop> {
        let directory = path_of(directory);
        if let Err(error) = self.world.files.check_exists(&directory) {
            let fault = Fault::new(TableText::from(&*directory).to_string(), &error);
            self.log(Problem::OptionFault(fault));
            return Ok(());
        }
        let path = directory.join(path_of(&banner_name(&self.request.daemon)));
        let Ok(Some(source)) = self.world.files.open(&path) else {
            return Ok(());
        };
        let is_stream = self.effects.is_stream();
        let mut banner = Banner::new(source);
        loop {
            let chunk = banner
                .next_chunk()
                .map_err(|error| OptionProblem::BannerRead(path.clone(), reason(&error)))?;
            let Some(chunk) = chunk else {
                return Ok(());
            };
            let text = self.expand(&chunk, MAX_BANNER_CHUNK_BYTES)?;
            if is_stream && !self.act(option, &Action::Banner(text.as_bytes().to_vec()))? {
                return Ok(());
            }
        }
    }
}

/// The fault that a shell tells of by its own status: the command could not be run, so it has no opinion.
fn not_run(status: i32) -> Option<Fault> {
    let reason = match status {
        126 => "a program cannot be executed; see its mode, and its first line if it is a script",
        127 => "a program is missing; see its path, and its first line if it is a script",
        _ => return None,
    };
    Some(Fault {
        what: format!("aclexec: /bin/sh ended with status {status}"),
        reason: reason.to_owned(),
    })
}

/// The file name of a daemon's banner: its slashes stay, but the path begins in the directory.
fn banner_name(daemon: &[u8]) -> Vec<u8> {
    let slashes = daemon.iter().take_while(|byte| **byte == b'/').count();
    daemon.get(slashes..).unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests;
