//! Speed alone: rules that cannot matter are passed over, and kept tables are not read again. Nothing here decides.

pub mod index;
pub mod memory;
pub mod skim;
