//! `MurmurHash3`, the variant for 64-bit machines, of which the first half is used.
//!
//! Austin Appleby's public-domain hash (`MurmurHash3_x64_128` of smhasher), with seed 0.

const C1: u64 = 0x87c3_7b91_1142_53d5;
const C2: u64 = 0x4cf5_ad43_2745_937f;

/// The first 64 bits of the hash of `prefix` followed by `payload`, which are never put together.
pub(super) fn hash(prefix: u8, payload: &[u8]) -> i64 {
    let mut state = State::default();
    let length = payload.len() as u64 + 1;
    let mut first = [0; 16];
    first[0] = prefix;
    let Some((head, rest)) = payload.split_first_chunk::<15>() else {
        first[1..=payload.len()].copy_from_slice(payload);
        state.tail(first);
        return state.finish(length);
    };
    first[1..].copy_from_slice(head);
    state.block(first);
    let (blocks, tail) = rest.as_chunks();
    for block in blocks {
        state.block(*block);
    }
    let mut last = [0; 16];
    last[..tail.len()].copy_from_slice(tail);
    state.tail(last);
    state.finish(length)
}

#[derive(Default)]
struct State {
    h1: u64,
    h2: u64,
}

impl State {
    fn block(&mut self, block: [u8; 16]) {
        let (k1, k2) = scrambled(block);
        self.h1 = (self.h1 ^ k1).rotate_left(27).wrapping_add(self.h2);
        self.h1 = self.h1.wrapping_mul(5).wrapping_add(0x52dc_e729);
        self.h2 = (self.h2 ^ k2).rotate_left(31).wrapping_add(self.h1);
        self.h2 = self.h2.wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }

    /// What is shorter than a block, filled up with zeros: a zero changes nothing.
    fn tail(&mut self, block: [u8; 16]) {
        let (k1, k2) = scrambled(block);
        self.h1 ^= k1;
        self.h2 ^= k2;
    }

    fn finish(self, length: u64) -> i64 {
        let (h1, h2) = (self.h1 ^ length, self.h2 ^ length);
        let h1 = h1.wrapping_add(h2);
        let h2 = h2.wrapping_add(h1);
        mix(h1).wrapping_add(mix(h2)).cast_signed()
    }
}

fn scrambled(block: [u8; 16]) -> (u64, u64) {
    // As little-endian numbers: the first eight bytes are the low half.
    let both = u128::from_le_bytes(block);
    let (k1, k2) = (both as u64, (both >> 64) as u64);
    (
        k1.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2),
        k2.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1),
    )
}

fn mix(mut k: u64) -> u64 {
    k ^= k >> 33;
    k = k.wrapping_mul(0xff51_afd7_ed55_8ccd);
    k ^= k >> 33;
    k = k.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    k ^ (k >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_other_implementations() {
        let vectors: [(&[u8], u64); 7] = [
            (&[1], 8_849_112_093_580_131_862),
            (b"hello", 0xcbd8_a7b3_41bd_9b02),
            (b"\x01hello", 8_815_023_923_555_918_238),
            (b"test", 0xac7d_28cc_74bd_e19d),
            (b"user_123", 0x1048_32bf_621f_0137),
            (b"0123456789abcdef", 0x4be0_6d94_cf4a_d1a7),
            (&[0xff, 0x80, 0x7f, 0], 0x3408_b0fb_e4cb_130c),
        ];
        for (bytes, expected) in vectors {
            let (prefix, payload) = bytes.split_first().expect("no vector is empty");
            let hash = hash(*prefix, payload).cast_unsigned();
            assert_eq!(hash, expected, "{bytes:?}");
        }
        assert_eq!(State::default().finish(0), 0, "of nothing");
    }

    #[test]
    fn every_byte_counts_whatever_the_length() {
        for length in 0..100 {
            let mut payload: Vec<u8> = (0..length).collect();
            let plain = hash(1, &payload);
            assert_ne!(plain, hash(2, &payload));
            for at in 0..payload.len() {
                payload[at] ^= 0x80;
                assert_ne!(hash(1, &payload), plain, "byte {at} of {length}");
                payload[at] ^= 0x80;
            }
            payload.push(0);
            assert_ne!(hash(1, &payload), plain, "a zero more than {length}");
        }
    }
}
