//! Addresses and networks.

use crate::Case;

/// The cases.
pub(crate) const CASES: &[Case] = &[
    Case {
        id: "ipv6-brackets",
        wrong: &[
            (
                "svcd: 2001:db8::1",
                ":1:7: error: 2001:db8::1: IPv6 address without brackets; write: [2001:db8::1]",
            ),
            ("svcd: ::1: allow", "write: [::1]"),
            (
                "svcd@::1: ALL: allow",
                ":1:6: error: ::1: IPv6 address without brackets; write: [::1]",
            ),
            ("svcd: 10.0.0.1 fe80::1/64", ":1:16: error"),
            ("svcd: joe@2001:db8:*", "write: [2001:db8::]/32"),
        ],
        right: &[
            "svcd: [2001:db8::1] [::]/0",
            "svcd: ALL: spawn logger 2001:db8::1 &",
            "svcd: /srv/list",
        ],
    },
    Case {
        id: "ipv6-length-inside",
        wrong: &[(
            "svcd: [2001:db8::/32]",
            ":1:7: error: [2001:db8::/32]: prefix length inside the brackets; write: [2001:db8::]/32",
        )],
        right: &["svcd: [2001:db8::]/32"],
    },
    Case {
        id: "host-bits",
        wrong: &[
            ("svcd: 10.1.2.3/8", "write: 10.0.0.0/8"),
            (
                "svcd@192.0.2.1/255.255.255.0: ALL",
                ":1:6: error: 192.0.2.1/255.255.255.0: host bits are set, so it never matches; write: 192.0.2.0/255.255.255.0",
            ),
        ],
        right: &["svcd: 10.0.0.0/8 10.1.2.3/32 [2001:db8::1]/32 0.0.0.0/0"],
    },
    Case {
        id: "host-bits-ipv6",
        wrong: &[(
            "svcd: [2001:db8::1]/32",
            "note: [2001:db8::1]/32: host bits are ignored; write: [2001:db8::]/32",
        )],
        right: &["svcd: [2001:db8::]/32 [2001:db8::1]/128"],
    },
    Case {
        id: "net-mask",
        wrong: &[
            (
                "svcd: 10.0.0.0/0",
                ":1:7: error: 10.0.0.0/0: bad net/mask pattern",
            ),
            ("svcd: 10.0.0.0/33", "10.0.0.0/33: bad"),
            ("svcd: 10.0.0.0/24x", "write: 10.0.0.0/24"),
            ("svcd: 10.0.0/24", "write: 10.0.0.0/24"),
            // The mask the other way round must not become the whole net.
            (
                "svcd: 10.1/0.0.0.255",
                "10.1/0.0.0.255: bad net/mask pattern$",
            ),
            ("svcd: 10.0/255.0.255.0", "bad net/mask pattern$"),
            (
                "svcd: ENDEREÇO/SEU",
                ":1:7: error: ENDEREÇO/SEU: bad net/mask pattern",
            ),
            ("svcd: [2001:db8::]/x", "[2001:db8::]/x: bad"),
        ],
        right: &["svcd: 10.0.0.0/24 0.0.0.0/0 10.0.0.0/255.0.0.0 [::]/0"],
    },
    Case {
        id: "mask-holes",
        wrong: &[(
            "svcd: 10.0.7.0/255.0.255.0",
            ":1:7: warning: 10.0.7.0/255.0.255.0: the mask has holes$",
        )],
        right: &["svcd: 10.0.0.0/255.255.255.0 0.0.0.0/0.0.0.0"],
    },
    Case {
        id: "mask-never",
        wrong: &[
            (
                "svcd: 47.136.0.0/255.210.0.0",
                ":1:7: error: 47.136.0.0/255.210.0.0: masking gives 47.128.0.0, so it never matches$",
            ),
            ("svcd: 58.242.81.0/255.255.250.0", "so it never matches$"),
            ("svcd: 10.1.0.0/0.0.255.255", "write: 10.1.0.0/255.255.0.0"),
            ("svcd: 10.0.0.0/0.0.0.255", "write: 10.0.0.0/255.255.255.0"),
        ],
        right: &["svcd: 10.0.7.0/255.0.255.0 10.0.0.0/255.255.255.0"],
    },
    Case {
        id: "no-client",
        wrong: &[
            (
                "svcd: 0.0.0.0",
                ":1:7: error: 0.0.0.0: no client has this address, so it never matches$",
            ),
            ("svcd: 0.0.0.0/32", "0.0.0.0/32: no client"),
            ("svcd: [::]", "[::]: no client"),
        ],
        right: &["svcd: 0.0.0.0/0 [::]/0 [::1] 255.255.255.255"],
    },
    Case {
        id: "network-prefix",
        wrong: &[(
            "svcd: 192.168",
            "192.168: never matches without a final dot; others read it as 192.0.0.168; write: 192.168.",
        )],
        right: &["svcd: 192.168. 10. 192.168.0.1"],
    },
    Case {
        id: "network-prefix",
        wrong: &[("svcd: 1.2.3.4 22", "others read it as 0.0.0.22")],
        right: &["svcd: 22."],
    },
    Case {
        id: "number-form",
        wrong: &[
            (
                "svcd: 010.0.0.1",
                "others read it as 8.0.0.1; write: 10.0.0.1",
            ),
            ("svcd: 192.168.01.", "write: 192.168.1."),
            ("svcd: 192.168.01", "for its leading zeros$"),
            ("svcd: 0x7f.1", "others read it as 127.0.0.1"),
            ("svcd: 300.1.1.1", "300.1.1.1: is no part of an address"),
            ("svcd: 1.2.3.4.", "is no part"),
            (
                "svcd: 127.0.0.1a",
                "127.0.0.1a: is neither an address nor a name",
            ),
        ],
        right: &["svcd: 10.0.0.1 10.0. 10.* 1.2.3.example 4.3.2.1.example.org 3com.com"],
    },
    Case {
        id: "mask-apart",
        wrong: &[(
            "svcd: 10.0.0.0 255.255.255.0",
            ":1:16: error: 255.255.255.0: is a mask, not a client",
        )],
        right: &["svcd: 10.0.0.0/255.255.255.0 255.255.255.255"],
    },
    Case {
        id: "octal-net",
        wrong: &[(
            "svcd: 010.0.0.0/8",
            "010.0.0.0/8: is read as 8.0.0.0/8; write: 10.0.0.0/8",
        )],
        right: &["svcd: 10.0.0.0/8"],
    },
];

/// What is left of an address under a very short mask is not what was meant: it would open a large part of the net.
#[test]
fn no_remedy_opens_a_large_part_of_the_net() {
    for word in ["192.168.1.1/2", "192.168.1.1/224.0.0.0", "1/2"] {
        let tree = crate::tree(&format!("svcd: {word}\n"), "ALL: ALL\n");
        let lines: Vec<_> = ["host-bits", "net-mask"]
            .iter()
            .flat_map(|id| crate::found(&tree, id))
            .collect();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(!lines[0].contains("write:"), "{lines:?}");
    }
}

/// An address without brackets in the place of daemons: brackets around the rest of it would not mend the rule.
#[test]
fn an_address_in_the_place_of_daemons() {
    let tree = crate::tree("2001:db8::1: ALL\n", "ALL: ALL\n");
    assert_eq!(crate::found(&tree, "lists-swapped").len(), 1);
    let lines = crate::found(&tree, "ipv6-brackets");
    assert!(
        lines.iter().all(|line| !line.contains("write:")),
        "{lines:?}"
    );
}
