//! Postings: for each key the parts that ask for it, in their order.
//!
//! Two arrays serve a million keys with two looks at memory each: the postings, put together by the
//! upper bits of their keys, and for each value of these bits where its postings begin.

use crate::request::{Request, Side};

use super::keys::{Demands, Key, Kinds, Service, Services, keys_of, service_marks};

/// One part under one of its keys.
#[derive(Clone, Copy, Debug, Default)]
struct Posting {
    /// The lower bits of the key.
    check: u32,
    /// The part's number.
    part: u32,
    /// Mark of the only service that it is for, or 0.
    service: u32,
}

/// Collects what the parts of a text ask for.
#[derive(Debug, Default)]
pub(super) struct IndexBuilder {
    postings: Vec<(u64, Posting)>,
    /// The kinds of keys met so far.
    pub(super) kinds: Kinds,
}

impl IndexBuilder {
    /// Notes what a part asks for: one of the services and one of what the host must have. `false` if
    /// nothing can satisfy it; `None` if there is no memory.
    pub(super) fn rule(
        &mut self,
        part: u32,
        services: &Services<'_>,
        demands: &Demands,
    ) -> Option<bool> {
        let services = services.each();
        let before = self.postings.len();
        if demands.always {
            for service in services {
                self.push(Key::Shown(*service).hash(), part, Service::Any)?;
            }
        } else if let Some(first) = services.first() {
            let only = match services.len() {
                1 => *first,
                _ => Service::Any,
            };
            for key in &demands.keys {
                self.push(*key, part, only)?;
            }
            for service in services.iter().filter(|_| demands.asks) {
                self.push(Key::Asks(*service).hash(), part, Service::Any)?;
            }
        }
        Some(self.postings.len() > before)
    }

    /// Memory that is taken.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(self.postings.as_slice())
    }

    fn push(&mut self, key: u64, part: u32, service: Service<'_>) -> Option<()> {
        let posting = Posting {
            check: key as u32,
            part,
            service: service.mark(),
        };
        self.postings.try_reserve(1).ok()?;
        self.postings.push((key, posting));
        Some(())
    }

    /// Puts the index together; `None` if there is no memory. With `few` parts all are shown.
    pub(super) fn build(self, few: bool) -> Option<Index> {
        if few {
            return Some(Index::default());
        }
        let count = self.postings.len();
        let bits = count.next_power_of_two().trailing_zeros().max(1);
        let bucket = |key: u64| (key >> (u64::BITS - bits)) as usize;
        let mut starts = zeroed::<u32>((1 << bits) + 1)?;
        for (key, _) in &self.postings {
            *starts.get_mut(bucket(*key) + 1)? += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut places = Vec::new();
        places.try_reserve_exact(starts.len()).ok()?;
        places.extend_from_slice(&starts);
        let mut postings = zeroed::<Posting>(count)?;
        for (key, posting) in &self.postings {
            let place = places.get_mut(bucket(*key))?;
            *postings.get_mut(*place as usize)? = *posting;
            *place += 1;
        }
        Some(Index {
            bits,
            starts,
            postings,
            kinds: self.kinds,
        })
    }
}

/// Memory for so many values, if there is some.
fn zeroed<T: Clone + Default>(count: usize) -> Option<Vec<T>> {
    let mut values = Vec::new();
    values.try_reserve_exact(count).ok()?;
    values.resize(count, T::default());
    Some(values)
}

/// The parts under each key. Without any bucket it shows all parts.
#[derive(Debug, Default)]
pub(super) struct Index {
    bits: u32,
    starts: Vec<u32>,
    postings: Vec<Posting>,
    kinds: Kinds,
}

impl Index {
    /// Where the postings lie that may have this key.
    fn bucket(&self, key: u64) -> Option<Run> {
        let bucket = (key >> (u64::BITS - self.bits)) as usize;
        let [at, end] = *self.starts.get(bucket..bucket + 2)? else {
            return None;
        };
        (at < end).then_some(Run {
            at,
            end,
            check: key as u32,
        })
    }
}

/// The postings of a bucket that are still ahead.
#[derive(Clone, Copy, Debug)]
struct Run {
    at: u32,
    end: u32,
    check: u32,
}

/// Goes through the parts that can have to do with a request, in their order.
#[derive(Debug, Default)]
pub(super) struct Finder {
    runs: Vec<Run>,
    services: [u32; 2],
    /// The first part that was not passed yet.
    next: u32,
    /// Whether the host's name had been asked for when the runs were made; `None` before that.
    name_asked: Option<bool>,
}

impl Finder {
    /// The next part, of so many in all.
    pub(super) fn next(
        &mut self,
        index: &Index,
        count: usize,
        request: &Request,
        side: Side,
    ) -> Option<u32> {
        let found = if index.starts.is_empty() {
            (self.next as usize) < count
        } else {
            self.follow(index, request, side);
            match self
                .runs
                .iter_mut()
                .filter_map(|run| run.first(&index.postings, self.next, self.services))
                .min()
            {
                Some(part) => {
                    self.next = part;
                    true
                }
                None => false,
            }
        };
        let part = self.next;
        found.then(|| {
            self.next += 1;
            part
        })
    }

    /// Makes the runs anew when more has become known of the host.
    fn follow(&mut self, index: &Index, request: &Request, side: Side) {
        let asked = !request.host(side).name.is_not_asked();
        if self.name_asked == Some(asked) {
            return;
        }
        self.name_asked = Some(asked);
        self.services = service_marks(request);
        self.runs.clear();
        keys_of(request, side, &index.kinds, |key| {
            self.runs.extend(index.bucket(key));
        });
    }
}

impl Run {
    /// The first part from a number on, for one of the services.
    fn first(&mut self, postings: &[Posting], from: u32, services: [u32; 2]) -> Option<u32> {
        let ahead = postings.get(self.at as usize..self.end as usize)?;
        let fits = |posting: &Posting| {
            posting.part >= from
                && posting.check == self.check
                && (posting.service == 0 || services.contains(&posting.service))
        };
        match ahead.iter().position(fits) {
            Some(passed) => {
                self.at += passed as u32;
                ahead.get(passed).map(|posting| posting.part)
            }
            None => {
                self.at = self.end;
                None
            }
        }
    }
}
