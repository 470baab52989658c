//! What an operation will do: to which table and partitions, and with whose consent.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::api_error::ApiError;
use crate::api_error::cluster::{self, Access};
use crate::engine::Table;
use crate::lwt::{Partition, WriteIsolation, is_read_modify_write};
use crate::node::{Fault, Shared};
use crate::split::Minority;

/// What is known of an operation before it is executed.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) access: Access,
    /// A quorum of the datacenter has to agree.
    pub(super) quorum: bool,
    /// The table, or the first one that is named.
    pub(super) table: String,
    /// The partitions that are written to.
    pub(super) written: BTreeSet<Partition>,
    /// Those of them that take a lightweight transaction.
    pub(super) transactions: BTreeSet<Partition>,
    /// It reads first, and its table forbids that.
    pub(super) forbidden: bool,
}

/// One item that is written.
struct Write<'a> {
    table: &'a str,
    item: &'a Value,
    reads_first: bool,
}

impl Plan {
    pub(super) async fn of(shared: &Shared, operation: &str, body: &[u8]) -> Self {
        // It was read before, so it is JSON.
        let request = serde_json::from_slice(body).unwrap_or_default();
        let access = access(operation);
        let mut plan = Self {
            access,
            quorum: access == Access::Write || consistent(&request),
            table: first_table(&request),
            written: BTreeSet::new(),
            transactions: BTreeSet::new(),
            forbidden: false,
        };
        for write in writes(operation, &request) {
            if let Some(table) = shared.tables.get(&shared.engine, write.table).await {
                plan.add(&write, &table, shared.isolation);
            }
        }
        plan
    }

    /// Refuses what cannot be done now, before anything of it is done.
    pub(super) fn may_run(
        &self,
        minority: Option<Minority>,
        outcome: Option<&Fault>,
    ) -> Result<(), ApiError> {
        match outcome {
            Some(Fault::Refuse) => return Err(cluster::unavailable(self.access, 2, 1)),
            Some(Fault::RateLimit) => return Err(cluster::rate_limited(self.access, &self.table)),
            _ => {}
        }
        if let Some(Minority { required, alive }) = minority.filter(|_| self.quorum) {
            return Err(cluster::unavailable(self.access, required, alive));
        }
        if self.forbidden {
            return Err(ApiError::validation(
                "Read-modify-write operations are disabled by 'forbid_rmw' write isolation policy.",
            ));
        }
        Ok(())
    }

    fn add(&mut self, write: &Write<'_>, table: &Table, default: WriteIsolation) {
        let key = &write.item[table.hash_key.as_str()];
        if key.is_null() {
            return;
        }
        let partition = (write.table.to_owned(), key.to_string());
        let transaction = match table.isolation.unwrap_or(default) {
            WriteIsolation::Always => true,
            WriteIsolation::OnlyRmw => write.reads_first,
            WriteIsolation::ForbidRmw => {
                self.forbidden |= write.reads_first;
                false
            }
            WriteIsolation::UnsafeRmw => false,
        };
        if transaction {
            self.transactions.insert(partition.clone());
        }
        self.written.insert(partition);
    }
}

/// Whether an operation needs a plan if nothing is wrong with the cluster.
pub(super) fn writes_items(operation: &str) -> bool {
    matches!(
        operation,
        "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem"
    )
}

fn access(operation: &str) -> Access {
    let changes_schema = matches!(
        operation,
        "CreateTable"
            | "DeleteTable"
            | "UpdateTable"
            | "TagResource"
            | "UntagResource"
            | "UpdateTimeToLive"
    );
    if changes_schema || writes_items(operation) {
        Access::Write
    } else {
        Access::Read
    }
}

/// Read at LOCAL_QUORUM instead of LOCAL_ONE, in whole or for one of the tables.
fn consistent(request: &Value) -> bool {
    let asks = |request: &Value| request["ConsistentRead"] == true;
    let tables = request["RequestItems"].as_object();
    asks(request) || tables.is_some_and(|tables| tables.values().any(asks))
}

fn first_table(request: &Value) -> String {
    let named = request["TableName"].as_str();
    let first = || Some(request["RequestItems"].as_object()?.keys().next()?.as_str());
    named.or_else(first).unwrap_or_default().to_owned()
}

fn writes<'a>(operation: &str, request: &'a Value) -> Vec<Write<'a>> {
    let item = match operation {
        "PutItem" => &request["Item"],
        "UpdateItem" | "DeleteItem" => &request["Key"],
        "BatchWriteItem" => return batch(request),
        _ => return Vec::new(),
    };
    vec![Write {
        table: request["TableName"].as_str().unwrap_or_default(),
        item,
        reads_first: is_read_modify_write(operation, request),
    }]
}

fn batch(request: &Value) -> Vec<Write<'_>> {
    let tables = request["RequestItems"].as_object().into_iter().flatten();
    tables
        .flat_map(|(table, requests)| {
            let requests = requests.as_array().into_iter().flatten();
            requests.map(move |write| Write {
                table,
                item: match &write["PutRequest"]["Item"] {
                    Value::Null => &write["DeleteRequest"]["Key"],
                    item => item,
                },
                reads_first: false,
            })
        })
        .collect()
}
