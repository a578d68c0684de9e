//! What the configuration of a daemon says of one setting, and in which line.

use std::path::PathBuf;

use crate::daemons::Setting;
use crate::disk::Disk;

use super::locate::{FileLine, matching, text};

/// How a setting stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingState {
    /// What it takes, as `tcp_wrappers=YES in /etc/vsftpd.conf`.
    pub wanted: String,
    /// Whether it is so. `None`: that cannot be told.
    pub on: Option<bool>,
    /// The file that says so; line 0 stands for the whole file, which does not say it.
    pub place: Option<FileLine>,
}

/// How a setting stands in its files, or in the one that the daemon is started with.
pub(super) fn state(setting: &Setting, arguments: &[String], disk: &Disk) -> SettingState {
    let own = arguments
        .iter()
        .filter(|word| word.starts_with('/') && word.ends_with(".conf"));
    let mut files: Vec<PathBuf> = own.map(PathBuf::from).collect();
    if files.is_empty() {
        files = setting
            .files
            .split(',')
            .flat_map(|pattern| matching(pattern, disk))
            .collect();
    }
    let mut state = SettingState {
        wanted: if setting.by_default {
            format!("no line {}", setting.line)
        } else {
            setting.line.clone()
        },
        on: None,
        place: None,
    };
    let wanted = value(&setting.line, setting.key()).unwrap_or_default();
    let on_line = |state: &mut SettingState| {
        // vsftpd takes settings as options. The usual file is read after them, one that is named before.
        let mut lines = arguments
            .iter()
            .rev()
            .filter_map(|word| word.strip_prefix("-o"));
        if let Some(value) = lines.find_map(|line| value(line, setting.key())) {
            state.on = Some(same(value, wanted) != setting.by_default);
        }
    };
    let named = arguments.iter().any(|word| word.ends_with(".conf"));
    if !named {
        on_line(&mut state);
    }
    for file in files {
        let Some(text) = text(&file, disk) else {
            continue;
        };
        if state.place.is_none() {
            state.on.get_or_insert(setting.by_default);
            state.place = Some(FileLine::new(&file, 0));
        }
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(value) = value(line, setting.key()) {
                let same = same(value, wanted);
                if setting.among_others && !same {
                    continue;
                }
                state.on = Some(same != setting.by_default);
                state.place = Some(FileLine::new(&file, number));
            }
        }
    }
    if named {
        on_line(&mut state);
    }
    state
}

/// The value that a line gives to a key: `key=value`, `key: value`, `key value`, with blanks around.
pub(super) fn value<'l>(line: &'l str, key: &str) -> Option<&'l str> {
    let line = line.trim();
    let head = line.get(..key.len())?;
    let rest = line.get(key.len()..)?;
    let rest = match rest.chars().next() {
        _ if !head.eq_ignore_ascii_case(key) => return None,
        Some('=' | ':' | ' ' | '\t') => rest.trim_start(),
        _ => return None,
    };
    let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim();
    let rest = rest.trim_end_matches(';').trim_matches('"');
    Some(rest)
}

/// Whether two values mean the same: words for yes are one word, and blanks are one blank.
pub(super) fn same(value: &str, wanted: &str) -> bool {
    let plain = |text: &str| {
        let words = text.split_whitespace();
        let words = words.map(|word| match word.to_ascii_lowercase().as_str() {
            "yes" | "true" | "on" | "1" => "yes".to_owned(),
            "no" | "false" | "off" | "0" => "no".to_owned(),
            other => other.to_owned(),
        });
        words.collect::<Vec<_>>()
    };
    let (value, wanted) = (plain(value), plain(wanted));
    value == wanted || matches!(&wanted[..], [word] if value.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (line, expected) in [
            ("tcp_wrappers=YES", Some("YES")),
            (" TCP_Wrappers = yes ", Some("yes")),
            ("tcp_wrappers: 1", Some("1")),
            ("tcp_wrappers \"on\";", Some("on")),
            ("#tcp_wrappers=YES", None),
            ("tcp_wrappers_more=YES", None),
            ("tcp_wrap=YES", None),
            ("tcp_wrappers", None),
        ] {
            assert_eq!(value(line, "tcp_wrappers"), expected, "{line}");
        }
        for (value, wanted, is) in [
            ("TRUE", "YES", true),
            ("NO", "YES", false),
            ("", "YES", false),
            ("a  b", "a b", true),
            ("a", "a b", false),
            ("x tcpwrap", "tcpwrap", true),
        ] {
            assert_eq!(same(value, wanted), is, "{value} {wanted}");
        }
    }
}
