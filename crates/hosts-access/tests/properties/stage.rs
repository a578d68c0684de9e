//! A world for one case: its files, read in pieces of a chosen size, and all that was said of it.
//!
//! The fuzz targets use this file too. Nothing here touches the system.

use std::cell::RefCell;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hosts_access::accelerate::index::{HeldList, HeldTable};
use hosts_access::action::{Action, Done};
use hosts_access::fake::FakeWorld;
use hosts_access::fault::Fault;
use hosts_access::report::problem::{Diagnostic, Gravity, Problem};
use hosts_access::world::{Effects, Files, Log, World};

/// A file by its name; one without a text may not be read.
pub(crate) type File<'t> = (&'t str, Option<&'t [u8]>);

/// How files are given.
#[derive(Clone, Copy)]
pub(crate) enum Given {
    /// To be read, at most so many bytes at a time.
    InPieces(usize),
    /// Held in memory, with an index.
    Held,
}

/// The world of a case.
pub(crate) struct Stage<'t> {
    files: &'t [File<'t>],
    given: Given,
    others: &'t FakeWorld,
    said: RefCell<Vec<Said>>,
}

/// What a message means for the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Nothing.
    None,
    /// The rule or the table cannot grant, and denies if it is hosts.deny.
    InError,
    /// The request is denied.
    Denied,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// What it means for the verdict.
    pub(crate) meaning: Meaning,
    /// The table that it is about.
    pub(crate) table: Option<PathBuf>,
    /// Its words.
    pub(crate) text: String,
}

impl<'t> Stage<'t> {
    /// These files; names, users and the rest come from `others`.
    pub(crate) fn new(files: &'t [File<'t>], given: Given, others: &'t FakeWorld) -> Self {
        Self {
            files,
            given,
            others,
            said: RefCell::default(),
        }
    }

    /// As the engine wants it.
    pub(crate) fn world(&self) -> World<'_> {
        World {
            files: self,
            log: self,
            ..self.others.world()
        }
    }

    /// What was said.
    pub(crate) fn said(&self) -> Vec<Said> {
        self.said.borrow().clone()
    }

    fn find(&self, path: &Path) -> Option<Option<&'t [u8]>> {
        let mut files = self.files.iter();
        files
            .find(|(name, _)| Path::new(name) == path)
            .map(|(_, text)| *text)
    }

    /// The text of a file that is to be held.
    fn to_hold(&self, path: &Path) -> Option<&'t [u8]> {
        match self.given {
            Given::Held => self.find(path)?,
            Given::InPieces(_) => None,
        }
    }
}

impl Files for Stage<'_> {
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn Read + '_>>> {
        match self.find(path) {
            Some(Some(text)) => Ok(Some(match self.given {
                Given::InPieces(piece) => Box::new(Pieces(text, piece)),
                Given::Held => Box::new(text),
            })),
            Some(None) => Err(io::Error::from_raw_os_error(13)),
            None => Ok(None),
        }
    }

    fn check_exists(&self, path: &Path) -> io::Result<()> {
        let below = |(name, _): &File<'_>| Path::new(name).starts_with(path);
        match self.files.iter().any(below) {
            true => Ok(()),
            false => Err(io::Error::from_raw_os_error(2)),
        }
    }

    fn held_table(&self, path: &Path) -> Option<Arc<HeldTable>> {
        let table = HeldTable::read(self.to_hold(path)?, 0)?;
        Some(Arc::new(table))
    }

    fn held_list(&self, path: &Path) -> Option<Arc<HeldList>> {
        let list = HeldList::read(self.to_hold(path)?, 0)?;
        Some(Arc::new(list))
    }
}

impl Log for Stage<'_> {
    fn diagnostic(&self, diagnostic: &Diagnostic) {
        let problem = &diagnostic.problem;
        let table = match (problem, &diagnostic.place) {
            (Problem::InError(problem, _), None) => match &**problem {
                Problem::CannotOpen(path, _) => Some(path.clone()),
                _ => None,
            },
            (_, Some(place)) => Some(place.table.to_path_buf()),
            _ => None,
        };
        self.said.borrow_mut().push(Said {
            meaning: meaning(problem),
            table,
            text: diagnostic.to_string(),
        });
    }
}

fn meaning(problem: &Problem) -> Meaning {
    match problem {
        _ if problem.gravity() == Gravity::Error => Meaning::Denied,
        Problem::InError(..) => Meaning::InError,
        _ => Meaning::None,
    }
}

/// A text that is read in pieces.
pub(crate) struct Pieces<'t>(pub(crate) &'t [u8], pub(crate) usize);

impl Read for Pieces<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = room.len().min(self.0.len()).min(self.1);
        self.0.read(room.get_mut(..count).unwrap_or_default())
    }
}

/// Keeps actions instead of carrying them out.
#[derive(Debug)]
pub(crate) struct Recorder {
    /// The actions, in order.
    pub(crate) done: Vec<Action>,
    /// The status of every aclexec command; `None` if nothing can be carried out.
    status: Option<i32>,
}

impl Recorder {
    /// Carries out everything; an aclexec command ends with this status.
    pub(crate) fn working(status: i32) -> Self {
        Self {
            done: Vec::new(),
            status: Some(status),
        }
    }

    /// Can carry out nothing.
    pub(crate) fn failing() -> Self {
        Self {
            done: Vec::new(),
            status: None,
        }
    }
}

impl Effects for Recorder {
    fn perform(&mut self, action: &Action) -> Result<Done, Fault> {
        let status = self.status.ok_or_else(|| Fault {
            what: "nothing works".to_owned(),
            reason: String::new(),
        })?;
        self.done.push(action.clone());
        Ok(match action {
            Action::Aclexec(_) => Done::Exited(status),
            _ => Done::Done,
        })
    }
}
