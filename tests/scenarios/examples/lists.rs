//! What the programs of `examples/hours` and `examples/countries` do: at which hours they let in, and which files of
//! networks they take. Whatever is wrong, nobody gets in who did not before.

use std::process::Command;

use scenarios::{Call, Subject, Verdict, World, scenario};

use super::machine::{Machine, daemon, program};

/// The verdict on a client of sshd, with the programs of `/srv/bin` before the machine's.
fn verdict(world: &World, client: &str) -> Verdict {
    let path = format!("/srv/bin:{}", std::env::var("PATH").expect("a PATH"));
    let call = Call::new()
        .argv0("/usr/sbin/sshd")
        .from(client)
        .env("PATH", path);
    world.run(&call).verdict
}

#[test]
fn hours_let_in_within_them_only() {
    scenario(&["root"], |world| {
        let _machine = Machine::new(world, "hours");
        daemon("sshd");
        // The day of the week, Monday being 1, and the hour.
        for (now, expected) in [
            ("1 08", Verdict::Granted),
            ("5 17", Verdict::Granted),
            ("3 09", Verdict::Granted),
            ("1 07", Verdict::Refused),
            ("5 18", Verdict::Refused),
            ("3 00", Verdict::Refused),
            ("6 12", Verdict::Refused),
            ("7 12", Verdict::Refused),
        ] {
            world.file("/srv/bin/date", format!("#!/bin/sh\necho '{now}'\n"));
            for client in ["192.0.2.7", "::ffff:192.0.2.7"] {
                world.same(
                    &format!("{now}: {client}"),
                    verdict(world, client),
                    expected,
                );
            }
            let other = verdict(world, "127.0.0.3");
            world.same(&format!("{now}: no rule"), other, Verdict::Refused);
        }
    });
}

#[test]
fn hours_ask_the_real_clock() {
    scenario(&["root"], |world| {
        let _machine = Machine::new(world, "hours");
        let ended = |days: &str, hours: &str| {
            let mut command = Command::new("/etc/within-hours");
            command
                .args([days, hours])
                .stderr(std::process::Stdio::null());
            command.status().expect("run it").code()
        };
        world.same("always", ended("1-7", "00-24"), Some(0));
        world.same("never", ended("1-7", "12-12"), Some(1));
        for (days, hours) in [
            ("1-7", "8-18"),
            ("", "00-24"),
            ("0-7", "00-24"),
            ("1-7", "00:00-24:00"),
        ] {
            world.same(hours, ended(days, hours), Some(2));
        }
    });
}

#[test]
fn hours_that_cannot_be_asked_for_let_nobody_in() {
    scenario(&["root"], |world| {
        let _machine = Machine::new(world, "hours");
        daemon("sshd");
        for (what, date) in [
            ("no answer", "#!/bin/sh\n"),
            ("nonsense", "#!/bin/sh\necho noon\n"),
            ("a failure", "#!/bin/sh\necho 3 12\nexit 1\n"),
            ("killed", "#!/bin/sh\nkill -9 $$\n"),
            ("too slow", "#!/bin/sh\nsleep 20\necho 3 12\n"),
        ] {
            world.file("/srv/bin/date", date);
            world.same(what, verdict(world, "192.0.2.7"), Verdict::Refused);
        }
        world.file("/srv/bin/date", "#!/bin/sh\necho 3 12\n");
        world.same("all is well", verdict(world, "192.0.2.7"), Verdict::Granted);
        scenarios::chmod("/etc/within-hours", 0o644);
        world.same(
            "not executable",
            verdict(world, "192.0.2.7"),
            Verdict::Refused,
        );
        std::fs::remove_file("/etc/within-hours").expect("remove");
        world.same("missing", verdict(world, "192.0.2.7"), Verdict::Refused);
        world.same("other rules", verdict(world, "127.0.0.3"), Verdict::Refused);
    });
}

/// The list of the country, and two files of networks in which it has three.
const LIST: &str = "/etc/country.hosts";
const V4: &str = "network,geoname_id,registered_country_geoname_id,is_anycast\n\
                  192.0.2.0/24,2921044,2921044,\n198.51.100.0/24,6252001,,\n203.0.113.0/25,2921044,,0\n";
const V6: &str = "network,geoname_id,registered_country_geoname_id,is_anycast\r\n2001:db8:100::/48,2921044,,\r\n";
const WRITTEN: &str = "192.0.2.0/24\n203.0.113.0/25\n[2001:db8:100::]/48\n";

/// Runs the program as its service does: exit status, and what it says.
fn country_list(world: &World, first: &str, second: &str) -> (Option<i32>, String) {
    world.file("/srv/4.csv", first);
    world.file("/srv/6.csv", second);
    let mut command = Command::new("/etc/country-list");
    let output = command
        .args(["2921044", "/srv/4.csv", "/srv/6.csv"])
        .output();
    let output = output.expect("run it");
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// The example, with no list yet and our tcpdchk.
fn countries(world: &World) -> Machine {
    let machine = Machine::new(world, "countries");
    let tcpdchk = std::fs::read(Subject::chosen().program("tcpdchk")).expect("tcpdchk");
    program(world, "/usr/sbin/tcpdchk", "#!");
    std::fs::write("/usr/sbin/tcpdchk", tcpdchk).expect("install tcpdchk");
    std::fs::remove_file(LIST).expect("remove the sample");
    daemon("sshd");
    machine
}

#[test]
fn countries_are_written_and_asked() {
    scenario(&["root"], |world| {
        if world.only_ours("X2") {
            return;
        }
        let _machine = countries(world);
        world.same("no list yet", verdict(world, "192.0.2.7"), Verdict::Refused);
        let made = country_list(world, V4, V6);
        world.same("made", made, (Some(0), String::new()));
        world.same("the list", world.read(LIST).as_str(), WRITTEN);
        let mode = world.tool("stat", &["-c", "%a %U", LIST]);
        world.same("who may read it", mode.as_str(), "644 root\n");
        for (client, expected) in [
            ("192.0.2.7", Verdict::Granted),
            ("::ffff:192.0.2.7", Verdict::Granted),
            ("127.0.0.3", Verdict::Refused),
            ("2001:db8::5", Verdict::Refused),
        ] {
            world.same(client, verdict(world, client), expected);
        }
        let again = country_list(world, V4, V6);
        world.same("made again", again, (Some(0), String::new()));
        let left = world.tool("find", &["/etc", "-name", "country.hosts?*"]);
        world.same("nothing is left over", left.as_str(), "");
    });
}

#[test]
fn countries_that_are_not_whole_leave_the_list_alone() {
    scenario(&["root"], |world| {
        if world.only_ours("X2") {
            return;
        }
        let _machine = countries(world);
        country_list(world, V4, V6);
        let half = &V4[..V4.len() - 10];
        // As many lines as before, the last of them cut off and ended.
        let cut = format!("{}\n", &V4[..V4.len() - 4]);
        let with = |line: &str| format!("{V4}{line}\n");
        let one = "network,geoname_id\n192.0.2.0/24,2921044\n";
        let none = "network,geoname_id\n198.51.100.0/24,6252001\n";
        let stays = format!("; {LIST} stays as it is\n");
        for (what, first, second, says) in [
            (
                "empty",
                String::new(),
                V6,
                "/srv/4.csv: empty, or not there",
            ),
            (
                "half a download",
                half.into(),
                V6,
                "/srv/4.csv: the last line is not whole",
            ),
            ("half a line", cut, V6, "/srv/4.csv: not a file of networks"),
            (
                "the other file is half",
                V4.into(),
                &V6[..V6.len() - 1],
                "/srv/6.csv: the last line is not whole",
            ),
            (
                "a page that says no",
                "<html>Forbidden</html>\n".into(),
                V6,
                "/srv/4.csv: not a file of networks",
            ),
            (
                "other columns",
                "geoname_id,network\n".into(),
                V6,
                "/srv/4.csv: not a file of networks",
            ),
            (
                "no network",
                with("everywhere,2921044,,"),
                V6,
                "/srv/4.csv: not a file of networks",
            ),
            (
                "a rule in it",
                with("ALL: ALL,2921044,,"),
                V6,
                "/srv/4.csv: not a file of networks",
            ),
            (
                "host bits",
                with("192.0.2.1/24,2921044,,"),
                V6,
                "tcpdchk finds fault with it",
            ),
            (
                "no such octet",
                with("300.0.0.0/8,2921044,,"),
                V6,
                "tcpdchk finds fault with it",
            ),
            (
                "no such length",
                with("10.0.0.0/33,2921044,,"),
                V6,
                "tcpdchk finds fault with it",
            ),
            (
                "nothing of the country",
                none.into(),
                none,
                "no network of 2921044",
            ),
            (
                "much less than before",
                one.into(),
                none,
                "1 networks where there were 3; remove /etc/country.hosts if that is right",
            ),
        ] {
            let (status, said) = country_list(world, &first, second);
            world.same(what, status, Some(1));
            let last = format!("country-list: {says}{stays}");
            world.holds(what, said.ends_with(&last), || {
                format!("{said:?}, not {last:?}")
            });
            world.same(what, world.read(LIST).as_str(), WRITTEN);
            world.same(what, verdict(world, "192.0.2.7"), Verdict::Granted);
            world.same(what, verdict(world, "127.0.0.3"), Verdict::Refused);
        }
        std::fs::remove_file("/usr/sbin/tcpdchk").expect("remove");
        let more = with("10.0.0.0/8,2921044,,");
        world.same("no tcpdchk", country_list(world, &more, V6).0, Some(1));
        world.same("no tcpdchk", world.read(LIST).as_str(), WRITTEN);
        let left = world.tool("find", &["/etc", "-name", "country.hosts?*"]);
        world.same("nothing is left over", left.as_str(), "");
    });
}
