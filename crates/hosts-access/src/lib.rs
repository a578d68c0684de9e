//! The rules engine of TCP Wrappers: tables and a request in, a verdict and actions out.
//!
//! One parser and one matcher serve tcpd, tcpdchk, tcpdmatch and libwrap. The engine decides and
//! never acts: files, names, ident, accounts and the log come in through the small traits of
//! [`world`], and what an option does goes out as an [`Action`](options::action::Action) to an
//! [`Effects`](world::Effects) that either acts or only reports.
//!
//! The way of one request: [`search`] goes through a [`table`] line by line, splits each into fields, walks its daemon
//! list and client list, and tests each word against facts of the [`request`] that [`lookup`] fetches only when a word asks
//! for them. Then it runs the [`options`] of the first rule that matches. [`text`] and [`address`] are what words are made of; [`report`]
//! is what is said of it all. [`accelerate`] makes it quick and decides nothing.
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

pub mod accelerate;
pub mod accounts;
pub mod action;
pub mod address;
pub mod fake;
pub mod fault;
pub mod limits;
pub mod lookup;
pub mod options;
pub mod report;
pub mod request;
pub mod search;
pub mod severity;
pub mod table;
pub mod text;
pub mod world;
