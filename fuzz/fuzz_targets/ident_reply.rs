//! See `fuzz::ident_reply`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::ident_reply::check(input));
