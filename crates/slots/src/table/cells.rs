//! The slots' words and entries.

use std::sync::{
    Arc, OnceLock,
    atomic::{
        AtomicU64,
        Ordering::{Acquire, Release},
    },
};

use arc_swap::{ArcSwapOption, Guard};

use super::{doubt::Doubt, entry::Entry, word::Word};
use crate::{MAX_SLOTS, Slot};

/// How many slots are made at once: small groups need no large tables.
const CHUNK: usize = 1_024;

/// What there is of each slot: a word for those who only ask for its primary, and an entry for the rest.
///
/// One writer at a time. It stores the entry first and the word with `Release` then; whoever loads the word with
/// `Acquire` and goes on to the entry, or to the roll, finds what the word speaks of, or something newer.
pub(super) struct Cells {
    chunks: Box<[OnceLock<Chunk>]>,
}

struct Chunk {
    words: Box<[AtomicU64]>,
    entries: Box<[ArcSwapOption<Entry>]>,
    doubts: Box<[Doubt]>,
}

impl Cells {
    pub(super) fn new() -> Self {
        let chunks = usize::from(MAX_SLOTS).div_ceil(CHUNK);
        Self {
            chunks: (0..chunks).map(|_| OnceLock::new()).collect(),
        }
    }

    #[inline]
    pub(super) fn word(&self, slot: Slot) -> Word {
        let chunk = self.chunk(slot);
        let word = chunk.map_or(0, |chunk| chunk.words[slot.index() % CHUNK].load(Acquire));
        Word::from_bits(word)
    }

    pub(super) fn entry(&self, slot: Slot) -> Guard<Option<Arc<Entry>>> {
        match self.chunk(slot) {
            Some(chunk) => chunk.entries[slot.index() % CHUNK].load(),
            None => Guard::from_inner(None),
        }
    }

    /// Whether the slot's primary says that it is not one, under the very epoch of the table.
    pub(super) fn doubt(&self, slot: Slot) -> Option<&Doubt> {
        Some(&self.chunk(slot)?.doubts[slot.index() % CHUNK])
    }

    #[inline]
    fn chunk(&self, slot: Slot) -> Option<&Chunk> {
        self.chunks.get(slot.index() / CHUNK)?.get()
    }

    /// Only the table's one writer may ask for it.
    pub(super) fn write(&self, slot: Slot, word: Word, entry: Arc<Entry>) {
        let Some(chunk) = self.chunks.get(slot.index() / CHUNK) else {
            return;
        };
        let chunk = chunk.get_or_init(|| Chunk {
            words: (0..CHUNK).map(|_| AtomicU64::new(0)).collect(),
            entries: (0..CHUNK).map(|_| ArcSwapOption::empty()).collect(),
            doubts: (0..CHUNK).map(|_| Doubt::default()).collect(),
        });
        let place = slot.index() % CHUNK;
        chunk.entries[place].store(Some(entry));
        chunk.words[place].store(word.bits(), Release);
        // What was said of the primary of before says nothing of this one.
        chunk.doubts[place].clear();
    }
}
