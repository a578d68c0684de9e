//! The fields of a rule's options: `keyword value`, between colons (hosts_options(5), OPTION FIELDS).

use std::borrow::Cow;

use crate::text::bytes::strip;

/// One option as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'f> {
    /// Its keyword, with `\:` read as a colon; empty if the field is blank.
    pub keyword: Cow<'f, [u8]>,
    /// Its value, without blanks around it and with `\:` read as a colon; empty if there is none.
    pub value: Cow<'f, [u8]>,
    /// Whether nothing follows, not even a colon.
    pub last: bool,
}

/// Splits options at colons. A backslash makes a colon literal; any other backslash is text.
#[derive(Clone, Debug)]
pub struct Fields<'f> {
    rest: Option<&'f [u8]>,
}

impl<'f> Fields<'f> {
    /// The options of a rule: what follows its second colon.
    pub fn new(options: &'f [u8]) -> Self {
        Self {
            rest: Some(options),
        }
    }
}

impl<'f> Iterator for Fields<'f> {
    type Item = Field<'f>;

    fn next(&mut self) -> Option<Field<'f>> {
        let text = self.rest?;
        let end = separator(text);
        let raw = text.get(..end)?;
        self.rest = text.get(end + 1..);
        Some(field(raw, self.rest.is_none()))
    }
}

/// Offset of the next colon that is not escaped, or the length.
fn separator(text: &[u8]) -> usize {
    let mut escaped = false;
    text.iter()
        .position(|byte| {
            let found = *byte == b':' && !escaped;
            escaped = *byte == b'\\';
            found
        })
        .unwrap_or(text.len())
}

/// Keyword and value of a field. One `=` may stand between them.
fn field(raw: &[u8], last: bool) -> Field<'_> {
    let text = strip(raw);
    let end = text
        .iter()
        .position(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'='))
        .unwrap_or(text.len());
    let (keyword, value) = text.split_at(end);
    let value = strip_separators(value);
    let value = strip_separators(value.strip_prefix(b"=").unwrap_or(value));
    Field {
        keyword: unescape(keyword),
        value: unescape(value),
        last,
    }
}

/// Takes off what separates a keyword from its value; VT and FF do not.
fn strip_separators(text: &[u8]) -> &[u8] {
    let blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    text.get(text.iter().take_while(blank).count()..)
        .unwrap_or_default()
}

/// Reads `\:` as a colon.
fn unescape(value: &[u8]) -> Cow<'_, [u8]> {
    if !value.windows(2).any(|pair| pair == b"\\:") {
        return Cow::Borrowed(value);
    }
    let mut plain = Vec::with_capacity(value.len());
    for byte in value {
        if *byte == b':' {
            plain.pop();
        }
        plain.push(*byte);
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(options: &str) -> Vec<(String, String, bool)> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Fields::new(options.as_bytes())
            .map(|field| (text(&field.keyword), text(&field.value), field.last))
            .collect()
    }

    #[test]
    fn keyword_and_value() {
        for (options, keyword, value) in [
            ("umask 022", "umask", "022"),
            (" umask\t022 ", "umask", "022"),
            ("umask=022", "umask", "022"),
            ("umask = 022", "umask", "022"),
            ("umask == 022", "umask", "= 022"),
            ("allow", "allow", ""),
            ("allow =", "allow", ""),
            ("", "", ""),
            ("=x", "", "x"),
            ("\x0bumask\x0b022\x0c", "umask\x0b022", ""),
            ("a\\:b", "a:b", ""),
            ("severity \x0bkern.info", "severity", "\x0bkern.info"),
            ("umask\x0b= 022", "umask\x0b", "022"),
            ("spawn a  b ", "spawn", "a  b"),
            ("spawn a\\:b", "spawn", "a:b"),
            ("spawn a\\b\\", "spawn", "a\\b\\"),
            ("spawn a\\\\:b", "spawn", "a\\:b"),
            ("Umask\r\n022", "Umask", "022"),
        ] {
            assert_eq!(
                show(options),
                [(keyword.to_owned(), value.to_owned(), true)],
                "{options:?}"
            );
        }
    }

    #[test]
    fn fields_split_at_colons() {
        let shown = show("a 1: b :");
        let keys: Vec<_> = shown
            .iter()
            .map(|(key, _, last)| (key.as_str(), *last))
            .collect();
        assert_eq!(keys, [("a", false), ("b", false), ("", true)]);
    }
}
