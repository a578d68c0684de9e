//! What a change opens: each witness is let in by the new tables only, and who is found by trying is
//! never said not to be there.

use std::net::IpAddr;

use hosts_access::address::Address;
use hosts_access::fake::FakeWorld;
use hosts_access::lookup::dns_list::entry_name;
use policy::access::{Policy, Server, Service, Verdict};
use policy::condition::Conditions;
use policy::diff::{Change, changes};
use policy::space::{Family, number};
use policy::tables::Rules;
use policy::witness::{Found, Witness};

use crate::random::{client, pick, server, table, tables, world};
use crate::{asked, round, setting};

#[test]
fn what_opens_has_a_witness_and_nothing_else_opens() {
    let wanted = setting("POLICY_SAMPLES", 10_000) / 10;
    let (mut done, mut number, mut unsure, mut found) = (0, 0, 0, 0);
    while done < wanted {
        let mut random = round(number);
        number += 1;
        let old = [table(&mut random), table(&mut random)];
        let mut new = old.clone();
        new[random.usize(..2)] = table(&mut random);
        let fakes = [&old, &new].map(|tables| {
            world()
                .file("/etc/hosts.allow", &tables[0])
                .file("/etc/hosts.deny", &tables[1])
        });
        let shown = format!(
            "round {number}\n{:?}\n{:?}",
            old.each_ref().map(|text| text.escape_ascii().to_string()),
            new.each_ref().map(|text| text.escape_ascii().to_string())
        );
        let service = Service {
            daemon: b"sshd".to_vec(),
            port: None,
            server: Server::Any,
        };
        let mut store = Conditions::default();
        let [one, two] = fakes.each_ref().map(|fake| {
            let world = fake.world();
            let mut policy = Policy::new(Rules::read(&tables(), &world), world, &|_| None);
            policy.access(&service, &mut store).expect("it can be told")
        });
        let changes = changes(&one, &two, &mut store, &fakes[0].world());
        for change in &changes {
            for (part, from, to) in [(&change.opens, 0, 1), (&change.closes, 1, 0)] {
                match part {
                    Found::Witness(witness) => {
                        found += 1;
                        assert!(!let_in_by(&fakes[from], witness), "{shown}\n{witness:?}");
                        assert!(let_in_by(&fakes[to], witness), "{shown}\n{witness:?}");
                        let at = number_in(change, witness);
                        assert!(at, "{shown}\n{witness:?}");
                    }
                    Found::Unsure => unsure += 1,
                    Found::Nobody => {}
                }
            }
        }
        for _ in 0..20 {
            let range = pick(&mut random, one.ranges());
            let address = range.family.address(random.u128(range.from..=range.to));
            if matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some()) {
                continue;
            }
            let succeeds = random.bool();
            let server = server(&mut random);
            let state = client(&mut random, address, server, succeeds);
            let [before, after] = fakes
                .each_ref()
                .map(|fake| asked(&tables(), b"sshd", &state, fake).0);
            done += 1;
            if (before == Verdict::Denied) != (after == Verdict::Denied) {
                let told = changes
                    .iter()
                    .filter(|change| holds(change, state.address))
                    .any(|change| {
                        let part = match before {
                            Verdict::Denied => &change.opens,
                            _ => &change.closes,
                        };
                        !matches!(part, Found::Nobody)
                    });
                assert!(told, "{shown}\n{state:?} {succeeds}: {before:?} {after:?}");
            }
        }
    }
    assert!(found > 100, "only {found} witnesses");
    // The words here that stay a test on the printed address are many, and each range is looked at.
    assert!(unsure * 4 < found, "{unsure} of {found} cannot be told");
}

/// Whether a witness is not refused.
fn let_in_by(fake: &FakeWorld, witness: &Witness) -> bool {
    let mut fake = fake.clone();
    let name = String::from_utf8_lossy(witness.state.name.text()).into_owned();
    for group in &witness.netgroups {
        fake = fake.netgroup(&String::from_utf8_lossy(group), &name);
    }
    let address = Address::new(witness.state.address_text().as_bytes());
    for zone in &witness.dns_lists {
        let name = entry_name(&address, zone).expect("the name of a zone");
        fake = fake.list_entry(&String::from_utf8_lossy(&name), [127, 0, 0, 2].into());
    }
    let (verdict, ..) = asked(&tables(), b"sshd", &witness.state, &fake);
    verdict != Verdict::Denied
}

fn number_in(change: &Change, witness: &Witness) -> bool {
    holds(change, witness.state.address)
}

fn holds(change: &Change, address: IpAddr) -> bool {
    let (family, at): (Family, u128) = number(address);
    change
        .ranges
        .iter()
        .any(|(of, from, to)| *of == family && (*from..=*to).contains(&at))
}
