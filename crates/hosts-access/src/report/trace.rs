//! What the engine does, step by step, for whoever explains a verdict (`tcpdmatch --explain`).
//!
//! The engine tells [`Log::event`](crate::world::Log::event) as it goes; that does nothing unless a
//! program wants to know. An event only refers to what the engine holds anyway, so a program that
//! does not listen pays a call to an empty function and no more.

use std::net::Ipv4Addr;
use std::path::Path;

use crate::action::Step;
use crate::request::Side;
use crate::table::compare::Form;
use crate::table::place::Place;

/// One thing that the engine does.
///
/// Words nest: what is told between [`Word`](Self::Word) and its [`Tested`](Self::Tested) is why the
/// word matches or not, with the words of a `/file` list inside the word that names it.
#[derive(Clone, Copy, Debug)]
pub enum Event<'e> {
    /// A table is searched.
    Table {
        /// Its file.
        path: &'e Path,
        /// Whether there is such a file; a missing one is as good as an empty one.
        found: bool,
    },
    /// A rule is looked at; up to the next rule or table all is about it.
    Rule {
        /// Where it stands.
        place: &'e Place,
        /// Its text, with continuation lines joined.
        text: &'e [u8],
    },
    /// The words of a list follow.
    List(List),
    /// A word is about to be tested.
    Word(&'e [u8]),
    /// A word of a `/file` list is about to be tested.
    FileWord {
        /// The file of the list.
        path: &'e Path,
        /// Its physical line.
        line: u64,
        /// The word, without blanks.
        word: &'e [u8],
    },
    /// One test of the word at hand.
    Test {
        /// What is tested.
        test: Test<'e>,
        /// How it came out.
        matched: bool,
    },
    /// The test at hand needs a fact, which is looked up now if it was not before.
    Needs(Need),
    /// The word at hand was tested.
    Tested {
        /// Whether it matches.
        matched: bool,
    },
    /// A word need not be tested, since one before it has matched.
    Passed(&'e [u8]),
    /// EXCEPT is met.
    Except {
        /// Whether the words after it are tested: a word before it has matched.
        entered: bool,
    },
    /// The list at hand was tested.
    ListTested {
        /// Whether it matches, exceptions included.
        matched: bool,
    },
    /// What the option at hand asks for.
    Step(&'e Step),
}

/// A list of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Which services.
    Daemons,
    /// Which clients.
    Clients,
}

/// A fact that is fetched only when something needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The host name of an end.
    Name(Side),
    /// The client's user.
    User,
}

/// Whose text a word is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The daemon's name.
    Daemon,
    /// The client's user.
    User,
    /// The address of an end.
    Address(Side),
    /// The host name of an end.
    Name(Side),
}

/// What a word is tested for. Values are those that it was compared with.
#[derive(Clone, Copy, Debug)]
pub enum Test<'t> {
    /// A number in a daemon list: the local port, 0 if it is not known.
    Port(u16),
    /// A string test.
    Text {
        /// Whose text.
        subject: Subject,
        /// How it is compared.
        form: Form,
        /// What the word is compared with.
        value: &'t [u8],
    },
    /// An IPv6 address in brackets, by number.
    Address {
        /// Of which end.
        side: Side,
        /// Whether there is an address between the brackets.
        sensible: bool,
        /// The end's address.
        value: &'t [u8],
    },
    /// An address in a network.
    Net {
        /// Of which end.
        side: Side,
        /// Whether net and mask make sense; if not they match nothing.
        sensible: bool,
        /// The end's address.
        value: &'t [u8],
    },
    /// `KNOWN`: address and name.
    Known {
        /// Of which end.
        side: Side,
        /// The end's address, or `unknown`.
        address: &'t [u8],
        /// The end's name, or the word for that it is not known.
        name: &'t [u8],
    },
    /// `LOCAL`: a name without a dot.
    Local {
        /// Of which end.
        side: Side,
        /// The end's name, or the word for that it is not known.
        name: &'t [u8],
    },
    /// A name in a netgroup.
    Netgroup {
        /// Of which end.
        side: Side,
        /// The name that is looked for in it.
        name: &'t [u8],
    },
    /// An address on a DNS list.
    DnsList {
        /// Of which end.
        side: Side,
        /// The name that was asked for; `None` if the end has no address.
        name: Option<&'t [u8]>,
        /// How the list has it: an address in 127.0.0.0/8, whose meaning the list defines.
        listed_as: Option<Ipv4Addr>,
    },
    /// A word of slashes only.
    NoFile,
    /// A `/file` list, as a whole.
    File {
        /// Whether there is such a file.
        found: bool,
    },
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::fake::FakeWorld;
    use crate::report::problem::Diagnostic;
    use crate::request::{Host, Request};
    use crate::search::access::{Tables, hosts_access};
    use crate::world::{Log, World};

    /// Writes each event as a short line.
    #[derive(Default)]
    struct Listener(RefCell<Vec<String>>);

    impl Log for Listener {
        fn diagnostic(&self, _: &Diagnostic) {}

        fn wants_events(&self) -> bool {
            true
        }

        fn event(&self, event: &Event<'_>) {
            let text = String::from_utf8_lossy;
            self.0.borrow_mut().push(match event {
                Event::Table { path, found } => format!("table {} {found}", path.display()),
                Event::Rule { place, .. } => format!("rule {}", place.line),
                Event::List(list) => format!("{list:?}"),
                Event::Word(word) => format!("word {}", text(word)),
                Event::FileWord { line, word, .. } => format!("{line} {}", text(word)),
                Event::Test { test, matched } => {
                    let kind = format!("{test:?}");
                    let end = kind.find([' ', '(']).unwrap_or(kind.len());
                    format!("{} {matched}", &kind[..end])
                }
                Event::Needs(need) => format!("needs {need:?}"),
                Event::Tested { matched } => format!("tested {matched}"),
                Event::Passed(word) => format!("passed {}", text(word)),
                Event::Except { entered } => format!("except {entered}"),
                Event::ListTested { matched } => format!("list {matched}"),
                Event::Step(_) => "step".to_owned(),
            });
        }
    }

    #[test]
    fn each_step_is_told_in_order() {
        let fake = FakeWorld::new()
            .file("/A", "svcd: 10. /l x EXCEPT .y: umask 022\nx@ALL: y\n")
            .file("/l", "a\nLOCAL\nb\n");
        let client =
            Host::from_text("192.0.2.7").with_name(crate::request::facts::Fact::from_value(b"a.y"));
        let mut request = Request::new("svcd", client, Host::unknown());
        let listener = Listener::default();
        let world = World {
            log: &listener,
            ..fake.world()
        };
        let tables = Tables {
            allow: "/A".into(),
            deny: "/D".into(),
        };
        let _ = hosts_access(&tables, &mut request, &world, &mut fake.effects());
        let expected = "table /A true|rule 1|Daemons|word svcd|Text true|tested true|list true|\
            Clients|word 10.|Text false|tested false|word /l|1 a|Text false|needs Name(Client)|\
            Text false|tested false|2 LOCAL|needs Name(Client)|Local false|tested false|3 b|\
            Text false|needs Name(Client)|Text false|tested false|File false|tested false|word x|\
            Text false|needs Name(Client)|Text false|tested false|except false|list false|\
            rule 2|Daemons|word x@ALL|Text false|tested false|list false|table /D false";
        assert_eq!(listener.0.borrow().join("|"), expected);
        let fake = fake.file("/A", "svcd: ALL x EXCEPT .z: umask 022\n");
        let world = World {
            log: &listener,
            ..fake.world()
        };
        listener.0.borrow_mut().clear();
        let _ = hosts_access(&tables, &mut request, &world, &mut fake.effects());
        let expected = "table /A true|rule 1|Daemons|word svcd|Text true|tested true|list true|\
            Clients|word ALL|Text true|tested true|passed x|except true|word .z|Text false|\
            needs Name(Client)|Text false|tested false|list true|step";
        assert_eq!(listener.0.borrow().join("|"), expected);
    }
}
