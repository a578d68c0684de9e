//! The search of the tables for the rule that decides and its test against the request.

pub mod access;
pub mod comments;
pub mod entries;
pub mod matcher;

use std::io;
use std::path::Path;

use crate::world::World;
use entries::{Entries, Kind};

/// Opens a table or a list for a search; `None` if there is none. This is the only way by which entries come to be
/// left out, and none is where somebody wants to be told of each.
fn open<'w>(
    path: &Path,
    kind: Kind,
    world: &World<'w>,
) -> io::Result<Option<Box<dyn Entries + 'w>>> {
    let every = world.log.wants_events();
    if !every && let Some(held) = world.files.held(path, kind) {
        return Ok(Some(held));
    }
    let source = world.files.open(path)?;
    #[cfg(feature = "accelerate")]
    if !every {
        return Ok(source.map(|source| crate::accelerate::read(source, kind)));
    }
    Ok(source.map(|source| entries::read(source, kind)))
}
