//! Who gets in: at and beside each border of each range, and inside.

use std::net::IpAddr;

use policy::access::{Access, Policy, Server, Service};
use policy::condition::{Condition, Conditions};
use policy::space::Family;
use policy::tables::Rules;

use crate::random::{client, pick, server, table, tables, world_with_lists};
use crate::{asked, round, said, setting};

#[test]
fn every_answer_is_the_engines() {
    let wanted = setting("POLICY_SAMPLES", 10_000);
    let (mut done, mut number) = (0, 0);
    while done < wanted {
        let mut random = round(number);
        number += 1;
        let tables = tables();
        let (allow, deny) = (table(&mut random), table(&mut random));
        let mut fake = world_with_lists();
        if random.u8(..30) != 0 {
            fake = fake.file("/etc/hosts.allow", &allow);
        }
        fake = match random.u8(..30) {
            0 => fake.unreadable("/etc/hosts.deny"),
            _ => fake.file("/etc/hosts.deny", &deny),
        };
        let shown = format!(
            "round {number}\n--- allow\n{}\n--- deny\n{}",
            allow.escape_ascii(),
            deny.escape_ascii()
        );
        let world = fake.world();
        let mut store = Conditions::default();
        let mut policy = Policy::new(Rules::read(&tables, &world), world, &|_| None);
        let daemon: &[u8] = pick(&mut random, &["sshd", "sshd", "ftpd", "other"]).as_bytes();
        let known = random.bool().then(|| server(&mut random));
        let service = Service {
            daemon: daemon.into(),
            port: known.as_ref().map(|server| server.port),
            server: known.clone().map_or(Server::Any, Server::Known),
        };
        let access = policy.access(&service, &mut store).expect(&shown);
        check_cover(&access);
        let mut samples: Vec<(Family, u128)> = Vec::new();
        for range in access.ranges() {
            let after = range.to.saturating_add(1).min(range.family.last());
            let inside = random.u128(range.from..=range.to);
            for at in [
                range.from,
                range.from.saturating_sub(1),
                range.to,
                after,
                inside,
            ] {
                samples.push((range.family, at));
            }
        }
        random.shuffle(&mut samples);
        for (family, at) in samples.into_iter().take(60) {
            let address = family.address(at);
            if matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some()) {
                continue;
            }
            let succeeds = random.bool();
            let server = known.clone().unwrap_or_else(|| server(&mut random));
            let state = client(&mut random, address, server, succeeds);
            let engine = asked(&tables, daemon, &state, &fake);
            let model = said(&access, &policy, &state, &store, &fake);
            let list = access.decisions_at(family, at);
            assert_eq!(engine, model, "{shown}\n{state:?} {succeeds}\n{list:#?}");
            done += 1;
        }
    }
}

/// The ranges cover both families once, neighbours differ, and each list ends.
fn check_cover(access: &Access) {
    for family in Family::BOTH {
        let ranges: Vec<_> = access
            .ranges()
            .iter()
            .filter(|range| range.family == family)
            .collect();
        assert_eq!(ranges.first().map(|range| range.from), Some(0));
        assert_eq!(ranges.last().map(|range| range.to), Some(family.last()));
        for pair in ranges.windows(2) {
            assert_eq!(pair[0].to + 1, pair[1].from);
            let lists = [pair[0], pair[1]].map(|range| access.decisions(range.answer));
            assert_ne!(lists[0], lists[1]);
        }
        for range in ranges {
            let last = access.decisions(range.answer).last();
            assert_eq!(last.map(|last| last.when), Some(Condition::ALWAYS));
        }
    }
}
