//! The first attempt of a call takes no lock, uses no channel and spawns nothing.

use super::source::{code_without_tests, is_name, line_of};
use crate::files::Source;

/// The files that a first attempt passes through, or their folders. The budget's lock is not among them: only
/// a further attempt takes it.
const WAY: [&str; 19] = [
    "cluster/clock.rs",
    "cluster/common.rs",
    "cluster/live.rs",
    "cluster/live/",
    "cluster/load.rs",
    "cluster/median.rs",
    "cluster/moment.rs",
    "cluster/owners.rs",
    "cluster/snapshot.rs",
    "cluster/usual.rs",
    "failover/alarm.rs",
    "failover/call.rs",
    "failover/future",
    "failover/gather.rs",
    "failover/saved.rs",
    "failover/service.rs",
    "lease",
    "policy/",
    "select/",
];

/// What is not to be met on the way.
const FORBIDDEN: [&str; 9] = [
    "Mutex",
    "RwLock",
    "Condvar",
    "Barrier",
    "mpsc",
    "oneshot",
    "broadcast",
    "watch",
    "spawn",
];

/// Names each lock, channel or spawn on the way of a first attempt.
pub(crate) fn check(library: &[&Source]) -> Vec<String> {
    library
        .iter()
        .filter(|source| is_on_the_way(&source.path))
        .flat_map(|source| findings(source))
        .collect()
}

/// Names each part of the way that is no file any more, so that none drops out of the check by a new name.
pub(crate) fn check_way(library: &[&Source]) -> Vec<String> {
    let is_there = |way: &&str| library.iter().any(|source| is_part(&source.path, way));
    let gone = WAY.iter().filter(|way| !is_there(way));
    gone.map(|way| {
        format!(
            "crates/muster/src/{way} is said to be on the way of a first attempt, and is not there"
        )
    })
    .collect()
}

fn is_part(path: &str, way: &str) -> bool {
    let inner = path.strip_prefix("crates/muster/src/");
    inner.is_some_and(|inner| inner.starts_with(way))
}

fn is_on_the_way(path: &str) -> bool {
    WAY.iter().any(|way| is_part(path, way))
}

fn findings(source: &Source) -> Vec<String> {
    let code = code_without_tests(&source.text);
    let is_word = |at: usize, word: &str| {
        let byte = |at: Option<usize>| at.and_then(|at| code.as_bytes().get(at)).copied();
        let before = byte(at.checked_sub(1));
        let after = byte(Some(at + word.len()));
        !before.is_some_and(is_name) && !after.is_some_and(is_name)
    };
    let found = FORBIDDEN.iter().flat_map(|word| {
        let places = code.match_indices(word).map(|(at, _)| at);
        let places: Vec<_> = places.filter(|at| is_word(*at, word)).collect();
        places.into_iter().map(move |at| (at, *word))
    });
    found
        .map(|(at, word)| {
            let (path, line) = (&source.path, line_of(&source.text, at));
            format!("{path}:{line}: {word} on the way of a first attempt")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let source = Source {
            path: format!("crates/muster/src/{path}"),
            text: text.to_owned(),
        };
        check(&[&source])
    }

    #[test]
    fn a_lock_a_channel_and_a_spawn_are_named_with_their_lines() {
        let text = "use std::sync::Mutex;\n\nfn f() { tokio::spawn(g()); }\n";
        assert_eq!(
            found("policy/random.rs", text),
            [
                "crates/muster/src/policy/random.rs:1: Mutex on the way of a first attempt",
                "crates/muster/src/policy/random.rs:3: spawn on the way of a first attempt",
            ]
        );
        assert_eq!(found("lease.rs", "use tokio::sync::mpsc;").len(), 1);
        assert_eq!(found("failover/future/step.rs", "a: RwLock<u8>").len(), 1);
    }

    #[test]
    fn a_part_of_the_way_that_is_gone_is_named() {
        let there = Source {
            path: "crates/muster/src/lease.rs".to_owned(),
            text: String::new(),
        };
        let gone = check_way(&[&there]);
        assert_eq!(gone.len(), WAY.len() - 1);
        assert!(gone[0].starts_with("crates/muster/src/cluster/clock.rs "));
    }

    #[test]
    fn what_is_beside_the_way_or_no_code_may_have_them() {
        let text = "use std::sync::Mutex;";
        assert!(found("failover/budget.rs", text).is_empty());
        assert!(found("cluster/task.rs", text).is_empty());
        assert!(found("policy/random.rs", "// A Mutex would do.\n").is_empty());
        assert!(found("policy/random.rs", "fn respawned(stopwatch: u8) {}").is_empty());
        let tests = "#[cfg(test)]\nmod tests { fn f() { std::thread::spawn(g); } }";
        assert!(found("policy/random.rs", tests).is_empty());
    }
}
