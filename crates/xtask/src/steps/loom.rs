//! What threads share without a lock holds in every interleaving of them, with loom.

use std::path::Path;

use crate::metadata::Metadata;
use crate::process::Run;
use crate::steps::{End, Ended};

/// Runs the tests that are models of loom, which replaces the atomics of `crates/muster/src/sync.rs`.
///
/// The flag is part of how each dependency is built, so they have a folder of their own; else the other steps would
/// build theirs again.
pub(crate) fn run(root: &Path) -> Ended {
    let target = Metadata::load(root)?.target.join("loom");
    Run::cargo(root)
        .env("RUSTFLAGS", "--cfg muster_loom")
        .words("test --release --package tower-muster --features select --lib --target-dir")
        .arg(target)
        .arg("loom")
        .show()?;
    Ok(End::Passed)
}
