//! The counter service loses nothing while one of its sites is killed and comes back.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::process::Command;

use serde_json::Value;

#[test]
fn no_addition_is_lost_or_fails_while_a_site_is_killed_and_comes_back() {
    let program = env!("CARGO_BIN_EXE_slots_client");
    let output = Command::new(program)
        // On a machine that is so slow that two sites are silent for longer, what both held is gone with them.
        .args(["--json", "--requests", "4000", "--timeout", "5000"])
        .output()
        .unwrap();
    let (said, complained) = (output.stdout, String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{complained}");
    let report: Value = serde_json::from_slice(&said).unwrap();
    assert_eq!(report["requests"], 4_000);
    assert_eq!(report["failed"], 0, "{complained}");
    assert_eq!(report["lost"], 0, "{complained}");
    assert_eq!(report["surplus"], 0, "none was made twice: {complained}");
}
