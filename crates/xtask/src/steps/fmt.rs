//! The code is formatted.

use std::path::Path;

use crate::process::Run;
use crate::steps::{End, Ended};
use crate::tools;

/// Compares the code with what rustfmt would write.
pub(crate) fn run(root: &Path) -> Ended {
    tools::component(root, "fmt", "rustfmt")?;
    Run::cargo(root).words("fmt --all --check").show()?;
    Ok(End::Passed)
}
