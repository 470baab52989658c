//! The tasks that people and CI run, as `cargo xtask <task>`.
//!
//! `cargo xtask test` runs all that CI runs, in CI's order, and stops at the first failure; each of its steps is
//! also a task of its own. What a step needs and the machine lacks (a toolchain component, a Python package) is
//! installed by the step, which says so first.
//!
//! | folder or file | what is there |
//! |---|---|
//! | `steps/` | one file for each step, and the table that orders them |
//! | `house/` | the house figures, one check to a file, over the source text alone |
//! | `args`, `runner`, `clock` | the command line, the loop over the steps, their seconds |
//! | `metadata`, `version`, `files`, `process`, `tools` | what the steps share |

mod args;
mod clock;
mod failure;
mod files;
mod house;
mod metadata;
mod process;
mod runner;
mod steps;
mod tools;
mod version;

use std::process::ExitCode;

use crate::args::Task;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match args::parse(&words) {
        Ok(Task::Help) => {
            print!("{}", args::help());
            Ok(())
        }
        Ok(Task::List) => {
            print!("{}", args::list());
            Ok(())
        }
        Ok(Task::Steps(chosen)) => runner::run(&chosen),
        Err(failure) => Err(failure),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
