//! One part a file.

pub(crate) mod cluster;
pub(crate) mod decoy;
pub(crate) mod failure;
pub(crate) mod hostile;
pub(crate) mod load;
pub(crate) mod operation;
pub(crate) mod policy;
pub(crate) mod recorder;
pub(crate) mod rest;
pub(crate) mod sdk;
pub(crate) mod signature;
pub mod slots;
pub(crate) mod table;
pub(crate) mod tally;
pub(crate) mod tls;
pub(crate) mod traffic;
pub(crate) mod wire;
