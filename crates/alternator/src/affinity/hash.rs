//! What a partition key has in common with itself in every client.

use super::{murmur3, order::Order};

/// Is the hash of a partition key's type and value.
///
/// It is the one that ScyllaDB's own client libraries use, so that they send a key to the same node:
/// `MurmurHash3` of a byte for the type and of the value as it was sent.
///
/// ```
/// use tower_muster_alternator::affinity::KeyHash;
///
/// assert_eq!(KeyHash::string("hello").as_i64(), 8_815_023_923_555_918_238);
/// assert_ne!(KeyHash::string("42"), KeyHash::number("42"));
/// assert_ne!(KeyHash::number("42"), KeyHash::number("42.0"), "the text counts");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash(i64);

impl KeyHash {
    /// Hashes a key of type `S`.
    #[must_use]
    pub fn string(value: &str) -> Self {
        Self(murmur3::hash(1, value.as_bytes()))
    }

    /// Hashes a key of type `N`, by its text: `42` is not `42.0`.
    #[must_use]
    pub fn number(text: &str) -> Self {
        Self(murmur3::hash(2, text.as_bytes()))
    }

    /// Hashes a key of type `B`, by its bytes and not their base64.
    #[must_use]
    pub fn binary(value: &[u8]) -> Self {
        Self(murmur3::hash(3, value))
    }

    /// Takes a hash that was made elsewhere.
    #[must_use]
    pub const fn from_i64(hash: i64) -> Self {
        Self(hash)
    }

    /// Returns the hash as a number.
    #[must_use]
    pub const fn as_i64(self) -> i64 {
        self.0
    }

    /// Returns which of so many nodes the key's writes go to first.
    ///
    /// They are counted from 0 in the order of a [`Ring`](tower_muster::policy::Ring); `None` of no nodes.
    #[must_use]
    pub fn preferred(self, nodes: usize) -> Option<usize> {
        self.order(nodes).first()
    }

    /// Returns so many nodes in the order that the key's writes try them.
    #[must_use]
    pub fn order(self, nodes: usize) -> Order {
        Order::new(self, nodes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_other_clients() {
        // From github.com/scylladb/alternator-load-balancing, issue 165, and each client's own tests.
        let strings = [
            ("hello", 8_815_023_923_555_918_238),
            ("", 8_849_112_093_580_131_862),
            ("user_123", -4_025_731_529_809_423_594),
            ("こんにちは", -8_746_014_667_889_746_860),
            ("12345", -6_122_888_897_254_035_317),
        ];
        for (value, expected) in strings {
            assert_eq!(KeyHash::string(value).as_i64(), expected, "S {value:?}");
        }
        let numbers = [
            ("42", -5_061_732_451_827_723_051),
            ("-12345", 2_496_798_676_881_075_539),
            ("3.14159", 2_139_945_193_071_104_172),
            ("1.23E10", -8_571_981_415_737_439_826),
            ("12345", -3_190_731_486_301_745_196),
        ];
        for (text, expected) in numbers {
            assert_eq!(KeyHash::number(text).as_i64(), expected, "N {text:?}");
        }
        let binaries: [(&[u8], i64); 4] = [
            (&[1, 2, 3], 5_026_299_041_734_804_437),
            (&[], 8_244_620_721_157_455_449),
            (&[0xff, 0, 0x80], 14_533_934_253_577_680),
            (b"12345", -3_752_463_870_508_600_385),
        ];
        for (value, expected) in binaries {
            assert_eq!(KeyHash::binary(value).as_i64(), expected, "B {value:?}");
        }
    }
}
