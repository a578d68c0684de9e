//! Memory for the library's own values. Where the system has no more, it comes from a reserve, so that the
//! program is not aborted; a request that had to draw on the reserve is denied.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, UnsafeCell};
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

use system::low_memory;

/// Size of the reserve. It is no memory until it is written to.
const RESERVE_BYTES: usize = 1 << 20;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

/// Largest block of the reserve for what can be done without: what is not asked for with care is smaller.
const OPTIONAL_BYTES: usize = 8 << 10;

static RESERVE: Reserve = Reserve::new();

/// Whether this thread has drawn on the reserve since it was last asked.
pub(crate) fn ran_short() -> bool {
    low_memory::take()
}

thread_local! {
    /// How many blocks of the reserve this thread has.
    static DRAWN: Cell<u32> = const { Cell::new(0) };
}

/// How many blocks of the reserve this thread has.
pub(crate) fn drawn() -> u32 {
    DRAWN.get()
}

/// Gives blocks back that a jump out of the library has left behind: all but so many.
pub(crate) fn give_back(kept: u32) {
    low_memory::end_optional();
    while DRAWN.get() > kept {
        RESERVE.release();
    }
}

/// Blocks are given out one after the other; once all are back it begins anew.
#[repr(C, align(16))]
struct Reserve {
    bytes: UnsafeCell<[u8; RESERVE_BYTES]>,
    /// How many blocks are out, in the upper half; where the next one begins.
    state: AtomicU64,
}

// SAFETY: the bytes are only handed out as blocks that do not overlap.
unsafe impl Sync for Reserve {}

impl Reserve {
    const fn new() -> Self {
        Self {
            bytes: UnsafeCell::new([0; RESERVE_BYTES]),
            state: AtomicU64::new(0),
        }
    }

    fn start(&self) -> *mut u8 {
        self.bytes.get().cast()
    }

    fn owns(&self, block: *mut u8) -> bool {
        let start = self.start().addr();
        (start..start + RESERVE_BYTES).contains(&block.addr())
    }

    /// Null if there is no room. (What can do without then does, and nothing was drawn.)
    fn take(&self, layout: Layout) -> *mut u8 {
        let mut block = ptr::null_mut();
        if low_memory::is_optional() && layout.size() > OPTIONAL_BYTES {
            return block;
        }
        let _no_room = self
            .state
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |state| {
                let (out, next) = (state >> 32, (state & u64::from(u32::MAX)) as usize);
                let start = next.checked_next_multiple_of(layout.align().max(16))?;
                let end = start.checked_add(layout.size())?;
                if end > RESERVE_BYTES || layout.align() > 16 {
                    block = ptr::null_mut();
                    return None;
                }
                block = self.start().wrapping_add(start);
                Some((out + 1) << 32 | end as u64)
            });
        if !block.is_null() {
            DRAWN.set(DRAWN.get().wrapping_add(1));
            low_memory::note();
        }
        block
    }

    /// Takes one block back.
    fn release(&self) {
        DRAWN.set(DRAWN.get().saturating_sub(1));
        let _always = self
            .state
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |state| {
                let out = (state >> 32).saturating_sub(1);
                Some(if out == 0 {
                    0
                } else {
                    out << 32 | state & u64::from(u32::MAX)
                })
            });
    }
}

struct Allocator;

// SAFETY: every block is the system's, or one of the reserve's that nobody else has.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller says.
        let block = unsafe { System.alloc(layout) };
        if block.is_null() {
            RESERVE.take(layout)
        } else {
            block
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller says; the reserve's block is as long as the layout.
        unsafe {
            let block = System.alloc_zeroed(layout);
            if !block.is_null() {
                return block;
            }
            let block = RESERVE.take(layout);
            if !block.is_null() {
                ptr::write_bytes(block, 0, layout.size());
            }
            block
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if RESERVE.owns(block) {
            return RESERVE.release();
        }
        // SAFETY: as the caller says; it is a block of the system's.
        unsafe { System.dealloc(block, layout) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !RESERVE.owns(block) {
            // SAFETY: as the caller says; it is a block of the system's.
            let moved = unsafe { System.realloc(block, layout, size) };
            if !moved.is_null() {
                return moved;
            }
        }
        // SAFETY: the caller has seen to a size that is valid with this alignment; the old block is
        // not freed before it was copied from.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_do_not_overlap_and_all_come_back() {
        static OWN: Reserve = Reserve::new();
        let reserve = &OWN;
        let layout = Layout::from_size_align(100, 8).unwrap();
        let (one, two) = (reserve.take(layout), reserve.take(layout));
        assert_eq!(two.addr() - one.addr(), 112);
        assert!(reserve.owns(one) && reserve.owns(two));
        let rest = Layout::from_size_align(RESERVE_BYTES - 200, 8).unwrap();
        assert!(reserve.take(rest).is_null());
        reserve.release();
        assert_eq!(reserve.take(layout).addr() - two.addr(), 112);
        reserve.release();
        reserve.release();
        assert_eq!(reserve.take(rest), one);
        assert!(ran_short());
        assert!(!ran_short());
    }
}
