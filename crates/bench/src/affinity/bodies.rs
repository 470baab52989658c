//! Bodies as an SDK writes them.

use std::fmt::Write;

use bytes::Bytes;
use fastrand::Rng;
use tower_muster_alternator::affinity::KeyHash;

pub(super) const TABLE: &str = "orders";
pub(super) const KEY: &str = "customer";

/// How many attributes an item has.
const ATTRIBUTES: usize = 20;
/// And one of a batch, which is small.
const FEW_ATTRIBUTES: usize = 4;

/// A `PutItem`.
pub(super) struct Put {
    pub(super) body: Bytes,
    pub(super) key: KeyHash,
}

/// A `BatchWriteItem` of puts.
pub(super) struct Batch {
    pub(super) body: Bytes,
    pub(super) keys: Vec<KeyHash>,
}

impl Put {
    /// One of some `bytes`.
    pub(super) fn new(chance: &mut Rng, bytes: usize) -> Self {
        let mut body = format!(r#"{{"TableName":"{TABLE}","Item":"#);
        let key = item(&mut body, chance, ATTRIBUTES, bytes - 1);
        body.push('}');
        Self {
            body: body.into(),
            key,
        }
    }
}

impl Batch {
    /// One of so many items and some `bytes`.
    pub(super) fn new(chance: &mut Rng, items: usize, bytes: usize) -> Self {
        let mut body = format!(r#"{{"RequestItems":{{"{TABLE}":["#);
        let mut keys = Vec::new();
        for nth in 1..=items {
            if nth > 1 {
                body.push(',');
            }
            body.push_str(r#"{"PutRequest":{"Item":"#);
            keys.push(item(&mut body, chance, FEW_ATTRIBUTES, bytes * nth / items));
            body.push_str("}}");
        }
        body.push_str("]}}");
        Self {
            body: body.into(),
            keys,
        }
    }
}

pub(super) fn mean(lengths: impl ExactSizeIterator<Item = usize>) -> f64 {
    let count = lengths.len();
    lengths.sum::<usize>() as f64 / count as f64
}

/// Writes an item, its key in the middle, until the body has some `bytes`.
fn item(body: &mut String, chance: &mut Rng, attributes: usize, bytes: usize) -> KeyHash {
    let id = format!("customer-{:08}", chance.u32(..100_000_000));
    body.push('{');
    for nth in 0..attributes {
        if nth > 0 {
            body.push(',');
        }
        if nth == attributes / 2 {
            let _ = write!(body, r#""{KEY}":{{"S":"{id}"}}"#);
            continue;
        }
        let _ = write!(body, r#""attribute_{nth}":{{"#);
        let left = attributes - nth;
        let share = bytes.saturating_sub(body.len()) / left;
        // The last one is a text, which makes up for what the short ones leave.
        value(body, chance, left - 1, share);
        body.push('}');
    }
    body.push('}');
    KeyHash::string(&id)
}

/// Writes the type and value of one attribute; those that can be long take some `share` of bytes.
fn value(body: &mut String, chance: &mut Rng, kind: usize, share: usize) {
    let share = share.saturating_sub(8).max(1);
    // Writing into a string never fails.
    let _ = match kind % 8 {
        1 => write!(body, r#""N":"{}""#, chance.i32(..)),
        3 => write!(body, r#""BOOL":{}"#, chance.bool()),
        4 => write!(body, r#""B":"{}""#, base64(chance, share)),
        5 => {
            let inner = text(chance, share.saturating_sub(45).max(1));
            write!(
                body,
                r#""M":{{"street":{{"S":"{inner}"}},"number":{{"N":"17"}}}}"#
            )
        }
        6 => {
            let (first, second) = (text(chance, share / 2), text(chance, share / 2));
            write!(body, r#""SS":["{first}","{second}"]"#)
        }
        7 => {
            let inner = text(chance, share.saturating_sub(16).max(1));
            write!(body, r#""S":"said \"{inner}\"\n""#)
        }
        _ => write!(body, r#""S":"{}""#, text(chance, share)),
    };
}

/// Words.
fn text(chance: &mut Rng, length: usize) -> String {
    let letter = |nth| match nth % 7 {
        6 => ' ',
        _ => chance.lowercase(),
    };
    (0..length).map(letter).collect()
}

fn base64(chance: &mut Rng, length: usize) -> String {
    (0..length / 4 * 4).map(|_| chance.alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn bodies_are_json_of_the_size_that_was_asked_for() {
        let mut chance = Rng::with_seed(7);
        for bytes in [1 << 10, 4 << 10, 64 << 10] {
            let put = Put::new(&mut chance, bytes);
            let json: Value = serde_json::from_slice(&put.body).expect("JSON");
            let item = json["Item"].as_object().expect("an item");
            assert_eq!(item.len(), ATTRIBUTES);
            assert!(put.body.len().abs_diff(bytes) < bytes / 20, "{bytes}");
        }
        for bytes in [4_000, 15_000] {
            let batch = Batch::new(&mut chance, 25, bytes);
            let json: Value = serde_json::from_slice(&batch.body).expect("JSON");
            let puts = json["RequestItems"][TABLE].as_array().expect("puts");
            assert_eq!((puts.len(), batch.keys.len()), (25, 25));
            assert!(batch.body.len().abs_diff(bytes) < bytes / 20, "{bytes}");
        }
    }
}
