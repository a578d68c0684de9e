//! The harness of the end-to-end scenarios.
//!
//! A scenario is a `#[test]` that calls [`scenario`]: its body runs as root of a
//! [`World`] of its own, a fresh set of namespaces with private `/etc`, `/dev/log`,
//! `/srv`, `/usr/sbin`, process table and loopback network. What it does there reaches
//! neither the host nor another scenario, so all of them run side by side.
//!
//! * [`World`]: files, the syslog socket, programs; made by [`scenario`].
//! * [`Case`]: tables, a client, and all that must happen; one line each. Start with [`rule`].
//! * [`Call`]: how the program is started on its socket; [`Outcome`]: what came of it.
//! * [`Syslog`], [`Dns`], [`Ident`]: the world outside, under the scenario's control.
//! * [`Superserver`]: inetd, xinetd and systemd in front of the program; [`Client::connect`] to reach them.
//! * [`Subject`]: which program is tested, chosen by `TCPD_SUBJECT=ours|debian12|debian13`.
//!
//! Expectations are the original's, as Debian 12 has it. Where ours must differ, the case names the row of
//! docs/differences.md: [`Case::but`], or [`World::differs`] outside of a case; where the original of Debian 13
//! does, [`Case::later`] and [`World::differs_later`].

#![forbid(unsafe_code)]

mod call;
mod case;
mod dns;
mod ident;
mod need;
mod net;
mod subject;
mod superserver;
mod syslog;
mod world;

pub use call::{Call, Outcome, Running, Verdict};
pub use case::{Case, REACHED, UNGRANTED, clients, daemons, rule, tables};
pub use dns::Dns;
pub use ident::Ident;
pub use need::satisfied;
pub use net::{Client, Endpoint, datagrams, listening, multipath, queued, send_datagram};
pub use subject::{Release, Subject, target};
pub use superserver::Superserver;
pub use syslog::{Record, Syslog};
pub use world::{World, chmod, namespaces, scenario};
