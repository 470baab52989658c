//! One way into everything that reads a body.

use super::{
    KeyHash,
    scan::{Facts, Writes, batch, key},
};

/// Reads any bytes as the body of each operation.
pub fn fuzz_scan(bytes: &[u8]) {
    for name in ["p", "", "a\"b"] {
        if let Some(facts) = Facts::of(bytes) {
            for attributes in [facts.item, facts.key].into_iter().flatten() {
                let _ = key(attributes, name);
            }
        }
        let _ = key(bytes, name);
        let _ = batch(bytes, &mut Deaf(name));
    }
}

struct Deaf(&'static str);

impl Writes<'static> for Deaf {
    fn table(&mut self, _: &str) -> Option<&'static str> {
        Some(self.0)
    }

    fn write(&mut self, _: &str, _: Option<KeyHash>) {}
}
