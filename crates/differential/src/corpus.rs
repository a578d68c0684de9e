//! Tables as people wrote them, with requests of the daemons, addresses and names that they mention.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use fastrand::Rng;
use test_kit::corpus;

use crate::case::{ALLOW, Case, Content, DENY, End};
use crate::generate;

/// Requests for each pair of tables.
const REQUESTS: u64 = 200;

/// The cases, table by table. `None`: there is no such folder on this machine.
pub(crate) fn cases() -> Result<Option<Vec<Case>>> {
    let Some(folder) = corpus() else {
        return Ok(None);
    };
    let mut places: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder)? {
        places.push(entry?.path());
    }
    places.sort_unstable();
    let mut cases = Vec::new();
    for place in places {
        let tables = [(ALLOW, "hosts.allow"), (DENY, "hosts.deny")];
        let found: Vec<_> = tables
            .into_iter()
            .filter_map(|(path, name)| Some((path, read(&place.join(name))?)))
            .collect();
        if !found.is_empty() {
            cases.extend((0..REQUESTS).map(|number| request(number, &found)));
        }
    }
    Ok(Some(cases))
}

fn read(path: &Path) -> Option<Vec<u8>> {
    fs::read(path).ok()
}

/// A generated request, half of the time with words of the tables in place of its own.
fn request(number: u64, tables: &[(&[u8], Vec<u8>)]) -> Case {
    let mut rng = Rng::with_seed(number);
    let mut case = generate::case(number);
    case.files.retain(|(path, _)| path != ALLOW && path != DENY);
    let words: Vec<_> = tables
        .iter()
        .flat_map(|(_, text)| text.split(|byte| b" \t\r\n,:[]@/".contains(byte)))
        .filter(|word| !word.is_empty() && word.len() < 120 && !word.contains(&0))
        .collect();
    let mut pick = |like: fn(&[u8]) -> bool| {
        let alike: Vec<_> = words.iter().filter(|word| like(word)).collect();
        let wanted = rng.bool() && !alike.is_empty();
        wanted.then(|| alike[rng.usize(..alike.len())].to_vec())
    };
    if let Some(daemon) = pick(|word| word.iter().all(u8::is_ascii_graphic)) {
        case.daemon = daemon;
    }
    if let Some(mut address) = pick(|word| word[0].is_ascii_digit()) {
        // Prefixes become addresses that begin so.
        if address.ends_with(b".") {
            address.push(b'7');
        }
        case.client = End {
            address,
            ..End::default()
        };
    }
    if let Some(name) = pick(|word| word.iter().any(u8::is_ascii_alphabetic)) {
        let host = if name.starts_with(b".") {
            &b"host"[..]
        } else {
            b""
        };
        case.client.socket = None;
        case.client.name = Some([host, &name].concat());
    }
    let tables = tables
        .iter()
        .map(|(path, text)| (path.to_vec(), Content::Text(text.clone())));
    case.files.extend(tables);
    case
}
