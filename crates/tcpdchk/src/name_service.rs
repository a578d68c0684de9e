//! Hosts that tables name, looked up side by side before the tables are gone through.
//!
//! A table may name thousands of hosts, and a name server may be slow or dead: a fixed number of
//! workers share the list, and at the deadline whoever is still waiting is given up.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal;
use std::rc::Rc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hosts_access::address::Address;
use hosts_access::lookup::dns_list;
use hosts_access::table::pattern::dns_list_zone;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use system::netgroup::SystemNetgroups;
use system::resolver::SystemResolver;
use tools::dry::NoIdent;
use tools::hosts::{Checked, LookupFailure, check_address, find};

/// Lookups under way at the same time. They wait more than they work.
const WORKERS: usize = 32;

/// Time for all lookups together.
const DEADLINE: Duration = Duration::from_secs(30);

/// How long lookups may take before progress is shown.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often the bar moves on.
const TICK: Duration = Duration::from_millis(200);

/// Room for the name service's plug-ins.
const STACK_BYTES: usize = 1 << 20;

/// What the name service says of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostAnswer {
    /// Its official name, if it was asked for by another one.
    pub official: Option<Vec<u8>>,
    /// What the double check of each address came to.
    pub addresses: Vec<Checked>,
}

/// What became of a lookup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// It was not made, or given up at the deadline.
    Nothing,
    /// The name service gave no answer.
    NoAnswer,
    /// There is no such host; of a DNS list, that it has no test entry.
    NotFound,
    /// The DNS list has an entry that no list has.
    ListsEverybody,
    /// There is; of a DNS list, that it answers as one.
    Found(HostAnswer),
}

/// Hosts by the words of the tables.
#[derive(Debug)]
pub(crate) enum HostLookups {
    /// Notes which hosts are asked for.
    Collecting(RefCell<BTreeSet<Vec<u8>>>),
    /// Knows the answers that came in time.
    Answered {
        /// By host.
        answers: BTreeMap<Vec<u8>, Lookup>,
        /// How many did not.
        late: usize,
    },
}

impl HostLookups {
    /// Nothing is looked up.
    pub(crate) fn none() -> Self {
        Self::Answered {
            answers: BTreeMap::new(),
            late: 0,
        }
    }

    /// Whether nothing is told yet.
    pub(crate) fn is_collecting(&self) -> bool {
        matches!(self, Self::Collecting(_))
    }

    /// What is known of a host.
    pub(crate) fn look_up(&self, host: &[u8]) -> Lookup {
        match self {
            Self::Collecting(wanted) => {
                wanted.borrow_mut().insert(host.to_vec());
                Lookup::Nothing
            }
            Self::Answered { answers, .. } => answers.get(host).cloned().unwrap_or(Lookup::Nothing),
        }
    }

    /// How many hosts no answer came about, and how many were asked about.
    pub(crate) fn unanswered(&self) -> (usize, usize) {
        match self {
            Self::Collecting(_) => (0, 0),
            Self::Answered { answers, late } => {
                let without = answers
                    .values()
                    .filter(|answer| **answer == Lookup::NoAnswer);
                (late + without.count(), late + answers.len())
            }
        }
    }

    /// Looks up what was collected.
    pub(crate) fn ask(self) -> Self {
        match self {
            Self::Collecting(wanted) => ask_all(wanted.into_inner(), DEADLINE, ask_system),
            answered @ Self::Answered { .. } => answered,
        }
    }
}

/// Asks about one host. Each lookup has the engine's own limits too.
fn ask_system(host: &[u8]) -> Lookup {
    let resolver = SystemResolver::new(Rc::default());
    if let Some(zone) = dns_list_zone(host) {
        return try_list(zone, &resolver);
    }
    let found = match find(host, &resolver) {
        Ok(found) => found,
        Err(LookupFailure::NotFound) => return Lookup::NotFound,
        Err(LookupFailure::NoAnswer) => return Lookup::NoAnswer,
    };
    let mut addresses = Vec::new();
    for address in found.addresses {
        let checked = check_address(address, &resolver);
        if checked.name.unanswered().is_some() {
            return Lookup::NoAnswer;
        }
        addresses.push(checked);
    }
    Lookup::Found(HostAnswer {
        official: found.official,
        addresses,
    })
}

/// Tries a DNS list by the entry that each has, and the one that none has (RFC 5782, section 5).
fn try_list(zone: &[u8], resolver: &SystemResolver) -> Lookup {
    let [listed, unlisted] = ["127.0.0.2", "127.0.0.1"].map(|address| {
        let address = Address::new(address.as_bytes());
        let entry = dns_list::look_up(&address, zone, &(resolver.clone(), NoIdent));
        entry.map(|entry| entry.listed_as.is_some())
    });
    match (listed, unlisted) {
        (Ok(_), Ok(true)) => Lookup::ListsEverybody,
        (Ok(false), Ok(false)) => Lookup::NotFound,
        (Ok(true), Ok(false)) => Lookup::Found(HostAnswer {
            official: None,
            addresses: vec![],
        }),
        _ => Lookup::NoAnswer,
    }
}

fn ask_all(wanted: BTreeSet<Vec<u8>>, deadline: Duration, ask: fn(&[u8]) -> Lookup) -> HostLookups {
    let total = wanted.len();
    let queue = Arc::new(Mutex::new(wanted.into_iter()));
    let (sender, receiver) = mpsc::channel();
    for _ in 0..WORKERS.min(total) {
        let (queue, sender) = (Arc::clone(&queue), sender.clone());
        let next = move || queue.lock().ok()?.next();
        let worker = thread::Builder::new().stack_size(STACK_BYTES);
        // With fewer workers it takes longer; with none, nothing is answered in time.
        let _ = worker.spawn(move || {
            while let Some(host) = next() {
                let answer = ask(&host);
                if sender.send((host, answer)).is_err() {
                    break;
                }
            }
        });
    }
    drop(sender);
    let progress = Progress::new(total);
    let mut answers = BTreeMap::new();
    while let Some(left) = deadline.checked_sub(progress.start.elapsed()) {
        match receiver.recv_timeout(left.min(TICK)) {
            Ok((host, answer)) => {
                answers.insert(host, answer);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        progress.show(answers.len());
    }
    progress.bar.finish_and_clear();
    HostLookups::Answered {
        late: total - answers.len(),
        answers,
    }
}

/// Says whether a group has a member; nothing if there is no answer.
type AskGroup = dyn Fn(&[u8]) -> Option<bool>;

/// Netgroups that tables name, each asked about once. All together they have the time of one request:
/// a table may name thousands, and their service may be dead.
pub(crate) struct NetgroupLookups {
    ask: Box<AskGroup>,
    known: RefCell<BTreeMap<Vec<u8>, Option<bool>>>,
}

impl NetgroupLookups {
    /// Those of this machine.
    pub(crate) fn of_system() -> Self {
        let netgroups = SystemNetgroups::new(Rc::default());
        Self::new(move |group| netgroups.has_members(group).ok())
    }

    fn new(ask: impl Fn(&[u8]) -> Option<bool> + 'static) -> Self {
        Self {
            ask: Box::new(ask),
            known: RefCell::default(),
        }
    }

    /// Whether a group exists and has a member. `None`: no answer.
    pub(crate) fn has_members(&self, group: &[u8]) -> Option<bool> {
        let known = &mut *self.known.borrow_mut();
        if let Some(answer) = known.get(group) {
            return *answer;
        }
        let answer = (self.ask)(group);
        known.insert(group.to_vec(), answer);
        answer
    }
}

/// A bar on the terminal, once the lookups take long.
struct Progress {
    start: Instant,
    bar: ProgressBar,
}

impl Progress {
    fn new(total: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::hidden());
        if let Ok(style) =
            ProgressStyle::with_template("looking hosts up {bar:40} {pos}/{len} {elapsed}")
        {
            bar.set_style(style);
        }
        Self {
            start: Instant::now(),
            bar,
        }
    }

    fn show(&self, done: usize) {
        let waited = self.start.elapsed() > PATIENCE;
        if waited && self.bar.is_hidden() && std::io::stderr().is_terminal() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(done as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(hosts: &[&str], deadline: Duration, ask: fn(&[u8]) -> Lookup) -> HostLookups {
        let hosts = hosts.iter().map(|host| host.as_bytes().to_vec());
        ask_all(hosts.collect(), deadline, ask)
    }

    #[test]
    fn every_host_is_asked_about_once() {
        let names = HostLookups::Collecting(RefCell::default());
        for host in ["a", "b", "a"] {
            assert_eq!(names.look_up(host.as_bytes()), Lookup::Nothing);
        }
        assert!(matches!(&names, HostLookups::Collecting(hosts) if hosts.borrow().len() == 2));
        let names = ask(&["a", "b"], DEADLINE, |_| Lookup::NotFound);
        assert_eq!(names.look_up(b"a"), Lookup::NotFound);
        assert_eq!(names.look_up(b"c"), Lookup::Nothing);
        assert_eq!(names.unanswered().0, 0);
    }

    #[test]
    fn every_netgroup_is_asked_about_once() {
        let asked = Rc::new(RefCell::new(Vec::new()));
        let heard = Rc::clone(&asked);
        let groups = NetgroupLookups::new(move |group| {
            heard.borrow_mut().push(group.to_vec());
            (group != b"slow").then_some(group == b"a")
        });
        for (group, answer) in [("a", Some(true)), ("b", Some(false)), ("slow", None)].repeat(2) {
            assert_eq!(groups.has_members(group.as_bytes()), answer, "{group}");
        }
        assert_eq!(asked.borrow().len(), 3);
    }

    #[test]
    fn a_dead_name_service_is_given_up() {
        let start = Instant::now();
        let names = ask(&["a", "slow"], Duration::from_millis(200), |host| {
            if host == b"slow" {
                thread::sleep(Duration::from_secs(20));
            }
            Lookup::NotFound
        });
        assert!(start.elapsed() < Duration::from_secs(10));
        assert_eq!(names.look_up(b"a"), Lookup::NotFound);
        assert_eq!(names.look_up(b"slow"), Lookup::Nothing);
        assert_eq!(names.unanswered(), (1, 2));
    }

    #[test]
    fn lookups_go_side_by_side() {
        let hosts: Vec<_> = (0..WORKERS).map(|number| number.to_string()).collect();
        let hosts: Vec<_> = hosts.iter().map(String::as_str).collect();
        let start = Instant::now();
        let names = ask(&hosts, DEADLINE, |_| {
            thread::sleep(Duration::from_millis(200));
            Lookup::NotFound
        });
        assert_eq!(names.unanswered().0, 0);
        assert!(start.elapsed() < Duration::from_secs(4));
    }
}
