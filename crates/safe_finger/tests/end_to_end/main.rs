//! The program as its callers meet it: with finger programs, servers and Debian's original.

#![forbid(unsafe_code)]

mod debian;
mod finger_program;
mod fingerd;
mod privileges;
mod sandbox;
mod servers;
mod time_limit;
