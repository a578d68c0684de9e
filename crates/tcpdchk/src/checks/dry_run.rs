//! Options of a rule, run dry by the engine as the original does: what they say is reported, and
//! nothing is done.

use std::cell::{Cell, OnceCell};

use hosts_access::action::RuleOutcome;
use hosts_access::options::{self, Field, OPTIONS};
use hosts_access::report::problem::{Diagnostic, OptionProblem, Problem};
use hosts_access::request::facts::Fact;
use hosts_access::request::{Host, Request};
use hosts_access::severity::{Severity, facility_names, level_names};
use hosts_access::table::place::Place;
use hosts_access::world::{Log, World};
use system::resolver::SystemResolver;
use tools::dry::{DryEffects, NoIdent};
use tools::output::option_line;
use tools::remark::Check;

use crate::checked_rule::{CheckedRule, Table};
use crate::checker::Checker;
use crate::finding::Finding;
use crate::source::Origin;
use crate::suggest::closest;

use super::misplaced;

tools::checks! {
    /// What is wrong with options, in the original's eyes.
    CHECKS;
    BAD_OPTION: "bad-option", Error, "an option that does not exist or is incomplete",
        why "A rule with such an option denies everybody it matches, in either table.",
        remedy "hosts_options(5) lists the options and their values.";
    BAD_VALUE: "bad-value", Error, "an option with a value that it does not take",
        why "A rule with such an option denies everybody it matches, in either table.",
        remedy "hosts_options(5) lists the options and their values.";
    UNKNOWN_ACCOUNT: "unknown-account", Error, "a user or group that does not exist",
        why "A rule with such an option denies everybody it matches, in either table.",
        remedy "Write the name of a user or group; a number is no name here.";
    OPTION_ORDER: "option-order", Error, "something after an option that must be the last",
        why "The option gives the verdict, so nothing after it could take effect; the rule denies.",
        remedy "Move the option to the end of the rule.";
    BANNER_FOLDER: "banner-folder", Warning, "a folder for banners that is not there",
        why "No client gets a banner.",
        remedy "Create the folder, or correct its name.";
    UNKNOWN_EXPANSION: "unknown-expansion", Warning, "a % with a letter that stands for nothing",
        why "Nothing is put in its place.",
        remedy "The letters are a A c d h H n N p r R s u; %% is a percent sign. See hosts_access(5).";
    IMPLICIT_ALLOW: "implicit-allow", Note, "a rule of hosts.allow without a verdict of its own",
        why "It grants, because of its table. Asked for with -a.",
        remedy "Write the allow option at its end if every rule is to say what it does.";
}

/// Runs a rule's options. Says whether the rule grants.
pub(crate) fn check(rule: &CheckedRule<'_>, place: &Place, checker: &Checker<'_>) -> bool {
    let granted = rule.table == Table::Allow;
    let outcome = match rule.fields.options {
        Some(options) => run(options, rule, place, checker),
        None => RuleOutcome::Table,
    };
    match outcome {
        RuleOutcome::Allow => true,
        RuleOutcome::Deny | RuleOutcome::Failed => false,
        RuleOutcome::Table if granted && checker.flags.implicit_allow => {
            let text = "implicit \"allow\" at end of rule";
            let place = rule.origin.whole();
            checker.find(Finding::warning(&IMPLICIT_ALLOW, text).at(place));
            granted
        }
        RuleOutcome::Table
        | RuleOutcome::Twist(_)
        | RuleOutcome::NoMatch
        | RuleOutcome::InError(_) => granted,
    }
}

fn run(
    options: &[u8],
    rule: &CheckedRule<'_>,
    place: &Place,
    checker: &Checker<'_>,
) -> RuleOutcome {
    let lookups = (SystemResolver::new(std::rc::Rc::default()), NoIdent);
    let netgroups = checker.netgroups();
    let heard = OptionLog {
        rule,
        checker,
        fields: OnceCell::new(),
        run: Cell::new(0),
    };
    let world = World {
        files: checker.disk,
        lookups: &lookups,
        netgroups: &netgroups,
        accounts: checker.accounts,
        log: &heard,
    };
    let mut effects = DryEffects {
        output: checker.report.dialogue(),
        ..DryEffects::default()
    };
    options::run(options, &mut placeholders(), &world, place, &mut effects)
}

/// A request whose expansions show their names.
fn placeholders() -> Request {
    let host = |address: &str, name: &str| {
        Host::from_text(address).with_name(Fact::from_value(name.as_bytes()))
    };
    let client = host("client_addr", "client_hostname");
    let server = host("server_addr", "server_hostname");
    let mut request = Request::new("daemon_name", client, server);
    request.user = Fact::from_value(b"user_name");
    request
}

/// Reports what the engine says while options run.
struct OptionLog<'h> {
    rule: &'h CheckedRule<'h>,
    checker: &'h Checker<'h>,
    /// The options, once there is something to say of one.
    fields: OnceCell<Vec<Field<'h>>>,
    /// Options whose form was right so far.
    run: Cell<usize>,
}

impl Log for OptionLog<'_> {
    fn diagnostic(&self, diagnostic: &Diagnostic) {
        let (check, about) = kind(&diagnostic.problem);
        let kind_is_form = about == About::Form && check.id != UNKNOWN_EXPANSION.id;
        let number = match about {
            About::Form => self.run.get(),
            About::Value => self.run.get().saturating_sub(1),
        };
        let fields = self.fields.get_or_init(|| self.rule.options().collect());
        let part = match fields
            .get(number)
            .map(|field| (&*field.keyword, &*field.value))
        {
            None | Some(([], _)) => self.rule.fields.options.unwrap_or_default(),
            Some((keyword, [])) => keyword,
            Some((keyword, _)) if kind_is_form => keyword,
            Some((_, value)) => value,
        };
        let text = diagnostic.problem.to_string();
        let finding = match diagnostic.problem {
            Problem::Option(_) => Finding::error(check, text),
            _ => Finding::warning(check, text),
        };
        let explained = self.rule.is_explained(part)
            || misplaced::explains(self.rule, number, &diagnostic.problem);
        self.checker.find(
            finding
                .at(self.rule.origin.place(part))
                .instead(
                    fields
                        .get(number)
                        .and_then(|field| instead(&diagnostic.problem, field)),
                )
                .minor_if(explained),
        );
    }

    fn option(&self, keyword: &[u8], value: &[u8]) {
        self.run.set(self.run.get() + 1);
        if self.checker.flags.verbose {
            self.checker.report.fact(option_line(keyword, value));
        }
    }
}

/// What a problem is about: the form of an option or its expansions, before it runs; or its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Form,
    Value,
}

fn kind(problem: &Problem) -> (&'static Check, About) {
    use OptionProblem as Wrong;
    match problem {
        Problem::Option(Wrong::UnknownUser(_) | Wrong::UnknownGroup(_)) => {
            (&UNKNOWN_ACCOUNT, About::Value)
        }
        Problem::Option(Wrong::BadValue(..) | Wrong::BadVariable(_)) => (&BAD_VALUE, About::Value),
        Problem::Option(Wrong::TooLong(_)) => (&BAD_VALUE, About::Form),
        Problem::Option(Wrong::MustBeAtEnd(_)) => (&OPTION_ORDER, About::Form),
        Problem::UnrecognizedExpansion(_) => (&UNKNOWN_EXPANSION, About::Form),
        Problem::Option(Wrong::BannerRead(..)) | Problem::OptionFault(_) => {
            (&BANNER_FOLDER, About::Value)
        }
        _ => (&BAD_OPTION, About::Form),
    }
}

/// What was probably meant in place of an option's keyword or value, if the option is right with it.
fn instead(problem: &Problem, field: &Field<'_>) -> Option<String> {
    match problem {
        Problem::Option(OptionProblem::BadName(name)) => {
            let meant = closest(name, OPTIONS.iter().map(|option| option.keyword))?;
            let right = Field {
                keyword: meant.as_bytes().into(),
                ..field.clone()
            };
            options::check(&right).is_ok().then_some(meant)
        }
        Problem::Option(OptionProblem::BadValue("syslog facility or severity", name)) => {
            let value = std::str::from_utf8(&field.value).ok()?;
            let name = std::str::from_utf8(name).ok()?;
            let meant = closest(name.as_bytes(), level_names().chain(facility_names()))?;
            let whole = value.replacen(name, &meant, 1);
            Severity::parse(whole.as_bytes()).is_ok().then_some(whole)
        }
        _ => None,
    }
}
