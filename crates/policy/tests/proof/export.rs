//! What is exported never lets in whom the engine does not grant, and refuses nobody whom the tables grant in
//! every case: each text is read as its reader does, and held against the engine.

mod readers;

use std::net::IpAddr;

use policy::access::{Policy, Server, Service, Verdict};
use policy::admitted::Admitted;
use policy::condition::Conditions;
use policy::export::Form;
use policy::space::Family;
use policy::tables::Rules;

use crate::random::{client, server, table, tables, world};
use crate::{asked, round, setting};
use readers::{Reading, nft, sshd, systemd};

#[test]
fn no_export_is_more_open_than_the_tables() {
    let wanted = setting("POLICY_SAMPLES", 10_000);
    let (mut done, mut admitted_any, mut number) = (0, 0, 1_000_000);
    while done < wanted {
        let mut random = round(number);
        number += 1;
        let (allow, deny) = (table(&mut random), table(&mut random));
        let mut fake = world().file("/etc/hosts.allow", &allow);
        fake = match random.u8(..30) {
            0 => fake.unreadable("/etc/hosts.deny"),
            _ => fake.file("/etc/hosts.deny", &deny),
        };
        let shown = format!(
            "--- allow\n{}--- deny\n{}",
            allow.escape_ascii(),
            deny.escape_ascii()
        );
        let world = fake.world();
        let mut policy = Policy::new(Rules::read(&tables(), &world), world, &|_| None);
        // A filter of ports knows its port, the others do not.
        for port in [None, Some(22)] {
            let service = Service {
                daemon: b"sshd".into(),
                server: Server::Any,
                port,
            };
            let access = policy
                .access(&service, &mut Conditions::default())
                .expect(&shown);
            let admitted = Admitted::of(&access);
            let text =
                |form: Form<'_>| form.text(b"sshd", &admitted, &["a \\\ncomment".to_owned()]);
            let readings: Vec<Reading> = match port {
                Some(port) => vec![nft(&text(Form::Nft(&[port])), port)],
                None => vec![
                    systemd(&text(Form::Systemd { socket: false }), "[Service]"),
                    systemd(&text(Form::Systemd { socket: true }), "[Socket]"),
                    sshd(&text(Form::Sshd {
                        refuse_connection: false,
                    })),
                    sshd(&text(Form::Sshd {
                        refuse_connection: true,
                    })),
                ],
            };
            let mut samples: Vec<(Family, u128)> = Vec::new();
            for range in access.ranges() {
                let beside = [range.from.saturating_sub(1), range.to.saturating_add(1)];
                let inside = random.u128(range.from..=range.to);
                for at in [range.from, range.to, inside].into_iter().chain(beside) {
                    samples.push((range.family, at.min(range.family.last())));
                }
            }
            random.shuffle(&mut samples);
            for (family, at) in samples.into_iter().take(30) {
                let address = family.address(at);
                if matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some()) {
                    continue;
                }
                let decisions = access.decisions_at(family, at);
                let always = decisions.iter().all(|one| one.verdict == Verdict::Granted);
                let never = decisions.iter().all(|one| one.verdict == Verdict::Denied);
                assert!(always || never || !admitted.unsaid().is_empty(), "{shown}");
                for _ in 0..3 {
                    let succeeds = random.bool();
                    let mut server = server(&mut random);
                    if let Some(port) = port {
                        server = server.with_port(port);
                    }
                    let state = client(&mut random, address, server, succeeds);
                    let (verdict, ..) = asked(&tables(), b"sshd", &state, &fake);
                    for reading in &readings {
                        let lets_in = reading.lets_in(&state.address_text());
                        let shown = || format!("{shown}\n{reading:?}\n{state:?}");
                        assert!(!lets_in || verdict == Verdict::Granted, "{}", shown());
                        if state.link.is_none() {
                            assert_eq!(lets_in, always, "{}", shown());
                        }
                        admitted_any += u64::from(lets_in);
                    }
                    done += 1;
                }
            }
        }
    }
    assert!(admitted_any > wanted / 4, "only {admitted_any} let in");
}
