//! One table, and the operations that tests make on it.

use aws_sdk_dynamodb::{
    Client,
    config::Builder,
    types::{
        AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
        ScalarAttributeType,
    },
};

use super::failure::Failure;

const NAME: &str = "things";
const KEY: &str = "k";
const VALUE: &str = "v";

/// Is a table with a string key `k`, and an SDK's client of it.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
}

impl Table {
    /// Makes a table that exists already.
    pub fn of(config: Builder) -> Self {
        Self {
            client: Client::from_conf(config.build()),
        }
    }

    /// Creates it.
    ///
    /// # Errors
    ///
    /// Whatever the SDK says.
    pub async fn create(config: Builder) -> Result<Self, Failure> {
        let table = Self::of(config);
        let key = KeySchemaElement::builder()
            .attribute_name(KEY)
            .key_type(KeyType::Hash);
        let attribute = AttributeDefinition::builder()
            .attribute_name(KEY)
            .attribute_type(ScalarAttributeType::S);
        let create = table.client.create_table().table_name(NAME);
        create
            .billing_mode(BillingMode::PayPerRequest)
            .key_schema(key.build().expect("a key"))
            .attribute_definitions(attribute.build().expect("an attribute"))
            .send()
            .await?;
        Ok(table)
    }

    /// Makes each of the four operations once, and checks what they answer.
    ///
    /// # Errors
    ///
    /// Whatever the SDK says.
    pub async fn put_get_query_delete(&self, value: &str) -> Result<(), Failure> {
        self.put("k", value).await?;
        assert_eq!(self.get("k").await?.as_deref(), Some(value));
        assert_eq!(self.query("k").await?, 1);
        self.delete("k").await
    }

    /// Puts a value at a key, unconditionally.
    ///
    /// # Errors
    ///
    /// Whatever the SDK says.
    pub async fn put(&self, key: &str, value: &str) -> Result<(), Failure> {
        let put = self.client.put_item().table_name(NAME);
        let put = put.item(KEY, string(key)).item(VALUE, string(value));
        put.send().await?;
        Ok(())
    }

    /// Gets the value at a key.
    ///
    /// # Errors
    ///
    /// Whatever the SDK says.
    pub async fn get(&self, key: &str) -> Result<Option<String>, Failure> {
        let get = self.client.get_item().table_name(NAME);
        let item = get.key(KEY, string(key)).send().await?.item;
        Ok(item.and_then(|item| item.get(VALUE)?.as_s().ok().cloned()))
    }

    /// Counts the items at a key by a query.
    ///
    /// # Errors
    ///
    /// Whatever the SDK says.
    pub async fn query(&self, key: &str) -> Result<i32, Failure> {
        let query = self.client.query().table_name(NAME);
        let query = query
            .key_condition_expression("#k = :k")
            .expression_attribute_names("#k", KEY)
            .expression_attribute_values(":k", string(key));
        Ok(query.send().await?.count)
    }

    /// Deletes a key, unconditionally.
    ///
    /// # Errors
    ///
    /// Whatever the SDK says.
    pub async fn delete(&self, key: &str) -> Result<(), Failure> {
        let delete = self.client.delete_item().table_name(NAME);
        delete.key(KEY, string(key)).send().await?;
        Ok(())
    }

    /// Adds one to the counter at a key, which counts double when it is done twice.
    ///
    /// # Errors
    ///
    /// Whatever the SDK says.
    pub async fn add(&self, key: &str) -> Result<(), Failure> {
        let update = self.client.update_item().table_name(NAME);
        let update = update
            .key(KEY, string(key))
            .update_expression("ADD #n :one")
            .expression_attribute_names("#n", "n")
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()));
        update.send().await?;
        Ok(())
    }

    /// Reads the counter at a key; 0 if nothing was ever added.
    ///
    /// # Errors
    ///
    /// Whatever the SDK says.
    pub async fn count(&self, key: &str) -> Result<u64, Failure> {
        let get = self.client.get_item().table_name(NAME);
        let item = get.key(KEY, string(key)).send().await?.item;
        let number = item.and_then(|item| item.get("n")?.as_n().ok()?.parse().ok());
        Ok(number.unwrap_or(0))
    }

    /// Returns the SDK's client.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

fn string(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}
