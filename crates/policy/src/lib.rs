//! A whole set of tables read as sets: who gets in, on what that depends, and what a change opens.
//!
//! The engine answers for one client; here the same search goes through all clients at once. The tables are read
//! by the engine's own parser ([`tables`]), and what a word means is asked of it. Addresses are ranges
//! ([`space`]); what only a request can tell, as a name, a user or the answer of a command, stays a condition
//! ([`condition`]). [`access`] puts both together: ranges that cover all addresses once, each with its decisions in
//! order. [`diff`] compares two such answers, and [`witness`] finds the client that shows a difference. [`admitted`] is
//! what is granted in every case, and [`export`] writes that down for what never asks the tables.
//!
//! Nothing is asked of anybody: the world is used for files, accounts and the interfaces of a server that is
//! named. An answer is exact, or says that it cannot be told. `tests/proof` holds it against the engine, address by
//! address, in each state of name, user and the rest.
//!
//! What the model leaves out: faults of the moment (an answer that does not come is in error, and refuses), and
//! a link whose name ends like a domain, in a glob.

#![forbid(unsafe_code)]

pub mod access;
pub mod admitted;
pub mod condition;
mod decision;
pub mod diff;
pub mod export;
mod glob;
pub mod printed;
mod search;
pub mod space;
pub mod state;
mod strings;
mod sweep;
pub mod tables;
pub mod witness;
mod words;
