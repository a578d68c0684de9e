//! Files on which access depends, and who may change them.

use std::fs::Metadata;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use hosts_access::accounts::User;
use hosts_access::text::escape::TableText;
use hosts_access::world::Accounts as _;
use tools::paths::is_kept_apart;
use tools::remark::WORLD_WRITABLE;
use tools::services::{Gatekeeper, Service};

use crate::checker::Checker;
use crate::finding::{FilePlace, Finding};

tools::checks! {
    /// What is wrong with files.
    CHECKS;
    OWNER: "not-roots", Warning, "a file or folder that others than root may change",
        why "Whoever may write to a table, a list or a banner, or to a folder on the way to it, decides who is let in.",
        remedy "Give it to root: chown root:root PATH; chmod go-w PATH.";
    PRIVATE: "only-root-reads", Warning, "a table or list that only root may read",
        why "Daemons that ask libwrap as another user, and tcpd where inetd or xinetd starts it as another user, cannot \
             read it: to them the table or rule is in error and refuses everybody whom no rule above grants. To Debian's \
             libwrap a table that it cannot read is an empty one.",
        remedy "Let everybody read it: chmod a+r PATH; the folders above it need chmod a+x.";
    CLOSED: "table-closed", Error, "a table that tcpd cannot read as the user of a service",
        why "inetd, xinetd or systemd starts tcpd as this user, so the table is in error: if it is hosts.deny, the service \
             refuses everybody whom hosts.allow does not grant; if it is hosts.allow, everybody. To Debian's tcpd such a \
             table is an empty one.",
        remedy "Let everybody read it: chmod a+r PATH.";
}

const GROUP_WRITE: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;
const OTHERS_READ: u32 = 0o004;
const ALL_BUT_OWNER: u32 = 0o077;
const OTHERS_ENTER: u32 = 0o001;

/// Looks at a list or banner that a rule names, and at the folders above it.
pub(crate) fn check(path: &Path, place: &FilePlace, checker: &Checker<'_>) {
    each(path, checker, &mut |above, metadata| {
        let open = metadata.permissions().mode() & OTHERS_WRITE != 0;
        if open && !is_kept_apart(above, path, checker.disk) {
            let text = format!("{}: world writable", TableText::from(above));
            return Some(Finding::own(&WORLD_WRITABLE, text).at(place.clone()));
        }
        others(above, metadata, checker).map(|finding| finding.at(place.clone()))
    });
    check_readers(path, Some(place), checker);
}

/// Looks whether daemons that are not root can read a file, if it is in its place.
fn check_readers(path: &Path, place: Option<&FilePlace>, checker: &Checker<'_>) {
    let mode = |path: &Path| {
        checker
            .disk
            .metadata(path)
            .map(|metadata| metadata.permissions().mode())
    };
    let closed = |above: &Path| mode(above).is_ok_and(|mode| mode & OTHERS_ENTER == 0);
    let Ok(own) = mode(path).map(|mode| mode & 0o777) else {
        return;
    };
    let shown = TableText::from(path);
    let text = if own & OTHERS_READ == 0 {
        format!("{shown}: others than root cannot read it, since its mode is {own:04o}")
    } else {
        let root = checker.disk.shown(Path::new("/")).into_owned();
        let inside = path
            .ancestors()
            .skip(1)
            .take_while(|above| **above != *root);
        match inside
            .filter(|above| path.is_absolute() && !above.as_os_str().is_empty())
            .find(|above| closed(above))
        {
            Some(above) => format!(
                "{shown}: others than root cannot enter {}",
                TableText::from(above)
            ),
            None => return,
        }
    };
    if checker.flags.in_place && checker.is_new("readers", path.as_os_str().as_bytes()) {
        let finding = Finding::own(&PRIVATE, text);
        checker.find(finding.at(place.cloned()));
    }
}

/// Looks whether services whose tcpd is known not to be root can read a table. Where only the owner has any right to
/// it, no group and no list of rights helps.
fn check_users(path: &Path, checker: &Checker<'_>) {
    let Ok(metadata) = checker.disk.metadata(path) else {
        return;
    };
    if !checker.flags.in_place || metadata.permissions().mode() & ALL_BUT_OWNER != 0 {
        return;
    }
    let by_tcpd = |service: &&Service| service.gatekeeper == Gatekeeper::Tcpd;
    for service in checker.services.list().iter().filter(by_tcpd) {
        let Some(user) = service
            .user
            .as_deref()
            .and_then(|user| account(user, checker))
        else {
            continue;
        };
        if user.uid.0 != 0 && user.uid.0 != metadata.uid() {
            let text = format!(
                "{}: cannot be read as user {}, so {} refuses everybody whom no rule above grants",
                TableText::from(path),
                TableText(&user.name),
                TableText(&service.name)
            );
            let place = service.place.as_ref();
            let place = place.map(|place| FilePlace::line(&place.file, place.line));
            let finding = Finding::own(&CLOSED, text);
            checker.find(finding.at(place));
        }
    }
}

/// The account that a super-server's file names, as `user`, `user:group` or `user.group`.
fn account(named: &str, checker: &Checker<'_>) -> Option<User> {
    let user = named.split(':').next().unwrap_or_default();
    let whole = checker.accounts.user(user.as_bytes());
    whole.or_else(|| {
        let (user, _) = user.split_once('.')?;
        checker.accounts.user(user.as_bytes())
    })
}

/// Looks at a table that is not there: whoever can create it decides.
pub(crate) fn check_missing(path: &Path, checker: &Checker<'_>) {
    let folder = path.parent().filter(|_| path.is_absolute());
    let open = folder.filter(|folder| {
        let metadata = checker.disk.metadata(folder);
        metadata.is_ok_and(|metadata| metadata.permissions().mode() & OTHERS_WRITE != 0)
    });
    if let Some(folder) = open {
        let (path, folder) = (TableText::from(path), TableText::from(folder));
        let text = format!("{path}: is not there, and anybody may create it in {folder}");
        checker.find(Finding::own(&WORLD_WRITABLE, text));
    }
}

/// Looks at a table. What anybody may write to, the original reports.
pub(crate) fn check_table(path: &Path, checker: &Checker<'_>) {
    check_users(path, checker);
    check_readers(path, None, checker);
    if checker.flags.installed {
        each(path, checker, &mut |path, metadata| {
            others(path, metadata, checker)
        });
    }
}

fn each(
    path: &Path,
    checker: &Checker<'_>,
    check: &mut dyn FnMut(&Path, &Metadata) -> Option<Finding>,
) {
    let above = if path.is_absolute() { usize::MAX } else { 1 };
    for path in path.ancestors().take(above) {
        if let Ok(metadata) = checker.disk.metadata(path)
            && checker.is_new("owners", path.as_os_str().as_bytes())
            && let Some(finding) = check(path, &metadata)
        {
            checker.find(finding);
        }
    }
}

/// Whether another owner, or a group other than root's, may write. In a tree that is not installed
/// yet, the files belong to whoever makes it.
fn others(path: &Path, metadata: &Metadata, checker: &Checker<'_>) -> Option<Finding> {
    let shown = TableText::from(path);
    let text = if metadata.permissions().mode() & GROUP_WRITE != 0 && metadata.gid() != 0 {
        format!("{shown}: group {} may write", metadata.gid())
    } else if metadata.uid() != 0 && !checker.disk.is_rooted() {
        format!("{shown}: belongs to user {}, not to root", metadata.uid())
    } else {
        return None;
    };
    Some(Finding::own(&OWNER, text))
}
