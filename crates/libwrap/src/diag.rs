//! Reports that the C part hands over: those of the program itself, `tcpd_warn` and `tcpd_jump`, and a key that
//! request_set(3) does not know.

use std::ffi::{c_char, c_int};

use crate::ffi_guard;
use crate::layout::given;
use crate::messages::tagged;

/// A report of the program: `tcpd_warn` or `tcpd_jump`.
///
/// # Safety
/// A string that ends in NUL.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn wrap_report(jumps: c_int, text: *const c_char) {
    ffi_guard::guard((), || {
        // SAFETY: as the caller says.
        let text = String::from_utf8_lossy(unsafe { given(text) });
        tagged(if jumps == 0 { "warning" } else { "error" }, &text);
    });
}

/// A key that request_set(3) does not know.
#[unsafe(no_mangle)]
extern "C-unwind" fn wrap_bad_key(key: c_int) {
    ffi_guard::guard((), || {
        tagged("warning", &format!("request_fill: invalid key: {key}"));
    });
}
