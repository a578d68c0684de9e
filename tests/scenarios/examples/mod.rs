//! Every folder of `examples/`, over real connections: what its `expect` file says must come.

mod expect;
mod limits;
mod lists;
mod logs;
mod machine;
mod served;

use std::collections::BTreeSet;
use std::path::Path;

use scenarios::{Call, Outcome, Verdict, World, scenario};

use expect::Request;
use machine::Machine;

/// A test for each example, and the list of them.
macro_rules! examples {
    ($($test:ident $folder:literal)*) => {
        $(
            #[test]
            fn $test() {
                scenario(&["root"], |world| connects(world, $folder));
            }
        )*
        const FOLDERS: &[&str] = &[$($folder),*];
    };
}

examples! {
    attack_warning "attack-warning"
    booby_trap "booby-trap"
    booby_trap_everywhere "booby-trap-everywhere"
    countries "countries"
    except "except"
    finger_mail "finger-mail"
    hours "hours"
    inetd "inetd"
    ipv6 "ipv6"
    one_file "one-file"
    patterns "patterns"
    port_traps "port-traps"
    printer_mail "printer-mail"
    refusal_mail "refusal-mail"
    severity "severity"
    spawn_and_twist "spawn-and-twist"
    spawn_log "spawn-log"
    systemd "systemd"
    twist_bounce "twist-bounce"
    twist_message "twist-message"
    vsftpd_banner "vsftpd-banner"
    wildcards "wildcards"
    xinetd "xinetd.d"
    xinetd_limits "xinetd-limits"
}

#[test]
fn each_folder_has_a_test_and_a_line_in_the_index() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let index = std::fs::read_to_string(root.join("README.md")).expect("the index");
    let folders: BTreeSet<String> = std::fs::read_dir(&root)
        .expect("list the examples")
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().expect("a plain name"))
        .collect();
    // What ci has is tried by the tests of tcpdchk and tcpdmatch, what logs has by logs.rs.
    let tested = FOLDERS.iter().copied().chain(["ci", "logs"]);
    let tested: BTreeSet<String> = tested.map(str::to_owned).collect();
    assert_eq!(folders, tested);
    for folder in folders {
        assert!(
            index.contains(&format!("| [{folder}]({folder}) |")),
            "{folder}: not in README.md"
        );
        assert!(
            root.join(&folder).join("README.md").exists(),
            "{folder}: no README.md"
        );
    }
}

/// Installs an example, and connects to tcpd as each of its clients.
fn connects(world: &mut World, example: &str) {
    let mut machine = Machine::new(world, example);
    let requests = expect::read(&machine.folder().join("expect"));
    let files: BTreeSet<_> = requests
        .iter()
        .flat_map(|request| &request.files)
        .map(|(path, _)| path)
        .collect();
    for request in &requests {
        machine.prepare(world, request);
        let outcome = world.run(&call(request));
        seen(world, request, &outcome);
        for path in &files {
            traces(world, request, path);
        }
        for mail in &request.mails {
            let arrived = machine::arrives(mail);
            world.holds(
                &format!("{}: {mail:?}", request.line),
                arrived.is_ok(),
                || arrived.unwrap_err(),
            );
        }
    }
    world.same("mails that nobody asked for", machine::mails(), Vec::new());
}

fn call(request: &Request) -> Call {
    let kind = if request.udp { "udp " } else { "" };
    Call::new()
        .argv0(&format!("/usr/sbin/{}", request.daemon))
        .from(&format!("{kind}{}", request.client))
        .at(&format!("{kind}{}", machine::server(request)))
}

/// What the client and the log show.
fn seen(world: &mut World, request: &Request, outcome: &Outcome) {
    let verdict = match request.outcome.as_str() {
        "served" => Verdict::Granted,
        "refused" => Verdict::Refused,
        _ => Verdict::Twisted,
    };
    world.same(&request.line, outcome.verdict, verdict);
    world.same(
        &format!("{}: reads", request.line),
        outcome.read.as_str(),
        &request.reads,
    );
    let log: Vec<_> = outcome
        .log
        .iter()
        .map(|record| (record.priority.clone(), record.text.clone()))
        .collect();
    world.same(&format!("{}: log", request.line), &log, &request.log);
    let tagged = outcome
        .log
        .iter()
        .all(|record| record.tag == request.daemon);
    world.holds(&format!("{}: tag", request.line), tagged, || {
        format!("{:?}", outcome.log)
    });
}

/// What a file got from this request; it is removed for the next one.
fn traces(world: &mut World, request: &Request, path: &str) {
    let lines: Vec<_> = request
        .files
        .iter()
        .filter(|(file, _)| file == path)
        .collect();
    let whole = |text: &str| lines.iter().all(|(_, line)| expect::has_line(text, line));
    let text = world.wait_file(path, whole);
    let expected = if lines.is_empty() {
        text.is_empty()
    } else {
        whole(&text)
    };
    world.holds(&format!("{}: {path}", request.line), expected, || {
        format!("holds {text:?}")
    });
    let _ = std::fs::remove_file(path);
}
