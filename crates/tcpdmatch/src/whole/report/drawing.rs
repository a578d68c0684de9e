//! The map as SVG. Colours and patterns are the style sheet's; each part has a pattern too, for those who do not see
//! colours and for paper.
//!
//! What is drawn is in the table of networks as text: the drawing has a title, and is left to the eye and the mouse.

use std::net::Ipv4Addr;

use maud::{Markup, html};

use super::address_map::{BLOCKS, Block, Look, Square};
use super::section::View;

/// Blocks of a line.
const LINE: usize = 16;

/// Side of a block.
const SIDE: usize = 28;

/// Room for the numbers beside the blocks.
const EDGE: usize = 34;

/// Side of the mark of a part that a block has besides.
const MARK: usize = 11;

/// The patterns, once for the page.
pub(super) fn patterns() -> Markup {
    html! {
        svg class="patterns" width="0" height="0" aria-hidden="true" focusable="false" {
            defs {
                pattern id="p-else-denied" width="14" height="14" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect class="else-denied-ground" width="14" height="14" {}
                    rect class="else-denied-ink" width="2" height="14" {}
                }
                pattern id="p-else-served" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)" {
                    rect class="else-served-ground" width="6" height="6" {}
                    rect class="else-served-ink" width="2" height="6" {}
                }
                pattern id="p-delegated" width="7" height="7" patternUnits="userSpaceOnUse" {
                    rect class="delegated-ground" width="7" height="7" {}
                    circle class="delegated-ink" cx="3.5" cy="3.5" r="1.7" {}
                }
            }
        }
    }
}

/// A small square in the colour and pattern of a look.
pub(super) fn swatch(look: Look) -> Markup {
    html! {
        svg class="swatch" viewBox="0 0 24 24" aria-hidden="true" focusable="false" {
            rect class={ "b " (look.class()) } x="0.5" y="0.5" width="23" height="23" {}
        }
    }
}

/// One square of the map of a section, with links to its rows and to the closer views.
pub(super) fn drawing(section: usize, at: usize, views: &[View]) -> Markup {
    let Some(view) = views.get(at) else {
        return html! {};
    };
    let square = &view.square;
    let main = square.main();
    let size = EDGE + LINE * SIDE;
    let grid = LINE * SIDE;
    let title = title(square, main);
    let label = format!("v{section}-{at}");
    html! {
        svg class="map" viewBox={ "0 0 " (size + 1) " " (size + 1) } role="img" aria-labelledby=(label) {
            title id=(label) { (title) }
            @for line in 0..LINE {
                text class="edge" x=(EDGE - 5) y=(EDGE + line * SIDE + 18) text-anchor="end" { (line * LINE) }
                text class="edge" x=(EDGE + line * SIDE + SIDE / 2) y=(EDGE - 7) text-anchor="middle" { "+" (line) }
            }
            rect class={ "b " (main.class()) } x=(EDGE) y=(EDGE) width=(grid) height=(grid) {}
            path class="lines" d=(lines()) {}
            @for (number, block) in square.blocks.iter().enumerate() {
                @let shown = block.main() != main || block.others().next().is_some();
                @if shown {
                    (linked(section, view, views, number, block))
                } @else if at == 0 {
                    text class={ "quiet on-" (main.class()) } x=(left(number) + SIDE / 2) y=(top(number) + 18) text-anchor="middle" { (number) }
                }
            }
        }
    }
}

/// What the drawing shows, in a sentence.
fn title(square: &Square, main: Look) -> String {
    let differ = square
        .blocks
        .iter()
        .filter(|block| block.main() != main || block.others().next().is_some());
    let of = match square.length {
        0 => "All IPv4 addresses".to_owned(),
        _ => square.network(),
    };
    let step = square.length + 8;
    let most = main.title();
    match differ.count() {
        0 => format!("{of}: {most}, all of it."),
        count => format!(
            "{of} in {BLOCKS} blocks of /{step}: {most}, but {count} blocks. The table has all of it as text."
        ),
    }
}

/// A block that is not as most are, with a link to what tells more of it.
fn linked(section: usize, view: &View, views: &[View], number: usize, block: &Block) -> Markup {
    let square = &view.square;
    let closer = views.iter().position(|other| {
        other.square.length > square.length && square.block_contains(number, other.square.base)
    });
    let row = view.rows.get(number).copied().flatten();
    let link = match (closer, row) {
        (Some(closer), _) => Some(format!("#s{section}m{closer}")),
        (None, Some(row)) => Some(format!("#s{section}r{row}")),
        (None, None) => None,
    };
    let drawn = block_drawing(square, number, block);
    html! {
        @if let Some(link) = link {
            a href=(link) tabindex="-1" { (drawn) }
        } @else {
            (drawn)
        }
    }
}

fn block_drawing(square: &Square, number: usize, block: &Block) -> Markup {
    let (x, y) = (left(number), top(number));
    let mixed = block.others().next().is_some();
    let words: Vec<_> = block.others().map(Look::title).collect();
    let network = square.block_network(number);
    html! {
        title {
            (network) ": " (block.main().title())
            @if mixed { ", parts of it: " (words.join(", ")) }
        }
        rect class={ "b " (block.main().class()) } x=(x) y=(y) width=(SIDE) height=(SIDE) {}
        text class={ "number on-" (block.main().class()) } x=(x + SIDE / 2) y=(y + if mixed { 13 } else { 18 }) text-anchor="middle" { (number) }
        @for (at, look) in block.others().enumerate() {
            rect class={ "mark " (look.class()) } x=(x + SIDE - (at + 1) * MARK) y=(y + SIDE - MARK) width=(MARK) height=(MARK) {}
        }
    }
}

/// The lines between the blocks.
fn lines() -> String {
    let mut path = String::new();
    for line in 0..=LINE {
        let at = EDGE + line * SIDE;
        let end = EDGE + LINE * SIDE;
        path += &format!("M{EDGE} {at}H{end}M{at} {EDGE}V{end}");
    }
    path
}

fn left(number: usize) -> usize {
    EDGE + number % LINE * SIDE
}

fn top(number: usize) -> usize {
    EDGE + number / LINE * SIDE
}

/// What a closer view is of.
pub(super) fn caption(square: &Square) -> String {
    let first = Ipv4Addr::from(square.base);
    match square.length {
        24 => format!("{first}/24, address by address"),
        length => format!("{first}/{length}, by /{}", length + 8),
    }
}
