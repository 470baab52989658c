//! Why a task ended badly: one message for the person who reads the log.

use std::fmt;
use std::path::Path;

/// What went wrong, in words that name the thing and the value.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// Makes a failure of a message.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// Makes a failure of something that could not be done to a file.
    pub(crate) fn file(path: &Path, error: &std::io::Error) -> Self {
        Self(format!("{}: {error}", path.display()))
    }

    /// Makes one failure of many findings; none is success.
    pub(crate) fn unless_empty(title: &str, findings: &[String]) -> Result<(), Self> {
        if findings.is_empty() {
            return Ok(());
        }
        let lines: Vec<String> = findings.iter().map(|line| format!("\n  {line}")).collect();
        Err(Self(format!("{title}:{}", lines.concat())))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_findings_are_no_failure() {
        assert!(Failure::unless_empty("too long", &[]).is_ok());
    }

    #[test]
    fn each_finding_has_its_own_line() {
        let found = ["a.rs:1".to_owned(), "b.rs:2".to_owned()];
        let failure = Failure::unless_empty("too long", &found).unwrap_err();
        assert_eq!(failure.to_string(), "too long:\n  a.rs:1\n  b.rs:2");
    }
}
