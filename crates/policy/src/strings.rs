//! Strings as witnesses: for a set of words, one string for each way in which they can match.
//!
//! All words are run side by side over strings that are not written yet, byte after byte; each state of all of
//! them is visited once, so what is found is complete, up to a bound that is told.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use hosts_access::table::compare::Form;

use crate::glob::{Glob, Positions};

/// Words beyond which no attempt is made.
const MAX_WORDS: usize = 48;

/// States that are visited.
const MAX_STATES: usize = 20_000;

/// Strings for words.
pub(crate) struct Examples {
    /// The strings.
    pub strings: Vec<Vec<u8>>,
    /// Whether each way in which the words can match has its string.
    pub complete: bool,
}

/// Where each word is, and whether a dot was met.
type At = (Vec<Positions>, bool);

/// One string for each way in which words can match a string that is not empty, and, if `dots` matter, in which
/// it can have a dot or not.
pub(crate) fn examples<'w>(words: impl IntoIterator<Item = &'w [u8]>, dots: bool) -> Examples {
    let is_text =
        |word: &&[u8]| !matches!(Form::of(word), Form::All | Form::Known | Form::Bracketed);
    let globs: HashSet<Glob> = words.into_iter().filter(is_text).map(Glob::of).collect();
    let globs: Vec<Glob> = globs.into_iter().collect();
    let mut found: HashMap<(Vec<bool>, bool), Vec<u8>> = HashMap::new();
    let complete =
        globs.len() <= MAX_WORDS && globs.iter().all(Glob::fits) && walk(&globs, dots, &mut found);
    let mut strings: Vec<_> = found.into_values().collect();
    if !complete {
        strings.extend(globs.iter().map(Glob::example));
    }
    strings.sort_by(|one, two| (one.len(), one).cmp(&(two.len(), two)));
    strings.dedup();
    Examples { strings, complete }
}

/// Finds the strings; `false` if there is more to walk through than is.
fn walk(globs: &[Glob], dots: bool, found: &mut HashMap<(Vec<bool>, bool), Vec<u8>>) -> bool {
    let alphabet = alphabet(globs, dots);
    let start: At = (globs.iter().map(Glob::start).collect(), false);
    // The start is no string, but a string may leave the words where they begin.
    let mut seen: HashSet<At> = HashSet::new();
    let mut open = VecDeque::from([(start, Vec::new())]);
    while let Some(((at, dot), string)) = open.pop_front() {
        for byte in &alphabet {
            let next = globs
                .iter()
                .zip(&at)
                .map(|(glob, at)| glob.after(*at, *byte));
            let next: At = (next.collect(), dot || dots && *byte == b'.');
            if !seen.insert(next.clone()) {
                continue;
            }
            if seen.len() > MAX_STATES {
                return false;
            }
            let string = [&string[..], &[*byte]].concat();
            let ends = globs.iter().zip(&next.0);
            let accepts = ends.map(|(glob, at)| glob.accepts(*at)).collect();
            found
                .entry((accepts, next.1))
                .or_insert_with(|| string.clone());
            open.push_back((next, string));
        }
    }
    true
}

/// The bytes of the words and one that is in none of them, a letter if there is one.
fn alphabet(globs: &[Glob], dots: bool) -> Vec<u8> {
    let mut bytes: BTreeSet<u8> = globs.iter().flat_map(Glob::bytes).copied().collect();
    bytes.retain(|byte| !matches!(byte, b'*' | b'?'));
    let other = (b'a'..=b'z')
        .rev()
        .chain(b'0'..=b'9')
        .chain(0x80..=0xff)
        .find(|byte| !bytes.contains(byte));
    // In this order names begin with a letter, and dots stand between letters.
    let is_dot = bytes.remove(&b'.');
    let mut alphabet: Vec<u8> = other.into_iter().chain(bytes).collect();
    if is_dot || dots {
        alphabet.push(b'.');
    }
    alphabet
}

#[cfg(test)]
mod tests {
    use super::*;
    use hosts_access::table::compare::string_match;

    fn ways(words: &[&str]) -> Vec<Vec<bool>> {
        let found = examples(words.iter().map(|word| word.as_bytes()), true);
        assert!(found.complete);
        let ways = found.strings.iter().map(|string| {
            words
                .iter()
                .map(|word| string_match(word.as_bytes(), string))
                .collect::<Vec<_>>()
        });
        let mut ways: Vec<_> = ways.collect();
        ways.sort();
        ways.dedup();
        ways
    }

    #[test]
    fn each_way_has_a_string() {
        assert_eq!(ways(&[".org", "www."]).len(), 4);
        assert_eq!(
            ways(&[".org", ".example.org"]),
            [vec![false, false], vec![true, false], vec![true, true]]
        );
        assert_eq!(ways(&["a*", "*b", "ab"]).len(), 5);
        assert_eq!(ways(&["www.example.org", ".example.org"]).len(), 3);
        // "a" is matched by the first only, and no string by the second only.
        assert_eq!(
            ways(&["a*", "a**"]),
            [vec![false, false], vec![true, false], vec![true, true]]
        );
    }

    /// Where all words match alike, a name may have a dot or not all the same.
    #[test]
    fn a_name_has_a_dot_or_none() {
        for words in [&[][..], &["*"], &["*", "?*"]] {
            let found = examples(words.iter().map(|word| word.as_bytes()), true);
            let has = |dot: bool| found.strings.iter().any(|name| name.contains(&b'.') == dot);
            assert!(has(true) && has(false), "{words:?}: {:?}", found.strings);
        }
    }

    #[test]
    fn too_many_words_are_told() {
        let words: Vec<String> = (0..100).map(|number| format!("*{number}*")).collect();
        assert!(!examples(words.iter().map(String::as_bytes), true).complete);
    }
}
