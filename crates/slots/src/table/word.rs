//! A slot's epoch and primary in one word, so that nobody sees one of them without the other.

use crate::Epoch;

/// How many bits of a word say which site it is; the epoch has the others.
const INDEX_BITS: u32 = 16;

/// Which place of the [`Roll`](super::roll::Roll) a site has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Index(u16);

impl Index {
    /// No site.
    pub(super) const NONE: Self = Self(0);
    /// A site that the roll has no place for: the slot's entry says which.
    pub(super) const ELSEWHERE: Self = Self(u16::MAX);

    /// The place at an offset from the first one, if a word can name it.
    pub(super) fn of_place(place: usize) -> Self {
        match u16::try_from(place + 1) {
            Ok(number) => Self(number),
            Err(_) => Self::ELSEWHERE,
        }
    }

    /// The place's offset from the first one.
    #[inline]
    pub(super) fn place(self) -> Option<usize> {
        match self {
            Self::NONE | Self::ELSEWHERE => None,
            Self(number) => Some(usize::from(number) - 1),
        }
    }
}

/// A slot's epoch, and the place of its primary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word(u64);

impl Word {
    /// The highest epoch that fits: as a time in milliseconds, one in the year 10889.
    pub(super) const MAX_EPOCH: Epoch = Epoch::new((1 << (u64::BITS - INDEX_BITS)) - 1);

    /// Of an epoch that is at most [`MAX_EPOCH`](Self::MAX_EPOCH).
    pub(super) fn new(epoch: Epoch, primary: Index) -> Self {
        Self(epoch.number() << INDEX_BITS | u64::from(primary.0))
    }

    #[inline]
    pub(super) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub(super) const fn bits(self) -> u64 {
        self.0
    }

    #[inline]
    pub(super) const fn epoch(self) -> Epoch {
        Epoch::new(self.0 >> INDEX_BITS)
    }

    #[inline]
    pub(super) const fn primary(self) -> Index {
        Index((self.0 & ((1 << INDEX_BITS) - 1)) as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::{Index, Word};
    use crate::Epoch;

    #[test]
    fn a_word_gives_back_what_it_was_made_of() {
        for epoch in [Epoch::NONE, Epoch::new(1_763_000_000_000), Word::MAX_EPOCH] {
            for index in [
                Index::NONE,
                Index::of_place(0),
                Index::of_place(65_533),
                Index::ELSEWHERE,
            ] {
                let word = Word::from_bits(Word::new(epoch, index).bits());
                assert_eq!((word.epoch(), word.primary()), (epoch, index));
            }
        }
    }

    #[test]
    fn a_place_that_no_word_can_name_is_elsewhere() {
        assert_eq!(Index::of_place(65_533).place(), Some(65_533));
        assert_eq!(Index::of_place(65_534), Index::ELSEWHERE);
        assert_eq!(Index::of_place(1_000_000), Index::ELSEWHERE);
        assert_eq!(Index::NONE.place(), None);
        assert_eq!(Index::ELSEWHERE.place(), None);
    }
}
