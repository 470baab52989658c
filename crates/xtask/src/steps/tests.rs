//! Unit tests, integration tests and doctests.

use std::path::Path;

use crate::process::Run;
use crate::steps::{End, Ended};

/// Runs every test with plain `cargo test`, which a bare toolchain has.
///
/// The code of a README is a doctest of the file that includes it; the house checks make sure that one does.
pub(crate) fn run(root: &Path) -> Ended {
    Run::cargo(root)
        .words("test --workspace --all-features")
        .show()?;
    Ok(End::Passed)
}
