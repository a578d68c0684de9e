//! The C interface of libwrap.so.0 on top of the rules engine (hosts_access(3)).
//!
//! Each exported function converts what it is given, calls safe code and converts the answer back.
//! The program it runs in is not ours: nothing is printed, signals and descriptors stay as they are,
//! messages go through the C library's syslog with the program's own settings, and a panic ends
//! at the boundary, where it denies.
//!
//! `layout` is the memory that programs see, `shim` the C part and the way to what a program may
//! have replaced. `access` answers, `facts` and `effects` are its world. `request`, `eval`, `sock` and
//! `text` are the rest of the functions, `report` is the log, `severities` the record of what rules
//! have changed, `memory` what is left when the system has no more, `unanswered` whether a lookup could be made, `boundary` the guard around all, `call` what a thread
//! has noted for its time.

#![allow(unsafe_code)]

mod access;
mod boundary;
mod call;
mod diag;
mod effects;
mod ends;
mod eval;
mod facts;
mod layout;
mod memory;
mod report;
mod request;
mod severities;
mod shim;
mod sock;
mod text;
mod unanswered;
