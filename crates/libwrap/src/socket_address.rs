//! The ends of a request, as its socket has them.

use std::ptr;

use system::peer::Connection;

use crate::layout::{HostInfo, has_lost_socket, keep_socket};
use crate::program_effects::borrow;

/// Asks the socket for its address again if the program has written over it.
///
/// # Safety
/// An end of a request that was made by request_init.
pub(crate) unsafe fn restore_socket(host: *mut HostInfo) {
    // SAFETY: as the caller says; nothing else of ours holds a reference to the structure.
    unsafe {
        if !has_lost_socket(host) {
            return;
        }
        let request = (*host).request;
        let Some(Ok(connection)) = borrow((*request).fd).map(Connection::on) else {
            return;
        };
        if !ptr::eq(host, &raw const (*request).client) {
            keep_socket(host, &connection.own);
        } else if let Some(peer) = &connection.peer {
            keep_socket(host, peer);
        }
    }
}
