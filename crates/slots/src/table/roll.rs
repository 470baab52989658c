//! Every site that the table has ever known, each at a place of its own.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use super::{site::Site, word::Index};

/// How many places are made at once.
const CHUNK: usize = 256;
/// How many a word can name.
const PLACES: usize = u16::MAX as usize - 1;

/// Sites by their places; what is there stays there.
///
/// So a reader borrows a site from the table itself: it counts no reference and holds nothing back, which is most of
/// what a lookup would cost. The price is that a site which left is kept, up to 65,534 of them over the life of a
/// table; one that joins again as it was has its old place. Sites beyond that have none, and are found through the
/// slot's entry, which is slower and not wrong.
pub(super) struct Roll {
    chunks: Box<[OnceLock<Chunk>]>,
    taken: AtomicUsize,
}

/// So many places.
type Chunk = Box<[OnceLock<Arc<Site>>]>;

impl Roll {
    pub(super) fn new() -> Self {
        Self {
            chunks: (0..PLACES.div_ceil(CHUNK))
                .map(|_| OnceLock::new())
                .collect(),
            taken: AtomicUsize::new(0),
        }
    }

    /// The place that the next site will have; only the table's one writer asks.
    pub(super) fn next(&self) -> Index {
        Index::of_place(self.taken.load(Relaxed))
    }

    /// Puts a site at the place that it was made for, which is the [`next`](Self::next).
    pub(super) fn add(&self, site: &Arc<Site>) {
        let Some(place) = site.index().place() else {
            return;
        };
        if let Some(chunk) = self.chunks.get(place / CHUNK) {
            let chunk = chunk.get_or_init(|| (0..CHUNK).map(|_| OnceLock::new()).collect());
            // Places are given out once.
            let _ = chunk[place % CHUNK].set(Arc::clone(site));
            self.taken.store(place + 1, Relaxed);
        }
    }

    /// Leaves so many places, as after many sites.
    #[cfg(test)]
    pub(super) fn leave_room_for(&self, places: usize) {
        self.taken.store(PLACES - places, Relaxed);
    }

    #[inline]
    pub(super) fn get(&self, index: Index) -> Option<&Arc<Site>> {
        let place = index.place()?;
        self.chunks.get(place / CHUNK)?.get()?[place % CHUNK].get()
    }
}
