//! Who owns the live state of a node while a request is in flight there.

use std::{
    array,
    cell::Cell,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use super::live::Live;

/// How many counts of owners there are: so many threads begin requests without a count in common.
const COUNTS: usize = 8;

/// How many nodes share their counts. An owner keeps its neighbours, too, should all leave the list.
const NEIGHBOURS: usize = 16;

/// What the requests in flight own.
///
/// A request must own the live state that it counts in, for its node may leave the list before it ends. An
/// `Arc` has one count of owners, which all threads would write twice for each request, taking its cache
/// line from each other. So there are several counts, and a thread keeps to one: with four threads this is
/// a tenth of what a request costs.
#[derive(Debug)]
pub(super) struct Owners {
    /// By the place of a node in the list, over [`NEIGHBOURS`].
    shares: Box<[[Arc<Share>; COUNTS]]>,
}

/// A few nodes, with a count on a cache line of its own.
#[derive(Debug)]
#[repr(align(64))]
struct Share([Arc<Live>; NEIGHBOURS]);

/// The live state of one node, owned by one request.
#[derive(Debug)]
pub(crate) struct Owned {
    share: Arc<Share>,
    place: usize,
}

impl Owners {
    pub(super) fn of(live: &[Arc<Live>]) -> Self {
        let share = |nodes: &[Arc<Live>]| {
            // The last share is filled up with its last node.
            let node = |place: usize| Arc::clone(&nodes[place.min(nodes.len() - 1)]);
            array::from_fn(|_| Arc::new(Share(array::from_fn(node))))
        };
        Self {
            shares: live.chunks(NEIGHBOURS).map(share).collect(),
        }
    }

    /// Owns the node at a place of the list.
    pub(super) fn own(&self, place: usize) -> Owned {
        let counts = &self.shares[place / NEIGHBOURS];
        Owned {
            share: Arc::clone(&counts[count_of_this_thread()]),
            place: place % NEIGHBOURS,
        }
    }
}

/// Threads take the counts by turns.
fn count_of_this_thread() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static COUNT: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    let count = |cell: &Cell<usize>| {
        if cell.get() == usize::MAX {
            cell.set(THREADS.fetch_add(1, Relaxed) % COUNTS);
        }
        cell.get()
    };
    // A thread that ends may use any.
    COUNT.try_with(count).unwrap_or(0)
}

impl Deref for Owned {
    type Target = Live;

    fn deref(&self) -> &Live {
        &self.share.0[self.place % NEIGHBOURS]
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, thread};

    use super::{COUNTS, NEIGHBOURS, Owners, count_of_this_thread};
    use crate::{
        cluster::{common::Common, live::Live},
        health::Health,
        tests::fakes::node,
    };

    fn nodes(count: u8) -> Vec<Arc<Live>> {
        let common = Arc::<Common>::default();
        let live = |host| Live::new(Arc::new(node(host)), Arc::clone(&common), Health::joining());
        (1..=count).map(|host| Arc::new(live(host))).collect()
    }

    #[test]
    fn whoever_owns_a_node_owns_the_one_at_its_place() {
        for count in [0, 1, 15, 16, 17, 40] {
            let live = nodes(count);
            let owners = Owners::of(&live);
            for (place, live) in live.iter().enumerate() {
                assert!(Arc::ptr_eq(owners.own(place).node(), live.node()));
            }
        }
    }

    #[test]
    fn a_node_that_left_the_list_lives_as_long_as_its_requests() {
        let live = nodes(3);
        let owners = Owners::of(&live);
        let owned = owners.own(1);
        let left = Arc::downgrade(&live[1]);
        drop((live, owners));
        assert!(left.upgrade().is_some());
        drop(owned);
        assert!(left.upgrade().is_none());
    }

    #[test]
    fn threads_that_follow_each_other_share_no_count() {
        let counts: Vec<_> = (0..COUNTS)
            .map(|_| thread::spawn(count_of_this_thread).join())
            .map(|count| count.expect("no panic"))
            .collect();
        assert!(counts.iter().all(|count| *count < COUNTS));
        assert!(size_of::<super::Share>() >= NEIGHBOURS * size_of::<usize>());
    }
}
