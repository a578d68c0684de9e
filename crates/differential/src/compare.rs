//! Whether two outcomes are the same, but for the wording and the events that rows of
//! docs/differences.md name.

use hosts_access::report::problem::RefusedClients;
use hosts_access::text::escape::{TableText, Untrusted};

use crate::case::Case;
use crate::outcome::{Event, Outcome, Verdict};

/// What a comparison gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    Equal,
    /// These rows say why.
    Explained(Vec<&'static str>),
    Unexplained,
}

/// The rows through which the outcomes of a case are the same; `None` if they are not.
pub(crate) fn same(case: &Case, ours: &Outcome, original: &Outcome) -> Option<Vec<&'static str>> {
    let mut rows = Vec::new();
    let ours_events = ours
        .events
        .iter()
        .filter_map(|event| plain(event, &mut rows));
    let (ours_events, original_events) = (
        settled(&ours_events.collect::<Vec<_>>()),
        settled(&original.events),
    );
    let mut ours_at = ours_events.iter().peekable();
    let mut original_at = original_events.iter().peekable();
    loop {
        let row = match (ours_at.peek(), original_at.peek()) {
            (None, None) => break,
            (Some(ours), Some(original)) if same_event(ours, original) => None,
            (Some(ours), Some(original)) if wording(case, ours, original).is_some() => {
                wording(case, ours, original)
            }
            // `user` and `group` do nothing in the original.
            (Some(Event::Identity(_)), _) => {
                rows.push("O1");
                ours_at.next();
                continue;
            }
            // `nice` with a negative number warns of success.
            (_, Some(Event::Message(text))) if is_nice_success(text) => {
                rows.push("O9");
                original_at.next();
                continue;
            }
            // No ident query is made about a connection to port 113.
            (_, Some(Event::Ident(_))) if case.server.socket.is_some_and(|at| at.port() == 113) => {
                rows.push("N7");
                original_at.next();
                continue;
            }
            _ => return None,
        };
        rows.extend(row);
        ours_at.next();
        original_at.next();
    }
    if original.verdict == Verdict::Exit
        || ours.verdict != original.verdict
        || ours.severity != original.severity
    {
        return None;
    }
    rows.sort_unstable();
    rows.dedup();
    Some(rows)
}

/// An event without what only we say: whom something in error refuses, and warnings of what the original
/// passes over in silence.
fn plain(event: &Event, rows: &mut Vec<&'static str>) -> Option<Event> {
    let Event::Message(text) = event else {
        return Some(event.clone());
    };
    let has = |part: &str| {
        text.windows(part.len())
            .any(|found| found == part.as_bytes())
    };
    if text.starts_with(b"warning: ") && has(": slashes alone name no list") {
        rows.push("T8");
        return None;
    }
    if text.starts_with(b"warning: ") && has(": NUL bytes are passed over") {
        rows.push("T7");
        return None;
    }
    let plain = without_refused(text);
    rows.extend((plain.len() < text.len()).then_some("L3"));
    Some(Event::Message(plain.to_vec()))
}

/// A message without the words that say whom something in error refuses.
pub(crate) fn without_refused(message: &[u8]) -> &[u8] {
    [RefusedClients::Ungranted, RefusedClients::Reached]
        .iter()
        .find_map(|refused| message.strip_suffix(format!(" (in error: {refused})").as_bytes()))
        .unwrap_or(message)
}

/// The events with each banner after what its expansions gave rise to. We send it in larger pieces
/// than the original, and nobody sees the client's text and the log in one sequence.
fn settled(events: &[Event]) -> Vec<Event> {
    let mut settled = Vec::with_capacity(events.len());
    let mut banner = Vec::new();
    for event in events {
        match event {
            Event::Banner(text) => banner.extend_from_slice(text),
            Event::Ident(_) => settled.push(event.clone()),
            Event::Message(text) if text.starts_with(b"warning: ") => settled.push(event.clone()),
            _ => {
                Outcome::push(&mut settled, Event::Banner(std::mem::take(&mut banner)));
                settled.push(event.clone());
            }
        }
    }
    Outcome::push(&mut settled, Event::Banner(banner));
    settled
}

fn same_event(ours: &Event, original: &Event) -> bool {
    match (ours, original) {
        (Event::Message(ours), Event::Message(original)) => {
            ours == original
                || without_process(ours).is_some_and(|ours| Some(ours) == without_process(original))
        }
        _ => ours == original,
    }
}

/// The number of a process is not the same twice.
fn without_process(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let (before, rest) = text.split_once("process ")?;
    let (_, after) = rest.split_once(" exited with signal")?;
    Some(format!("{before}{after}").into_bytes())
}

fn is_nice_success(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    text.starts_with("warning: ") && text.contains(": nice(-") && text.ends_with("): Success")
}

/// The row by which two messages say the same in other words.
fn wording(case: &Case, ours: &Event, original: &Event) -> Option<&'static str> {
    let (Event::Message(ours), Event::Message(original)) = (ours, original) else {
        return None;
    };
    let shown = |text: String| text.as_bytes() == &ours[..];
    let on_terminal = original.split(|byte| *byte == b'\t');
    let on_terminal: Vec<_> = on_terminal
        .map(|part| Untrusted(part).to_string())
        .collect();
    if shown(Untrusted(original).to_string())
        || shown(TableText(original).to_string())
        || shown(on_terminal.join("\t"))
    {
        return Some("N9");
    }
    let (place, text) = split_place(ours)?;
    let (original_place, original_text) = split_place(original)?;
    let about_end = [
        "missing newline or line too long",
        "all the subsequent rules will be ignored",
    ];
    if text == original_text && about_end.contains(&text) {
        let (table, line) = place.rsplit_once(' ')?;
        let one_less = line.parse::<u64>().ok()?.checked_sub(1)?;
        let path = table.split_once(": ")?.1.strip_suffix(", line")?;
        let unterminated = case
            .text(path.as_bytes())
            .is_some_and(|text| !text.ends_with(b"\n"));
        return (unterminated && original_place == format!("{table} {one_less}")).then_some("T10");
    }
    let by_name = place == original_place
        && text.starts_with("setenv: bad variable name ")
        && original_text == "memory allocation failure";
    by_name.then_some("O4")
}

/// Splits `KIND: TABLE, line N` from the text after it.
fn split_place(message: &[u8]) -> Option<(&str, &str)> {
    let message = std::str::from_utf8(message).ok()?;
    let kind = message.find(": ")? + 2;
    let end = kind + message.get(kind..)?.find(": ")?;
    Some((message.get(..end)?, message.get(end + 2..)?))
}
