use super::*;
use std::collections::BTreeSet;

/// What `apt-cache rdepends libwrap0` says in each Debian.
const PACKAGES: [(&str, usize, &str); 2] = [
    ("12", 65, include_str!("debian12")),
    ("13", 56, include_str!("debian13")),
];

/// What `make watch-daemons` has seen.
const RESULTS: &str = include_str!("../../../../tests/watch/results.tsv");

#[test]
fn every_line_is_a_row() {
    for line in lines() {
        assert!(KnownDaemon::parse(line).is_some(), "{line}");
    }
}

/// A row that says nothing of either Debian would be a claim out of nowhere.
#[test]
fn every_row_says_how_it_is_known() {
    for row in all() {
        assert!(row.known.iter().any(|known| *known != Known::No), "{row:?}");
    }
}

#[test]
fn every_package_has_its_row() {
    for (at, (debian, count, list)) in PACKAGES.into_iter().enumerate() {
        let packages: BTreeSet<_> = list.lines().collect();
        let other: BTreeSet<_> = PACKAGES[1 - at].2.lines().collect();
        assert_eq!(packages.len(), count, "Debian {debian}");
        let rows: BTreeSet<_> = all()
            .filter(|row| row.known[at] != Known::No && !matches!(row.asks, Asks::Kernel))
            .flat_map(|row| row.package.split(','))
            .filter(|package| packages.contains(package) || !other.contains(package))
            .collect();
        let missing: Vec<_> = packages.difference(&rows).collect();
        let unknown: Vec<_> = rows.difference(&packages).collect();
        assert!(missing.is_empty(), "Debian {debian} lacks {missing:?}");
        assert!(unknown.is_empty(), "not in Debian {debian}: {unknown:?}");
    }
}

/// What came of a recipe in a Debian: the name in the tables, and what was seen.
fn seen(debian: &str, recipe: &str) -> Option<(&'static str, &'static str)> {
    let lines = RESULTS.lines().filter(|line| !line.starts_with('#'));
    let mut rows = lines.map(|line| line.split('\t').collect::<Vec<_>>());
    rows.find_map(|row| match row[..] {
        [at, name, _, _, daemon, result] => {
            (at == debian && name == recipe).then_some((daemon, result))
        }
        _ => panic!("{row:?}"),
    })
}

/// What a row calls watched was seen, as the row has it.
#[test]
fn what_is_watched_was_seen() {
    let mut recipes = BTreeSet::new();
    for row in all() {
        for (known, debian) in row.known.into_iter().zip(["12", "13"]) {
            let Known::Watched(recipe) = known else {
                continue;
            };
            recipes.insert(recipe);
            let (name, result) = seen(debian, recipe)
                .unwrap_or_else(|| panic!("{recipe} was not watched in Debian {debian}"));
            assert!(
                result.contains("refused=yes admitted=yes"),
                "{row:?}: {result}"
            );
            assert!(row.name().is_none_or(|known| known == name), "{row:?}");
            let looks_up = match row.looks_up {
                LooksUp::Yes => "names=yes",
                LooksUp::Never | LooksUp::IfConfigured => "names=no",
                LooksUp::Unknown => panic!("watched, so it is known: {row:?}"),
            };
            assert!(result.contains(looks_up), "{row:?}: {result}");
            let off = result.contains("off=served");
            assert_eq!(off, row.switch != Switch::Always, "{row:?}: {result}");
        }
    }
    assert!(recipes.len() >= 25, "{}", recipes.len());
}

/// Row T13 of docs/differences.md.
#[test]
fn debian_13_has_no_netgroups() {
    let of = |debian| seen(debian, "tcpd").unwrap_or_default().1;
    assert!(of("12").contains("netgroups=yes"), "{}", of("12"));
    assert!(of("13").contains("netgroups=no"), "{}", of("13"));
}

#[test]
fn what_is_known_of_some() {
    assert!(looks_no_name_up(b"snmpd"));
    assert!(looks_no_name_up(b"SNMPD"));
    assert!(!looks_no_name_up(b"sshd"));
    assert!(!looks_no_name_up(b"nothing"));
    let sshd = named(b"sshd").next().unwrap();
    assert_eq!(sshd.asks, Asks::Helper("sshd-session"));
    let vsftpd = named(b"vsftpd").next().unwrap();
    let Switch::Setting(setting) = &vsftpd.switch else {
        panic!("{vsftpd:?}");
    };
    assert_eq!(
        (setting.key(), &*setting.line),
        ("tcp_wrappers", "tcp_wrappers=YES")
    );
}
