//! The client to compare with that is not here.

/// Why there are no figures of it.
pub(crate) const NOTE: &str = "alternator-driver (scylladb/alternator-client-rust) is left out: it could not be had \
     from crates.io";
