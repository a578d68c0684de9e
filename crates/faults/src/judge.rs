//! What a run with a fault is held against: the same run without it.
//!
//! No client may come to more; what happens is in the log; the client is told nothing of it; nothing hangs or dies.

use std::collections::BTreeSet;
use std::fmt;

use crate::fault::{Fault, Hit, How};
use crate::lab::{Job, Outcome, Program};
use crate::policy::{Open, Question};
use crate::trace;

/// How a run is wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Defect {
    /// The client came to more.
    Opened,
    /// It did not end.
    Hung,
    /// A signal ended it that nobody sent.
    Died,
    /// Nothing is in the log, which could be reached.
    Silent,
    /// The client came to less, and the log does not say why.
    Unexplained,
    /// The client read what is not for it.
    Told,
    /// The fault was not met.
    Unreached,
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Opened => "opened",
            Self::Hung => "hung",
            Self::Died => "died",
            Self::Silent => "silent",
            Self::Unexplained => "unexplained",
            Self::Told => "told the client",
            Self::Unreached => "not reached",
        })
    }
}

/// What became of the verdict.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Change {
    /// It is the same.
    None,
    /// It is less open.
    Closed,
    /// The loader or the kernel did not start the program.
    NotStarted,
    /// The C library ended the program.
    Ended,
    /// It is more open.
    Opened,
}

/// A run and the one without the fault, compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Judgement {
    /// What became of the verdict.
    pub(crate) change: Change,
    /// All that is wrong.
    pub(crate) defects: BTreeSet<Defect>,
}

/// What the client of each question came to.
pub(crate) fn opened(job: &Job, outcome: &Outcome, usual: &Outcome) -> Vec<Open> {
    if job.target.program != Program::Tcpd {
        let lines = outcome.read.lines();
        let served = lines.filter(|line| line.ends_with(" served"));
        let numbers: Vec<_> = served
            .filter_map(|line| line.split(' ').next()?.parse::<usize>().ok())
            .collect();
        let questions = if job.target.program == Program::Once {
            1
        } else {
            3
        };
        let came_to = |number| {
            if numbers.contains(&number) {
                Open::Served
            } else {
                Open::Denied
            }
        };
        return (1..=questions).map(came_to).collect();
    }
    let served = outcome.read.ends_with("served\n");
    let more = job.question.policy().rights && rights(outcome) != rights(usual);
    vec![match (served, more) {
        (true, true) => Open::ServedWithMore,
        (true, false) => Open::Served,
        (false, _) if outcome.read.contains("twisted\n") => Open::Twisted,
        (false, _) => Open::Denied,
    }]
}

/// Who the daemon is.
fn rights(outcome: &Outcome) -> Vec<&str> {
    let facts = ["status Uid", "status Gid", "status Groups", "status Umask"];
    let lines = outcome.read.lines();
    lines
        .filter(|line| facts.iter().any(|fact| line.starts_with(fact)))
        .collect()
}

/// What the client must come to without a fault.
pub(crate) fn expected(job: &Job) -> Vec<Open> {
    let count = if job.target.program == Program::Thrice {
        3
    } else {
        1
    };
    vec![job.question.expected(); count]
}

/// Compares a run with the usual one. `in_loader`: the fault is met before the program begins.
pub(crate) fn judge(job: &Job, outcome: &Outcome, usual: &Outcome, in_loader: bool) -> Judgement {
    let fault = job.fault.as_ref();
    let (now, before) = (opened(job, outcome, usual), expected(job));
    let is_open = now.iter().zip(&before).any(|(now, before)| now > before);
    let is_ended = is_ended(job, outcome);
    let not_started = !is_started(fault, outcome, in_loader);
    let started = !not_started && !is_ended;
    let change = match () {
        () if is_open => Change::Opened,
        () if not_started => Change::NotStarted,
        () if is_ended => Change::Ended,
        () if now == before => Change::None,
        () => Change::Closed,
    };
    let mut defects = BTreeSet::new();
    let mut note = |defect, holds: bool| {
        if holds {
            defects.insert(defect);
        }
    };
    note(Defect::Opened, is_open);
    note(Defect::Hung, outcome.hung);
    note(Defect::Unreached, !reached(fault, outcome));
    let sent = matches!(fault, Some(Fault::Calls(_, _, How::Signal(_))));
    note(Defect::Died, started && !sent && outcome.signal.is_some());
    note(Defect::Told, started && told(job, outcome, usual));
    if started && outcome.signal.is_none() && !outcome.hung && can_log(job, outcome) {
        note(Defect::Silent, is_silent(job, outcome));
        let lost = now.iter().zip(&before).any(|(now, before)| now < before);
        // What several threads have met is more than the single fault that may be exempt.
        let single = fault.is_some_and(|fault| fault.single().is_some());
        let twice = single && hit(fault, outcome).count() > 1;
        note(
            Defect::Unexplained,
            lost && !twice && is_unexplained(job, outcome, sent),
        );
    }
    Judgement { change, defects }
}

/// Whether the program has begun. If the loader cannot start it, it says so to descriptor 2, and nothing of the
/// program can; of the kernel's refusal nothing is seen.
fn is_started(fault: Option<&Fault>, outcome: &Outcome, in_loader: bool) -> bool {
    let failed = outcome.signal.is_some() || outcome.status != Some(0);
    let loader = outcome
        .read
        .contains("error while loading shared libraries: ")
        || (in_loader && outcome.log.is_empty() && failed);
    let kernel = matches!(fault, Some(Fault::Space(_)))
        && outcome.read.is_empty()
        && outcome.log.is_empty()
        && failed;
    !loader && !kernel
}

/// The C library's own end of a program: of a futex(2) that fails as it never does, and of a lookup without
/// memory (row W12 of docs/differences.md).
fn is_ended(job: &Job, outcome: &Outcome) -> bool {
    let Some(signal) = outcome.signal.as_deref() else {
        return false;
    };
    let message = "The futex facility returned an unexpected error code.\n";
    match &job.fault {
        Some(Fault::Memory(_)) => job.question.policy().asks_names,
        Some(fault) => {
            let futex = fault.calls().any(|call| call == "futex");
            futex && signal == "SIGABRT" && outcome.read.ends_with(message)
        }
        None => false,
    }
}

/// Whether strace says that the fault was met. A limit is always met.
fn reached(fault: Option<&Fault>, outcome: &Outcome) -> bool {
    match fault {
        Some(Fault::Calls(_, _, How::Error(_))) => hit(fault, outcome).next().is_some(),
        Some(Fault::Calls(_, _, How::Signal(name))) => {
            outcome.trace.contains(&format!("--- {name} ")) || outcome.trace.contains("+++ killed")
        }
        _ => true,
    }
}

/// The lines of the trace in which the fault was met.
fn hit<'o>(fault: Option<&'o Fault>, outcome: &'o Outcome) -> impl Iterator<Item = &'o str> {
    let lines = outcome.trace.lines();
    lines.filter(move |line| {
        let call = trace::hit(line);
        call.is_some_and(|call| {
            fault
                .into_iter()
                .flat_map(Fault::calls)
                .any(|hit| hit == call)
        })
    })
}

/// Whether the log could be written: a descriptor is left for it, and no call that brings a line there fails for
/// good. tcpd tries again where it fails once; what the C library does for a program is its own matter.
fn can_log(job: &Job, outcome: &Outcome) -> bool {
    let fault = job.fault.as_ref();
    // Beside the log a program has the table open, in which it finds the fault.
    let needed = if job.target.program == Program::Tcpd {
        4
    } else {
        5
    };
    let free = !matches!(fault, Some(Fault::Files(count)) if *count < needed);
    let once =
        job.target.program == Program::Tcpd && fault.is_some_and(|fault| fault.single().is_some());
    free && (once || !hit(fault, outcome).any(trace::is_logging))
}

/// tcpd logs every connection. A program logs for itself, which the one here does not.
fn is_silent(job: &Job, outcome: &Outcome) -> bool {
    job.target.program == Program::Tcpd && outcome.log.is_empty()
}

/// Whether no line but the verdict's says why the client came to less. Of a program that could not say its
/// verdict nothing is known.
fn is_unexplained(job: &Job, outcome: &Outcome, sent: bool) -> bool {
    let verdict = ["refused connect", "matched:", "connect from", "twist "];
    let reason = |text: &str| !verdict.iter().any(|start| text.starts_with(start));
    let said = job.target.program == Program::Tcpd || outcome.read.contains(" denied\n");
    // A signal that ends nothing and a command that it has ended: see the log of the command.
    said && !sent && !outcome.log.iter().any(|(_, text)| reason(text))
}

/// Whether the client has read anything that it does not read otherwise.
fn told(job: &Job, outcome: &Outcome, usual: &Outcome) -> bool {
    let own = |line: &str| {
        ["denied", "served", "twisted"]
            .iter()
            .any(|end| line.ends_with(end))
    };
    let usual: BTreeSet<_> = usual.read.lines().collect();
    let strange = |line: &str| !usual.contains(line) && !own(line);
    !job.question.policy().rights && outcome.read.lines().any(strange)
}

/// Whether this call failed within a lookup of the C library, and each time in one that reports what a name service
/// may report. The outcome is one with marks in the trace.
pub(crate) fn is_in_lookup(marked: &Outcome, hit: &Hit) -> bool {
    let made = trace::calls(&marked.trace);
    let lookups = trace::lookups(&made);
    let target = |one: &trace::Made<'_>| trace::hit(one.line).is_some_and(|call| call == hit.call);
    let mut hits = made
        .iter()
        .zip(&lookups)
        .filter(|(one, _)| target(one))
        .map(|(_, lookup)| lookup);
    let mut found = 0;
    let all = hits.all(|lookup| {
        found += 1;
        lookup.as_ref().is_some_and(is_no_answer)
    });
    all && found > 0
}

/// What getaddrinfo(3) and getnameinfo(3) say of a server that does not answer and of a name that is
/// not there; what innetgr(3) says of a host that is not in the group.
fn is_no_answer(lookup: &trace::Lookup<'_>) -> bool {
    const EAI_NONAME: i32 = -2;
    const EAI_AGAIN: i32 = -3;
    const EAI_NODATA: i32 = -5;
    match lookup.function {
        "innetgr" => lookup.result == 0 && lookup.error == 0,
        _ => [EAI_NONAME, EAI_AGAIN, EAI_NODATA].contains(&lookup.result),
    }
}

/// The name by which a run can be asked for again.
pub(crate) fn name(job: &Job) -> String {
    let fault = job.fault.as_ref().map(Fault::to_string).unwrap_or_default();
    let (side, program) = (job.target.side.name(), job.target.program.name());
    format!("{side}/{program} {} '{fault}'", job.question)
}

/// The question of this name.
pub(crate) fn question(name: &str) -> Option<Question> {
    Question::all()
        .into_iter()
        .find(|question| question.to_string() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::{Side, Target, View};

    fn job(program: Program, question: &str, fault: &str) -> Job {
        Job {
            target: Target {
                side: Side::Ours,
                program,
            },
            question: super::question(question).unwrap(),
            fault: Some(fault.parse().unwrap()),
            view: View::Hits(false),
        }
    }

    fn outcome(read: &str, log: &[&str], trace: &str) -> Outcome {
        let record = |text: &&str| ("daemon.info".to_owned(), (*text).to_owned());
        Outcome {
            read: read.to_owned(),
            log: log.iter().map(record).collect(),
            trace: trace.to_owned(),
            status: Some(0),
            signal: None,
            hung: false,
            took: 1,
        }
    }

    const REFUSED: &str = "refused connect from 127.0.0.9 (127.0.0.9)";
    const CONNECT: &str = "connect from 127.0.0.9 (127.0.0.9)";
    const HIT: &str = "openat(AT_FDCWD, \"/etc/x\") = -1 EIO (Input/output error) (INJECTED)\n";

    fn found(question: &str, run: &Outcome, usual: &Outcome) -> (Change, Vec<Defect>) {
        let judged = judge(
            &job(Program::Tcpd, question, "alone openat=3 EIO"),
            run,
            usual,
            false,
        );
        (judged.change, judged.defects.into_iter().collect())
    }

    #[test]
    fn a_run_of_tcpd_is_judged() {
        let refused = outcome("", &[REFUSED], HIT);
        let served = outcome("served\n", &[CONNECT], HIT);
        let (refuses, grants) = ("deny-name@dns/refuses", "deny-name@dns/grants");
        assert_eq!(found(refuses, &refused, &refused), (Change::None, vec![]));
        let opened = (Change::Opened, vec![Defect::Opened]);
        assert_eq!(found(refuses, &served, &refused), opened);
        let unexplained = (Change::Closed, vec![Defect::Unexplained]);
        assert_eq!(found(grants, &refused, &served), unexplained);
        let explained = outcome("", &["error: no descriptor", REFUSED], HIT);
        assert_eq!(found(grants, &explained, &served), (Change::Closed, vec![]));
        let silent = outcome("", &[], HIT);
        assert_eq!(found(refuses, &silent, &refused).1, [Defect::Silent]);
        let log = "connect(3, {sun_path=\"/dev/log\"}, 11) = -1 EIO (INJECTED)\n";
        for (fault, silent) in [("connect=1", true), ("connect=1+", false)] {
            let unheard = job(Program::Tcpd, refuses, &format!("alone {fault} EIO"));
            let judged = judge(&unheard, &outcome("", &[], log), &refused, false);
            assert_eq!(
                judged.defects.contains(&Defect::Silent),
                silent,
                "{judged:?}"
            );
        }
        let told = outcome("memory allocation failed\n", &[REFUSED], HIT);
        assert_eq!(found(refuses, &told, &refused).1, [Defect::Told]);
        let missed = outcome("", &[REFUSED], "");
        assert_eq!(found(refuses, &missed, &refused).1, [Defect::Unreached]);
        let died = Outcome {
            signal: Some("SIGSEGV".into()),
            status: None,
            ..refused.clone()
        };
        assert_eq!(found(refuses, &died, &refused).1, [Defect::Died]);
        let hung = Outcome {
            hung: true,
            status: None,
            ..refused.clone()
        };
        assert_eq!(found(refuses, &hung, &refused).1, [Defect::Hung]);
    }

    #[test]
    fn a_twist_is_more_open_than_a_refusal_and_less_than_the_daemon() {
        let twisted = outcome("twisted\n", &["twist 127.0.0.9 to echo twisted"], HIT);
        let served = outcome("served\n", &[CONNECT], HIT);
        let refused = outcome("", &["error: x", REFUSED], HIT);
        let question = "deny-twist/refuses";
        assert_eq!(found(question, &twisted, &twisted), (Change::None, vec![]));
        assert_eq!(found(question, &served, &twisted).0, Change::Opened);
        assert_eq!(found(question, &refused, &twisted).0, Change::Closed);
        assert_eq!(
            found("deny-address/refuses", &twisted, &refused).0,
            Change::Opened
        );
    }

    #[test]
    fn a_daemon_with_other_rights_is_more_open() {
        let report = |uid: &str| outcome(&format!("status Uid:\t{uid}\nserved\n"), &[CONNECT], HIT);
        let (nobody, root) = (report("65534"), report("0"));
        assert_eq!(
            found("rights/grants", &nobody, &nobody),
            (Change::None, vec![])
        );
        assert_eq!(
            found("rights/grants", &root, &nobody),
            (Change::Opened, vec![Defect::Opened])
        );
    }

    #[test]
    fn each_question_of_a_program_counts() {
        let denied = outcome("1 denied\n2 denied\n3 denied\n", &["error: x"], HIT);
        let last = outcome("1 denied\n2 denied\n3 served\n", &[], HIT);
        let job = job(
            Program::Thrice,
            "deny-name@dns/refuses",
            "alone openat=3 EIO",
        );
        assert!(judge(&job, &denied, &denied, false).defects.is_empty());
        assert_eq!(judge(&job, &last, &denied, false).change, Change::Opened);
    }

    #[test]
    fn the_exemption_is_for_a_lookup_that_reports_no_answer() {
        let fault = job(Program::Once, "deny-name@dns/refuses", "alone socket=3 EIO")
            .fault
            .unwrap();
        let (_, hit) = fault.single().unwrap();
        let marked = |begin: &str, end: &str| {
            let hit = "socket(AF_INET) = -1 EIO (Input/output error) (INJECTED)";
            outcome("", &[], &format!("brk(NULL) = 1\n{begin}{hit}\n{end}"))
        };
        let mark =
            |text: &str| format!("mkdirat(-1, \"{text}\", 0) = -1 EBADF (Bad file descriptor)\n");
        let begin = mark("begin getnameinfo");
        for (end, exempt) in [
            ("end getnameinfo -3 errno 0", true),
            ("end getnameinfo -2 errno 0", true),
            ("end getnameinfo -11 errno 0", false),
            ("end getnameinfo -10 errno 0", false),
            ("end getnameinfo 0 errno 0", false),
        ] {
            assert_eq!(
                is_in_lookup(&marked(&begin, &mark(end)), hit),
                exempt,
                "{end}"
            );
        }
        let end = mark("end getnameinfo -3 errno 0");
        assert!(!is_in_lookup(&marked("", &end), hit));
        assert!(!is_in_lookup(&marked(&begin, ""), hit));
        let group = |error: &str| {
            marked(
                &mark("begin innetgr"),
                &mark(&format!("end innetgr 0 errno {error}")),
            )
        };
        assert!(is_in_lookup(&group("0"), hit) && !is_in_lookup(&group("24"), hit));
    }
}
