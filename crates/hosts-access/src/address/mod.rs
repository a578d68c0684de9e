//! Addresses, and the networks that hosts_access(5) writes as `net/mask` and `[net]/length`.

pub mod netmask;
