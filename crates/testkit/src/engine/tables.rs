//! What is remembered of the tables: enough to know which partition a write goes to.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use dynoxide::Database;
use serde_json::{Value, json};

use super::Engine;
use crate::lwt::WriteIsolation;
use crate::sync::lock;

/// The tag that goes before the cluster's own isolation, `alternator/executor.cc`.
const ISOLATION_TAG: &str = "system:write_isolation";

#[derive(Debug)]
pub(crate) struct Table {
    /// The name of the partition key's attribute.
    pub(crate) hash_key: String,
    /// What the table's own tag says, if it has one.
    pub(crate) isolation: Option<WriteIsolation>,
}

/// The tables that a write has named so far.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    known: Mutex<HashMap<String, Arc<Table>>>,
    /// Grows whenever all is forgotten, so that nothing older is put in after it.
    epoch: AtomicU64,
}

impl Tables {
    /// Returns what is known of a table; none if there is no such table.
    pub(crate) async fn get(&self, engine: &Engine, name: &str) -> Option<Arc<Table>> {
        if let Some(table) = lock(&self.known).get(name) {
            return Some(Arc::clone(table));
        }
        let epoch = self.epoch.load(Ordering::Acquire);
        let asked = name.to_owned();
        let described = engine.run(move |database| describe(database, &asked));
        let table = Arc::new(described.await.ok().flatten()?);
        let mut known = lock(&self.known);
        if self.epoch.load(Ordering::Acquire) == epoch {
            known.insert(name.to_owned(), Arc::clone(&table));
        }
        Some(table)
    }

    /// Forgets all, because one of them may have changed.
    pub(crate) fn forget(&self) {
        let mut known = lock(&self.known);
        self.epoch.fetch_add(1, Ordering::AcqRel);
        known.clear();
    }
}

fn describe(database: &Database, name: &str) -> Option<Table> {
    let request = serde_json::from_value(json!({ "TableName": name })).ok()?;
    let answer = database.describe_table(request).ok()?;
    let answer = serde_json::to_value(answer).ok()?;
    let description = &answer["Table"];
    let keys = description["KeySchema"].as_array()?;
    let hash = keys.iter().find(|key| key["KeyType"] == "HASH")?;
    Some(Table {
        hash_key: hash["AttributeName"].as_str()?.to_owned(),
        isolation: tagged(database, &description["TableArn"]),
    })
}

fn tagged(database: &Database, arn: &Value) -> Option<WriteIsolation> {
    let request = serde_json::from_value(json!({ "ResourceArn": arn })).ok()?;
    let answer = database.list_tags_of_resource(request).ok()?;
    let tags = serde_json::to_value(answer).ok()?;
    let tags = tags["Tags"].as_array()?;
    let tag = tags.iter().find(|tag| tag["Key"] == ISOLATION_TAG)?;
    tag["Value"].as_str()?.parse().ok()
}
