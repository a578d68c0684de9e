//! What editing, merging and templates leave in lines of tables.

/// Beginnings of the lines that git and others put around conflicts.
const MERGE_MARKS: [&[u8]; 4] = [b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>"];

/// Delimiters of template languages that have no meaning to tcpd or a shell.
const TEMPLATE_MARKS: [&[u8]; 5] = [b"{{", b"{%", b"{#", b"#{", b"<%"];

/// A backslash at the end of a line, with the blanks after it that keep the line from going on.
pub(crate) fn stray_backslash(line: &[u8]) -> Option<std::ops::Range<usize>> {
    let plain = line.trim_ascii_end();
    let rest = line.get(plain.len()..).unwrap_or_default();
    let blank = rest.iter().any(|byte| matches!(byte, b' ' | b'\t'));
    let comment = plain.trim_ascii_start().starts_with(b"#");
    (plain.ends_with(b"\\") && blank && !comment).then(|| plain.len() - 1..line.len())
}

/// Whether a line is such a mark, or has one in it.
pub(crate) fn is_leftover(line: &[u8]) -> bool {
    is_merge_mark(line) || template_mark(line).is_some()
}

/// Whether a line is the mark of a merge.
pub(crate) fn is_merge_mark(line: &[u8]) -> bool {
    MERGE_MARKS.iter().any(|mark| {
        let rest = line.strip_prefix(*mark);
        rest.is_some_and(|rest| matches!(rest.first(), None | Some(b' ' | b'\r')))
    })
}

/// A mark of a template in a line, and where it begins.
pub(crate) fn template_mark(line: &[u8]) -> Option<(usize, &'static [u8])> {
    if line.trim_ascii_start().starts_with(b"#") {
        return None;
    }
    let found = TEMPLATE_MARKS.iter().filter_map(|mark| {
        let at = line.windows(mark.len()).position(|part| part == *mark)?;
        Some((at, *mark))
    });
    found.min()
}
