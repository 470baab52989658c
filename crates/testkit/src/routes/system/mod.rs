//! The server's own tables: `Scan` of `.scylla.alternator.system.local` and `.peers`.
//!
//! `alternator/executor.cc`, `INTERNAL_TABLE_PREFIX`; the attributes are columns of
//! the CQL tables `system.local` and `system.peers`. They tell who is a member, not
//! who is alive.

mod rows;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::api_error::ApiError;
use crate::node::Shared;

const PREFIX: &str = ".scylla.alternator.";

/// A table of the server: its rows, and the name of their key.
struct Rows {
    key: &'static str,
    rows: Vec<Map<String, Value>>,
}

/// Answers a Scan if it is of a table of the server's own.
///
/// `Limit` and `ExclusiveStartKey` are known; filters and projections are not.
pub(super) fn scan(shared: &Shared, index: usize, body: &[u8]) -> Option<Result<Bytes, ApiError>> {
    // Most scans are of other tables, and are not read twice.
    let own = PREFIX.as_bytes();
    if !body.windows(own.len()).any(|window| window == own) {
        return None;
    }
    let request: Value = serde_json::from_slice(body).ok()?;
    let table = request["TableName"].as_str()?;
    let rows = match table.strip_prefix(PREFIX)? {
        "system.local" => rows::local(shared, index),
        "system.peers" => rows::peers(shared, index),
        _ => {
            return Some(Err(ApiError::bad_request(
                "ResourceNotFoundException",
                format!("Requested resource not found: Table: {table} not found"),
            )));
        }
    };
    Some(page(&rows, &request).map(|answer| answer.to_string().into()))
}

fn page(table: &Rows, request: &Value) -> Result<Value, ApiError> {
    let limit = match &request["Limit"] {
        Value::Null => usize::MAX,
        limit => limit
            .as_u64()
            .filter(|limit| *limit > 0)
            .and_then(|limit| usize::try_from(limit).ok())
            .ok_or_else(|| ApiError::validation("Limit must be greater than 0"))?,
    };
    let rows = after(table, &request["ExclusiveStartKey"])?;
    let items = &rows[..limit.min(rows.len())];
    let mut answer = json!({
        "Count": items.len(),
        "ScannedCount": items.len(),
        "Items": items,
    });
    if let (true, Some(last)) = (items.len() < rows.len(), items.last()) {
        answer["LastEvaluatedKey"] = json!({ table.key: last[table.key] });
    }
    Ok(answer)
}

/// The rows that come after the one that an earlier page ended with.
fn after<'a>(table: &'a Rows, start: &Value) -> Result<&'a [Map<String, Value>], ApiError> {
    if start.is_null() {
        return Ok(&table.rows);
    }
    let mut rows = table.rows.iter();
    let last = rows.position(|row| row[table.key] == start[table.key]);
    last.map(|last| &table.rows[last + 1..])
        .ok_or_else(|| ApiError::validation("The provided starting key is invalid"))
}
