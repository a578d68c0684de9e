//! The rules engine of TCP Wrappers: tables and a request in, a verdict and actions out.
//!
//! One parser and one matcher serve tcpd, tcpdchk, tcpdmatch and libwrap. The engine decides and
//! never acts: files, names, ident, accounts and the log come in through the small traits of
//! [`world`], and what an option does goes out as an [`Action`](action::Action) to an
//! [`Effects`](world::Effects) that either acts or only reports.
//!
//! The rooms, from the bottom up; each file says which section of hosts_access(5) or hosts_options(5) it answers to:
//!
//! | room | holds |
//! |---|---|
//! | [`text`], [`address`] | what words are made of: bytes, numbers, addresses, nets |
//! | [`request`] | who asks for what, and what is known of both ends |
//! | [`table`] | what a table says: lines, rules, lists with EXCEPT, patterns and how they compare, `/file` lists |
//! | [`memory`], [`limits`] | what may be refused, and how much is too much |
//! | [`action`], [`severity`], [`accounts`], [`fault`] | what options ask for, in the system's words |
//! | [`report`] | what is said: warnings and errors, and each step for whoever explains a verdict |
//! | [`world`] | the traits by which the outside is asked and acted on |
//! | [`lookup`] | answers from outside become facts: the double check of names, ident replies |
//! | [`options`] | the options of a rule: fields, values, expansions, banners |
//! | [`search`] | the search for the rule that decides, and the test of each word |
//! | `accelerate`, a feature | speed alone; it decides nothing |
//!
//! The language is that of hosts_access(5) and hosts_options(5).
//!
//! ```
//! use hosts_access::search::access::{hosts_access, Tables, Verdict};
//! use hosts_access::fake::FakeWorld;
//! use hosts_access::request::{Host, Request};
//!
//! let fake = FakeWorld::new()
//!     .file("/etc/hosts.allow", "sshd: 192.0.2.\n")
//!     .file("/etc/hosts.deny", "ALL: ALL\n");
//! let mut request = Request::new("sshd", Host::from_text("192.0.2.7"), Host::unknown());
//! let decision = hosts_access(&Tables::in_folder("/etc"), &mut request, &fake.world(), &mut fake.effects());
//! assert_eq!(decision.verdict, Verdict::Granted);
//! assert_eq!(decision.matched.map(|place| place.line), Some(1));
//! ```

#![forbid(unsafe_code)]

#[cfg(feature = "accelerate")]
pub mod accelerate;
pub mod accounts;
pub mod action;
pub mod address;
pub mod fake;
pub mod fault;
pub mod limits;
pub mod lookup;
pub mod memory;
pub mod options;
pub mod report;
pub mod request;
pub mod search;
pub mod severity;
pub mod table;
pub mod text;
pub mod world;
