//! See `fuzz::expansion`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::expansion::check(input));
