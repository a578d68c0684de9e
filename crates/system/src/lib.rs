//! The outside world of the engine: files, names, ident, accounts, processes, sockets, syslog.
//!
//! Each module implements one small trait of `hosts_access::world`, or wraps a few system calls.
//! This crate and libwrap are the only ones with `unsafe` code; each block says why it is sound.

#![allow(unsafe_code)]

pub mod child;
pub mod connection_lines;
pub mod deadline;
mod descriptors;
pub mod effects;
pub mod entry;
pub mod environment;
pub mod exec;
pub mod files;
pub mod ident_client;
pub mod ip_options;
pub mod limits;
pub mod log;
pub mod lookup_resources;
pub mod low_memory;
pub mod netgroup;
pub mod peer;
pub mod privileges;
pub mod process;
pub mod raw_address;
pub mod resolver;
pub mod settings;
pub mod system_world;
#[cfg(feature = "accelerate")]
pub mod table_cache;
pub mod twist;
pub mod user_database;
