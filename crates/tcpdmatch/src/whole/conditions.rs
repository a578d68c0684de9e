//! Conditions in words and as JSON.

use hosts_access::request::facts::{PARANOID, UNKNOWN};
use hosts_access::table::compare::Form as WordForm;
use hosts_access::text::escape::TableText;
use policy::condition::{Condition, Conditions, Form, Test};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// Parts of a condition that are written out for people.
const MAX_PARTS: usize = 8;

/// A condition for people.
pub(super) fn words(store: &Conditions, condition: Condition) -> String {
    match store.form(condition) {
        Form::Never => "never".to_owned(),
        Form::Always => "always".to_owned(),
        Form::Test(test) => phrase(test, true),
        Form::Not(inner) => match store.form(*inner) {
            Form::Test(test) => phrase(test, false),
            _ => format!("not ({})", words(store, *inner)),
        },
        Form::All(parts) => joined(store, parts, " and "),
        Form::Any(parts) => joined(store, parts, " or "),
    }
}

fn joined(store: &Conditions, parts: &[Condition], with: &str) -> String {
    let shown = parts
        .iter()
        .take(MAX_PARTS)
        .map(|part| match store.form(*part) {
            Form::All(_) | Form::Any(_) => format!("({})", words(store, *part)),
            _ => words(store, *part),
        });
    let mut text = shown.collect::<Vec<_>>().join(with);
    if let Some(more) = parts.len().checked_sub(MAX_PARTS).filter(|more| *more > 0) {
        text += &format!("{with}{more} conditions more");
    }
    text
}

/// A test that comes out so, for people.
fn phrase(test: &Test, holds: bool) -> String {
    let text = |word: &[u8]| TableText(word).to_string();
    let verb = |yes: &'static str, no: &'static str| if holds { yes } else { no };
    match test {
        Test::Name(word) if **word == *UNKNOWN => {
            verb("it has no name", "it has a name").to_owned()
        }
        Test::Name(word) if **word == *PARANOID => verb(
            "its name does not lead back to its address",
            "its name leads back to its address or is unknown",
        )
        .to_owned(),
        Test::Name(word) => format!("its name {}", comparison(word, holds)),
        Test::NameKnown => verb("its name is known", "its name is not known").to_owned(),
        Test::NameLocal => {
            verb("its name has no dot", "its name has a dot or is not known").to_owned()
        }
        Test::Netgroup(group) => {
            format!(
                "its name is {} netgroup {}",
                verb("in", "not in"),
                text(group)
            )
        }
        Test::DnsList(zone) => {
            format!("it is {} DNS list {}", verb("on", "not on"), text(zone))
        }
        Test::User(word) if **word == *UNKNOWN => {
            verb("its user is not known", "its user is known").to_owned()
        }
        Test::User(word) if WordForm::of(word) == WordForm::Known => {
            verb("its user is known", "its user is not known").to_owned()
        }
        Test::User(word) => format!("its user {}", comparison(word, holds)),
        Test::Scope { link, .. } => format!("it is {} link {}", verb("on", "not on"), text(link)),
        Test::Address(word) => {
            format!(
                "its address {} {}",
                verb("matches", "does not match"),
                text(word)
            )
        }
        Test::Server(word) => {
            format!(
                "the server's end {} {}",
                verb("matches", "does not match"),
                text(word)
            )
        }
        Test::Port(port) => format!("the server's port {} {port}", verb("is", "is not")),
        Test::Aclexec(options) => format!(
            "the command of \"{}\" {} status 0",
            text(options),
            verb("ends with", "does not end with")
        ),
    }
}

fn comparison(word: &[u8], holds: bool) -> String {
    let verb = match (WordForm::of(word), holds) {
        (WordForm::Suffix, true) => "ends in",
        (WordForm::Suffix, false) => "does not end in",
        (WordForm::Prefix, true) => "begins with",
        (WordForm::Prefix, false) => "does not begin with",
        (WordForm::Glob, true) => "matches",
        (WordForm::Glob, false) => "does not match",
        (_, true) => "is",
        (_, false) => "is not",
    };
    format!("{verb} {}", TableText(word))
}

/// A condition as JSON: a list of which each must hold.
pub(super) struct List<'s>(pub &'s Conditions, pub Condition);

impl Serialize for List<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(store, condition) = *self;
        match store.form(condition) {
            Form::Always => serializer.collect_seq::<[Formula<'_>; 0]>([]),
            Form::All(parts) => Formulas(store, parts).serialize(serializer),
            _ => serializer.collect_seq([Formula(store, condition)]),
        }
    }
}

/// A part of a condition as JSON.
struct Formula<'s>(&'s Conditions, Condition);

impl Serialize for Formula<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(store, condition) = *self;
        let (kind, parts): (_, &[Condition]) = match store.form(condition) {
            Form::Test(test) => return object(test).serialize(serializer),
            Form::Not(inner) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("not", &Formula(store, *inner))?;
                return map.end();
            }
            Form::Never => ("any", &[]),
            Form::Always => ("all", &[]),
            Form::All(parts) => ("all", parts),
            Form::Any(parts) => ("any", parts),
        };
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(kind, &Formulas(store, parts))?;
        map.end()
    }
}

/// Parts of a condition as JSON.
struct Formulas<'s>(&'s Conditions, &'s [Condition]);

impl Serialize for Formulas<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(store, parts) = *self;
        serializer.collect_seq(parts.iter().map(|part| Formula(store, *part)))
    }
}

/// A test as JSON.
#[derive(Serialize)]
struct Object {
    #[serde(skip_serializing_if = "Option::is_none")]
    form: Option<&'static str>,
    test: &'static str,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

fn object(test: &Test) -> Object {
    let text = |word: &[u8]| TableText(word).to_string();
    let (kind, form, value) = match test {
        Test::Name(word) => ("name", Some(form(word)), Some(text(word))),
        Test::NameKnown => ("name", Some("known"), None),
        Test::NameLocal => ("name", Some("local"), None),
        Test::Netgroup(group) => ("netgroup", None, Some(text(group))),
        Test::DnsList(zone) => ("dns-list", None, Some(text(zone))),
        Test::User(word) => ("user", Some(form(word)), Some(text(word))),
        Test::Scope { link, .. } => ("link", None, Some(text(link))),
        Test::Address(word) => ("address", Some(form(word)), Some(text(word))),
        Test::Server(word) => ("server", None, Some(text(word))),
        Test::Port(port) => ("port", None, Some(port.to_string())),
        Test::Aclexec(options) => ("aclexec", None, Some(text(options))),
    };
    Object {
        form,
        test: kind,
        text: phrase(test, true),
        value,
    }
}

/// How a word is compared.
fn form(word: &[u8]) -> &'static str {
    match WordForm::of(word) {
        WordForm::Glob => "glob",
        WordForm::Suffix => "suffix",
        WordForm::Prefix => "prefix",
        WordForm::Known => "known",
        WordForm::All => "all",
        WordForm::Equal | WordForm::Bracketed => "equal",
    }
}
