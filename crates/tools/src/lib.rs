//! What tcpdchk and tcpdmatch share.
//!
//! Both read the tables with the engine, look at the files around them ([`disk`], [`paths`], [`inetd`]), look host
//! names up as the original did ([`hosts`]), and say what they find on the terminal ([`output`], [`remark`]). Which
//! daemons read the tables is known to [`services`] and [`daemons`]. They begin and end alike ([`program`]). Options
//! run dry ([`dry`]): nothing is executed, asked of an ident server, or changed.

#![forbid(unsafe_code)]

pub mod arguments;
pub mod daemons;
pub mod disk;
pub mod dry;
pub mod hosts;
pub mod inetd;
pub mod output;
pub mod paths;
pub mod program;
pub mod remark;
pub mod services;
pub mod tree_accounts;
