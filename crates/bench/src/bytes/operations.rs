//! The calls, and what each has to answer.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, PutRequest, ReturnValue, WriteRequest},
};
use tower_muster::BoxError;

use crate::live::table::{KEY, TABLE, number, string};

/// The steps, which follow each other again and again.
pub(super) const STEPS: [&str; 10] = [
    "put",
    "get",
    "put that must be new",
    "put that is not new",
    "update",
    "query",
    "batch",
    "get what is large",
    "delete that must exist",
    "get what is gone",
];

/// How large the values of large items are.
const LARGE: std::ops::RangeInclusive<usize> = 2 << 10..=8 << 10;

/// How many items a batch writes.
const BATCH: usize = 5;

/// The calls of one task, on items of its own.
pub(super) struct Script {
    client: Client,
    task: usize,
    chance: fastrand::Rng,
    /// What the current round has put.
    small: String,
    large: String,
}

impl Script {
    pub(super) fn new(client: Client, task: usize) -> Self {
        Self {
            client,
            task,
            chance: fastrand::Rng::with_seed(task as u64),
            small: String::new(),
            large: String::new(),
        }
    }

    /// Makes one call; an answer that is not as it should be is an error, too.
    pub(super) async fn step(&mut self, call: usize) -> Result<(), BoxError> {
        let round = call / STEPS.len();
        let id = |kind| format!("{kind}-{}-{round}", self.task);
        let (small, large) = (id("small"), id("large"));
        match call % STEPS.len() {
            0 => self.put_small(&small).await,
            1 => self.expect(&small, Some(&self.small)).await,
            2 => self.put_new(&large).await,
            3 => self.put_again(&large).await,
            4 => self.update(&small).await,
            5 => self.query(&large).await,
            6 => self.batch(&small).await,
            7 => self.expect(&large, Some(&self.large)).await,
            8 => self.delete(&large).await,
            _ => self.expect(&large, None).await,
        }
    }

    async fn put_small(&mut self, id: &str) -> Result<(), BoxError> {
        self.small = text(&mut self.chance, 100);
        let put = self.client.put_item().table_name(TABLE);
        let put = put
            .item(KEY, string(id))
            .item("value", string(&self.small))
            .item("count", number(1));
        put.send().await?;
        Ok(())
    }

    async fn expect(&self, id: &str, value: Option<&String>) -> Result<(), BoxError> {
        let get = self.client.get_item().table_name(TABLE);
        let get = get.key(KEY, string(id)).consistent_read(true);
        let item = get.send().await?.item;
        let found = item
            .as_ref()
            .and_then(|item| item.get("value")?.as_s().ok());
        check(found == value, "another value was found")
    }

    async fn put_new(&mut self, id: &str) -> Result<(), BoxError> {
        let length = self.chance.usize(LARGE);
        self.large = text(&mut self.chance, length);
        let put = self.client.put_item().table_name(TABLE);
        let put = put.item(KEY, string(id)).item("value", string(&self.large));
        let put = put.condition_expression("attribute_not_exists(id)");
        put.send().await?;
        Ok(())
    }

    async fn put_again(&self, id: &str) -> Result<(), BoxError> {
        let put = self.client.put_item().table_name(TABLE);
        let put = put.item(KEY, string(id)).item("value", string("other"));
        let put = put.condition_expression("attribute_not_exists(id)");
        match put.send().await {
            Ok(_) => Err("a condition held that should not".into()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn update(&self, id: &str) -> Result<(), BoxError> {
        let update = self.client.update_item().table_name(TABLE);
        let update = update
            .key(KEY, string(id))
            .update_expression("ADD #n :n")
            .expression_attribute_names("#n", "count")
            .expression_attribute_values(":n", number(2))
            .return_values(ReturnValue::AllNew);
        let attributes = update.send().await?.attributes;
        let count = attributes.as_ref().and_then(|item| item.get("count"));
        check(count == Some(&number(3)), "another count was found")
    }

    async fn query(&self, id: &str) -> Result<(), BoxError> {
        let query = self.client.query().table_name(TABLE);
        let query = query
            .key_condition_expression("id = :id")
            .expression_attribute_values(":id", string(id));
        let answer = query.send().await?;
        let [item] = answer.items() else {
            return Err("another number of items was found".into());
        };
        let is_large = item.get("value") == Some(&string(&self.large));
        check(is_large, "another value was found")
    }

    async fn batch(&mut self, id: &str) -> Result<(), BoxError> {
        let mut writes = Vec::new();
        for nth in 0..BATCH {
            let value = text(&mut self.chance, 400);
            let item = HashMap::from([
                (KEY.to_owned(), string(format!("{id}-{nth}"))),
                ("value".to_owned(), AttributeValue::S(value)),
            ]);
            let put = PutRequest::builder().set_item(Some(item)).build()?;
            writes.push(WriteRequest::builder().put_request(put).build());
        }
        let batch = self.client.batch_write_item().request_items(TABLE, writes);
        let left = batch.send().await?.unprocessed_items;
        let is_done = left.is_none_or(|left| left.is_empty());
        check(is_done, "a batch was not written whole")
    }

    async fn delete(&self, id: &str) -> Result<(), BoxError> {
        let delete = self.client.delete_item().table_name(TABLE);
        let delete = delete.key(KEY, string(id));
        let delete = delete.condition_expression("attribute_exists(id)");
        delete.send().await?;
        Ok(())
    }
}

fn check(is_right: bool, otherwise: &'static str) -> Result<(), BoxError> {
    if is_right {
        Ok(())
    } else {
        Err(otherwise.into())
    }
}

/// Words, which compress as such do.
fn text(chance: &mut fastrand::Rng, length: usize) -> String {
    const WORDS: [&str; 8] = [
        "order ",
        "item ",
        "\"paid\" ",
        "2026-11-21 ",
        "Zürich ",
        "street ",
        "17.50 ",
        "gift ",
    ];
    let mut text = String::new();
    while text.len() < length {
        text.push_str(WORDS[chance.usize(..WORDS.len())]);
        text.push(chance.alphanumeric());
    }
    text
}
