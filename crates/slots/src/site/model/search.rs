//! Breadth first, so that what is found is found on the shortest way.

use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, Hasher},
};

use super::{
    moves::{Move, moves},
    world::{Limits, Rules, World},
};

/// What a search has found.
pub(super) struct Found {
    pub(super) states: usize,
    /// Where in the list of states.
    pub(super) violation: Option<usize>,
    reached: Vec<(World, usize, Move)>,
    rules: Rules,
}

impl Found {
    /// How many moves lead to the violation.
    pub(super) fn steps(&self) -> usize {
        self.way().len()
    }

    fn way(&self) -> Vec<(Move, World)> {
        let (mut way, mut at) = (Vec::new(), self.violation.unwrap_or(0));
        while at != 0 {
            let (world, before, what) = self.reached[at];
            way.push((what, world));
            at = before;
        }
        way.reverse();
        way
    }

    /// The way to the violation, move by move.
    pub(super) fn trace(&self) -> String {
        let line = |(what, world): (Move, World)| {
            let acting: Vec<usize> = (0..world.sites.len())
                .filter(|at| world.acts(*at, &self.rules))
                .collect();
            let (now, record) = (world.now, world.redis.record);
            format!("{now:>3} {what:?}: {acting:?} act; {record:?}\n")
        };
        self.way().into_iter().map(line).collect()
    }
}

/// Visits every state that can be reached within the limits, or until something is wrong.
pub(super) fn search(rules: Rules, limits: Limits) -> Found {
    let begin = World::new(&rules, &limits);
    let mut reached = vec![(begin, 0, Move::Tick(0))];
    let mut seen: HashSet<World, BuildHasherDefault<Quick>> = HashSet::default();
    seen.insert(begin);
    let mut next = 0;
    while next < reached.len() {
        let world = reached[next].0;
        for what in moves() {
            let Some(after) = world.after(what, &rules, &limits) else {
                continue;
            };
            if seen.insert(after) {
                reached.push((after, next, what));
                if after.is_bad {
                    let violation = Some(reached.len() - 1);
                    return Found {
                        states: reached.len(),
                        violation,
                        reached,
                        rules,
                    };
                }
            }
        }
        next += 1;
    }
    Found {
        states: reached.len(),
        violation: None,
        reached,
        rules,
    }
}

/// A hash that is quick without optimisation: the states are many and small.
#[derive(Default)]
struct Quick(u64);

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let word = chunk
                .iter()
                .fold(0, |word, byte| word << 8 | u64::from(*byte));
            self.write_u64(word);
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(u64::from(byte));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
