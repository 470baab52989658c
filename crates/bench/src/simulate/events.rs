//! What happens next.

use std::{cmp::Ordering, collections::BinaryHeap};

/// A point in simulated time, or a length of it.
pub(crate) type Nanos = u64;

/// Nanoseconds of so many seconds; a simulation has no negative ones.
pub(crate) fn nanos(seconds: f64) -> Nanos {
    // A cast of a float saturates; a second's fraction below a nanosecond is of no interest.
    (seconds * 1e9) as Nanos
}

/// Milliseconds of so many nanoseconds.
pub(crate) fn millis(nanos: Nanos) -> f64 {
    nanos as f64 / 1e6
}

/// Events in the order of their time; of the same time, in the order in which they were planned.
#[derive(Debug)]
pub(crate) struct Events<T> {
    heap: BinaryHeap<Planned<T>>,
    planned: u64,
}

#[derive(Debug)]
struct Planned<T> {
    at: Nanos,
    number: u64,
    event: T,
}

impl<T> Events<T> {
    pub(crate) fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
            planned: 0,
        }
    }

    pub(crate) fn plan(&mut self, at: Nanos, event: T) {
        self.planned += 1;
        self.heap.push(Planned {
            at,
            number: self.planned,
            event,
        });
    }

    /// Takes out what happens next, and when.
    pub(crate) fn next(&mut self) -> Option<(Nanos, T)> {
        self.heap.pop().map(|planned| (planned.at, planned.event))
    }
}

impl<T> Ord for Planned<T> {
    /// The heap gives its greatest, so the earliest is the greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl<T> PartialOrd for Planned<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Planned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Planned<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_the_order_of_their_time() {
        let mut events = Events::new();
        for at in [5, 1, 9, 3] {
            events.plan(at, at);
        }
        let order: Vec<_> = std::iter::from_fn(|| events.next()).collect();
        assert_eq!(order, [(1, 1), (3, 3), (5, 5), (9, 9)]);
    }

    #[test]
    fn events_of_one_time_come_in_the_order_in_which_they_were_planned() {
        let mut events = Events::new();
        events.plan(8, "later");
        for name in ["first", "second", "third"] {
            events.plan(7, name);
        }
        let order: Vec<_> = std::iter::from_fn(|| events.next())
            .map(|(_, name)| name)
            .collect();
        assert_eq!(order, ["first", "second", "third", "later"]);
    }
}
