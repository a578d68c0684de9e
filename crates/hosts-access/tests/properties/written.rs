//! A rule taken apart to its words and options, and written again.
//!
//! The fuzz targets use this file too.

use hosts_access::options::Fields;
use hosts_access::table::list::Words;
use hosts_access::table::rule::Rule;

/// The words and options of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    /// The daemon list, EXCEPT included.
    pub(crate) daemons: Vec<Vec<u8>>,
    /// The client list, EXCEPT included.
    pub(crate) clients: Vec<Vec<u8>>,
    /// Keywords and values, if there is a third field.
    pub(crate) options: Option<Vec<(Vec<u8>, Vec<u8>)>>,
}

impl Parts {
    /// Reads a line. `None`: it is no rule.
    pub(crate) fn parse(line: &[u8]) -> Option<Self> {
        let rule = Rule::parse(line)?;
        let words = |list| Words::new(list).map(<[u8]>::to_vec).collect();
        let options = |text| {
            Fields::new(text)
                .map(|field| (field.keyword.to_vec(), field.value.into_owned()))
                .collect()
        };
        Some(Self {
            daemons: words(rule.daemons),
            clients: words(rule.clients),
            options: rule.options.map(options),
        })
    }

    /// Writes the rule in the form of hosts_access(5) and hosts_options(5).
    pub(crate) fn print(&self) -> Vec<u8> {
        let mut line = self.daemons.join(&b' ');
        line.extend_from_slice(b": ");
        line.extend_from_slice(&self.clients.join(&b", "[..]));
        for option in self.options.iter().flatten().map(print_option) {
            // The blank keeps a final backslash from hiding the colon that follows.
            line.extend_from_slice(b" : ");
            line.extend_from_slice(&option);
        }
        line
    }
}

fn print_option((keyword, value): &(Vec<u8>, Vec<u8>)) -> Vec<u8> {
    // It also keeps a VT or FF at the end of a keyword, which would go as blanks around the field do.
    let nothing = keyword.is_empty() && value.is_empty();
    let equals: &[u8] = if nothing { b"" } else { b" = " };
    let mut option = Vec::new();
    for byte in [keyword, equals, value].into_iter().flatten() {
        if *byte == b':' {
            option.push(b'\\');
        }
        option.push(*byte);
    }
    option
}

/// Checks that a line, if it is a rule, is the same rule when it is written again.
pub(crate) fn check(line: &[u8]) {
    if let Some(parts) = Parts::parse(line) {
        let printed = parts.print();
        assert_eq!(Parts::parse(&printed), Some(parts), "{printed:?}");
    }
}
