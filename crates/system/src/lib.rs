//! Skeleton.

pub mod child;
