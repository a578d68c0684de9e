//! The checks, one module for each group. `walk` says when each is made.

pub(crate) mod aclexec;
pub(crate) mod allowances;
pub(crate) mod client_lists;
pub(crate) mod command_programs;
pub(crate) mod commands;
pub(crate) mod daemon_lists;
pub(crate) mod dns_lists;
pub(crate) mod dry_run;
pub(crate) mod effect;
pub(crate) mod file_rights;
pub(crate) mod forms;
pub(crate) mod host_words;
pub(crate) mod ipv6;
pub(crate) mod lines;
pub(crate) mod list_files;
pub(crate) mod misplaced;
pub(crate) mod networks;
pub(crate) mod reach;
pub(crate) mod single_words;
pub(crate) mod spelling;
pub(crate) mod tables;
