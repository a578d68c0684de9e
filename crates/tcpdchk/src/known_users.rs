//! Daemons that the original knows to read the tables themselves, by name only.

/// Daemons that read the tables themselves, and that inetd.conf need not start.
const NOT_BY_INETD: [&[u8]; 22] = [
    b"sshd",
    b"portmap",
    b"mountd",
    b"statd",
    b"ugidd",
    b"redir",
    b"rlinetd",
    b"atftpd",
    b"diald",
    b"esound",
    b"gdm",
    b"gnome-session",
    b"icecast",
    b"icecast_admin",
    b"icecast_client",
    b"icecast_source",
    b"mysqld",
    b"ntop",
    b"pptpd",
    b"rquotad",
    b"sendmail",
    b"smail",
];

/// Whether a daemon is known to read the tables itself, by name only.
pub(crate) fn is_known_user(name: &[u8]) -> bool {
    NOT_BY_INETD
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// Every such name.
pub(crate) fn known_users() -> impl Iterator<Item = &'static [u8]> {
    NOT_BY_INETD.iter().copied()
}
