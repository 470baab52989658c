//! Which slot an object is in.

use crate::{
    hash::hash,
    slot::{Slot, SlotCount},
};

impl SlotCount {
    /// Returns the slot that an object's key is in.
    ///
    /// Every slot is as likely as any other, whatever their count: the key's 64-bit hash is taken as a fraction of
    /// 2^64 and multiplied by the count, which favours no slot by more than one part in 2^50.
    ///
    /// The same on every machine and in every version. In another language: take the key as 64-bit words, lowest
    /// byte first, the last filled up with zeros; begin with the key's length in bytes times `0x9e3779b97f4a7c15`;
    /// xor each word in and mix the outcome as splitmix64 does (`h ^= h >> 30; h *= 0xbf58476d1ce4e5b9; h ^= h >> 27;
    /// h *= 0x94d049bb133111eb; h ^= h >> 31`), all modulo 2^64. The slot is the upper half of the 128-bit product of
    /// the hash and the count.
    ///
    /// ```
    /// use tower_muster_slots::SlotCount;
    ///
    /// let slots = SlotCount::new(1_000).ok_or("no count")?;
    /// assert_eq!(slots.slot_of(b"user:17").number(), 507);
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn slot_of(self, key: &[u8]) -> Slot {
        let product = u128::from(hash(key)) * u128::from(self.get());
        // Below the count, which has 15 bits.
        Slot::new((product >> 64) as u16)
    }

    /// Returns the slot that redis-replica-manager-go finds an object in.
    ///
    /// It takes the first 16 bits of the MD5 of the object's id, highest first, modulo the count (its
    /// `GetSlotForObject`). A count that does not divide 65,536 is skewed: the lower slots get one more of the 65,536
    /// hashes each, which at 10,000 slots is a sixth more than the others. Use it only beside sites that run that
    /// library; [`slot_of`](Self::slot_of) has no skew.
    ///
    /// ```
    /// use tower_muster_slots::SlotCount;
    ///
    /// let slots = SlotCount::new(512).ok_or("no count")?;
    /// // MD5 of "hello" begins with 5d41.
    /// assert_eq!(slots.go_slot_of(b"hello").number(), 0x5d41 % 512);
    /// # Ok::<(), &str>(())
    /// ```
    #[cfg(feature = "go")]
    #[cfg_attr(docsrs, doc(cfg(feature = "go")))]
    #[must_use]
    pub fn go_slot_of(self, id: &[u8]) -> Slot {
        use md5::{Digest, Md5};

        let digest = Md5::digest(id);
        Slot::new(u16::from_be_bytes([digest[0], digest[1]]) % self.get())
    }
}

#[cfg(test)]
mod tests;
