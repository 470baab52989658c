//! Hashes that stay the same: on every machine, in every version, in every language.
//!
//! Bytes are taken as 64-bit words, the lowest byte first, the last word filled up with zeros. The hash begins as
//! the number of bytes times [`GOLDEN`]; each word is xored into it, and the outcome mixed. FNV-1a would do a
//! multiplication for each byte, one after the other, and would have to be mixed at the end all the same.
//!
//! The mixing is a bijection of 64-bit numbers, so that two keys of one length up to 8 bytes never meet.

/// 2^64 divided by the golden ratio, made odd: what splitmix64 counts by.
pub(crate) const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Hashes bytes into 64 bits.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let length = bytes.len() as u64;
    let step = |hash: u64, word: &[u8]| mix(hash ^ little_endian(word));
    bytes.chunks(8).fold(length.wrapping_mul(GOLDEN), step)
}

/// The finalizer of splitmix64 (Steele, Lea and Flood, 2014): every bit depends on every other.
#[inline]
pub(crate) const fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// Up to 8 bytes as a number.
fn little_endian(word: &[u8]) -> u64 {
    match word.try_into() {
        Ok(whole) => u64::from_le_bytes(whole),
        Err(_) => word
            .iter()
            .rev()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{hash, mix};

    #[test]
    fn the_finalizer_is_that_of_splitmix64() {
        // The first number of splitmix64 from the seed 0, as its reference code prints it.
        assert_eq!(mix(super::GOLDEN), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn zeros_at_the_end_of_a_key_count() {
        let keys = [
            &b""[..],
            b"\0",
            b"\0\0",
            b"a",
            b"a\0",
            b"12345678",
            b"12345678\0",
        ];
        let hashes: BTreeSet<_> = keys.iter().map(|key| hash(key)).collect();
        assert_eq!(hashes.len(), keys.len());
    }

    #[test]
    fn each_bit_of_a_key_turns_half_of_the_hash() {
        let key = *b"a key of 20 bytes...";
        for bit in 0..key.len() * 8 {
            let mut other = key;
            other[bit / 8] ^= 1 << (bit % 8);
            let turned = (hash(&key) ^ hash(&other)).count_ones();
            assert!((12..=52).contains(&turned), "bit {bit} turns {turned}");
        }
    }
}
