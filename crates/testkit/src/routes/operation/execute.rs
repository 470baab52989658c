//! From an operation that was let in to its answer.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use http::header::HOST;

use super::plan::{Plan, writes_items};
use super::transaction::transact;
use super::{Connection, Work};
use crate::api_error::{ApiError, cluster};
use crate::engine::{self, Operation};
use crate::node::{Fault, count};
use crate::routes::system;
use crate::split::{Minority, Split};

/// After these a table may not be what it was.
const CHANGES_TABLES: [&str; 5] = [
    "CreateTable",
    "DeleteTable",
    "UpdateTable",
    "TagResource",
    "UntagResource",
];

pub(super) async fn run(work: &Work<'_>, name: &str, body: &Bytes) -> Result<Bytes, ApiError> {
    let (connection, shared) = (work.connection, work.connection.shared());
    if name == "DescribeEndpoints" {
        return Ok(endpoints(&work.head.headers));
    }
    if name == "Scan"
        && let Some(answer) = system::scan(shared, connection.index, body)
    {
        return answer;
    }
    let operation = engine::prepare(name, body)?;
    let minority = Split::minority(shared, connection.index);
    if !writes_items(name) && minority.is_none() && work.outcome.is_none() {
        return run_in_engine(connection, name, operation).await;
    }
    let planned = Planned {
        connection: Arc::clone(connection),
        name: name.to_owned(),
        operation,
        minority,
        outcome: work.outcome.clone(),
    };
    // What was accepted runs to its end, also if nobody waits for it any more.
    let running = shared.runtime.spawn(planned.run(body.clone()));
    running
        .await
        .unwrap_or_else(|_| Err(ApiError::internal("the cluster has stopped")))
}

/// An operation that first has to know where it goes.
struct Planned {
    connection: Arc<Connection>,
    name: String,
    operation: Operation,
    minority: Option<Minority>,
    outcome: Option<Fault>,
}

impl Planned {
    async fn run(self, body: Bytes) -> Result<Bytes, ApiError> {
        let Self {
            connection,
            name,
            operation,
            minority,
            outcome,
        } = self;
        let plan = Plan::of(connection.shared(), &name, &body).await;
        for partition in &plan.written {
            connection.node().counters.key(partition);
        }
        plan.may_run(minority, outcome.as_ref())?;
        let (access, table) = (plan.access, plan.table);
        let answer = if plan.transactions.is_empty() {
            run_in_engine(&connection, &name, operation).await
        } else {
            transact(&connection, &name, plan.transactions, operation).await
        };
        match outcome {
            Some(Fault::Ambiguous) => answer.and(Err(cluster::timed_out(access, &table))),
            _ => answer,
        }
    }
}

pub(super) async fn run_in_engine(
    connection: &Arc<Connection>,
    name: &str,
    operation: Operation,
) -> Result<Bytes, ApiError> {
    let (shared, index) = (Arc::clone(connection.shared()), connection.index);
    let changes_tables = CHANGES_TABLES.contains(&name);
    let work = move |database: &_| {
        let answer = operation(database);
        if changes_tables {
            shared.tables.forget();
        }
        count(&shared.nodes[index].counters.executed);
        answer
    };
    let answer = connection.shared().engine.run(work).await;
    answer.unwrap_or_else(|_| Err(ApiError::internal("the database engine has stopped")))
}

/// The one operation that is about the node: where the client found it, for a day.
fn endpoints(headers: &HeaderMap) -> Bytes {
    let host = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let answer = serde_json::json!({
        "Endpoints": [{ "Address": host, "CachePeriodInMinutes": 1440 }],
    });
    answer.to_string().into()
}
