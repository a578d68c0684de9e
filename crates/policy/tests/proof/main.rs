//! Every answer agrees with the engine, asked address by address in each state of name, user and the rest.
//!
//! `POLICY_SAMPLES` says how many questions are asked; `POLICY_SEED` where the random numbers begin.

mod access;
mod changes;
mod export;
mod random;

use hosts_access::fake::FakeWorld;
use hosts_access::search::access::{self as engine, Tables, hosts_access};
use policy::access::{Access, Policy, Verdict};
use policy::condition::Conditions;
use policy::space::number;
use policy::state::State;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// A random source for a round.
fn round(number: u64) -> fastrand::Rng {
    let seed = setting("POLICY_SEED", 1);
    fastrand::Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(number))
}

/// Verdict, line, and whether the line is of hosts.allow.
type Answer = (Verdict, Option<u64>, Option<bool>);

/// What the engine says.
fn asked(tables: &Tables, daemon: &[u8], state: &State, fake: &FakeWorld) -> Answer {
    let mut request = state.request(daemon);
    let mut fake = fake.clone().aclexec_status(1);
    for options in &state.aclexec {
        fake = fake.aclexec_succeeds(last_command(options));
    }
    let decision = hosts_access(tables, &mut request, &fake.world(), &mut fake.effects());
    let verdict = match decision.verdict {
        engine::Verdict::Granted => Verdict::Granted,
        engine::Verdict::Denied => Verdict::Denied,
        engine::Verdict::Twist(_) => Verdict::Twist,
    };
    let place = decision.matched;
    let in_allow = place
        .as_ref()
        .map(|place| place.table.ends_with("hosts.allow"));
    (verdict, place.map(|place| place.line), in_allow)
}

/// The program of the last aclexec of these options, whose status decides.
fn last_command(options: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(options);
    let (_, command) = text.rsplit_once("aclexec ").expect("an aclexec");
    let end = command.find([' ', ':']).unwrap_or(command.len());
    command[..end].into()
}

/// What the model says.
fn said(
    access: &Access,
    policy: &Policy<'_>,
    state: &State,
    store: &Conditions,
    fake: &FakeWorld,
) -> Answer {
    let (family, at) = number(state.address);
    let world = fake.world();
    let decision = access
        .decisions_at(family, at)
        .iter()
        .find(|decision| store.holds(decision.when, &|test| state.answer(test, &world)))
        .expect("the last decision always counts");
    let place = policy.place(decision.by);
    let in_allow = place.map(|place| place.table.ends_with("hosts.allow"));
    (decision.verdict, place.map(|place| place.line), in_allow)
}
