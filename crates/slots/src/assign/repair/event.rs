//! Pairs that would rather have each other, the least cost first.

use std::{cmp::Reverse, collections::BinaryHeap};

/// A pair to be joined, if both still want to when its turn comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Event {
    cost: u64,
    pub(super) slot: u32,
    /// The site's place among the slot's candidates.
    pub(super) place: u32,
    /// The slot's place in the site's column, if it is the site that looks for a slot.
    pub(super) column: Option<u32>,
}

/// The pairs that are known.
#[derive(Debug, Default)]
pub(super) struct Events(BinaryHeap<Reverse<Event>>);

impl Events {
    pub(super) fn push(&mut self, cost: u64, slot: usize, place: usize, column: Option<u32>) {
        self.0.push(Reverse(Event {
            cost,
            slot: slot as u32,
            place: place as u32,
            column,
        }));
    }

    pub(super) fn pop(&mut self) -> Option<Event> {
        self.0.pop().map(|Reverse(event)| event)
    }
}
