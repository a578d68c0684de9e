//! Daemons that the original knows to read the tables themselves, by name only.

/// Daemons that read the tables themselves, and that inetd.conf need not start.
const NOT_BY_INETD: &str = "sshd portmap mountd statd ugidd redir rlinetd atftpd diald esound gdm gnome-session icecast \
    icecast_admin icecast_client icecast_source mysqld ntop pptpd rquotad sendmail smail";

/// Every such name.
pub(crate) fn known_users() -> impl Iterator<Item = &'static str> {
    NOT_BY_INETD.split_ascii_whitespace()
}

/// Whether this is such a name.
pub(crate) fn is_known_user(name: &[u8]) -> bool {
    known_users().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}
