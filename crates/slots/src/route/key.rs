//! What a request is about.

use std::fmt;

use crate::{Slot, SlotCount, hash::hash};

/// Says what a request is about, and so which slot it belongs to; goes into the request's extensions.
///
/// ```
/// use http::Request;
/// use tower_muster_slots::SlotKey;
///
/// let mut write = Request::post("/carts/17").body(())?;
/// write.extensions_mut().insert(SlotKey::of(b"cart:17"));
///
/// // A read that may be a little behind: the nearest site that holds the slot may answer.
/// let mut read = Request::get("/carts/17").body(())?;
/// read.extensions_mut().insert(SlotKey::of(b"cart:17").or_replica());
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SlotKey {
    what: What,
    any_holder: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Slot(Slot),
    /// The hash of an object's key: which slot that is depends on how many there are.
    Hash(u64),
}

impl SlotKey {
    /// Makes the key of an object, such as `b"user:17"`.
    #[must_use]
    pub fn of(object: &[u8]) -> Self {
        Self::new(What::Hash(hash(object)))
    }

    /// Makes the key of a slot that is known.
    #[must_use]
    pub const fn slot(slot: Slot) -> Self {
        Self::new(What::Slot(slot))
    }

    const fn new(what: What) -> Self {
        Self {
            what,
            any_holder: false,
        }
    }

    /// Lets any site that holds the slot answer, not its primary alone.
    ///
    /// For reads: what a holder that is not the primary knows may be behind.
    #[must_use]
    pub const fn or_replica(mut self) -> Self {
        self.any_holder = true;
        self
    }

    /// Returns whether any holder may answer.
    #[must_use]
    pub const fn allows_replica(&self) -> bool {
        self.any_holder
    }

    /// Returns the slot, of so many.
    #[must_use]
    #[inline]
    pub fn slot_among(&self, slots: SlotCount) -> Slot {
        match self.what {
            What::Slot(slot) => slot,
            What::Hash(hash) => {
                // As `SlotCount::slot_of`; the upper half is below the count.
                let product = u128::from(hash) * u128::from(slots.get());
                Slot::new((product >> 64) as u16)
            }
        }
    }
}

impl fmt::Debug for SlotKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlotKey")
            .field("what", &self.what)
            .field("any_holder", &self.any_holder)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::SlotKey;
    use crate::{Slot, SlotCount};

    #[test]
    fn a_key_is_in_the_slot_that_its_bytes_are_in() {
        for count in [1, 2, 512, 1_000, 10_007, 16_384] {
            let slots = SlotCount::new(count).expect("a count");
            for object in 0..1_000_u32 {
                let object = object.to_string();
                let slot = SlotKey::of(object.as_bytes()).slot_among(slots);
                assert_eq!(slot, slots.slot_of(object.as_bytes()));
            }
        }
    }

    #[test]
    fn a_slot_that_is_known_is_itself() {
        let slots = SlotCount::new(16).expect("a count");
        let key = SlotKey::slot(Slot::new(9)).or_replica();
        assert_eq!(key.slot_among(slots), Slot::new(9));
        assert!(key.allows_replica());
    }
}
