//! What the promises share: a cluster, clients of it, a table, and load.
//!
//! Each file beside this one states one promise of the workspace in its first lines, and holds it against
//! a real cluster: real sockets, a real engine, the real `aws-sdk-dynamodb` and real checks of signatures.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::exhaustive_structs,
    reason = "a failed expectation is the report, and nobody else uses these types"
)]

mod support;

pub use self::support::{
    cluster::{
        ACCESS_KEY, DATACENTER, SECRET, config, credentials, impatient, signature_failures, start,
    },
    decoy::Decoy,
    failure::{Failure, sources},
    hostile::Hostile,
    load::{load, until},
    operation::{Answer, Asked, ask, get, operation, put},
    policy::{InOrder, Only},
    recorder::{Recorder, Sent, hyper_client},
    rest::{Rest, Taken},
    sdk::{ENDPOINT_HOST, signing_sdk, unsigned_sdk},
    signature::signature,
    slots,
    table::Table,
    tally::{asked, attempts, executed, known, placed, state, until_active, until_known, urls},
    tls::{Folder, client, handshakes, patient, quiet, start_tls, trust, trusting},
    traffic::Traffic,
    wire::{Arrived, Wire},
};

/// An error of any kind.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// What a test returns: the error that it did not expect.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// The README's programs compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
