//! The command line.

use crate::failure::Failure;
use crate::steps::{self, Step};

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Task {
    /// Say how this program is used.
    Help,
    /// Name the steps.
    List,
    /// Run these steps, in this order.
    Steps(Chosen),
}

/// The steps of one run, and the name that the run goes by.
#[derive(Debug)]
pub(crate) struct Chosen {
    /// The task as it was called, for the last line.
    pub(crate) task: String,
    /// What to run.
    pub(crate) steps: Vec<&'static Step>,
}

/// Reads the words after `cargo xtask`.
///
/// # Errors
///
/// When a word is no task, no option or no step; the message names it.
pub(crate) fn parse(words: &[String]) -> Result<Task, Failure> {
    let Some((task, rest)) = words.split_first() else {
        return Ok(Task::Help);
    };
    match task.as_str() {
        "test" => Ok(Task::Steps(Chosen {
            task: task.clone(),
            steps: choose(rest)?,
        })),
        "help" | "--help" | "-h" => Ok(Task::Help),
        "list" => Ok(Task::List),
        name => {
            if let Some(word) = rest.first() {
                return Err(Failure::new(format!(
                    "{name} takes no arguments, and was given {word:?}"
                )));
            }
            Ok(Task::Steps(Chosen {
                task: task.clone(),
                steps: vec![step(name)?],
            }))
        }
    }
}

/// Returns how this program is used.
pub(crate) fn help() -> String {
    let usage = "cargo xtask test [--only STEP,...] [--skip STEP,...]   all that CI runs, in order\n\
                 cargo xtask list                                       the steps, one to a line\n\
                 cargo xtask STEP                                       one step alone\n\n";
    format!("{usage}{}", list())
}

/// Returns the steps, one to a line.
pub(crate) fn list() -> String {
    let line = |step: &Step| {
        let aside = if step.in_test {
            ""
        } else {
            " (not part of test)"
        };
        format!("{:<9} {}{aside}\n", step.name, step.what)
    };
    steps::ALL.iter().map(line).collect()
}

fn choose(mut rest: &[String]) -> Result<Vec<&'static Step>, Failure> {
    let mut chosen: Vec<&Step> = steps::ALL.iter().filter(|step| step.in_test).collect();
    while let [option, value, tail @ ..] = rest {
        let named = value.split(',').map(step).collect::<Result<Vec<_>, _>>()?;
        let is_named = |step: &&Step| named.iter().any(|one| one.name == step.name);
        match option.as_str() {
            "--only" => chosen.retain(is_named),
            "--skip" => chosen.retain(|step| !is_named(step)),
            _ => return Err(Failure::new(format!("{option:?} is no option of test"))),
        }
        rest = tail;
    }
    match rest.first() {
        Some(word) => Err(Failure::new(format!(
            "{word:?} is no option of test with a value"
        ))),
        None if chosen.is_empty() => Err(Failure::new("--only and --skip leave no step to run")),
        None => Ok(chosen),
    }
}

fn step(name: &str) -> Result<&'static Step, Failure> {
    let found = steps::ALL.iter().find(|step| step.name == name);
    found.ok_or_else(|| {
        Failure::new(format!(
            "{name:?} is no step; `cargo xtask list` names them"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str) -> Vec<&'static str> {
        match parse_line(line).unwrap() {
            Task::Steps(chosen) => chosen.steps.iter().map(|step| step.name).collect(),
            other => panic!("{line} gives {other:?}"),
        }
    }

    fn parse_line(line: &str) -> Result<Task, Failure> {
        parse(
            &line
                .split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn test_runs_every_step_but_those_that_are_aside() {
        let all = names("test");
        assert_eq!(all.first(), Some(&"fmt"));
        assert_eq!(all.last(), Some(&"run"));
        assert!(!all.contains(&"deny"));
    }

    #[test]
    fn only_and_skip_keep_the_order_of_ci() {
        assert_eq!(names("test --only msrv,fmt"), ["fmt", "msrv"]);
        assert!(!names("test --skip run,clients").contains(&"run"));
        assert_eq!(names("test --only msrv,fmt --skip fmt"), ["msrv"]);
    }

    #[test]
    fn a_step_is_a_task_of_its_own() {
        assert_eq!(names("deny"), ["deny"]);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (line, word) in [
            ("tset", "tset"),
            ("test --only fnt", "fnt"),
            ("test --only", "--only"),
            ("fmt now", "now"),
        ] {
            let failure = parse_line(line).unwrap_err().to_string();
            assert!(failure.contains(word), "{line}: {failure}");
        }
        assert!(parse_line("test --only fmt --skip fmt").is_err());
    }

    #[test]
    fn no_words_ask_for_help() {
        assert!(matches!(parse_line("").unwrap(), Task::Help));
        assert!(help().contains("clippy"));
    }
}
