//! Files on which access depends, and who may change them.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use hosts_access::problem::Written;
use tools::remark::WORLD_WRITABLE;

use crate::checker::Checker;
use crate::finding::{Finding, Place};

tools::checks! {
    /// What is wrong with files.
    CHECKS;
    OWNER: "not-roots", Warning, "a file or folder that others than root may change",
        why "Whoever may write to a table, a list or a banner, or to a folder on the way to it, decides who is let in.",
        remedy "Give it to root: chown root:root PATH; chmod go-w PATH.";
}

const GROUP_WRITE: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;

/// Looks at a list or banner that a rule names, and at the folders above it.
pub(crate) fn check(path: &Path, place: &Place, checker: &Checker<'_>) {
    each(path, checker, &mut |path, metadata| {
        if metadata.permissions().mode() & OTHERS_WRITE != 0 {
            let text = format!("{}: world writable", Written::from(path));
            return Some(Finding::own(&WORLD_WRITABLE, text).at(place.clone()));
        }
        others(path, metadata, checker).map(|finding| finding.at(place.clone()))
    });
}

/// Looks at a table. What anybody may write to, the original reports.
pub(crate) fn check_table(path: &Path, checker: &Checker<'_>) {
    if checker.wishes.installed {
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
    let above = match path.is_absolute() {
        true => usize::MAX,
        false => 1,
    };
    for path in path.ancestors().take(above) {
        if let Ok(metadata) = checker.disk.metadata(path)
            && checker.is_new_path(path)
            && let Some(finding) = check(path, &metadata)
        {
            checker.find(finding);
        }
    }
}

/// Whether another owner, or a group other than root's, may write. In a tree that is not installed
/// yet, the files belong to whoever makes it.
fn others(path: &Path, metadata: &Metadata, checker: &Checker<'_>) -> Option<Finding> {
    let shown = Written::from(path);
    let text = if metadata.permissions().mode() & GROUP_WRITE != 0 && metadata.gid() != 0 {
        format!("{shown}: group {} may write", metadata.gid())
    } else if metadata.uid() != 0 && !checker.disk.is_rooted() {
        format!("{shown}: belongs to user {}, not to root", metadata.uid())
    } else {
        return None;
    };
    Some(Finding::own(&OWNER, text))
}
