//! One thing that was found: of which kind, in which words, where, and what to write instead.

use std::ops::Range;
use std::path::PathBuf;

use hosts_access::text::escape::TableText;
use tools::remark::{Check, Level, Remark};

/// Whose words a finding has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wording {
    /// The original's, which calls it a warning.
    Warning,
    /// The original's, which calls it an error.
    Error,
    /// Our own: the original does not look for it.
    Own,
}

/// A finding.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    /// The kind of finding.
    pub check: &'static Check,
    /// Whose words they are.
    pub wording: Wording,
    /// The words.
    pub text: String,
    /// The place in a file, if it is about one.
    pub place: Option<FilePlace>,
    /// What to write instead of the marked word.
    pub instead: Option<String>,
    /// What to write elsewhere, with the file to write it to.
    pub elsewhere: Option<String>,
    /// Whether it does not count, because it is nothing to worry about or because another finding
    /// says it better: the original's line is then all that is shown.
    pub minor: bool,
}

/// Where something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FilePlace {
    /// The file.
    pub file: PathBuf,
    /// The number that the original gives: the last physical line of a rule.
    pub number: u64,
    /// The rule's first physical line.
    pub first: u64,
    /// The text of that line, if the word stands on another one.
    pub head: Option<String>,
    /// The very word.
    pub mark: Option<MarkedWord>,
}

/// A word in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MarkedWord {
    /// Its physical line.
    pub line: u64,
    /// Its column there, in characters, counted from 1.
    pub column: usize,
    /// Its column in the rule as if that were one line: the same for a word of the first line. For
    /// any other it lies at or after the backslash that ends the first line, never in another word.
    pub rule_column: usize,
    /// The word's bytes in that line.
    pub bytes: Range<usize>,
    /// The line, or the part of a long line around the word.
    pub excerpt: String,
    /// The word, in bytes of the excerpt.
    pub span: Range<usize>,
    /// Whether the excerpt is the whole line.
    pub whole: bool,
}

impl FilePlace {
    /// A whole file.
    pub(crate) fn line(file: impl Into<PathBuf>, number: u64) -> Self {
        Self {
            file: file.into(),
            number,
            first: number,
            head: None,
            mark: None,
        }
    }

    /// The word, if it stands on a continuation line.
    pub(crate) fn continued(&self) -> Option<&MarkedWord> {
        self.mark.as_ref().filter(|mark| mark.line != self.first)
    }
}

impl Finding {
    fn new(check: &'static Check, wording: Wording, text: impl Into<String>) -> Self {
        Self {
            check,
            wording,
            text: text.into(),
            place: None,
            instead: None,
            elsewhere: None,
            minor: false,
        }
    }

    /// In the original's words, as a warning.
    pub(crate) fn warning(check: &'static Check, text: impl Into<String>) -> Self {
        Self::new(check, Wording::Warning, text)
    }

    /// In the original's words, as an error.
    pub(crate) fn error(check: &'static Check, text: impl Into<String>) -> Self {
        Self::new(check, Wording::Error, text)
    }

    /// In our own words.
    pub(crate) fn own(check: &'static Check, text: impl Into<String>) -> Self {
        Self::new(check, Wording::Own, text)
    }

    /// The same, at this place, if there is one.
    #[must_use]
    pub(crate) fn at(mut self, place: impl Into<Option<FilePlace>>) -> Self {
        self.place = place.into();
        self
    }

    /// The same, with what to write instead.
    #[must_use]
    pub(crate) fn instead(mut self, text: impl Into<Option<String>>) -> Self {
        self.instead = text.into();
        self
    }

    /// The same, with what to write elsewhere.
    #[must_use]
    pub(crate) fn elsewhere(mut self, text: impl Into<Option<String>>) -> Self {
        self.elsewhere = text.into();
        self
    }

    /// The same, which does not count if this is so.
    #[must_use]
    pub(crate) fn minor_if(mut self, minor: bool) -> Self {
        self.minor |= minor;
        self
    }

    /// The word before the text.
    pub(crate) fn prefix(&self) -> Level {
        match self.wording {
            Wording::Warning => Level::Warning,
            Wording::Error => Level::Error,
            Wording::Own => self.check.level,
        }
    }

    /// The text with its file and line, in the original's form.
    pub(crate) fn placed_text(&self) -> String {
        match &self.place {
            Some(place) => format!(
                "{}, line {}: {}",
                TableText::from(&*place.file),
                place.number,
                self.text
            ),
            None => self.text.clone(),
        }
    }
}

impl From<Remark> for Finding {
    fn from(remark: Remark) -> Self {
        let place = remark.place.map(|(file, line)| FilePlace::line(file, line));
        let finding = Self::warning(remark.check, remark.text).minor_if(remark.harmless);
        finding.at(place)
    }
}
