//! Whether a write reads first, by the server's own test.

use serde_json::Value;

use super::expression;

/// True if the operation cannot be done without reading the item.
///
/// scylladb `alternator/executor.cc`, `needs_read_before_write` of put, delete
/// and update. A batch never reads.
pub(crate) fn is_read_modify_write(operation: &str, request: &Value) -> bool {
    let given = |name: &str| !request[name].is_null();
    let text = |name: &str| request[name].as_str().unwrap_or_default();
    let conditional = given("Expected") || !text("ConditionExpression").is_empty();
    match operation {
        "PutItem" | "DeleteItem" => conditional || text("ReturnValues") == "ALL_OLD",
        "UpdateItem" => {
            let returns = text("ReturnValues");
            conditional
                || !matches!(returns, "" | "NONE" | "UPDATED_NEW")
                || expression::reads(text("UpdateExpression"))
                || attribute_updates_read(&request["AttributeUpdates"])
        }
        _ => false,
    }
}

/// ADD reads always, DELETE if it takes a value out of a set.
fn attribute_updates_read(updates: &Value) -> bool {
    let Some(updates) = updates.as_object() else {
        return false;
    };
    updates
        .values()
        .any(|update| match update["Action"].as_str() {
            Some("ADD") => true,
            Some("DELETE") => !update["Value"].is_null(),
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_write_reads_first_as_the_server_says() {
        let table = [
            ("PutItem", json!({}), false),
            ("PutItem", json!({"ReturnValues": "NONE"}), false),
            ("PutItem", json!({"ReturnValues": "ALL_OLD"}), true),
            ("PutItem", json!({"ConditionExpression": ""}), false),
            (
                "PutItem",
                json!({"ConditionExpression": "attribute_exists(a)"}),
                true,
            ),
            ("PutItem", json!({"Expected": {}}), true),
            ("DeleteItem", json!({}), false),
            ("DeleteItem", json!({"ReturnValues": "ALL_OLD"}), true),
            (
                "UpdateItem",
                json!({"UpdateExpression": "SET a = :v"}),
                false,
            ),
            ("UpdateItem", json!({"UpdateExpression": "ADD a :v"}), true),
            ("UpdateItem", json!({"ReturnValues": "UPDATED_NEW"}), false),
            ("UpdateItem", json!({"ReturnValues": "ALL_NEW"}), true),
            ("UpdateItem", json!({"ReturnValues": "UPDATED_OLD"}), true),
            (
                "UpdateItem",
                json!({"AttributeUpdates": {"a": {"Action": "PUT", "Value": {"N": "1"}}}}),
                false,
            ),
            (
                "UpdateItem",
                json!({"AttributeUpdates": {"a": {"Action": "DELETE"}}}),
                false,
            ),
            (
                "UpdateItem",
                json!({"AttributeUpdates": {"a": {"Action": "DELETE", "Value": {"NS": ["1"]}}}}),
                true,
            ),
            (
                "UpdateItem",
                json!({"AttributeUpdates": {"a": {"Action": "ADD", "Value": {"N": "1"}}}}),
                true,
            ),
            ("BatchWriteItem", json!({"ReturnValues": "ALL_OLD"}), false),
            ("GetItem", json!({}), false),
        ];
        for (operation, request, expected) in table {
            assert_eq!(
                is_read_modify_write(operation, &request),
                expected,
                "{operation} {request}"
            );
        }
    }
}
