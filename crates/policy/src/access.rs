//! Who gets in: for each range of client addresses, the decisions in order, each with what it depends on.
//!
//! The search is that of hosts_access(5), for all clients at once. Each rule is a set of addresses with
//! conditions; going through the addresses from border to border, the rules that may match form the answer of a
//! range. Ranges with the same answer share it.

use std::collections::{BTreeMap, HashMap, HashSet};

use hosts_access::action::{Action, Done, RuleOutcome};
use hosts_access::fault::Fault;
use hosts_access::options;
use hosts_access::request::facts::{Fact, UNKNOWN};
use hosts_access::request::{Host, Request, Side};
use hosts_access::search::matcher::Matcher;
use hosts_access::table::compare::{Form as WordForm, string_match};
use hosts_access::table::list::{Words, is_except};
use hosts_access::table::pattern::{HostPattern, port_number, split_at_sign};
use hosts_access::table::place::Place;
use hosts_access::text::bytes::path_of;
use hosts_access::world::{Effects, World};

use crate::condition::{Condition, Conditions, Form, Test};
use crate::space::{Family, Space};
use crate::tables::{Rule, Rules, Table, TableError};
use crate::words::{Reader, Tested, plain_case};

/// Most conditions that the answers of one service may hold together.
const MAX_ENTRIES: usize = 20_000_000;

/// What becomes of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// It is served.
    Granted,
    /// It is refused.
    Denied,
    /// It is served by the command of a twist.
    Twist,
}

/// What decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum By {
    /// The rule with this index in [`Rules::rules`].
    Rule(u32),
    /// No rule: nothing matched.
    Nothing,
    /// No rule granted after this one, which was in error.
    RuleInError(u32),
    /// No rule granted after this table was in error.
    TableInError(bool),
}

/// One decision of a list, of which the first whose condition holds counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decision {
    /// When it counts; the last of a list always does.
    pub when: Condition,
    /// What it says.
    pub verdict: Verdict,
    /// What says it.
    pub by: By,
}

/// A range of addresses with one list of decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Its family.
    pub family: Family,
    /// Number of its first address.
    pub from: u128,
    /// Number of its last address.
    pub to: u128,
    /// Its decisions: an index for [`Access::decisions`].
    pub answer: usize,
}

/// The server's end of the connections that are asked about.
#[derive(Clone, Debug)]
pub enum Server {
    /// Any.
    Any,
    /// This one, of which address and name are known, or known not to be.
    Known(Host),
    /// The one with this address, whatever its name.
    Address(Host),
    /// The one with this name, whatever its address.
    Name(Host),
}

/// A service that clients ask for.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its daemon's name.
    pub daemon: Vec<u8>,
    /// The server's end.
    pub server: Server,
    /// The port, if it is known.
    pub port: Option<u16>,
}

/// The tables do not fit into what can be told of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooMuch {
    /// More conditions than are kept.
    Conditions,
    /// More `/file` lists than one request may open: which of them are opened depends on the client.
    Lists,
}

impl std::fmt::Display for TooMuch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Conditions => "the rules depend on more than can be told of each address",
            Self::Lists => "the tables name more /file lists than tcpd opens for one client",
        })
    }
}

impl std::error::Error for TooMuch {}

/// How a rule that matches ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Verdict(Verdict),
    /// An aclexec said no: the table has no rule for the client.
    Left,
    InError,
}

/// A rule, or what is in error after the rules of a table, for one service.
#[derive(Clone, Copy, Debug)]
struct Judged {
    by: By,
    table: Table,
    end: End,
    /// How it ends if its aclexec says no, and that test.
    refused: Option<(Condition, End)>,
}

/// A rule on an active range.
type Entry = (u32, Condition, Condition);

/// Whether the search of its table always ends with a rule.
fn is_sure((_, matches, in_error): &Entry) -> bool {
    *matches == Condition::ALWAYS || *in_error == Condition::ALWAYS
}

/// Who gets in, for one service.
#[derive(Debug)]
pub struct Access {
    ranges: Vec<Range>,
    answers: Vec<Vec<Decision>>,
    in_error: Vec<By>,
}

impl Access {
    /// The ranges, in order: they cover both families once, and two that touch have different decisions.
    pub fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    /// The decisions of a range, the last without a condition.
    pub fn decisions(&self, answer: usize) -> &[Decision] {
        self.answers.get(answer).map_or(&[], Vec::as_slice)
    }

    /// The decisions for an address.
    pub fn decisions_at(&self, family: Family, number: u128) -> &[Decision] {
        let after = self
            .ranges
            .partition_point(|range| (range.family, range.from) <= (family, number));
        let range = after.checked_sub(1).and_then(|at| self.ranges.get(at));
        range.map_or(&[], |range| self.decisions(range.answer))
    }

    /// The rules that are in error for some client, whatever is decided after them.
    pub fn in_error(&self) -> &[By] {
        &self.in_error
    }

    /// How many lists of decisions there are.
    pub fn answers(&self) -> usize {
        self.answers.len()
    }
}

/// Two tables, ready to be asked about services.
pub struct Policy<'w> {
    /// Their rules.
    pub rules: Rules,
    reader: Reader<'w>,
    /// What is known beforehand of the status of a command.
    status: &'w dyn Fn(&[u8]) -> Option<i32>,
}

impl<'w> Policy<'w> {
    /// Tables that were read. `status` knows how the command of an aclexec ends, if that is certain.
    pub fn new(rules: Rules, world: World<'w>, status: &'w dyn Fn(&[u8]) -> Option<i32>) -> Self {
        Self {
            rules,
            reader: Reader::new(world),
            status,
        }
    }

    /// The place of the rule that decides, if one does.
    pub fn place(&self, by: By) -> Option<&Place> {
        match by {
            By::Rule(rule) => self.rules.rules.get(rule as usize).map(|rule| &rule.place),
            By::Nothing | By::RuleInError(_) | By::TableInError(_) => None,
        }
    }

    /// What is in error in the tables themselves.
    pub fn errors(&self) -> impl Iterator<Item = &TableError> {
        let rules = &self.rules;
        [&rules.allow_error, &rules.deny_error]
            .into_iter()
            .flatten()
    }

    /// Who gets in to a service.
    ///
    /// # Errors
    /// It cannot be told.
    pub fn access(&mut self, service: &Service, store: &mut Conditions) -> Result<Access, TooMuch> {
        self.reader.begin();
        let (mut rules, mut pieces, mut errors) = (Vec::new(), Vec::new(), Vec::new());
        let both = (self.rules.allow, self.rules.rules.len());
        for (table, range, in_error) in [
            (Table::Allow, 0..both.0, self.rules.allow_error.is_some()),
            (Table::Deny, both.0..both.1, self.rules.deny_error.is_some()),
        ] {
            for index in range {
                let Some(rule) = self.rules.rules.get(index) else {
                    continue;
                };
                let by = By::Rule(u32::try_from(index).unwrap_or(u32::MAX));
                let (judged, tested) = match self.reader.rule(rule, by, service, store, self.status)
                {
                    Some(found) => found,
                    None => continue,
                };
                let ends = [Some(judged.end), judged.refused.map(|(_, end)| end)];
                if !tested.in_error.is_empty() || ends.contains(&Some(End::InError)) {
                    errors.push(by);
                }
                rules.push(judged);
                pieces.push(tested);
            }
            if in_error {
                rules.push(Judged {
                    by: By::TableInError(table == Table::Allow),
                    table,
                    end: End::InError,
                    refused: None,
                });
                pieces.push(Tested {
                    matches: Space::everywhere(Condition::ALWAYS),
                    in_error: Space::default(),
                });
            }
        }
        if self.reader.list_words > hosts_access::limits::MAX_LISTS {
            return Err(TooMuch::Lists);
        }
        Sweep {
            rules: &rules,
            store,
            ranges: Vec::new(),
            answers: Answers::default(),
        }
        .run(&pieces, errors)
    }
}

impl Reader<'_> {
    /// A rule for a service; nothing if it has to do with another.
    fn rule(
        &mut self,
        rule: &Rule,
        by: By,
        service: &Service,
        store: &mut Conditions,
        status: &dyn Fn(&[u8]) -> Option<i32>,
    ) -> Option<(Judged, Tested)> {
        let fields = rule.fields();
        let (served, unsure) = self.daemons(fields.daemons, service, store);
        if served == Condition::NEVER && unsure == Condition::NEVER {
            return None;
        }
        let mut tested = match served {
            Condition::NEVER => Tested::default(),
            _ => self.clients(fields.clients, store),
        };
        if served != Condition::ALWAYS {
            tested.matches = tested.matches.where_too(served, store);
            tested.in_error = tested.in_error.where_too(served, store);
        }
        if unsure != Condition::NEVER {
            let unsure = Space::everywhere(unsure);
            tested.in_error = tested.in_error.or(&unsure, store);
        }
        if tested.matches.is_empty() && tested.in_error.is_empty() {
            return None;
        }
        let (end, refused) = match fields.options {
            None => (End::of(RuleOutcome::Table, rule), None),
            Some(text) => self.options(text, rule, service, store, status),
        };
        let judged = Judged {
            by,
            table: rule.table,
            end,
            refused,
        };
        Some((judged, tested))
    }

    /// How the options of a rule end, and how if its aclexec says no.
    fn options(
        &self,
        text: &[u8],
        rule: &Rule,
        service: &Service,
        store: &mut Conditions,
        status: &dyn Fn(&[u8]) -> Option<i32>,
    ) -> (End, Option<(Condition, End)>) {
        let run = |exit: i32| {
            // Whoever asks: no option's outcome depends on it, but that of an aclexec.
            let client = Host::from_text("192.0.2.1");
            let server = Host::unknown();
            let mut request = Request::of_process(1, &service.daemon, client, server);
            let mut effects = Dry {
                exit,
                status,
                asked: false,
            };
            let silent = World {
                log: &Silent,
                lookups: &Silent,
                ..self.world
            };
            let outcome = options::run(text, &mut request, &silent, &rule.place, &mut effects);
            (End::of(outcome, rule), effects.asked)
        };
        let (end, asked) = run(0);
        if !asked {
            return (end, None);
        }
        match run(1).0 {
            same if same == end => (end, None),
            other => {
                let test = store.test(Test::Aclexec(text.trim_ascii().into()));
                (end, Some((store.not(test), other)))
            }
        }
    }

    /// When a daemon list matches, and when it is in error.
    fn daemons(
        &mut self,
        list: &[u8],
        service: &Service,
        store: &mut Conditions,
    ) -> (Condition, Condition) {
        let mut segments = vec![(Condition::NEVER, Condition::NEVER)];
        for word in Words::new(list) {
            if is_except(word) {
                segments.push((Condition::NEVER, Condition::NEVER));
                continue;
            }
            let Some((matches, fails)) = segments.last().copied() else {
                continue;
            };
            let (one, error) = self.daemon(word, service, store);
            let not_yet = store.any([matches, fails]);
            let not_yet = store.not(not_yet);
            let (one, error) = (store.all([one, not_yet]), store.all([error, not_yet]));
            let joined = (store.any([matches, one]), store.any([fails, error]));
            if let Some(last) = segments.last_mut() {
                *last = joined;
            }
        }
        let mut list = (Condition::NEVER, Condition::NEVER);
        let mut first = true;
        while let Some((matches, fails)) = segments.pop() {
            let not = (store.not(list.0), store.not(list.1));
            list = match first {
                true => (matches, fails),
                false => {
                    let later = store.all([matches, list.1]);
                    (
                        store.all([matches, not.0, not.1]),
                        store.any([fails, later]),
                    )
                }
            };
            first = false;
        }
        list
    }

    /// When a word of a daemon list matches, and when it is in error.
    fn daemon(
        &mut self,
        word: &[u8],
        service: &Service,
        store: &mut Conditions,
    ) -> (Condition, Condition) {
        let (name, host) = match split_at_sign(word) {
            None => (word, None),
            Some((name, host)) => (name, Some(host)),
        };
        let served = match (port_number(name), service.port) {
            (Some(0), _) => Condition::NEVER,
            (Some(port), None) => store.test(Test::Port(port)),
            (Some(port), Some(known)) => plain(port == known),
            (None, _) => plain(string_match(name, &service.daemon)),
        };
        let Some(host) = host.filter(|_| served != Condition::NEVER) else {
            return (served, Condition::NEVER);
        };
        let (at, error) = self.server(host, 0, service, store);
        (store.all([served, at]), store.all([served, error]))
    }

    /// A word in host position on what is known of the server; nothing if that does not settle it.
    fn known_server(&self, word: &[u8], service: &Service) -> Option<Result<bool, ()>> {
        let pattern = HostPattern::parse(word);
        let by_text = |host: &Host| match pattern {
            HostPattern::Text { word, .. } => {
                let parts = [host.address_text(), host.name.text()];
                parts
                    .iter()
                    .any(|text| string_match(word, text) && !text.eq_ignore_ascii_case(UNKNOWN))
            }
            _ => false,
        };
        let is_address = matches!(
            pattern,
            HostPattern::Net { .. } | HostPattern::Text { names: false, .. }
        );
        let host = match &service.server {
            Server::Any => return None,
            Server::Known(host) => host,
            Server::Address(host) if is_address || by_text(host) => host,
            Server::Name(host) if by_text(host) || matches!(pattern, HostPattern::Local) => host,
            Server::Address(_) | Server::Name(_) => return None,
        };
        let known = host.clone().with_name(match &host.name {
            Fact::NotAsked => Fact::Unknown,
            name => name.clone(),
        });
        let mut request = Request::of_process(1, &service.daemon, Host::unknown(), known);
        let mut matcher = Matcher {
            request: &mut request,
            world: World {
                log: &Silent,
                ..self.world
            },
            place: None,
        };
        Some(matcher.host_match(word, Side::Server).map_err(drop))
    }

    /// A word in host position on the server's end.
    fn server(
        &mut self,
        word: &[u8],
        depth: usize,
        service: &Service,
        store: &mut Conditions,
    ) -> (Condition, Condition) {
        match HostPattern::parse(word) {
            HostPattern::Slashes => (Condition::NEVER, Condition::NEVER),
            HostPattern::File(path) => {
                self.list_words += 1;
                let mut list = (Condition::NEVER, Condition::NEVER);
                for word in self.words_of(&path_of(path), depth) {
                    let (one, error) = match word {
                        Some(word) => self.server(&word, depth + 1, service, store),
                        None => (Condition::NEVER, Condition::ALWAYS),
                    };
                    let before = store.any([list.0, list.1]);
                    let before = store.not(before);
                    let (one, error) = (store.all([one, before]), store.all([error, before]));
                    list = (store.any([list.0, one]), store.any([list.1, error]));
                }
                list
            }
            HostPattern::Text { word, .. } if WordForm::of(word) == WordForm::All => {
                (Condition::ALWAYS, Condition::NEVER)
            }
            _ => match self.known_server(word, service) {
                Some(Ok(matches)) => (plain(matches), Condition::NEVER),
                Some(Err(())) => (Condition::NEVER, Condition::ALWAYS),
                None => (store.test(Test::Server(plain_case(word))), Condition::NEVER),
            },
        }
    }
}

fn plain(holds: bool) -> Condition {
    match holds {
        true => Condition::ALWAYS,
        false => Condition::NEVER,
    }
}

impl End {
    /// The end that an outcome of the options is, in the table of a rule.
    fn of(outcome: RuleOutcome, rule: &Rule) -> Self {
        let verdict = match (outcome, rule.table) {
            (RuleOutcome::NoMatch, _) => return Self::Left,
            (RuleOutcome::InError(_), _) => return Self::InError,
            (RuleOutcome::Twist(_), _) => Verdict::Twist,
            (RuleOutcome::Allow, _) | (RuleOutcome::Table, Table::Allow) => Verdict::Granted,
            (RuleOutcome::Deny | RuleOutcome::Failed, _) | (RuleOutcome::Table, Table::Deny) => {
                Verdict::Denied
            }
        };
        match verdict {
            // Bytes are missing, so the rule is not trusted to grant.
            Verdict::Granted if rule.nul => Self::InError,
            verdict => Self::Verdict(verdict),
        }
    }
}

/// Carries nothing out.
struct Dry<'d> {
    exit: i32,
    status: &'d dyn Fn(&[u8]) -> Option<i32>,
    asked: bool,
}

impl Effects for Dry<'_> {
    fn perform(&mut self, action: &Action) -> Result<Done, Fault> {
        let Action::Aclexec(command) = action else {
            return Ok(Done::Done);
        };
        Ok(Done::Exited(match (self.status)(command.as_bytes()) {
            Some(known) => known,
            None => {
                self.asked = true;
                self.exit
            }
        }))
    }
}

/// Tells nobody, and asks nobody.
struct Silent;

impl hosts_access::world::Log for Silent {
    fn diagnostic(&self, _: &hosts_access::report::problem::Diagnostic) {}
}

impl hosts_access::world::Lookups for Silent {
    fn host_name(
        &self,
        _: &Request,
        _: Side,
        _: Option<&Place>,
    ) -> (Fact, Option<hosts_access::report::problem::NameProblem>) {
        (Fact::Unknown, None)
    }

    fn user(&self, _: &Request) -> Fact {
        Fact::Unknown
    }

    fn interface(&self, _: &[u8]) -> hosts_access::request::facts::Answer<u32> {
        Ok(None)
    }
}

/// What an answer is made of: rules that hold on a part only, besides those that hold everywhere in a family.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    local: Vec<Entry>,
    family: Family,
}

/// Lists of decisions, each once.
#[derive(Default)]
struct Answers {
    by_key: HashMap<Key, usize>,
    by_list: HashMap<Vec<Decision>, usize>,
    all: Vec<Vec<Decision>>,
    entries: usize,
}

/// Goes through the addresses.
struct Sweep<'s> {
    rules: &'s [Judged],
    store: &'s mut Conditions,
    ranges: Vec<Range>,
    answers: Answers,
}

impl Sweep<'_> {
    fn run(mut self, tested: &[Tested], in_error: Vec<By>) -> Result<Access, TooMuch> {
        for family in Family::BOTH {
            self.family(family, tested)?;
        }
        Ok(Access {
            ranges: self.ranges,
            answers: self.answers.all,
            in_error,
        })
    }

    fn family(&mut self, family: Family, tested: &[Tested]) -> Result<(), TooMuch> {
        let mut everywhere: Vec<Entry> = Vec::new();
        let mut borders: Vec<(u128, bool, Entry)> = Vec::new();
        for (index, tested) in tested.iter().enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            let mut note = |from, to, matches, in_error| {
                let entry = (index, matches, in_error);
                if from == 0 && to == family.last() {
                    everywhere.push(entry);
                    return;
                }
                borders.push((from, true, entry));
                if to < family.last() {
                    borders.push((to + 1, false, entry));
                }
            };
            if tested.in_error.of(family).is_empty() {
                for piece in tested.matches.of(family).iter() {
                    note(piece.from, piece.to, piece.holds, Condition::NEVER);
                }
                continue;
            }
            // Both kinds of pieces, from border to border.
            let (matches, in_error) = (tested.matches.of(family), tested.in_error.of(family));
            let mut cuts: Vec<u128> = Vec::new();
            for piece in matches.iter().chain(in_error.iter()) {
                cuts.push(piece.from);
                if piece.to < family.last() {
                    cuts.push(piece.to + 1);
                }
            }
            cuts.sort_unstable();
            cuts.dedup();
            for (at, from) in cuts.iter().enumerate() {
                let to = cuts.get(at + 1).map_or(family.last(), |next| next - 1);
                let pair = (matches.at(*from), in_error.at(*from));
                if pair != (Condition::NEVER, Condition::NEVER) {
                    note(*from, to, pair.0, pair.1);
                }
            }
        }
        self.leave_out(&mut everywhere, &mut borders);
        borders.sort_unstable_by_key(|(at, starts, (index, ..))| (*at, *starts, *index));
        let mut active: BTreeMap<u32, (Condition, Condition)> = BTreeMap::new();
        let mut borders = borders.into_iter().peekable();
        let mut at = 0;
        loop {
            while let Some((_, starts, (index, matches, in_error))) =
                borders.next_if(|(border, ..)| *border == at)
            {
                match starts {
                    true => active.insert(index, (matches, in_error)),
                    false => active.remove(&index),
                };
            }
            let next = borders.peek().map(|(border, ..)| *border);
            let to = next.map_or(family.last(), |next| next - 1);
            let answer = self.answer(family, &everywhere, &active)?;
            match self.ranges.last_mut() {
                Some(last) if last.family == family && last.answer == answer => last.to = to,
                _ => self.ranges.push(Range {
                    family,
                    from: at,
                    to,
                    answer,
                }),
            }
            match next {
                Some(next) => at = next,
                None => return Ok(()),
            }
        }
    }

    /// Leaves out the rules that no search gets to, since one that matches everybody stands before them.
    fn leave_out(&self, everywhere: &mut Vec<Entry>, borders: &mut Vec<(u128, bool, Entry)>) {
        let mut stops = [u32::MAX; 2];
        for entry in everywhere.iter().filter(|entry| is_sure(entry)) {
            let stop = &mut stops[usize::from(!self.is_allow(entry))];
            *stop = entry.0.min(*stop);
        }
        let reached = |entry: &Entry| entry.0 <= stops[usize::from(!self.is_allow(entry))];
        everywhere.retain(|entry| reached(entry));
        borders.retain(|(_, _, entry)| reached(entry));
    }

    /// The answer where these rules are active.
    fn answer(
        &mut self,
        family: Family,
        everywhere: &[Entry],
        active: &BTreeMap<u32, (Condition, Condition)>,
    ) -> Result<usize, TooMuch> {
        let local = self.local(everywhere, active);
        self.answers.entries += local.len();
        if self.answers.entries > MAX_ENTRIES {
            return Err(TooMuch::Conditions);
        }
        let key = Key { local, family };
        if let Some(answer) = self.answers.by_key.get(&key) {
            return Ok(*answer);
        }
        self.answers.entries += everywhere.len();
        let list = self.decide(everywhere, &key.local);
        let all = &mut self.answers.all;
        let answer = *self.answers.by_list.entry(list).or_insert_with_key(|list| {
            all.push(list.clone());
            all.len() - 1
        });
        self.answers.by_key.insert(key, answer);
        Ok(answer)
    }

    /// The active rules that the search may get to.
    fn local(
        &self,
        everywhere: &[Entry],
        active: &BTreeMap<u32, (Condition, Condition)>,
    ) -> Vec<Entry> {
        let mut local = Vec::new();
        let mut leaves = everywhere.iter().any(|entry| self.may_leave(entry));
        let mut granted = false;
        for (index, (matches, in_error)) in active {
            let entry = (*index, *matches, *in_error);
            let allow = self.is_allow(&entry);
            match (allow, granted) {
                (true, true) => continue,
                (false, true) if !leaves => break,
                _ => local.push(entry),
            }
            leaves |= allow && self.may_leave(&entry);
            match (allow, is_sure(&entry)) {
                (true, sure) => granted |= sure,
                (false, true) => break,
                (false, false) => {}
            }
        }
        local
    }

    fn is_allow(&self, (index, ..): &Entry) -> bool {
        let rule = self.rules.get(*index as usize);
        rule.is_some_and(|rule| rule.table == Table::Allow)
    }

    /// Whether a rule may end the search of its table without a verdict.
    fn may_leave(&self, (index, _, in_error): &Entry) -> bool {
        let rule = self.rules.get(*index as usize);
        *in_error != Condition::NEVER
            || rule
                .is_some_and(|rule| rule.refused.is_some() || !matches!(rule.end, End::Verdict(_)))
    }

    /// The decisions where these rules hold everywhere and those on the range.
    fn decide(&mut self, everywhere: &[Entry], local: &[Entry]) -> Vec<Decision> {
        let mut entries: Vec<Entry> = everywhere.iter().chain(local).copied().collect();
        entries.sort_unstable_by_key(|(index, ..)| *index);
        let deny = entries.partition_point(|entry| self.is_allow(entry));
        let (allow, deny) = entries.split_at(deny);
        let mut list = List::default();
        self.search(allow, Some(deny), Condition::ALWAYS, None, &mut list);
        list.ordered(self.store)
    }

    /// Goes through a table, and through the next if it ends without a verdict.
    ///
    /// `guard` is what has to hold for the search to be here, `error` what was in error before.
    fn search(
        &mut self,
        table: &[Entry],
        next: Option<&[Entry]>,
        guard: Condition,
        error: Option<By>,
        list: &mut List,
    ) {
        for (index, matches, in_error) in table {
            let Some(rule) = self.rules.get(*index as usize).copied() else {
                continue;
            };
            if *in_error != Condition::NEVER {
                let here = self.store.all([guard, *in_error]);
                self.end(rule, End::InError, next, here, error, list);
            }
            let here = self.store.all([guard, *matches]);
            if let Some((refused, end)) = rule.refused {
                let here = self.store.all([here, refused]);
                self.end(rule, end, next, here, error, list);
            }
            self.end(rule, rule.end, next, here, error, list);
            if list.failed.contains(&guard) {
                return;
            }
        }
        match next {
            Some(next) => self.search(next, None, guard, error, list),
            None => {
                let (verdict, by) = match error {
                    None => (Verdict::Granted, By::Nothing),
                    Some(by) => (Verdict::Denied, by),
                };
                list.add(guard, verdict, by, self.store);
            }
        }
    }

    /// Adds what an end of a rule comes to.
    fn end(
        &mut self,
        rule: Judged,
        end: End,
        next: Option<&[Entry]>,
        guard: Condition,
        error: Option<By>,
        list: &mut List,
    ) {
        let guard = self.store.without(guard, &list.failed);
        if guard == Condition::NEVER {
            return;
        }
        let error = match end {
            End::Verdict(verdict) if error.is_none() || verdict == Verdict::Denied => {
                return list.add(guard, verdict, rule.by, self.store);
            }
            // After an error nothing lets a client in; the search of the table ends all the same.
            End::Verdict(_) | End::Left => error,
            End::InError => error.or(Some(match rule.by {
                By::Rule(index) => By::RuleInError(index),
                by => by,
            })),
        };
        self.search(next.unwrap_or(&[]), None, guard, error, list);
    }
}

/// A list of decisions under construction.
#[derive(Default)]
struct List {
    decisions: Vec<Decision>,
    /// Conditions that do not hold where the list goes on.
    failed: HashSet<Condition>,
}

impl List {
    fn add(&mut self, guard: Condition, verdict: Verdict, by: By, store: &mut Conditions) {
        let when = store.without(guard, &self.failed);
        if when != Condition::NEVER {
            self.decisions.push(Decision { when, verdict, by });
        }
        for decided in [guard, when] {
            self.failed.insert(decided);
            if let Form::Any(parts) = store.form(decided) {
                self.failed.extend(parts.iter().copied());
            }
        }
    }

    /// In the order in which the last decision is that for a client without a name or a user, of which no
    /// other test holds either.
    fn ordered(self, store: &mut Conditions) -> Vec<Decision> {
        let nobody = |test: &Test| nameless(test);
        let decisions = self.decisions;
        let Some(at) = decisions
            .iter()
            .position(|decision| store.holds(decision.when, &nobody))
        else {
            return decisions;
        };
        let mut list: Vec<Decision> = Vec::with_capacity(decisions.len());
        let mut before = decisions;
        let after = before.split_off(at + 1);
        let Some(last) = before.pop() else {
            return list;
        };
        list.append(&mut before);
        let not = store.not(last.when);
        for decision in after {
            let when = store.all([not, decision.when]);
            if when != Condition::NEVER {
                list.push(Decision { when, ..decision });
            }
        }
        // What says the same as the last needs no place of its own just before it.
        while let Some(previous) = list.last()
            && (previous.verdict, previous.by) == (last.verdict, last.by)
        {
            list.pop();
        }
        list.push(Decision {
            when: Condition::ALWAYS,
            ..last
        });
        list
    }
}

/// How a test comes out for a client without name or user on a connection of which nothing is known.
pub fn nameless(test: &Test) -> bool {
    use hosts_access::request::facts::UNKNOWN;
    match test {
        Test::Name(word) | Test::User(word) => string_match(word, UNKNOWN),
        Test::NameKnown
        | Test::NameLocal
        | Test::Netgroup(_)
        | Test::Scope { .. }
        | Test::Address(_)
        | Test::Server(_)
        | Test::Port(_)
        | Test::Aclexec(_) => false,
    }
}
