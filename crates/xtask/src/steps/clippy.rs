//! No warnings.

use std::path::Path;

use crate::process::Run;
use crate::steps::{End, Ended};
use crate::tools;

/// Lints every target of every package; a warning is an error here and nowhere else.
pub(crate) fn run(root: &Path) -> Ended {
    tools::component(root, "clippy", "clippy")?;
    Run::cargo(root)
        .words("clippy --workspace --all-targets --all-features -- -D warnings")
        .show()?;
    Ok(End::Passed)
}
