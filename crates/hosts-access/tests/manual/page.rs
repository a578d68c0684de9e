//! The examples of a manual page: literal blocks, and the roff comments that announce them.
//! man/README has the grammar.

use std::collections::BTreeMap;
use std::path::Path;

/// An example: its tables and other files, and the requests that are put to it.
#[derive(Debug, Default)]
pub(crate) struct Example {
    pub(crate) name: String,
    /// Text by path; the tables are `hosts.allow` and `hosts.deny`.
    pub(crate) files: BTreeMap<String, String>,
    /// Netgroup and member.
    pub(crate) netgroups: Vec<(String, String)>,
    /// Name and address of an entry of a DNS list.
    pub(crate) listed: Vec<(String, String)>,
    pub(crate) requests: Vec<Request>,
}

/// A request and its outcome.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) facts: BTreeMap<String, String>,
    pub(crate) verdict: String,
    /// `TABLE:LINE` or `none`.
    pub(crate) by: Option<String>,
    pub(crate) options: Vec<String>,
    pub(crate) says: Vec<String>,
}

/// What a page has for the tests.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) examples: Vec<Example>,
    /// A file of the source tree, and the block that is part of it.
    pub(crate) shipped: Vec<(String, String)>,
}

/// What the next literal block is.
enum Target {
    File(String),
    Shipped(String),
}

/// Facts that a request may state.
const FACTS: [&str; 7] = [
    "daemon",
    "client",
    "name",
    "user",
    "server",
    "servername",
    "port",
];

impl Page {
    /// Reads a page; panics on a comment that is not in the grammar and on a block without one.
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("a manual page");
        let mut page = Self::default();
        let mut target = None;
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let place = || format!("{}: {line}", path.display());
            if let Some(comment) = line.strip_prefix(".\\\" ") {
                if let Some(next) = page
                    .comment(comment)
                    .unwrap_or_else(|| panic!("{}", place()))
                {
                    target = Some(next);
                }
            } else if line.starts_with(".Bd -literal") {
                let block: Vec<_> = lines.by_ref().take_while(|line| *line != ".Ed").collect();
                let block: String = block.iter().map(|line| unescaped(line) + "\n").collect();
                match target.take() {
                    Some(Target::File(path)) => drop(page.example().files.insert(path, block)),
                    Some(Target::Shipped(path)) => page.shipped.push((path, block)),
                    None => panic!("{}: a block that no comment announces", path.display()),
                }
            }
        }
        page
    }

    fn example(&mut self) -> &mut Example {
        self.examples.last_mut().expect("an example first")
    }

    /// Takes a comment in. The outer `None`: it is not in the grammar.
    fn comment(&mut self, comment: &str) -> Option<Option<Target>> {
        let (keyword, rest) = comment.split_once(' ')?;
        match keyword {
            "example" => {
                let (name, what) = rest.split_once(' ')?;
                return self.announce(name, what).map(Some);
            }
            "shipped" => return Some(Some(Target::Shipped(rest.into()))),
            "given" => {
                let [name, what, given] = rest.splitn(3, ' ').collect::<Vec<_>>()[..] else {
                    return None;
                };
                let (left, right) = given.split_once('=')?;
                let example = self.example();
                assert_eq!(example.name, name);
                let pairs = right.split(',').map(|right| (left.into(), right.into()));
                match what {
                    "netgroup" => example.netgroups.extend(pairs),
                    "listed" => example.listed.extend(pairs),
                    _ => return None,
                }
            }
            "expect" => {
                let request = Request::parse(comment, rest)?;
                self.example().requests.push(request);
            }
            "option" => self
                .example()
                .requests
                .last_mut()?
                .options
                .push(rest.into()),
            "says" => self.example().requests.last_mut()?.says.push(rest.into()),
            // The page's own head.
            "SPDX-License-Identifier:" | "The" => {}
            _ => return None,
        }
        Some(None)
    }

    fn announce(&mut self, name: &str, what: &str) -> Option<Target> {
        if self
            .examples
            .last()
            .is_none_or(|example| example.name != name)
        {
            assert!(
                self.examples.iter().all(|example| example.name != name),
                "{name}: twice"
            );
            self.examples.push(Example {
                name: name.into(),
                ..Example::default()
            });
        }
        match what.split_once('=')? {
            ("table", "hosts.allow" | "hosts.deny") | ("file", _) => {
                Some(Target::File(what.split_once('=')?.1.into()))
            }
            _ => None,
        }
    }
}

impl Request {
    fn parse(line: &str, text: &str) -> Option<Self> {
        let (facts, outcome) = text.split_once(" -> ")?;
        let mut request = Self {
            line: line.into(),
            ..Self::default()
        };
        for fact in facts.split(' ') {
            let (key, value) = fact.split_once('=')?;
            FACTS.contains(&key).then_some(())?;
            request.facts.insert(key.into(), value.into());
        }
        let mut words = outcome.split(' ');
        request.verdict = words.next()?.into();
        for word in words {
            match word.split_once('=')? {
                ("by", place) => request.by = Some(place.into()),
                // What the original does is another test's business.
                ("differs", _) => {}
                _ => return None,
            }
        }
        ["granted", "denied", "twist"]
            .contains(&request.verdict.as_str())
            .then_some(request)
    }

    /// A fact, or what stands for it.
    pub(crate) fn fact<'r>(&'r self, key: &str, otherwise: &'r str) -> &'r str {
        self.facts.get(key).map_or(otherwise, |value| value)
    }
}

fn unescaped(line: &str) -> String {
    let pairs = [("\\&", ""), ("\\(aq", "'"), ("\\(ga", "`"), ("\\e", "\\")];
    pairs.iter().fold(line.to_owned(), |line, (escape, plain)| {
        line.replace(escape, plain)
    })
}
