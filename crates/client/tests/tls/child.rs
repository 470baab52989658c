//! Tests of what the environment says: a variable of this process is everybody's, so they run in another.

use std::{env, ffi::OsStr, process::Command};

const CHILD: &str = "TOWER_MUSTER_CLIENT_CHILD";

/// Whether this is the process that a test runs in with variables of its own.
pub(crate) fn is_child() -> bool {
    env::var_os(CHILD).is_some()
}

/// Runs the test of this name again, with a variable of its own.
pub(crate) fn run(test: &str, variable: &str, value: impl AsRef<OsStr>) {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", test])
        .env(CHILD, "1")
        .env_remove("SSL_CERT_DIR")
        .env(variable, value)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{test} with {variable}: {said}");
    // Of a name that no test has none runs, and that goes well.
    assert!(said.contains("1 passed"), "{test} with {variable}: {said}");
}
