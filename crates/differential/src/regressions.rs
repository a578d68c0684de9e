//! Every case that ever differed without a reason, cut down. A new one is pasted as it was printed.

use crate::case::Case;

/// The cases.
pub(crate) fn cases() -> Vec<Case> {
    vec![
        // VT and FF end no name of a variable, but go as blanks around it and its value.
        Case::new("svcd", "192.0.2.7").allow(b"ALL:ALL:setenv A\x0c \x0bE\n"),
        // Two asterisks at the end stand for one byte at least.
        Case::new("svcd", "192.0.2.7").allow(b"svcd**:ALL\n"),
        // What a NUL byte cuts off a banner's line is no letter of an expansion.
        Case::new("svcd", "192.0.2.7")
            .stream()
            .file(b"/ban/svcd", b"%\x00\n\n")
            .deny(b"ALL:ALL:banners /ban\n"),
        // A value is stripped again once its expansions are done.
        Case::new("svcd", "192.0.2.7").allow(b"ALL: ALL: spawn %x x\n"),
        // VT and FF neither end a keyword nor count as blanks before a value, but before a number.
        Case::new("svcd", "10.1.2.3").deny(b"ALL:10.1.2.0/24:severity \x0bkern.panic\n"),
        Case::new("svcd", "10.1.2.3").deny(b"svcd:all:rfc931 \x0b1\n"),
        Case::new("svcd", "192.0.2.7").deny(b"ALL:ALL:linger\t-0\n"),
        // A colon may be escaped in a keyword too.
        Case::new("svcd", "192.0.2.7").deny(b"ALL:ALL:\\:\n"),
        // A path is shown byte by byte.
        Case::new("svcd", "192.0.2.7").deny(b"ALL:ALL:banners \xd6\n"),
        // A link-local address is confirmed only with its link.
        Case::new("svcd", "fe80::1%lo")
            .client_socket("[fe80::1%1]:1024")
            .pointer("fe80::1", b"example.org")
            .forward(b"example.org", b"example.org", &["fe80::1"])
            .deny(b"ALL:.org\n"),
        // A number of the other family has no address.
        Case::new("svcd", "::1")
            .client_socket("[::1]:80")
            .pointer("::1", b"0x7f.1")
            .forward(b"0x7f.1", b"0x7f.1", &["::1"])
            .deny(b"ALL:x\n"),
        // The name of a link means nothing to a net that is not of a link.
        Case::new("svcd", "fe80::1%lo").deny(b"ALL:[fc00::%lo]/6\n"),
        Case::new("svcd", "::ffff:192.0.2.7").deny(b"ALL:[::ffff:192.0.2.7%]\n"),
        // Continuations of nothing are nothing.
        Case::new("svcd", "127.0.0.1").deny(b"\\\n"),
        Case::new("svcd", "192.0.2.7").deny(b"*:Unknown:user [.\n"),
        // Brackets hide `@` and `/` only while they are open.
        Case::new("svcd", "2001:db8::5")
            .server("::1")
            .client_socket("[2001:db8::5]:40000")
            .server_socket("[::1]:40000")
            .stream()
            .ident(b"[")
            .allow(b"ALL:[@all\n"),
        Case::new("svcd", "255.255.255.255")
            .client_socket("255.255.255.255:80")
            .pointer("255.255.255.255", b"a.b.example.org")
            .deny(b"ALL:]/8\n"),
        // White space other than the separators, in numbers.
        Case::new("svcd", "10.1.2.3")
            .server("192.0.2.0")
            .server_socket("192.0.2.0:113")
            .deny(b"\x0b113:*\n"),
        Case::new("svcd", "192.0.2.7").allow(b"KNOWN:192.0.2.7\x0c/32\n"),
        Case::new("svcd", "192.0.2.7").allow(b"ALL:192.0.0.0/4.0.0.0\x0c.L\n"),
        // Somebody may be called paranoid.
        Case::new("svcd", "1.2.3.4")
            .user(b"paranoid")
            .allow(b"ALL:*:aclexec %c\n"),
        // The rows that hold only for a case as a whole.
        Case::new("svcd", "192.0.2.7")
            .client_name(b"Paranoid")
            .netgroup(b"any", b"")
            .directory(b"/list")
            .allow(b"ALL: 10. EXCEPT /list\nALL: @any EXCEPT /list\n")
            .deny(b"ALL: PARANOID: spawn echo %n\n"),
        Case::new("svcd", "192.0.2.7")
            .unreadable(b"/A")
            .aclexec(256)
            .deny(b"ALL: ALL: umask 077: aclexec /bin/x %a\n"),
        Case::new("svcd", "192.0.2.7")
            .aclexec(1)
            .allow(b"ALL: ALL: aclexec /bin/x\n")
            .deny(b"ALL: ALL: severity notice\n"),
        Case::new("unknown", "fe80::1%lo")
            .file(b"/dir/list", b"")
            .allow(b"] UNKNOWN@/dir [:\n"),
        // A server may be known by its name alone.
        Case::new("svcd", "192.0.2.7")
            .server_name(b"known")
            .allow(b"ALL:ALL:aclexec %s\n"),
        // A table that cannot be opened, and then a rule that a NUL byte keeps from letting anybody in.
        Case::new("svcd", "10.1.2.3")
            .directory(b"/A")
            .deny(b"ALL:ALL:ALLOW\x00\n"),
        Case::new("svcd", "::1")
            .directory(b"/A")
            .deny(b"ALL:ALL:twist\x00\n"),
        Case::new("svcd", "192.0.2.7")
            .unreadable(b"/A")
            .deny(b"ALL:ALL:allow\x00\n"),
        // A list with a word of slashes, and then something that cannot be used.
        Case::new("svcd", "2001:db8::5")
            .file(b"/list", b"/\n\x00@")
            .deny(b"ALL@/list:\n"),
        Case::new("svcd", "fe80::1%lo")
            .file(b"/dir/list", b"/\n\x00\n")
            .deny(b"ALL:/dir/list\n"),
        Case::new("in.telnetd", "")
            .file(b"/list", b"/\x0b/dir")
            .file(b"/dir/list", b"")
            .deny(b".telnetd@/list:\n"),
        // The options of a rule have run before a NUL byte keeps it from letting anybody in.
        Case::new("svcd", "fe80::1%lo").deny(b"ALL:ALL:allow\\\n\x00\n"),
    ]
}
