//! Licences, sources and advisories of the dependencies, with cargo-deny and `deny.toml`.

use std::path::Path;

use crate::process::Run;
use crate::steps::{End, Ended};
use crate::tools;

/// Runs cargo-deny where it is installed; where it is not, says so.
///
/// An advisory appears whenever somebody finds a flaw, not when this tree changes: it is reported and fails nothing.
pub(crate) fn run(root: &Path) -> Ended {
    if !tools::answers(root, "cargo-deny") {
        return Ok(End::NotRun(
            "cargo-deny is not installed (cargo install cargo-deny)".to_owned(),
        ));
    }
    let deny = |checks: &str| {
        Run::cargo(root)
            .words("deny check --hide-inclusion-graph")
            .words(checks)
            .show()
    };
    deny("licenses bans sources")?;
    Ok(match deny("advisories") {
        Ok(()) => End::Passed,
        Err(failure) => {
            End::PassedWithout(vec![format!("deny: advisories need a look: {failure}")])
        }
    })
}
