//! What the name service has to do with, on a machine with made-up names.

use test_kit::{Machine, Program, Scratch, run, skip};

const HOSTS: &str = "\
127.0.0.1 localhost
127.0.0.2 good.example.test alias.example.test
127.0.0.4 multi.example.test
127.0.0.5 multi.example.test
192.0.2.9 1.2.3.4
192.0.2.50 host5.isp.example
192.0.2.50 myhome.dyn.example
";

/// A kind of finding, and client words, or whole rules, that bring it up or not.
pub(crate) struct Case {
    pub id: &'static str,
    text: &'static str,
    wrong: &'static str,
    right: &'static str,
}

pub(crate) const CASES: &[Case] = &[
    Case {
        id: "host-not-found",
        text: ":1:7: warning: nope.example.test: host not found",
        wrong: "svcd: nope.example.test",
        right: "svcd: good.example.test .example.test 10.*",
    },
    Case {
        id: "host-alias",
        text: ":1:7: warning: alias.example.test: hostname alias; write: good.example.test",
        wrong: "svcd: alias.example.test",
        right: "svcd: GOOD.example.test",
    },
    Case {
        id: "host-mismatch",
        text: ":1:7: warning: host name/name mismatch: reverse lookup results in non-FQDN 1.2.3.4",
        wrong: "svcd: 192.0.2.9",
        right: "svcd: 127.0.0.2 multi.example.test",
    },
    Case {
        id: "host-reverse",
        text: ":1:7: warning: myhome.dyn.example: an address of it is known as host5.isp.example, so this does not match it",
        wrong: "svcd: myhome.dyn.example",
        right: "svcd: host5.isp.example multi.example.test 192.0.2.50",
    },
    Case {
        id: "host-unnamed",
        text: ":1:7: note: host address 192.0.2.77->name lookup failed",
        wrong: "svcd: 192.0.2.77",
        right: "svcd: 127.0.0.2 192.0.2. 192.0.2.0/24",
    },
    Case {
        id: "several-addresses",
        text: ":1:6: warning: host multi.example.test has more than one address",
        wrong: "svcd@multi.example.test: ALL",
        right: "svcd@good.example.test: multi.example.test",
    },
    Case {
        id: "no-interface",
        text: ":1:7: warning: [fe80::1%nope]: host not found",
        wrong: "svcd: [fe80::1%nope]",
        right: "svcd: [fe80::1%lo] [fe80::1%1] [fe80::%lo]/10",
    },
    Case {
        id: "no-interface",
        text: ":1:7: warning: [fe80::%nope]/10: bad net/mask pattern",
        wrong: "svcd: [fe80::%nope]/10",
        right: "svcd: [fe80::]/10",
    },
    // That a list which answers is not called so: `checkers::dns_lists_are_tried` of the scenarios.
    Case {
        id: "dns-list",
        text: ":1:11: warning: {RBL}.bl.example.test: its test entry, 2.0.0.127.bl.example.test, is not there",
        wrong: "svcd: 10. {RBL}.bl.example.test",
        right: "svcd: good.example.test",
    },
    Case {
        id: "names-late",
        text: "tcpdchk: warning: the name service gave no answer about 1 of 2 hosts",
        wrong: "svcd: host.example.test good.example.test",
        right: "svcd: good.example.test",
    },
];

#[test]
fn names() {
    let (Some(known), Some(dead)) = (Machine::new(HOSTS), Machine::without_network(HOSTS)) else {
        return skip("names", "namespaces");
    };
    let program = Program::ours(env!("CARGO_BIN_EXE_tcpdchk"));
    for case in CASES {
        let machine = if case.id == "names-late" {
            &dead
        } else {
            &known
        };
        let lines = |rule: &str| -> Vec<String> {
            let scratch = Scratch::new();
            scratch.file("hosts.allow", format!("{rule}\n"));
            let mut command = program.command_with(machine, scratch.path());
            let ran = run(command.args(["-d", "--format", "gcc"]));
            assert_eq!(ran.stderr, "");
            let tag = format!(" [{}]", case.id);
            let lines = ran.stdout.lines().filter(|line| line.ends_with(&tag));
            lines.map(str::to_owned).collect()
        };
        let wrong = lines(case.wrong);
        assert!(
            wrong.iter().any(|line| line.contains(case.text)),
            "{}: {wrong:?}",
            case.id
        );
        assert_eq!(lines(case.right), [""; 0], "{}", case.id);
    }
}
