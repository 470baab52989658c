//! The first example, short: what a visitor runs first must work first.

use std::path::Path;

use serde_json::Value;

use crate::failure::Failure;
use crate::process::Run;
use crate::steps::{End, Ended};

/// Runs the workspace's default program and reads its one line of JSON.
pub(crate) fn run(root: &Path) -> Ended {
    let said = Run::cargo(root)
        .words("run --release -- --calls 6000 --json")
        .output()?;
    println!("{}", said.trim_end());
    no_call_failed(&said)?;
    Ok(End::Passed)
}

/// Refuses anything but exactly one JSON object whose `failed` is 0.
fn no_call_failed(said: &str) -> Result<(), Failure> {
    let unreadable =
        |error| Failure::new(format!("the output is not exactly one JSON value: {error}"));
    let json: Value = serde_json::from_str(said).map_err(unreadable)?;
    match json.get("failed") {
        Some(failed) if failed.as_u64() == Some(0) => Ok(()),
        Some(failed) => Err(Failure::new(format!("\"failed\" is {failed}, not 0"))),
        None => Err(Failure::new(format!(
            "the output has no \"failed\": {json}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_object_without_failed_calls_is_good() {
        assert!(no_call_failed("{\"calls\": 6000, \"failed\": 0}\n").is_ok());
    }

    #[test]
    fn anything_else_is_refused_and_says_why() {
        for (said, why) in [
            ("", "exactly one"),
            ("done\n{\"failed\": 0}", "exactly one"),
            ("{\"failed\": 0}\n{\"failed\": 0}", "exactly one"),
            ("{\"calls\": 6000}", "no \"failed\""),
            ("[0]", "no \"failed\""),
            ("{\"failed\": 2}", "is 2"),
            ("{\"failed\": \"0\"}", "is \"0\""),
        ] {
            let failure = no_call_failed(said).unwrap_err().to_string();
            assert!(failure.contains(why), "{said}: {failure}");
        }
    }
}
