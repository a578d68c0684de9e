//! Tables and lines that cannot be read, in the original's words.

use hosts_access::table::entry::EntryError;

use crate::checker::Checker;
use crate::finding::{FilePlace, Finding};

tools::checks! {
    /// What is wrong with tables and lines, in the original's eyes.
    CHECKS;
    TABLE_OPEN: "table-open", Error, "a table that cannot be read",
        why "The table is in error, so everybody whom no rule above grants is refused.",
        remedy "Make it a regular file that root may read.";
    MISSING_NEWLINE: "missing-newline", Error, "a last line without its newline",
        why "The line may have been cut off, so it does not count. In hosts.deny everybody who gets that far is \
             refused.",
        remedy "End the file with a newline.";
    MISSING_COLON: "missing-colon", Error, "a line that is no rule",
        why "Without a colon outside brackets there is no client list. The line is skipped, in hosts.deny too.",
        remedy "Write DAEMONS: CLIENTS, or begin the line with # to make it a comment.";
    NUL_BYTE: "nul-byte", Error, "a byte that no text file has",
        why "In a rule, and before one in hosts.allow, the line and the rest of the table are in error. In a comment, \
             before a line of hosts.deny and at the end of the file it is passed over with a warning.",
        remedy "Write the table again as plain text.";
}

/// Says why a table ends before its end.
pub(crate) fn report_end(error: EntryError, place: FilePlace, checker: &Checker<'_>) {
    let check = match error {
        EntryError::Unterminated | EntryError::TooLong => &MISSING_NEWLINE,
        EntryError::Nul => &NUL_BYTE,
        EntryError::Io(_) => &TABLE_OPEN,
    };
    checker.find(Finding::warning(check, error.to_string()).at(place));
}
