//! In which order one key's writes try the nodes.

mod cooked;
mod words;

use std::vec;

use self::words::Words;
use super::KeyHash;

/// How many nodes are drawn before the order allocates.
const INLINE: usize = 64;

/// Goes through the nodes in the order that one key's writes try them.
///
/// Nodes are counted from 0, as in a [`Ring`](tower_muster::policy::Ring). It is a shuffle by Go's `math/rand`, seeded with the key's hash: the one that ScyllaDB's own client
/// libraries make, so that all clients of a cluster agree. A node is drawn from those that are left, and
/// the last of them takes its place.
///
/// The first 64 nodes take no allocation. Beyond 273 draws the rest comes in the order of the ring: that
/// is further than any call tries, and would take the whole generator.
#[derive(Debug, Clone)]
pub struct Order {
    words: Words,
    nodes: usize,
    drawn: Drawn,
    rest: Option<vec::IntoIter<u32>>,
}

/// The places that were drawn so far, from which follows where each node stands.
#[derive(Debug, Clone)]
struct Drawn {
    count: usize,
    first: [u32; INLINE],
    more: Vec<u32>,
}

impl Order {
    pub(super) fn new(hash: KeyHash, nodes: usize) -> Self {
        Self {
            words: Words::of(hash.as_i64()),
            // What Go draws from at once; a topology is much smaller.
            nodes: nodes.min(i32::MAX as usize),
            drawn: Drawn::none(),
            rest: None,
        }
    }

    /// The node that comes first, if nothing was drawn yet.
    pub(super) fn first(mut self) -> Option<usize> {
        self.draw().map(|place| place as usize)
    }

    /// A place among those that are left.
    fn draw(&mut self) -> Option<u32> {
        let left = (self.nodes - self.drawn.count) as u32;
        (left > 0).then(|| self.words.draw(left)).flatten()
    }

    /// The nodes that were not drawn, in the order of the ring.
    fn undrawn(&self) -> Vec<u32> {
        let mut nodes: Vec<_> = (0..self.nodes as u32).collect();
        for place in self.drawn.places() {
            nodes.swap_remove(place as usize);
        }
        nodes.sort_unstable();
        nodes
    }
}

impl Iterator for Order {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.rest.is_none()
            && let Some(place) = self.draw()
        {
            return Some(self.drawn.take(place, self.nodes));
        }
        let rest = match self.rest.take() {
            Some(rest) => rest,
            None => self.undrawn().into_iter(),
        };
        let node = self.rest.insert(rest).next()?;
        Some(node as usize)
    }
}

impl Drawn {
    fn none() -> Self {
        Self {
            count: 0,
            first: [0; INLINE],
            more: Vec::new(),
        }
    }

    fn places(&self) -> impl DoubleEndedIterator<Item = u32> {
        let first = &self.first[..self.count.min(INLINE)];
        first.iter().chain(&self.more).copied()
    }

    /// Takes the node at `place`, of so many at the beginning.
    fn take(&mut self, place: u32, nodes: usize) -> usize {
        let mut node = place;
        // Back through the draws: whoever stands where one was drawn was the last of them before.
        for (draw, drawn) in (0..self.count).rev().zip(self.places().rev()) {
            if drawn == node {
                node = (nodes - 1 - draw) as u32;
            }
        }
        match self.first.get_mut(self.count) {
            Some(free) => *free = place,
            None => self.more.push(place),
        }
        self.count += 1;
        node as usize
    }
}

#[cfg(test)]
mod tests;
