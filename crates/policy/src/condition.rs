//! Conditions: what a verdict depends on besides the client's address, as formulas over tests that
//! nobody can answer before a client is there.
//!
//! Formulas live in one store and are named by number, so that two of them that are written the same
//! are the same number. What is always true or never true is found while they are built; nothing here
//! knows what the tests mean.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap, HashSet, HashTable};

/// A test that only a request can answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Test {
    /// The string test of a word on the client's host name; see [`hosts_access::table::compare`].
    Name(Box<[u8]>),
    /// `KNOWN`: the client's name is known.
    NameKnown,
    /// `LOCAL`: the client's name is known and has no dot.
    NameLocal,
    /// The client's name is in a netgroup.
    Netgroup(Box<[u8]>),
    /// The client's address is on the list of this zone of the DNS.
    DnsList(Box<[u8]>),
    /// The string test of a word on the client's user.
    User(Box<[u8]>),
    /// The client's address is on this link, written as in `[fe80::1%eth0]`.
    Scope {
        /// The number or name of the interface.
        link: Box<[u8]>,
        /// Whether it may be a name.
        named: bool,
    },
    /// A word is tested on the client's address as it is printed; only where that is no set of ranges.
    Address(Box<[u8]>),
    /// A word in host position is tested on the server's end of the connection.
    Server(Box<[u8]>),
    /// The connection is for this port.
    Port(u16),
    /// The last `aclexec` of these options ends with status 0.
    Aclexec(Box<[u8]>),
}

/// A formula, by its number in a [`Conditions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Condition(u32);

impl Condition {
    /// Holds never.
    pub const NEVER: Self = Self(0);
    /// Holds always.
    pub const ALWAYS: Self = Self(1);
}

/// How a formula is made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Holds never.
    Never,
    /// Holds always.
    Always,
    /// A test comes out true.
    Test(Test),
    /// A formula does not hold.
    Not(Condition),
    /// Each of several formulas holds.
    All(Box<[Condition]>),
    /// One of several formulas holds.
    Any(Box<[Condition]>),
}

/// The store of formulas.
#[derive(Debug)]
pub struct Conditions {
    forms: Vec<Form>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Default for Conditions {
    fn default() -> Self {
        let mut store = Self {
            forms: Vec::new(),
            numbers: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        };
        store.number(Form::Never);
        store.number(Form::Always);
        store
    }
}

impl Conditions {
    fn number(&mut self, form: Form) -> Condition {
        let Self {
            forms,
            numbers,
            hasher,
        } = self;
        let hash = hasher.hash_one(&form);
        let is_it = |number: &u32| forms.get(*number as usize) == Some(&form);
        if let Some(number) = numbers.find(hash, is_it) {
            return Condition(*number);
        }
        let number = u32::try_from(forms.len()).unwrap_or(u32::MAX);
        forms.push(form);
        numbers.insert_unique(hash, number, |number| {
            let form = forms.get(*number as usize);
            form.map_or(0, |form| hasher.hash_one(form))
        });
        Condition(number)
    }

    /// How a formula is made.
    pub fn form(&self, condition: Condition) -> &Form {
        self.forms.get(condition.0 as usize).unwrap_or(&Form::Never)
    }

    /// The formula that a test comes out true.
    pub fn test(&mut self, test: Test) -> Condition {
        self.number(Form::Test(test))
    }

    /// The formula that another does not hold.
    pub fn not(&mut self, condition: Condition) -> Condition {
        match self.form(condition) {
            Form::Never => Condition::ALWAYS,
            Form::Always => Condition::NEVER,
            Form::Not(inner) => *inner,
            _ => self.number(Form::Not(condition)),
        }
    }

    /// The formula that each of these holds.
    pub fn all(&mut self, parts: impl IntoIterator<Item = Condition>) -> Condition {
        self.joined(parts, Condition::ALWAYS, Condition::NEVER)
    }

    /// The formula that one of these holds.
    pub fn any(&mut self, parts: impl IntoIterator<Item = Condition>) -> Condition {
        self.joined(parts, Condition::NEVER, Condition::ALWAYS)
    }

    /// Joins formulas: `neutral` adds nothing, `strong` decides alone.
    fn joined(
        &mut self,
        parts: impl IntoIterator<Item = Condition>,
        neutral: Condition,
        strong: Condition,
    ) -> Condition {
        let (mut first, mut flat) = (None, Vec::new());
        let add = |flat: &mut Vec<Condition>, part| match self.form(part) {
            Form::All(inner) if neutral == Condition::ALWAYS => flat.extend_from_slice(inner),
            Form::Any(inner) if neutral == Condition::NEVER => flat.extend_from_slice(inner),
            _ => flat.push(part),
        };
        for part in parts {
            match first {
                _ if part == strong => return strong,
                _ if part == neutral => {}
                // Most of the time nothing comes after the first.
                None => first = Some(part),
                Some(_) => add(&mut flat, part),
            }
        }
        match first {
            None => return neutral,
            Some(only) if flat.is_empty() => return only,
            Some(first) => add(&mut flat, first),
        }
        flat.sort_unstable();
        flat.dedup();
        let contradicts = |part: &Condition| match self.form(*part) {
            Form::Not(inner) => flat.binary_search(inner).is_ok(),
            _ => false,
        };
        if flat.iter().any(contradicts) {
            return strong;
        }
        match (&*flat, neutral) {
            ([one], _) => *one,
            (_, Condition::ALWAYS) => self.number(Form::All(flat.into())),
            _ => self.number(Form::Any(flat.into())),
        }
    }

    /// What is left of a formula where each of these is known not to hold.
    pub fn without(&mut self, condition: Condition, failed: &HashSet<Condition>) -> Condition {
        if failed.is_empty() {
            return condition;
        }
        if failed.contains(&condition) {
            return Condition::NEVER;
        }
        match self.form(condition) {
            Form::Never | Form::Always | Form::Test(_) => condition,
            Form::Not(inner) => {
                let inner = self.without(*inner, failed);
                self.not(inner)
            }
            Form::All(parts) => {
                let mut parts = parts.to_vec();
                for part in &mut parts {
                    *part = self.without(*part, failed);
                }
                self.all(parts)
            }
            Form::Any(parts) => {
                let mut parts = parts.to_vec();
                for part in &mut parts {
                    *part = self.without(*part, failed);
                }
                self.any(parts)
            }
        }
    }

    /// What is left of a formula once some of its tests are answered.
    pub fn answered(
        &mut self,
        condition: Condition,
        answer: &dyn Fn(&Test) -> Option<bool>,
    ) -> Condition {
        let mut done = HashMap::new();
        self.answered_once(condition, answer, &mut done)
    }

    fn answered_once(
        &mut self,
        condition: Condition,
        answer: &dyn Fn(&Test) -> Option<bool>,
        done: &mut HashMap<Condition, Condition>,
    ) -> Condition {
        if let Some(left) = done.get(&condition) {
            return *left;
        }
        let left = match self.form(condition).clone() {
            Form::Never | Form::Always => condition,
            Form::Test(test) => match answer(&test) {
                Some(true) => Condition::ALWAYS,
                Some(false) => Condition::NEVER,
                None => condition,
            },
            Form::Not(inner) => {
                let inner = self.answered_once(inner, answer, done);
                self.not(inner)
            }
            Form::All(parts) => {
                let parts: Vec<_> = parts
                    .iter()
                    .map(|part| self.answered_once(*part, answer, done))
                    .collect();
                self.all(parts)
            }
            Form::Any(parts) => {
                let parts: Vec<_> = parts
                    .iter()
                    .map(|part| self.answered_once(*part, answer, done))
                    .collect();
                self.any(parts)
            }
        };
        done.insert(condition, left);
        left
    }

    /// Whether a formula holds, each of its tests answered.
    pub fn holds(&self, condition: Condition, answer: &dyn Fn(&Test) -> bool) -> bool {
        match self.form(condition) {
            Form::Never => false,
            Form::Always => true,
            Form::Test(test) => answer(test),
            Form::Not(inner) => !self.holds(*inner, answer),
            Form::All(parts) => parts.iter().all(|part| self.holds(*part, answer)),
            Form::Any(parts) => parts.iter().any(|part| self.holds(*part, answer)),
        }
    }

    /// The tests of a formula, each once, in the order of their numbers.
    pub fn tests(&self, condition: Condition) -> Vec<&Test> {
        let (mut seen, mut open, mut found) = (HashSet::new(), vec![condition], Vec::new());
        while let Some(next) = open.pop() {
            if !seen.insert(next) {
                continue;
            }
            match self.form(next) {
                Form::Never | Form::Always => {}
                Form::Test(test) => found.push((next, test)),
                Form::Not(inner) => open.push(*inner),
                Form::All(parts) | Form::Any(parts) => open.extend_from_slice(parts),
            }
        }
        found.sort_unstable_by_key(|(number, _)| *number);
        found.into_iter().map(|(_, test)| test).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(store: &mut Conditions, word: &str) -> Condition {
        store.test(Test::Name(word.as_bytes().into()))
    }

    #[test]
    fn what_is_plain_is_found_at_once() {
        let store = &mut Conditions::default();
        let (a, b) = (name(store, "a"), name(store, "b"));
        let not_a = store.not(a);
        assert_eq!(store.not(not_a), a);
        assert_eq!(store.all([a, not_a]), Condition::NEVER);
        assert_eq!(store.any([b, a, not_a]), Condition::ALWAYS);
        assert_eq!(store.all([]), Condition::ALWAYS);
        assert_eq!(store.any([a, Condition::NEVER, a]), a);
        let (ab, ba) = (store.any([a, b]), store.any([b, a]));
        assert_eq!(ab, ba);
        assert_eq!(store.any([ab, a]), ab);
    }

    #[test]
    fn what_failed_before_is_left_out() {
        let store = &mut Conditions::default();
        let (a, b) = (name(store, "a"), name(store, "b"));
        let (ab, both) = (store.any([a, b]), store.all([a, b]));
        let failed = HashSet::from([a]);
        assert_eq!(store.without(ab, &failed), b);
        assert_eq!(store.without(both, &failed), Condition::NEVER);
        let not_a = store.not(a);
        assert_eq!(store.without(not_a, &failed), Condition::ALWAYS);
    }

    #[test]
    fn tests_are_answered_some_or_all() {
        let store = &mut Conditions::default();
        let (a, b) = (name(store, "a"), name(store, "b"));
        let not_b = store.not(b);
        let formula = store.all([a, not_b]);
        let a_holds = |test: &Test| (*test == Test::Name((*b"a").into())).then_some(true);
        assert_eq!(store.answered(formula, &a_holds), not_b);
        assert!(store.holds(formula, &|test| a_holds(test).is_some()));
        assert!(!store.holds(formula, &|_| true));
        assert_eq!(store.tests(formula).len(), 2);
    }
}
