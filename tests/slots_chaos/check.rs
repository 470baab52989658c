//! The rules, as functions of what was written down.

use std::collections::{HashMap, HashSet};

use super::log::{Answer, Line};

/// How many violations of one rule are told.
const MOST: usize = 5;

/// Returns what goes against the rules; the answers must have been taken before the lines were read.
pub(crate) fn violations(lines: &[Line], answers: &[Answer]) -> Vec<String> {
    let rules = [
        one_process_at_an_epoch(lines),
        no_process_goes_back(lines),
        answered_in_the_order_of_epochs(lines, answers),
        sent_after_an_answer(answers),
        answers_are_written_down(lines, answers),
        answered_as_asked(answers),
    ];
    let told = rules
        .into_iter()
        .flat_map(|rule| rule.into_iter().take(MOST));
    told.collect()
}

/// At most one process accepts writes of a slot at an epoch: of all lines, late ones, too.
fn one_process_at_an_epoch(lines: &[Line]) -> Vec<String> {
    let mut owners: HashMap<(u16, u64), &Line> = HashMap::new();
    let mut found = Vec::new();
    for line in lines {
        let first = *owners.entry((line.slot, line.epoch)).or_insert(line);
        if first.process != line.process {
            found.push(format!("two processes at one epoch: {first:?}, {line:?}"));
        }
    }
    found
}

/// A process never writes a slot under a lower epoch than it did before.
fn no_process_goes_back(lines: &[Line]) -> Vec<String> {
    let mut last: HashMap<(&str, u16), &Line> = HashMap::new();
    let mut found = Vec::new();
    for line in lines {
        if let Some(before) = last.insert((&line.process, line.slot), line)
            && before.epoch > line.epoch
        {
            found.push(format!("a process goes back: {before:?}, then {line:?}"));
        }
    }
    found
}

/// The line of a write that was answered as accepted stands after none of a higher epoch of its slot.
fn answered_in_the_order_of_epochs(lines: &[Line], answers: &[Answer]) -> Vec<String> {
    let answered: HashSet<_> = answers.iter().map(|answer| key(&answer.line)).collect();
    let mut highest: HashMap<u16, &Line> = HashMap::new();
    let mut found = Vec::new();
    for line in lines {
        let before = highest.entry(line.slot).or_insert(line);
        if before.epoch <= line.epoch {
            *before = line;
        } else if answered.contains(&key(line)) {
            found.push(format!(
                "accepted under an old epoch: {before:?}, then {line:?}"
            ));
        }
    }
    found
}

/// A write that was sent after the answer to another one has no lower epoch.
fn sent_after_an_answer(answers: &[Answer]) -> Vec<String> {
    let (mut by_sent, mut by_received) = (refs(answers), refs(answers));
    by_sent.sort_by_key(|answer| answer.sent);
    by_received.sort_by_key(|answer| answer.received);
    let mut received = by_received.into_iter().peekable();
    let mut highest: HashMap<u16, &Answer> = HashMap::new();
    let mut found = Vec::new();
    for later in by_sent {
        while let Some(answer) = received.next_if(|answer| answer.received < later.sent) {
            let before = highest.entry(answer.line.slot).or_insert(answer);
            if before.line.epoch < answer.line.epoch {
                *before = answer;
            }
        }
        if let Some(before) = highest.get(&later.line.slot)
            && before.line.epoch > later.line.epoch
        {
            found.push(format!("epochs go back: {before:?}, then {later:?}"));
        }
    }
    found
}

/// What was answered as accepted is in the log, of the same process and epoch.
fn answers_are_written_down(lines: &[Line], answers: &[Answer]) -> Vec<String> {
    let written: HashSet<_> = lines.iter().map(key).collect();
    let missing = answers
        .iter()
        .filter(|answer| !written.contains(&key(&answer.line)));
    missing
        .map(|answer| format!("answered, and not written down: {answer:?}"))
        .collect()
}

/// What was sent with an epoch is accepted under no other.
fn answered_as_asked(answers: &[Answer]) -> Vec<String> {
    let is_other = |answer: &&Answer| answer.asked.is_some_and(|asked| asked != answer.line.epoch);
    answers
        .iter()
        .filter(is_other)
        .map(|answer| format!("accepted under another epoch: {answer:?}"))
        .collect()
}

/// How many lines stand after one of a higher epoch: their sites were stopped between the check and the append.
pub(crate) fn late(lines: &[Line]) -> usize {
    let mut highest: HashMap<u16, u64> = HashMap::new();
    let is_late = |line: &&Line| {
        let before = highest.entry(line.slot).or_default();
        *before = line.epoch.max(*before);
        *before > line.epoch
    };
    lines.iter().filter(is_late).count()
}

fn key(line: &Line) -> (&str, u16, u64, u64) {
    (&line.process, line.slot, line.epoch, line.id)
}

fn refs(answers: &[Answer]) -> Vec<&Answer> {
    answers.iter().collect()
}

#[path = "check/tests.rs"]
mod tests;
