//! Every seed holds what its target checks, with ends and bytes of it left out as well: so the
//! targets stay in step with the engine between two runs of the fuzzer.

#![forbid(unsafe_code)]

use std::fs;

type Check = fn(&[u8]);

/// Each target and what it checks.
const TARGETS: [(&str, Check); 8] = [
    ("banner", fuzz::banner::check),
    ("expansion", fuzz::expansion::check),
    ("file_list", fuzz::file_list::check),
    ("finger", fuzz::finger::check),
    ("ident_reply", fuzz::ident_reply::check),
    ("inetd_conf", fuzz::inetd_conf::check),
    ("options", fuzz::options::check),
    ("tables", fuzz::tables::check),
];

#[test]
fn seeds_hold() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/seeds");
    for (target, check) in TARGETS {
        let seeds: Vec<_> = fs::read_dir(format!("{folder}/{target}"))
            .unwrap()
            .collect();
        assert!(!seeds.is_empty(), "{target} has no seed");
        for seed in seeds {
            let seed = fs::read(seed.unwrap().path()).unwrap();
            for at in 0..=seed.len() {
                let (begin, rest) = seed.split_at(at);
                check(begin);
                check(rest);
                check(&[begin, rest.get(1..).unwrap_or_default()].concat());
            }
        }
    }
}
