//! What `--explain` says, on the terminal and as data.

use test_kit::Scratch;

use crate::{ask, feed, objects, tables};

/// Question, and lines that the explanation has to hold, in this order.
#[test]
fn explanations() {
    let scratch = tables();
    for (daemon, client, expected) in [
        (
            "svcd",
            "192.0.2.7",
            &[
                "hosts.allow line 1: svcd: 10. .example.test EXCEPT 10.1.",
                "daemons svcd yes the daemon is svcd",
                "clients 10. no the client's address 192.0.2.7 does not begin with it",
                "lookup name of the client: not made, as it was given by address only; tcpd asks the name service",
                "clients EXCEPT - not needed, since no word before it matches",
                "the rule does not match: its clients do not",
                "clients 192.0.2.0/24 yes the client's address 192.0.2.7 is in this network",
                "clients LOCAL - not tested, since a word before it matches",
                "matched: hosts.allow line 2",
                "would set the file mode mask to 077",
                "would run, and wait for it: /bin/sh -c 'echo 192.0.2.7'",
                "access: granted",
            ][..],
        ),
        (
            "svcd",
            "10.1.2.3",
            &[
                "clients 10. yes the client's address 10.1.2.3 begins with it",
                "clients .example.test - not tested, since a word before it matches",
                "clients EXCEPT - so the words after it must not match",
                "clients 10.1. yes the client's address 10.1.2.3 begins with it",
                "the rule does not match: its clients do not",
                "matched: hosts.deny line 2",
                "access: denied",
            ],
        ),
        (
            "svcd",
            "joe@2001:db8::5",
            &[
                "lookup user at the client: joe, as given",
                "clients joe@[2001:db8::]/32 yes the client's address 2001:db8::5 is in this network; the user is joe",
                "access: granted",
            ],
        ),
        (
            "x",
            "192.0.2.7",
            &[
                "daemons svcd no the daemon is x",
                "the rule does not match: its daemons do not",
                "would run in place of the service: /bin/sh -c 'echo 192.0.2.7'",
                "access: delegated",
            ],
        ),
    ] {
        let text = ask(&scratch, &["-d", "--explain", daemon, client]).stdout;
        assert!(!text.contains('\x1b'), "{text}");
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut lines = text.lines().map(words);
        for wanted in expected {
            assert!(lines.any(|line| line == *wanted), "{wanted:?} in\n{text}");
        }
    }
}

#[test]
fn explanations_are_data_too() {
    let scratch = tables();
    let arguments = ["-d", "--explain", "--format", "json", "svcd", "192.0.2.7"];
    let answer = &objects(&ask(&scratch, &arguments).stdout)[0];
    assert_eq!(answer["verdict"], "granted");
    assert_eq!(answer["rule"]["line"], 2);
    assert_eq!(answer["options"][0]["value"], "077");
    let steps = answer["steps"].as_array().unwrap();
    let net = steps
        .iter()
        .find(|step| step["word"] == "192.0.2.0/24")
        .unwrap();
    assert_eq!(net["matched"], true);
    assert_eq!(net["list"], "clients");
}

#[test]
fn endless_lists_are_cut_short_in_an_explanation() {
    let scratch = Scratch::new();
    scratch.file("hosts.allow", format!("svcd: {}\n", "10. ".repeat(5000)));
    let text = ask(&scratch, &["-d", "--explain", "svcd", "192.0.2.7"]).stdout;
    assert!(text.contains("and 4900 more words that do not match"));
    assert!(text.contains("no rule has decided\naccess:   granted\n"));
}

#[test]
fn endless_tables_are_cut_short_as_data() {
    let scratch = Scratch::new();
    scratch.file("hosts.allow", "x: y\n".repeat(60_000) + "svcd: ALL: deny\n");
    let arguments = ["-d", "--explain", "--format", "json", "svcd", "192.0.2.7"];
    let answer = &objects(&ask(&scratch, &arguments).stdout)[0];
    let steps = answer["steps"].as_array().unwrap();
    let last = steps.last().unwrap();
    assert_eq!((steps.len(), &last["step"]), (100_001, &"left out".into()));
    assert!(last["steps"].as_u64() > Some(60_000), "{last}");
    assert_eq!(
        (&answer["verdict"], &answer["rule"]["line"]),
        (&"denied".into(), &60_001.into())
    );
    scratch.file("hosts.allow", "no rule\n".repeat(2000));
    let answer = &objects(&feed(&scratch, &["-d", "--stdin"], b"svcd 192.0.2.7\n").stdout)[0];
    let messages = answer["messages"].as_array().unwrap();
    let last = "and 1000 more messages";
    assert_eq!((messages.len(), &messages[1000]), (1001, &last.into()));
}
