//! Running other programs, cargo most of all.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// One program to run, with the line that shows it.
#[derive(Debug)]
pub(crate) struct Run {
    command: Command,
    shown: String,
}

impl Run {
    /// Prepares a program, in a folder.
    pub(crate) fn new(program: impl AsRef<OsStr>, folder: &Path) -> Self {
        let program = program.as_ref();
        let mut command = Command::new(program);
        command.current_dir(folder);
        Self {
            command,
            shown: Path::new(program)
                .file_name()
                .unwrap_or(program)
                .to_string_lossy()
                .into_owned(),
        }
    }

    /// Prepares the cargo that runs this program, in the workspace's root.
    pub(crate) fn cargo(root: &Path) -> Self {
        let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut run = Self::new(program, root);
        // `cargo run` tells this program about its own package; build scripts that watch these would run again.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                run.command.env_remove(&name);
            }
        }
        run
    }

    /// Adds arguments, written as on a command line without quotes.
    #[must_use]
    pub(crate) fn words(mut self, words: &str) -> Self {
        for word in words.split_whitespace() {
            self = self.arg(word);
        }
        self
    }

    /// Adds one argument, whatever is in it.
    #[must_use]
    pub(crate) fn arg(mut self, word: impl AsRef<OsStr>) -> Self {
        let word = word.as_ref();
        self.command.arg(word);
        self.shown.push(' ');
        self.shown.push_str(&word.to_string_lossy());
        self
    }

    /// Sets a variable for the program.
    #[must_use]
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self.shown = format!("{name}={value:?} {}", self.shown);
        self
    }

    /// Runs the program with its output shown; anything but success is a failure.
    pub(crate) fn show(mut self) -> Result<(), Failure> {
        println!("$ {}", self.shown);
        let status = self
            .command
            .status()
            .map_err(|error| self.not_started(&error))?;
        if status.success() {
            Ok(())
        } else {
            Err(self.ended(&status))
        }
    }

    /// Runs the program and returns what it wrote to its output; its errors are shown.
    pub(crate) fn output(mut self) -> Result<String, Failure> {
        println!("$ {}", self.shown);
        self.command.stderr(Stdio::inherit());
        let output = self
            .command
            .output()
            .map_err(|error| self.not_started(&error))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(text);
        }
        print!("{text}");
        Err(self.ended(&output.status))
    }

    /// Tells whether the program is there and succeeds; shows nothing.
    pub(crate) fn succeeds(mut self) -> bool {
        let quiet = self
            .command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        quiet.status().is_ok_and(|status| status.success())
    }

    /// Gives up the line and takes the command, for a program that runs beside this one.
    pub(crate) fn into_command(self) -> Command {
        println!("$ {} &", self.shown);
        self.command
    }

    fn not_started(&self, error: &std::io::Error) -> Failure {
        Failure::new(format!("`{}` did not start: {error}", self.shown))
    }

    fn ended(&self, status: &std::process::ExitStatus) -> Failure {
        Failure::new(format!("`{}` ended with {status}", self.shown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cargo() -> Run {
        Run::cargo(Path::new("."))
    }

    #[test]
    fn what_a_program_prints_is_returned() {
        let text = cargo().words("--version").output().unwrap();
        assert!(text.starts_with("cargo "), "{text}");
    }

    #[test]
    fn a_program_that_fails_is_named_with_its_arguments() {
        let run = Run::new("false", Path::new(".")).words("--at all");
        let failure = run.output().unwrap_err().to_string();
        assert!(failure.contains("false --at all"), "{failure}");
    }

    #[test]
    fn a_program_that_is_not_there_does_not_succeed() {
        assert!(!Run::new("no-such-program-anywhere", Path::new(".")).succeeds());
    }
}
