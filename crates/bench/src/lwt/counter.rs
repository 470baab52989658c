//! A counter that each writer reads, and writes if nobody else did.

use std::time::Instant;

use aws_sdk_dynamodb::{
    Client, error::ProvideErrorMetadata, operation::update_item::UpdateItemError,
};
use serde::Serialize;
use tower_muster::BoxError;

use crate::{
    live::{
        self,
        table::{KEY, TABLE, number, string},
    },
    time,
};

const ID: &str = "counter";
const COUNT: &str = "count";

/// How the counter is counted up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Write {
    /// It is read, and set to one more if nobody else did.
    Optimistic,
    /// The node adds one, if there is a counter.
    Adding,
}

/// What became of the calls of one task, or of several.
#[derive(Debug, Default, Serialize)]
pub(super) struct Calls {
    pub(super) updated: u64,
    /// Another task was faster.
    pub(super) lost: u64,
    /// The node does not know what became of the write.
    pub(super) in_doubt: u64,
    pub(super) errors: u64,
    pub(super) first_error: Option<String>,
}

impl Calls {
    pub(super) fn add(&mut self, other: Self) {
        self.updated += other.updated;
        self.lost += other.lost;
        self.in_doubt += other.in_doubt;
        self.errors += other.errors;
        self.first_error = self.first_error.take().or(other.first_error);
    }
}

/// What became of one write.
enum Outcome {
    Updated,
    Lost,
    InDoubt,
}

/// Puts the counter at 0, if there is none: a write as all others.
pub(super) async fn begin(client: &Client) -> Result<(), BoxError> {
    let put = client.put_item().table_name(TABLE);
    let put = put.item(KEY, string(ID)).item(COUNT, number(0));
    let put = put.condition_expression("attribute_not_exists(id)");
    put.send().await?;
    Ok(())
}

pub(super) async fn read(client: &Client) -> Result<u64, BoxError> {
    let get = client.get_item().table_name(TABLE);
    let get = get.key(KEY, string(ID)).consistent_read(true);
    let item = get.send().await?.item.ok_or("there is no counter")?;
    let count = item.get(COUNT).and_then(|count| count.as_n().ok());
    Ok(count.ok_or("the counter is no number")?.parse()?)
}

/// Counts up until the time has come.
pub(super) async fn count(client: Client, write: Write, end: Instant) -> Calls {
    let mut calls = Calls::default();
    while time::now() < end {
        match one_more(&client, write).await {
            Ok(Outcome::Updated) => calls.updated += 1,
            Ok(Outcome::Lost) => calls.lost += 1,
            Ok(Outcome::InDoubt) => calls.in_doubt += 1,
            Err(error) => {
                calls.errors += 1;
                let _ = calls
                    .first_error
                    .get_or_insert_with(|| live::describe(&*error));
            }
        }
    }
    calls
}

async fn one_more(client: &Client, write: Write) -> Result<Outcome, BoxError> {
    let update = client.update_item().table_name(TABLE);
    let update = update
        .key(KEY, string(ID))
        .expression_attribute_names("#n", COUNT);
    let update = match write {
        Write::Optimistic => {
            let old = read(client).await?;
            update
                .update_expression("SET #n = :new")
                .condition_expression("#n = :old")
                .expression_attribute_values(":old", number(old))
                .expression_attribute_values(":new", number(old + 1))
        }
        Write::Adding => update
            .update_expression("ADD #n :one")
            .condition_expression("attribute_exists(#n)")
            .expression_attribute_values(":one", number(1)),
    };
    match update.send().await {
        Ok(_) => Ok(Outcome::Updated),
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(Outcome::Lost),
            Some(service) if says_uncertain(service) => Ok(Outcome::InDoubt),
            _ => Err(error.into()),
        },
    }
}

/// The words of a coordinator that met another one.
fn says_uncertain(error: &UpdateItemError) -> bool {
    error
        .message()
        .is_some_and(|message| message.contains("uncertainty"))
}
