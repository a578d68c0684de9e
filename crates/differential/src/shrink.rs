//! Cuts a case down to what still differs without a reason.

use anyhow::Result;

use crate::case::{Case, Content, End};
use crate::compare::Judgement;
use crate::explain::judge;
use crate::original::Original;

/// The smallest case found that still differs without a reason.
pub(crate) fn smallest(original: &Original, case: &Case) -> Result<Case> {
    let mut best = case.clone();
    loop {
        let before = best.clone();
        for change in changes(&best) {
            let mut smaller = best.clone();
            change(&mut smaller);
            keep(original, &mut best, smaller)?;
        }
        for index in 0..best.files.len() {
            let mut size = text_size(&best, index).next_power_of_two();
            while size > 0 {
                let mut at = 0;
                while at < text_size(&best, index) {
                    let mut smaller = best.clone();
                    if let Some((_, Content::Text(text))) = smaller.files.get_mut(index) {
                        text.drain(at..(at + size).min(text.len()));
                    }
                    if !keep(original, &mut best, smaller)? {
                        at += size;
                    }
                }
                size /= 2;
            }
        }
        if best == before {
            return Ok(best);
        }
    }
}

fn text_size(case: &Case, index: usize) -> usize {
    match case.files.get(index) {
        Some((_, Content::Text(text))) => text.len(),
        _ => 0,
    }
}

fn keep(original: &Original, best: &mut Case, smaller: Case) -> Result<bool> {
    let still = smaller != *best && judge(original, &smaller, &|_| ())? == Judgement::Unexplained;
    if still {
        *best = smaller;
    }
    Ok(still)
}

type Change = Box<dyn Fn(&mut Case)>;

/// Every way to make do with one fact less.
fn changes(case: &Case) -> Vec<Change> {
    let mut changes: Vec<Change> = vec![
        Box::new(|case| case.pointers.clear()),
        Box::new(|case| case.forwards.clear()),
        Box::new(|case| case.server = End::default()),
        Box::new(|case| case.server.name = None),
        Box::new(|case| case.client.name = None),
        Box::new(|case| case.client.socket = None),
        Box::new(|case| case.stream = false),
        Box::new(|case| case.user = None),
        Box::new(|case| case.ident = None),
        Box::new(|case| case.aclexec = 0),
        Box::new(|case| case.daemon = b"svcd".to_vec()),
    ];
    for index in (0..case.files.len()).rev() {
        changes.push(Box::new(move |case| drop(case.files.remove(index))));
    }
    for index in (0..case.netgroups.len()).rev() {
        changes.push(Box::new(move |case| drop(case.netgroups.remove(index))));
    }
    changes
}
