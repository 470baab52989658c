mod any_json;
mod batches;
mod facts;
mod keys;

use super::*;
use crate::affinity::KeyHash;

/// Keeps what it is told of a batch; each table's key is `p`.
#[derive(Debug, Default)]
struct Told(Vec<(String, Option<KeyHash>)>);

impl Writes<'static> for Told {
    fn table(&mut self, name: &str) -> Option<&'static str> {
        self.0.push((name.to_owned(), None));
        (name != "unknown").then_some("p")
    }

    fn write(&mut self, _: &str, key: Option<KeyHash>) {
        self.0.push(("a write".to_owned(), key));
    }
}

fn told(body: &str) -> Option<Vec<(String, Option<KeyHash>)>> {
    let mut told = Told::default();
    batch(body.as_bytes(), &mut told)?;
    Some(told.0)
}
