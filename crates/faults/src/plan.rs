//! Which faults there are for a target and a question: read off recordings of runs without one.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use crate::fault::{DESCRIPTORS, Fault, Hit, How, MEMORY, SIGNALS, Scope, errors_of};
use crate::judge::{expected, name, opened};
use crate::lab::{Job, Outcome, Program, Side, Target, View};
use crate::policy::Question;
use crate::trace;

/// Asks a lab.
pub(crate) type Ask<'a> = dyn FnMut(&Job) -> Result<Outcome> + 'a;

/// All faults for one target and question, and the run without one.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// What is under test.
    pub(crate) target: Target,
    /// The tables and the client.
    pub(crate) question: Question,
    /// The run without a fault.
    pub(crate) usual: Outcome,
    /// How often each call is made before the program begins: by the loader.
    pub(crate) loader: BTreeMap<String, u32>,
    /// What may go wrong.
    pub(crate) faults: Vec<Fault>,
}

/// Address spaces that tcpd and the program are tried with: from none that suffices to one that does.
const SPACES: std::ops::Range<u64> = 16..96;

/// Their unit in bytes.
const SPACE_UNIT: u64 = 128 << 10;

/// Records the runs without a fault and lists what may go wrong. The loader's calls are hit in the first
/// question only, since they are the same in all.
pub(crate) fn plan(
    ask: &mut Ask<'_>,
    target: Target,
    question: Question,
    first: bool,
) -> Result<Plan> {
    let mut record = |view| {
        let job = Job {
            target,
            question,
            fault: None,
            view,
        };
        let outcome = ask(&job)?;
        let got = opened(&job, &outcome, &outcome);
        ensure!(
            got == expected(&job) && !outcome.hung,
            "{} comes to {got:?} without a fault ({view:?}): {outcome:#?}",
            name(&job)
        );
        Ok(outcome)
    };
    let usual = record(View::None)?;
    // A call that is not made each time cannot be counted on.
    let alone = record(View::All(Scope::Alone, false))?;
    let again = record(View::All(Scope::Alone, false))?;
    let made = trace::calls(&alone.trace);
    let often = trace::counts(&trace::calls(&again.trace))
        .into_iter()
        .map(|(call, count)| (call.to_owned(), count))
        .collect::<BTreeMap<_, _>>();
    let loader = trace::counts(&made[..trace::loader(&made)]);
    let loader = loader
        .into_iter()
        .map(|(call, count)| (call.to_owned(), count));
    let loader = loader.collect();
    let skipped = if first { 0 } else { trace::loader(&made) };
    let mut faults = Vec::new();
    let numbered = trace::numbered(&made);
    let steady = |(one, time): &&(trace::Made<'_>, u32)| {
        often.get(one.call).is_some_and(|count| time <= count)
    };
    let own: Vec<_> = numbered.iter().skip(skipped).filter(steady).collect();
    // In tcpd a lookup has a thread of its own. A futex(2) that did not wake the other, which no kernel lets
    // happen, would only cost the whole limit of a lookup: 60 seconds each.
    let threads = target.program == Program::Tcpd && question.policy().asks_names;
    let mut single = |scope, one: &trace::Made<'_>, time| {
        let call = one.call;
        let errors = errors_of(call)
            .iter()
            .filter(|_| !(threads && call == "futex"));
        faults.extend(errors.map(|error| {
            let how = How::Error((*error).to_owned());
            Fault::once(scope, call, time, how)
        }));
    };
    for (one, time) in &own {
        single(Scope::Alone, one, *time);
    }
    // In tcpd a lookup has a thread of its own, in which calls are counted anew: where none can be made, they
    // are all in one row.
    let places = threads && target.side == Side::Ours;
    let lasting = if places {
        let plain = record(View::All(Scope::InPlace, false))?;
        let plain = trace::calls(&plain.trace);
        let marked = record(View::All(Scope::InPlace, true))?;
        let marked = trace::calls(&marked.trace);
        let more = difference(&marked, &plain);
        let inside = trace::lookups(&marked);
        for ((one, time), lookup) in trace::numbered(&marked).iter().zip(&inside) {
            let before = more.get(one.call).copied().unwrap_or_default();
            if lookup.is_none() || one.call == "mkdirat" || *time <= before {
                continue;
            }
            single(Scope::InPlace, one, time - before);
        }
        lasting(
            Scope::InPlace,
            &trace::numbered(&plain),
            trace::loader(&plain),
        )
    } else {
        lasting(Scope::Alone, &numbered, trace::loader(&made))
    };
    let everyone = record(View::All(Scope::Everyone, false))?;
    let everyone = trace::calls(&everyone.trace);
    let main = everyone.first().map_or(0, |first| first.thread);
    let (own_calls, others): (Vec<_>, Vec<_>) = trace::numbered(&everyone)
        .into_iter()
        .partition(|(one, _)| one.thread == main);
    // A lookup's thread is hit alone: with a call that the first thread makes as often, it would be two faults.
    // The processes that commands become are hit together with it.
    let also_main = |call: &str, time: u32| {
        let mut own = own_calls.iter();
        question.policy().asks_names && own.any(|(one, count)| one.call == call && *count == time)
    };
    let others: BTreeMap<_, _> = others
        .into_iter()
        .filter(|(one, time)| !also_main(one.call, *time))
        .map(|(one, time)| ((one.call, time), one))
        .collect();
    for ((_, time), one) in others {
        single(Scope::Everyone, &one, time);
    }
    for (one, time) in own {
        // A signal at a successful execve arrives in the daemon.
        if one.call == "execve" {
            continue;
        }
        faults.extend(SIGNALS.map(|signal| {
            let how = How::Signal(signal.to_owned());
            Fault::once(Scope::Alone, one.call, *time, how)
        }));
    }
    faults.extend(lasting);
    faults.extend((0..=8).map(Fault::Files));
    match target.program {
        Program::Tcpd => faults.extend(SPACES.map(|units| Fault::Space(units * SPACE_UNIT))),
        Program::Once | Program::Thrice => {
            let few = (0..64).map(|units| units * 16);
            let many = (10..20).map(|power| 1 << power);
            faults.extend(few.chain(many).map(Fault::Memory));
        }
    }
    Ok(Plan {
        target,
        question,
        usual,
        loader,
        faults,
    })
}

impl Plan {
    /// Whether the fault is in the loader, before anything of the program has run.
    pub(crate) fn is_loaders(&self, fault: &Fault) -> bool {
        let Fault::Calls(scope, hits, _) = fault else {
            return false;
        };
        let before = |hit: &Hit| {
            self.loader
                .get(&hit.call)
                .is_some_and(|count| hit.time <= *count)
        };
        *scope != Scope::Everyone && hits.iter().any(before)
    }
}

/// How many calls of each name one trace has before it is like the other: those of a preloaded library.
pub(crate) fn difference<'t>(
    marked: &[trace::Made<'t>],
    plain: &[trace::Made<'_>],
) -> BTreeMap<&'t str, u32> {
    let plain = trace::counts(plain);
    let counts = trace::counts(marked).into_iter();
    counts
        .map(|(call, count)| {
            let other = plain.get(call).copied().unwrap_or_default();
            (call, count.saturating_sub(other))
        })
        .collect()
}

/// From some point on no descriptor can be had, or no memory: each such point after the loader.
fn lasting(scope: Scope, made: &[(trace::Made<'_>, u32)], loader: usize) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (calls, error) in [(&DESCRIPTORS[..], "EMFILE"), (&MEMORY[..], "ENOMEM")] {
        let needs =
            |call: &str| calls.contains(&call) && !(scope == Scope::InPlace && call == "clone3");
        for (point, (one, _)) in made.iter().enumerate().skip(loader) {
            if !needs(one.call) {
                continue;
            }
            let mut hits = BTreeMap::<&str, u32>::new();
            for (earlier, time) in &made[..point] {
                if needs(earlier.call) {
                    hits.insert(earlier.call, time + 1);
                }
            }
            // Also those that are made only when something has failed.
            for call in calls.iter().filter(|call| needs(call)) {
                hits.entry(call).or_insert(1);
            }
            let hits = hits.into_iter().map(|(call, time)| Hit {
                call: call.to_owned(),
                time,
                lasting: true,
            });
            let how = How::Error(error.to_owned());
            faults.push(Fault::Calls(scope, hits.collect(), how));
        }
    }
    faults
}
