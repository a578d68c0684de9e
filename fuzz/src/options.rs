//! The options of a rule.

use std::path::Path;

use hosts_access::action::RuleOutcome;
use hosts_access::fake::{FakeWorld, Logged};
use hosts_access::options::{Fields, run};
use hosts_access::report::problem::Gravity;
use hosts_access::search::access::Verdict;
use hosts_access::table::place::Place;
use hosts_access::world::Effects;
use tools::dry::DryEffects;

use crate::case::{actions_are_sane, messages_are_plain};
use crate::{choice, facts, texts};

/// Checks what options with these values, and a banner of this text, make of a match.
pub fn check(input: &[u8]) {
    let (choice, rest) = choice(input);
    let [options, banner] = texts(rest);
    // A rule is one line without NUL.
    if options.iter().any(|byte| matches!(byte, 0 | b'\n')) {
        return;
    }
    let world = || world(banner);
    let works = world();
    let (outcome, said) = outcome(options, choice, &works, &mut works.effects());
    check_outcome(options, &outcome, &said);
    messages_are_plain(&said);
    let verdict = match &outcome {
        RuleOutcome::Twist(command) => Verdict::Twist(command.clone()),
        _ => Verdict::Denied,
    };
    actions_are_sane(&[options, banner], &verdict, &works.done());
    let dry = self::outcome(options, choice, &world(), &mut DryEffects::default());
    assert_eq!(dry, (outcome, said), "dry and real");

    let refuses = world().aclexec_status(1);
    let fails = world().fault("", "nothing works", "");
    for world in [refuses, fails] {
        let (outcome, said) = self::outcome(options, choice, &world, &mut world.effects());
        check_outcome(options, &outcome, &said);
    }
}

fn world(banner: &[u8]) -> FakeWorld {
    let world = facts::with_world(FakeWorld::clone);
    world.file("/banners/svcd", banner).in_pieces(7)
}

fn outcome(
    options: &[u8],
    choice: u8,
    world: &FakeWorld,
    effects: &mut dyn Effects,
) -> (RuleOutcome, Vec<Logged>) {
    let place = Place {
        table: Path::new("/etc/hosts.allow").into(),
        first_line: 1,
        line: 1,
    };
    let mut request = facts::request(choice);
    let outcome = run(options, &mut request, &world.world(), &place, effects);
    (outcome, world.messages())
}

/// The outcome is what the last option says, unless something was wrong before it.
fn check_outcome(options: &[u8], outcome: &RuleOutcome, said: &[Logged]) {
    let errors = said.iter().filter(|said| said.gravity == Gravity::Error);
    let failed = *outcome == RuleOutcome::Failed;
    assert_eq!(errors.count(), usize::from(failed), "{said:?}");
    let last = Fields::new(options).last().expect("a field");
    let ends = |keyword: &str| last.keyword.eq_ignore_ascii_case(keyword.as_bytes());
    match outcome {
        RuleOutcome::Allow => assert!(ends("allow") && last.value.is_empty()),
        RuleOutcome::Deny => assert!(ends("deny") && last.value.is_empty()),
        RuleOutcome::Twist(_) => assert!(ends("twist") && !last.value.is_empty()),
        RuleOutcome::Table | RuleOutcome::NoMatch => {
            assert!(!ends("allow") && !ends("deny") && !ends("twist"));
        }
        RuleOutcome::InError(fault) => assert!(!fault.what.is_empty()),
        RuleOutcome::Failed => {}
    }
}
