//! Findings for people (`--format human`): the place with its line, and what to do.

use annotate_snippets::{AnnotationKind, Group, Level as Colour, Origin, Renderer, Snippet};
use hosts_access::text::escape::TableText;
use tools::output::Output;
use tools::remark::Level;

use crate::finding::{FilePlace, Finding};

/// Shows a finding; what its kind means only the first time.
pub(super) fn show(finding: &Finding, first: bool, renderer: &Renderer, output: &Output) {
    let colour = match finding.prefix() {
        Level::Error => Colour::ERROR,
        Level::Warning => Colour::WARNING,
        Level::Note => Colour::NOTE,
    };
    let text = finding.placed_text();
    let group = Group::with_title(colour.clone().primary_title(text));
    if finding.minor {
        return output.line(renderer.render(&[group]));
    }
    let group = match &finding.place {
        Some(place) => excerpt(group, place),
        None => group,
    };
    let check = finding.check;
    let kind = format!("{} [{}]: {}", check.level, check.id, check.title);
    let mut notes = vec![Colour::NOTE.no_name().message(kind)];
    if first {
        notes.push(Colour::NOTE.with_name(Some("why")).message(check.why));
        notes.push(Colour::HELP.message(check.remedy));
    }
    if let Some(instead) = &finding.instead {
        notes.push(Colour::HELP.with_name(Some("write")).message(instead));
    }
    if let Some(elsewhere) = &finding.elsewhere {
        notes.push(Colour::HELP.with_name(Some("write")).message(elsewhere));
    }
    let shown = renderer.render(&[group.elements(notes)]);
    for line in shown.lines().filter(|line| !is_gap(line)) {
        output.line(line);
    }
}

/// The place, the rule's first line, and the line with the word in it if that is another.
fn excerpt<'p>(group: Group<'p>, place: &'p FilePlace) -> Group<'p> {
    let Some(mark) = &place.mark else {
        return group;
    };
    let number = |line: u64| usize::try_from(line).unwrap_or(usize::MAX);
    let path = TableText::from(&*place.file).to_string();
    let word = Snippet::source(&mark.excerpt)
        .line_start(number(mark.line))
        .annotation(AnnotationKind::Primary.span(mark.span.clone()));
    if mark.whole && place.head.is_none() {
        return group.element(word.path(path));
    }
    // The renderer would take the place from the excerpt.
    let origin = Origin::path(path).line(number(place.first));
    let group = group.element(origin.char_column(mark.rule_column));
    match &place.head {
        Some(head) => {
            let visible = AnnotationKind::Visible.span(0..head.len());
            let head = Snippet::source(head).line_start(number(place.first));
            group.element(head.annotation(visible)).element(word)
        }
        None => group.element(word),
    }
}

/// Whether a line is the renderer's mark for an excerpt without a place of its own.
fn is_gap(line: &str) -> bool {
    let parts = line.split('\x1b').enumerate().map(|(index, part)| {
        let styled = part.split_once('m').map_or("", |(_, rest)| rest);
        if index == 0 { part } else { styled }
    });
    parts.collect::<String>().trim() == ":::"
}
