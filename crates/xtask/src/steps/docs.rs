//! The documentation builds without warnings: no broken link, no bare URL.

use std::path::Path;

use crate::process::Run;
use crate::steps::{End, Ended};

/// Builds the documentation of every package.
pub(crate) fn run(root: &Path) -> Ended {
    let cargo = Run::cargo(root).env("RUSTDOCFLAGS", "-D warnings");
    cargo
        .words("doc --workspace --no-deps --all-features")
        .show()?;
    Ok(End::Passed)
}
