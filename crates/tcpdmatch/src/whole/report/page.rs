//! The page: one HTML document with its style, without a script and without anything from elsewhere.
//!
//! Each text is escaped by `maud` as it is put in. Besides, letters that are not seen or that turn the direction of a line
//! are written as numbers in the whole page, so that no table can show what it does not say. A browser
//! loads nothing for this page: its policy forbids it.

use std::collections::{BTreeMap, BTreeSet};

use hosts_access::text::escape::{TableText, Untrusted};
use maud::{Markup, PreEscaped, html};
use policy::access::{By, Policy};

use super::address_map::Look;
use super::drawing::{caption, drawing, patterns, swatch};
use super::page_file::BEGINNING;
use super::section::{Networks, Row, Section, Step};
use crate::whole::verdict_word;

/// The style sheet.
const STYLE: &str = include_str!("page.css");

/// What a browser may load for the page.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Lines of one table that are shown.
const MAX_LINES: usize = 1000;

/// Bytes of a line that are shown.
const MAX_LINE: usize = 1000;

/// Letters of a condition that are shown.
const MAX_WORDS: usize = 600;

/// Links of a line to the networks for which it decides.
const MAX_LINKS: usize = 12;

/// Names of daemons that are shown in brief.
const MAX_NAMES: usize = 3;

/// Names that are shown besides.
const MAX_OTHER_NAMES: usize = 60;

/// Messages that are shown.
const MAX_ERRORS: usize = 50;

/// Networks in a field of the overview.
const MAX_OVERVIEW: usize = 3;

/// What the page is made of.
pub(super) struct Report<'a> {
    /// Both tables: hosts.allow, then hosts.deny.
    pub tables: [Table; 2],
    /// What is in error in them.
    pub errors: Vec<String>,
    /// The daemons.
    pub sections: Vec<Section>,
    /// Daemons for which there is no room.
    pub left_out: Vec<String>,
    /// The rules.
    pub policy: &'a Policy<'a>,
}

/// A table as it stands.
pub(super) struct Table {
    /// Its path.
    pub path: String,
    /// Its bytes; nothing if there is no such file, or it cannot be read.
    pub bytes: Option<Vec<u8>>,
}

/// A line of a table: which table, and its number.
type Spot = (usize, u64);

/// For each line the rows for which it decides: number of the section and of the row.
type Uses = BTreeMap<Spot, BTreeSet<(usize, usize)>>;

impl Report<'_> {
    /// The whole page.
    pub(super) fn page(&self) -> String {
        let uses = self.uses();
        let page = html! {
            (PreEscaped(BEGINNING))
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="referrer" content="no-referrer";
                    title { "Who gets in: " (self.tables[0].path) ", " (self.tables[1].path) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    (patterns())
                    (self.head())
                    div class="columns" {
                        main {
                            (self.in_error())
                            (self.overview())
                            @for (number, section) in self.sections.iter().enumerate() {
                                (self.section(number, section))
                            }
                        }
                        aside aria-label="The tables" {
                            @for (at, table) in self.tables.iter().enumerate() {
                                (self.table(at, table, &uses))
                            }
                        }
                    }
                    footer {
                        p {
                            "Names, users, netgroups and commands are conditions here: nothing was looked up and nothing was run. The tables say \
                             nothing of daemons that do not ask them, nor of what a firewall stops before. IPv4-mapped addresses of IPv6 count as IPv4."
                        }
                        p { "Made by tcpdmatch " (env!("CARGO_PKG_VERSION")) "." }
                    }
                }
            }
        };
        plain(page.into_string())
    }

    fn head(&self) -> Markup {
        html! {
            header {
                h1 { "Who gets in" }
                p {
                    "What " a href="#t0" { (code(&self.tables[0].path)) } " and " a href="#t1" { (code(&self.tables[1].path)) }
                    " say to every client there can be."
                }
                nav aria-label="Jump to" {
                    a href="#overview" { "Overview" }
                    a href="#t0" { "Tables" }
                }
            }
        }
    }

    fn in_error(&self) -> Markup {
        if self.errors.is_empty() {
            return html! {};
        }
        html! {
            section class="errors" aria-labelledby="errors" {
                h2 id="errors" { "In error" }
                p { "What is in error never lets anybody in. It counts here as tcpd would act on it." }
                ul {
                    @for error in self.errors.iter().take(MAX_ERRORS) { li { (code(error)) } }
                }
                (more(self.errors.len().saturating_sub(MAX_ERRORS), "message"))
            }
        }
    }

    fn overview(&self) -> Markup {
        let looks = Look::ALL.into_iter().filter(|look| {
            let mut rows = self.sections.iter().flat_map(|section| &section.rows);
            rows.any(|row| row.look == *look)
        });
        let looks: Vec<Look> = looks.collect();
        html! {
            section {
                h2 id="overview" { "Overview" }
                div class="wide" tabindex="0" role="region" aria-label="Overview" {
                    table class="overview" {
                        caption { "Daemons with the same answer stand together." }
                        thead { tr {
                            th scope="col" { "Daemon" }
                            @for &look in &looks { th scope="col" { (swatch(look)) " " (look.title()) } }
                        } }
                        tbody {
                            @for (number, section) in self.sections.iter().enumerate() {
                                tr {
                                    th scope="row" { a href={ "#s" (number) } { (names(section)) } }
                                    @for &look in &looks { td { (brief(section, look)) } }
                                }
                            }
                        }
                    }
                }
                @if !self.left_out.is_empty() {
                    p class="more" {
                        "There is no room for " (counted(self.left_out.len(), "daemon")) " more, "
                        @let shown: Vec<_> = self.left_out.iter().take(MAX_LINKS).map(String::as_str).collect();
                        (code(&shown.join(", ")))
                        @if self.left_out.len() > MAX_LINKS { " and others" }
                        ". Name the one that you want: " code { "tcpdmatch --report FILE DAEMON" }
                    }
                }
            }
        }
    }

    fn section(&self, number: usize, section: &Section) -> Markup {
        let total: u128 = section.sizes.iter().map(|(_, size)| size).sum();
        html! {
            section class="daemon" aria-labelledby={ "s" (number) } {
                h2 id={ "s" (number) } { (names(section)) }
                (other_names(section))
                div class="picture" {
                    @if section.views.is_empty() {
                        p class="more" { "There is no room for a map." }
                    } @else {
                        figure id={ "s" (number) "m0" } {
                            (drawing(number, 0, &section.views))
                            figcaption { "IPv4 by the first number of the address" }
                        }
                    }
                    div class="legend" {
                        h3 { "IPv4 addresses" }
                        dl {
                            @for (look, size) in section.sizes.iter().filter(|(_, size)| *size > 0) {
                                dt { (swatch(*look)) " " (look.title()) }
                                dd { (share(*size, total)) }
                            }
                        }
                        p {
                            @if !section.views.is_empty() { "Each block is a network of /8." }
                            @if section.views.len() > 1 {
                                " A small square in its corner: a part of it is treated otherwise, as a closer view shows."
                            }
                        }
                    }
                }
                @if section.views.len() > 1 {
                    h3 { "Closer" }
                    div class="closer" {
                        @for (at, view) in section.views.iter().enumerate().skip(1) {
                            figure id={ "s" (number) "m" (at) } {
                                (drawing(number, at, &section.views))
                                figcaption { (caption(&view.square)) }
                            }
                        }
                    }
                }
                @if section.views_left_out > 0 && !section.views.is_empty() {
                    p class="more" {
                        "There is no room for a closer view of " (counted(section.views_left_out, "mixed network")) "."
                    }
                }
                div class="wide" tabindex="0" role="region" aria-label="Networks" {
                    table class="networks" {
                        caption { "Networks of " (names(section)) ", and what decides" }
                        thead { tr {
                            th scope="col" { "Row" }
                            th scope="col" { "Verdict" }
                            th scope="col" { "IPv4" }
                            th scope="col" { "IPv6" }
                            th scope="col" { "Decided by" }
                        } }
                        tbody {
                            @for (at, row) in section.rows.iter().enumerate() { (self.row(number, at, row)) }
                        }
                    }
                }
                @if section.rows_left_out > 0 {
                    p class="more" {
                        "There is no room for " (counted(section.rows_left_out, "row")) " more; "
                        code { "tcpdmatch --who --format json" } " has all."
                    }
                }
            }
        }
    }

    fn row(&self, section: usize, at: usize, row: &Row) -> Markup {
        html! {
            tr id={ "s" (section) "r" (at) } {
                td { (at + 1) }
                th scope="row" { (swatch(row.look)) " " (row.look.title()) }
                @for networks in &row.networks { td { (list(networks)) } }
                td {
                    @match &row.steps[..] {
                        [only] => (self.by(only)),
                        steps => ol {
                            @for (at, step) in steps.iter().enumerate() {
                                @let last = at + 1 == steps.len();
                                @if last && row.steps_left_out > 0 {
                                    li { "and " (counted(row.steps_left_out, "decision")) " more" }
                                }
                                li {
                                    @if last { "else " }
                                    b { (verdict_word(step.verdict)) }
                                    @if let Some(when) = &step.when { " if " (cut(when)) }
                                    ": " (self.by(step))
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// What decides, with a link to its line.
    fn by(&self, step: &Step) -> Markup {
        html! {
            @match self.spot(step.by) {
                Some((table, line)) => a class="rule" href={ "#t" (table) "l" (line) } { (code(&step.why)) },
                None => (cut(&step.why)),
            }
        }
    }

    /// The line of what decides.
    fn spot(&self, by: By) -> Option<Spot> {
        let rules = &self.policy.rules;
        let (By::Rule(index) | By::RuleInError(index)) = by else {
            return None;
        };
        let index = index as usize;
        let rule = rules.rules.get(index)?;
        Some((usize::from(index >= rules.allow), rule.place.line))
    }

    fn uses(&self) -> Uses {
        let mut uses = Uses::new();
        for (number, section) in self.sections.iter().enumerate() {
            for (at, row) in section.rows.iter().enumerate() {
                for spot in row.steps.iter().filter_map(|step| self.spot(step.by)) {
                    uses.entry(spot).or_default().insert((number, at));
                }
            }
        }
        uses
    }

    fn table(&self, at: usize, table: &Table, uses: &Uses) -> Markup {
        let lines = table.bytes.as_deref().map(lines).unwrap_or_default();
        let used = |number: u64| uses.get(&(at, number));
        let all = lines.len() <= MAX_LINES;
        let shown: Vec<(u64, &[u8])> = (1..)
            .zip(lines.iter().copied())
            .filter(|(number, _)| all || used(*number).is_some())
            .take(MAX_LINES)
            .collect();
        html! {
            section class="table" aria-labelledby={ "t" (at) } {
                h2 id={ "t" (at) } { (code(&table.path)) }
                @if table.bytes.is_none() { p { "There is no such file, or it cannot be read." } }
                @else if lines.is_empty() { p { "The file is empty." } }
                @else {
                    @if !all {
                        p class="more" {
                            "Of " (thousands(lines.len() as u128)) " lines, the " (thousands(shown.len() as u128))
                            " are shown that decide for a row of this page."
                        }
                    }
                    div class="wide" tabindex="0" role="region" aria-label="Lines of the table" {
                        table class="lines" {
                            caption { "Each line, and the rows for which it decides" }
                            thead { tr {
                                th scope="col" { "Line" } th scope="col" { "Text" } th scope="col" { "Rows" }
                            } }
                            tbody {
                                @for (number, text) in shown {
                                    tr id={ "t" (at) "l" (number) } {
                                        th scope="row" { (number) }
                                        td { (line(text)) }
                                        td { @if let Some(rows) = used(number) { (self.links(rows)) } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Links to rows, by the number that each has in its section.
    fn links(&self, rows: &BTreeSet<(usize, usize)>) -> Markup {
        let mut sections: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (section, row) in rows {
            sections.entry(*section).or_default().push(*row);
        }
        html! {
            ul class="links" {
                @for (number, rows) in sections.iter().take(MAX_LINKS) {
                    li {
                        @if let Some(section) = self.sections.get(*number) { (names(section)) ": " }
                        @for (at, row) in rows.iter().take(MAX_LINKS).enumerate() {
                            @if at > 0 { ", " }
                            a href={ "#s" (number) "r" (row) } { (row + 1) }
                        }
                        (more(rows.len().saturating_sub(MAX_LINKS), "row"))
                    }
                }
            }
            (more(sections.len().saturating_sub(MAX_LINKS), "daemon"))
        }
    }
}

/// The lines of a table. A newline at the end ends the last one.
fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<_> = bytes.split(|byte| *byte == b'\n').collect();
    if lines.last().is_some_and(|last| last.is_empty()) {
        lines.pop();
    }
    lines
}

fn line(text: &[u8]) -> Markup {
    let shown = text.get(..MAX_LINE).unwrap_or(text);
    html! {
        (code(&TableText(shown).to_string()))
        (more(text.len() - shown.len(), "byte"))
    }
}

/// How many things are left out; `what` is one of them.
fn more(count: usize, what: &str) -> Markup {
    html! { @if count > 0 { span class="more" { " and " (counted(count, what)) " more" } } }
}

/// So many of something.
fn counted(count: usize, what: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{} {what}{end}", thousands(count as u128))
}

/// Text of tables.
fn code(text: &str) -> Markup {
    html! { code { (cut(text)) } }
}

/// The beginning of a text.
fn cut(text: &str) -> Markup {
    let end = text
        .char_indices()
        .nth(MAX_WORDS)
        .map_or(text.len(), |(at, _)| at);
    let (shown, rest) = text.split_at(end);
    html! { (shown) (more(rest.chars().count(), "letter")) }
}

/// The daemons of a section, in brief.
fn names(section: &Section) -> Markup {
    let shown = section.names.iter().take(MAX_NAMES);
    html! {
        @for (at, name) in shown.enumerate() { @if at > 0 { ", " } (code(name)) }
        (more(section.names.len().saturating_sub(MAX_NAMES), "daemon"))
    }
}

/// The names that are not shown in brief.
fn other_names(section: &Section) -> Markup {
    let others: Vec<_> = section
        .names
        .iter()
        .skip(MAX_NAMES)
        .take(MAX_OTHER_NAMES)
        .map(String::as_str)
        .collect();
    let shown = MAX_NAMES + others.len();
    html! {
        @if !others.is_empty() {
            p class="more" { "The same for " (code(&others.join(", "))) (more(section.names.len().saturating_sub(shown), "daemon")) }
        }
    }
}

/// The networks of a row.
fn list(networks: &Networks) -> Markup {
    html! {
        @if let Some(rest) = networks.rest { (rest) }
        @else if networks.shown.is_empty() && networks.left_out == 0 { span class="none" { "none" } }
        @else {
            ul class="nets" { @for network in &networks.shown { li { code { (network) } } } }
            (more(networks.left_out, "network"))
        }
    }
}

/// The networks with a look, in a few words.
fn brief(section: &Section, look: Look) -> Markup {
    let rows: Vec<_> = section.rows.iter().filter(|row| row.look == look).collect();
    let both = rows.iter().flat_map(|row| &row.networks);
    let shown: Vec<_> = both.clone().flat_map(|networks| &networks.shown).collect();
    let left_out: usize = both.map(|networks| networks.left_out).sum();
    let rest = |family: usize| rows.iter().find_map(|row| row.networks.get(family)?.rest);
    let others = match (rest(0), rest(1)) {
        (Some("all addresses"), Some("all addresses")) => Some("everybody"),
        (Some(_), Some(_)) => Some("everybody else"),
        (Some("all addresses"), None) => Some("all of IPv4"),
        (Some(_), None) => Some("all others of IPv4"),
        (None, Some("all addresses")) => Some("all of IPv6"),
        (None, Some(_)) => Some("all others of IPv6"),
        (None, None) => None,
    };
    let hidden = left_out + shown.len().saturating_sub(MAX_OVERVIEW);
    html! {
        @for network in shown.iter().take(MAX_OVERVIEW) { code { (network) } br; }
        @if hidden > 0 { (thousands(hidden as u128)) " more" br; }
        @if let Some(others) = others { (others) }
        @else if shown.is_empty() && hidden == 0 { span class="none" { "nobody" } }
    }
}

fn share(size: u128, total: u128) -> Markup {
    // A share in tenths of a percent, never rounded up to all nor down to nothing.
    let tenths = (size * 1000).checked_div(total).unwrap_or(0);
    html! {
        (thousands(size))
        @if size > 0 && tenths == 0 { " (less than 0.1 %)" }
        @else if size > 0 { " (" (tenths / 10) "." (tenths % 10) " %)" }
    }
}

/// A number with its thousands apart.
fn thousands(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A page without letters that are not seen as what they are.
fn plain(page: String) -> String {
    if !page.contains(is_hidden) {
        return page;
    }
    let mut text = String::with_capacity(page.len());
    for letter in page.chars() {
        if is_hidden(letter) {
            text += &Untrusted(letter.encode_utf8(&mut [0; 4]).as_bytes()).to_string()
        } else {
            text.push(letter)
        }
    }
    text
}

/// Whether a letter is not seen, or changes how others are.
fn is_hidden(letter: char) -> bool {
    let number = u32::from(letter);
    match letter {
        '\n' => false,
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fdd0}'..='\u{fdef}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        other => other.is_control() || number & 0xfffe == 0xfffe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_can_be_read() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1 << 32, "4,294,967,296"),
        ] {
            assert_eq!(thousands(number), text);
        }
        assert_eq!(share(1, 1 << 32).into_string(), "1 (less than 0.1 %)");
        assert_eq!(
            share((1 << 32) - 1, 1 << 32).into_string(),
            "4,294,967,295 (99.9 %)"
        );
        assert_eq!(share(0, 1 << 32).into_string(), "0");
    }

    #[test]
    fn hidden_letters_are_shown() {
        let shown = |text: &str| plain(text.to_owned());
        assert_eq!(
            shown("a\u{202e}b\u{0}\u{1b}\u{fffe}"),
            "a\\342\\200\\256b\\000\\033\\357\\277\\276"
        );
        assert_eq!(shown("é א 日\n"), "é א 日\n");
    }
}
