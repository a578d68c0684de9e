//! The C interface of libwrap.so.0 on top of the rules engine (hosts_access(3)).
//!
//! Each exported function converts what it is given, calls safe code and converts the answer back.
//! The program it runs in is not ours: nothing is printed, signals and descriptors stay as they are,
//! messages go through the C library's syslog with the program's own settings, and a panic ends
//! in `ffi_guard`, where it denies.
//!
//! `layout` is the memory that programs see, `shim` the C part and the way to what a program may have replaced.
//! `verdict` answers; `program_facts` and `program_effects` are the engine's world in the program. `request_set`,
//! `eval`, `sock` and `text_functions` are the rest of the exported functions. `messages` is the log, `severities` the
//! record of what rules have changed, `reserve` the memory that is left when the system has no more, `unanswered`
//! whether a lookup could be made. `ffi_guard` stands around every call, and `call` is what a thread has noted for
//! the time of one.

#![allow(unsafe_code)]

mod call;
mod diag;
mod eval;
mod ffi_guard;
mod layout;
mod messages;
mod program_effects;
mod program_facts;
mod request_set;
mod reserve;
mod severities;
mod shim;
mod sock;
mod socket_address;
mod text_functions;
mod unanswered;
mod verdict;
