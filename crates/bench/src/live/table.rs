//! One table, with a string as its key.

use aws_sdk_dynamodb::{
    Client,
    types::{
        AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
        ScalarAttributeType,
    },
};
use tower_muster::BoxError;

pub(crate) const TABLE: &str = "bench";
pub(crate) const KEY: &str = "id";

pub(crate) async fn create(client: &Client) -> Result<(), BoxError> {
    let key = KeySchemaElement::builder()
        .attribute_name(KEY)
        .key_type(KeyType::Hash)
        .build()?;
    let id = AttributeDefinition::builder()
        .attribute_name(KEY)
        .attribute_type(ScalarAttributeType::S)
        .build()?;
    let call = client
        .create_table()
        .table_name(TABLE)
        .key_schema(key)
        .attribute_definitions(id);
    call.billing_mode(BillingMode::PayPerRequest).send().await?;
    Ok(())
}

pub(crate) fn string(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(crate) fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}
