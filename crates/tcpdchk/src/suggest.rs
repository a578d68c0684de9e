//! "Did you mean": the known name that a mistyped one is closest to.

/// Similarity from 0 to 1 below which a name is not worth suggesting.
const CLOSE: f64 = 0.75;

/// The closest of the known names, if any is close.
pub(crate) fn closest<'n>(name: &[u8], known: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let name = std::str::from_utf8(name).ok()?.to_lowercase();
    let may_be_close = |known: &&str| {
        let (short, long) = (name.len().min(known.len()), name.len().max(known.len()));
        // Each letter more or less is a change; this much is told without looking at them all.
        4 * short >= 3 * long || name.len() >= 3 && known.starts_with(&name)
    };
    let rated = known.into_iter().filter(may_be_close).map(|known| {
        let likeness = strsim::normalized_damerau_levenshtein(&name, &known.to_lowercase());
        let begins = name.len() >= 3 && known.starts_with(&name);
        let rate = if begins {
            likeness.max(CLOSE)
        } else {
            likeness
        };
        (rate, likeness, known)
    });
    // Of several that begin so, the shortest.
    let order = |rated: &(f64, f64, &str)| (rated.0, rated.1);
    let (rate, _, best) = rated.max_by(|left, right| {
        let ((left, left_likeness), (right, right_likeness)) = (order(left), order(right));
        left.total_cmp(&right)
            .then(left_likeness.total_cmp(&right_likeness))
    })?;
    (rate >= CLOSE && best != name).then(|| best.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_close_names_are_suggested() {
        for (name, expected) in [
            ("spwan", Some("spawn")),
            ("SPAWNN", Some("spawn")),
            ("severty", Some("severity")),
            ("sev", Some("severity")),
            ("spa", Some("spawn")),
            ("echo", None),
            ("", None),
            ("spawn", None),
        ] {
            let found = closest(name.as_bytes(), ["spawn", "severity", "allow", "spawning"]);
            assert_eq!(found.as_deref(), expected, "{name}");
        }
    }
}
