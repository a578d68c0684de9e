//! Text: expansions, and the small functions that checkers of tables read them with.

use std::ffi::{CStr, c_char, c_int, c_ulong};
use std::sync::atomic::Ordering;

use hosts_access::address::notation::dotted_quad;
use hosts_access::options::expand::expand;
use hosts_access::report::problem::{OptionProblem, Problem};
use nix::libc::{self, FILE};

use crate::ffi_guard::guard;
use crate::layout::{RequestInfo, given, store};
use crate::program_facts::ProgramFacts;
use crate::{messages, shim};

/// What dot_quad_addr(3) says of a text that is no address.
const NO_ADDRESS: c_ulong = u32::MAX as c_ulong;

/// A string of the program to write to.
///
/// # Safety
/// Room for so many bytes, of which nothing else is using any.
unsafe fn room<'r>(text: *mut c_char, size: c_int) -> &'r mut [c_char] {
    match usize::try_from(size) {
        // SAFETY: as the caller says.
        Ok(size) if !text.is_null() => unsafe { std::slice::from_raw_parts_mut(text, size) },
        _ => &mut [],
    }
}

/// Expands a text. One that does not fit ends the process, as there is no way to say so; should the
/// program's clean_exit return, the result is empty.
///
/// # Safety
/// Room for so many bytes, a string that ends in NUL, and a request that was made by request_init.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn percent_x(
    result: *mut c_char,
    size: c_int,
    text: *const c_char,
    request: *mut RequestInfo,
) -> *mut c_char {
    guard((), || {
        // SAFETY: as the caller says.
        unsafe {
            let text = given(text);
            let facts = ProgramFacts::of(request);
            let bound = usize::try_from(size).unwrap_or(0).saturating_sub(1);
            let expanded = expand(text, &mut facts.request(), &facts.world(), None, bound);
            match expanded {
                Ok(expanded) => store(room(result, size), expanded.as_bytes()),
                Err(_) => {
                    let start = text.get(..30).unwrap_or(text).to_vec();
                    store(room(result, size), b"");
                    messages::problem(Problem::OptionFault(too_long(start)));
                    shim::end(request);
                }
            }
        }
    });
    result
}

fn too_long(start: Vec<u8>) -> hosts_access::fault::Fault {
    hosts_access::fault::Fault {
        what: OptionProblem::TooLong(start).to_string(),
        reason: String::new(),
    }
}

/// Puts the reason of the last system error in for each `%m`.
///
/// # Safety
/// A string that ends in NUL, and room for what comes of it.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn percent_m(result: *mut c_char, text: *const c_char) -> *mut c_char {
    let error = std::io::Error::last_os_error();
    guard((), || {
        let reason = hosts_access::fault::reason(&error).into_bytes();
        // SAFETY: as the caller says.
        let mut rest = unsafe { given(text) };
        let mut filled = Vec::new();
        while let Some((byte, tail)) = rest.split_first() {
            match rest.strip_prefix(b"%m") {
                Some(tail) => {
                    filled.extend_from_slice(&reason);
                    rest = tail;
                }
                None => {
                    filled.push(*byte);
                    rest = tail;
                }
            }
        }
        // SAFETY: the caller has room for all of it and its NUL.
        unsafe {
            store(
                std::slice::from_raw_parts_mut(result, filled.len() + 1),
                &filled,
            )
        };
    });
    result
}

/// Reads a line, joined with those that follow a backslash at its end, and counts in `tcpd_context`.
///
/// # Safety
/// Room for so many bytes, and an open stream.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn xgets(line: *mut c_char, size: c_int, table: *mut FILE) -> *mut c_char {
    let mut at = line;
    let mut left = size;
    // SAFETY: `at` stays within the room, of which `left` bytes remain.
    unsafe {
        while left > 1 && !libc::fgets(at, left, table).is_null() {
            let got = CStr::from_ptr(at).to_bytes();
            if !got.ends_with(b"\n") {
                return line;
            }
            shim::tcpd_context.line.fetch_add(1, Ordering::Relaxed);
            let Some(head) = got.strip_suffix(b"\\\n") else {
                return line;
            };
            let count = head.len();
            left -= c_int::try_from(count).unwrap_or(left);
            at = at.add(count);
            *at = 0;
        }
    }
    if at > line {
        line
    } else {
        std::ptr::null_mut()
    }
}

/// Cuts a string at the first such character outside brackets. Returns what follows it, or null.
///
/// # Safety
/// A string that ends in NUL, or null.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn split_at(text: *mut c_char, delimiter: c_int) -> *mut c_char {
    // SAFETY: as the caller says.
    let bytes = unsafe { given(text) };
    let mut depth = 0_i64;
    let found = bytes.iter().position(|byte| {
        match byte {
            b'[' => depth += 1,
            b']' => depth -= 1,
            other => return depth == 0 && c_int::from(other.cast_signed()) == delimiter,
        }
        false
    });
    match found {
        // SAFETY: the position lies within the string.
        Some(at) => unsafe {
            *text.add(at) = 0;
            text.add(at + 1)
        },
        None => std::ptr::null_mut(),
    }
}

/// An IPv4 address of four numbers, in network order; all bits set if it is none.
///
/// # Safety
/// A string that ends in NUL.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dot_quad_addr(text: *const c_char) -> c_ulong {
    // SAFETY: as the caller says.
    let quad = dotted_quad(unsafe { given(text) });
    quad.map_or(NO_ADDRESS, |address| in_network_order(address.to_bits()))
}

/// The mask of so many bits, in network order; 0 if there is no such mask.
///
/// # Safety
/// A string that ends in NUL.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn cidr_mask_addr(text: *const c_char) -> c_ulong {
    // SAFETY: as the caller says.
    let bits = unsafe { libc::strtol(text, std::ptr::null_mut(), 10) };
    match u32::try_from(bits) {
        Ok(bits @ 1..=32) => in_network_order(u32::MAX << (32 - bits)),
        _ => 0,
    }
}

fn in_network_order(word: u32) -> c_ulong {
    c_ulong::from(word.to_be())
}
