//! How a run of steps goes on, ends and counts.

use super::*;

const GOOD: Step = step("good", |_| Ok(End::Passed));
const ASIDE: Step = step("aside", |_| Ok(End::NotRun("no tool".to_owned())));
const BAD: Step = step("bad", |_| Err(Failure::new("no")));
const NEVER: Step = step("never", |_| panic!("reached"));

const fn step(name: &'static str, run: fn(&Path) -> Ended) -> Step {
    Step {
        name,
        what: "a test's",
        in_test: true,
        run,
    }
}

fn chosen(steps: &'static [Step]) -> Chosen {
    Chosen {
        task: "test".to_owned(),
        steps: steps.iter().collect(),
    }
}

fn rows(steps: &[Step]) -> Vec<Row> {
    steps
        .iter()
        .map(|step| Row::of(step, Path::new(".")))
        .collect()
}

#[test]
fn the_first_failure_ends_the_run_and_is_named() {
    const STEPS: &[Step] = &[GOOD, BAD, NEVER];
    assert_eq!(
        run(&chosen(STEPS)).unwrap_err().to_string(),
        "step bad failed: no"
    );
}

#[test]
fn a_run_without_failures_succeeds() {
    const STEPS: &[Step] = &[GOOD, ASIDE, GOOD];
    assert!(run(&chosen(STEPS)).is_ok());
}

#[test]
fn what_did_not_run_is_not_counted_as_passed() {
    assert_eq!(counts(&rows(&[GOOD, GOOD]), 2), "2 steps passed, 0 failed");
    assert_eq!(
        counts(&rows(&[GOOD, ASIDE]), 2),
        "1 step passed, 0 failed, 1 not run"
    );
    assert_eq!(
        counts(&rows(&[GOOD, BAD]), 4),
        "1 step passed, 1 failed, 2 not reached"
    );
    assert_eq!(rows(&[ASIDE])[0].notes(), ["aside: not run, no tool"]);
}

#[test]
fn the_table_has_a_line_for_each_step_and_the_sum() {
    let mut rows = rows(&[GOOD, BAD]);
    rows[0].seconds = Duration::from_millis(1500);
    rows[1].seconds = Duration::from_millis(300);
    let shown = table(&rows);
    let lines: Vec<Vec<&str>> = shown
        .lines()
        .skip(1)
        .map(|l| l.split_whitespace().collect())
        .collect();
    assert_eq!(lines[0], ["good", "1.5", "s", "passed"]);
    assert_eq!(lines[1], ["bad", "0.3", "s", "failed"]);
    assert_eq!(lines[2], ["total", "1.8", "s"]);
}
