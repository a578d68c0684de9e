//! The rules engine of TCP Wrappers: tables and a request in, a verdict and actions out.
//!
//! One parser and one matcher serve tcpd, tcpdchk, tcpdmatch and libwrap. The engine decides and
//! never acts: files, names, ident, accounts and the log come in through the small traits of
//! [`world`], and what an option does goes out as an [`Action`](action::Action) to an
//! [`Effects`](world::Effects) that either acts or only reports.
//!
//! The way of one request: [`access::hosts_access`] reads a table line by line ([`mod@line`]), splits
//! each into fields ([`rule`]), walks its daemon list and client list ([`list`]), tests each word
//! ([`pattern`], [`strings`], [`netmask`], [`filelist`]) against facts that are fetched only when a
//! word asks for them ([`facts`], [`request`], [`names`], [`ident`]), and runs the options of the
//! first rule that matches ([`options`], [`expand`], [`banner`]).
//!
//! The language is that of hosts_access(5) and hosts_options(5).
//!
//! ```
//! use hosts_access::access::{hosts_access, Tables, Verdict};
//! use hosts_access::fake::FakeWorld;
//! use hosts_access::request::{Host, Request};
//!
//! let fake = FakeWorld::new()
//!     .file("/etc/hosts.allow", "sshd: 192.0.2.\n")
//!     .file("/etc/hosts.deny", "ALL: ALL\n");
//! let mut request = Request::new("sshd", Host::from_text("192.0.2.7"), Host::unknown());
//! let decision = hosts_access(&Tables::default(), &mut request, &fake.world(), &mut fake.effects());
//! assert_eq!(decision.verdict, Verdict::Granted);
//! assert_eq!(decision.matched.map(|place| place.line), Some(1));
//! ```

#![forbid(unsafe_code)]

pub mod access;
pub mod action;
pub mod banner;
pub mod comments;
pub mod expand;
pub mod facts;
pub mod fake;
pub mod filelist;
pub mod ident;
pub mod index;
pub mod ip_options;
pub mod limits;
pub mod line;
pub mod list;
pub mod memory;
pub mod names;
pub mod netmask;
pub mod number;
pub mod options;
pub mod pattern;
pub mod problem;
pub mod request;
pub mod rule;
pub mod settings;
pub mod severity;
pub mod skim;
pub mod strings;
pub mod trace;
pub mod world;
