//! The loop over the steps: a heading, the step, its seconds; at the end a table.

use std::path::Path;
use std::time::Duration;

use crate::args::Chosen;
use crate::clock::Stopwatch;
use crate::failure::Failure;
use crate::files;
use crate::steps::{End, Ended, Step};

/// Runs the chosen steps in order and stops at the first that fails.
pub(crate) fn run(chosen: &Chosen) -> Result<(), Failure> {
    let (root, total) = (files::root(), chosen.steps.len());
    let mut rows: Vec<Row> = Vec::new();
    for (at, step) in chosen.steps.iter().enumerate() {
        println!("\n== {} ({}/{total}): {}", step.name, at + 1, step.what);
        let row = Row::of(step, &root);
        println!("== {}: {:.1} s", row.name, row.seconds.as_secs_f64());
        let failed = row.ended.is_err();
        rows.push(row);
        if failed {
            break;
        }
    }
    print!("{}", table(&rows));
    for note in rows.iter().flat_map(Row::notes) {
        println!("{note}");
    }
    println!("{}: {}", chosen.task, counts(&rows, total));
    rows.into_iter().try_for_each(Row::into_result)
}

/// One step that ran: a line of the table.
#[derive(Debug)]
struct Row {
    name: &'static str,
    seconds: Duration,
    ended: Ended,
}

impl Row {
    fn of(step: &Step, root: &Path) -> Self {
        let watch = Stopwatch::start();
        let ended = (step.run)(root);
        Self {
            name: step.name,
            seconds: watch.read(),
            ended,
        }
    }

    fn word(&self) -> &'static str {
        match self.ended {
            Ok(End::Passed | End::PassedWithout(_)) => "passed",
            Ok(End::NotRun(_)) => "not run",
            Err(_) => "failed",
        }
    }

    /// What did not run, and why.
    fn notes(&self) -> Vec<String> {
        match &self.ended {
            Ok(End::PassedWithout(lines)) => lines.clone(),
            Ok(End::NotRun(why)) => vec![format!("{}: not run, {why}", self.name)],
            Ok(End::Passed) | Err(_) => Vec::new(),
        }
    }

    fn into_result(self) -> Result<(), Failure> {
        let named = |failure| Failure::new(format!("step {} failed: {failure}", self.name));
        self.ended.map(drop).map_err(named)
    }
}

/// Counts the rows, and of the `total` steps those that were never reached.
fn counts(rows: &[Row], total: usize) -> String {
    let count = |word: &str| rows.iter().filter(|row| row.word() == word).count();
    let passed = count("passed");
    let plural = if passed == 1 { "step" } else { "steps" };
    let mut line = format!("{passed} {plural} passed, {} failed", count("failed"));
    for (number, what) in [
        (count("not run"), "not run"),
        (total - rows.len(), "not reached"),
    ] {
        if number > 0 {
            line.push_str(&format!(", {number} {what}"));
        }
    }
    line
}

fn table(rows: &[Row]) -> String {
    let line = |name: &str, seconds: Duration, end: &str| {
        format!("{name:<9} {:>7.1} s  {end}\n", seconds.as_secs_f64())
    };
    let lines: String = rows
        .iter()
        .map(|row| line(row.name, row.seconds, row.word()))
        .collect();
    let sum = line("total", rows.iter().map(|row| row.seconds).sum(), "");
    format!("\n{lines}{}\n", sum.trim_end())
}

#[cfg(test)]
mod tests;
