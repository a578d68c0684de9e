//! Networks.

/// The network that was probably meant.
pub(crate) fn meant(_word: &[u8]) -> Option<String> {
    None
}
