//! See `fuzz::inetd_conf`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::inetd_conf::check(input));
