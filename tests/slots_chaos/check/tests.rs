//! Each rule finds what it is there for, and nothing else.

use std::time::Duration;

use super::{
    super::log::{Answer, Line},
    late, violations,
};

fn line(process: &str, slot: u16, epoch: u64, id: u64) -> Line {
    let process = process.to_owned();
    Line {
        process,
        slot,
        epoch,
        id,
    }
}

fn answer(sent: u64, received: u64, line: &Line) -> Answer {
    Answer {
        sent: Duration::from_millis(sent),
        received: Duration::from_millis(received),
        asked: None,
        line: line.clone(),
        origin: String::new(),
    }
}

#[track_caller]
fn finds(lines: &[Line], answers: &[Answer], what: &str) {
    let found = violations(lines, answers);
    assert!(found.len() == 1 && found[0].starts_with(what), "{found:?}");
}

#[test]
fn what_is_in_order_is_not_found() {
    let lines = [
        line("a", 1, 5, 1),
        line("b", 2, 4, 2),
        line("b", 1, 6, 3),
        line("a", 1, 5, 4),
        line("a", 1, 7, 5),
    ];
    // The fourth is late, and was not answered; the first was answered late.
    let answers = [
        answer(0, 90, &lines[0]),
        answer(10, 20, &lines[2]),
        answer(30, 40, &lines[4]),
    ];
    assert_eq!(violations(&lines, &answers), Vec::<String>::new());
    assert_eq!(late(&lines), 1);
}

#[test]
fn two_processes_at_an_epoch_are_found() {
    finds(
        &[line("a", 1, 5, 1), line("b", 1, 5, 2)],
        &[],
        "two processes",
    );
}

#[test]
fn a_process_that_goes_back_is_found() {
    finds(
        &[line("a", 1, 5, 1), line("a", 1, 4, 2)],
        &[],
        "a process goes back",
    );
}

#[test]
fn an_accepted_line_after_a_higher_epoch_is_found() {
    let lines = [line("b", 1, 6, 1), line("a", 1, 5, 2)];
    // They overlap, so their times alone show nothing.
    finds(
        &lines,
        &[answer(0, 90, &lines[1])],
        "accepted under an old epoch",
    );
}

#[test]
fn a_write_that_was_sent_after_a_higher_epoch_was_answered_is_found() {
    let lines = [line("a", 1, 5, 2), line("b", 1, 6, 1)];
    let answers = [answer(50, 60, &lines[0]), answer(10, 49, &lines[1])];
    finds(&lines, &answers, "epochs go back");
    let answers = [answer(49, 60, &lines[0]), answer(10, 49, &lines[1])];
    assert_eq!(violations(&lines, &answers), Vec::<String>::new());
}

#[test]
fn an_answer_without_a_line_is_found() {
    let lines = [line("a", 1, 5, 1)];
    let other = answer(0, 1, &line("a", 1, 5, 2));
    finds(&lines, &[other], "answered, and not written down");
}

#[test]
fn an_answer_under_another_epoch_than_was_asked_is_found() {
    let lines = [line("a", 1, 5, 1)];
    let mut other = answer(0, 1, &lines[0]);
    other.asked = Some(4);
    finds(&lines, &[other], "accepted under another epoch");
}
