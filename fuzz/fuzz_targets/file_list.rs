//! See `fuzz::file_list`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::file_list::check(input));
