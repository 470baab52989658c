//! Unit tests, integration tests and doctests.

use std::path::Path;

use crate::failure::Failure;
use crate::process::Run;
use crate::steps::{End, Ended};
use crate::tools;

/// Runs every test with plain `cargo test`, which a bare toolchain has.
///
/// The code of a README is a doctest of the file that includes it; the house checks make sure that one does.
pub(crate) fn run(root: &Path) -> Ended {
    redis_server(root)?;
    Run::cargo(root)
        .words("test --workspace --all-features")
        .show()?;
    Ok(End::Passed)
}

/// Makes sure that there is a Redis, which the tests start for themselves.
fn redis_server(root: &Path) -> Result<(), Failure> {
    // As the test kit looks for it.
    let named = std::env::var("MUSTER_REDIS_SERVER").ok();
    let program = named.as_deref().unwrap_or("redis-server");
    if tools::answers(root, program) {
        return Ok(());
    }
    if named.is_some() {
        return Err(Failure::new(format!(
            "{program}, named by MUSTER_REDIS_SERVER, does not answer --version"
        )));
    }
    tools::system_packages(root, "redis-server", "redis-server is not installed")?;
    match tools::answers(root, program) {
        true => Ok(()),
        false => Err(Failure::new(
            "redis-server does not answer --version, even after installing it",
        )),
    }
}
