//! What findings say to write, as replacements of bytes. Pure: touches no file, and leaves out what it cannot place.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use hosts_access::text::escape::TableText;

use crate::checks::{host_words, ipv6, networks};
use crate::finding::Finding;
use crate::source::offset_in;

/// A word that is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    /// 0 for hosts.allow, 1 for hosts.deny.
    pub table: usize,
    /// First line of its rule.
    pub rule: u64,
    /// The bytes of the file.
    range: Range<usize>,
    /// What is written there.
    instead: String,
    /// What it is about: `FILE:LINE: OLD -> NEW [ID]`.
    text: String,
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Kinds of findings whose word has one meaning only: it is a network that is written wrongly.
const SURE: [&str; 6] = [
    networks::HOST_BITS.id,
    networks::HOST_BITS_IPV6.id,
    networks::MASK_NEVER.id,
    networks::NETWORK_PREFIX.id,
    host_words::NET_MASK.id,
    ipv6::LENGTH_INSIDE.id,
];

/// The edits that findings ask for, in order; each byte is in one only.
pub(super) fn edits(findings: &[Finding], tables: [(&Path, &[u8]); 2]) -> Vec<Edit> {
    let mut all: Vec<Edit> = Vec::new();
    for (index, (path, bytes)) in tables.into_iter().enumerate() {
        let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        let mine = findings.iter().filter(|finding| {
            let file = finding.place.as_ref().map(|place| &*place.file);
            file == Some(path) && SURE.contains(&finding.check.id)
        });
        all.extend(mine.filter_map(|finding| edit(finding, index, bytes, &lines)));
    }
    all.sort_by_key(|edit| (edit.table, edit.range.start));
    all.dedup_by(|later, first| later.table == first.table && later.range.start < first.range.end);
    all
}

fn edit(finding: &Finding, table: usize, bytes: &[u8], lines: &[&[u8]]) -> Option<Edit> {
    let (place, instead) = (finding.place.as_ref()?, finding.instead.as_ref()?);
    let mark = place.mark.as_ref()?;
    let line = lines.get(usize::try_from(mark.line).ok()?.checked_sub(1)?)?;
    let word = line.get(mark.bytes.clone())?;
    // The finding is of another reading of the file: it must be about the same word.
    let plain = mark.excerpt.get(mark.span.clone())?.as_bytes() == word;
    let end = offset_in(bytes, line)? + mark.bytes.end;
    // The last line may be cut off: without its newline it is no rule.
    let ended = bytes.get(end..)?.contains(&b'\n');
    (plain && ended && !word.is_empty() && instead.bytes().all(|byte| byte.is_ascii_graphic()))
        .then(|| Edit {
            table,
            rule: place.first,
            range: end - word.len()..end,
            instead: instead.clone(),
            text: format!(
                "{}:{}: {} -> {instead} [{}]",
                TableText::from(&*place.file),
                mark.line,
                TableText(word),
                finding.check.id
            ),
        })
}

/// A table with these edits, which are in order.
pub(super) fn apply(bytes: &[u8], edits: &[&Edit]) -> Vec<u8> {
    let mut new = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for edit in edits {
        new.extend_from_slice(bytes.get(at..edit.range.start).unwrap_or_default());
        new.extend_from_slice(edit.instead.as_bytes());
        at = edit.range.end;
    }
    new.extend_from_slice(bytes.get(at..).unwrap_or_default());
    new
}
