use http::Request;
use tower_muster::failover::Repeat;

use crate::{Alternator, Repeatable};

fn repeatable(operation: &str, body: &str) -> bool {
    let target = format!("DynamoDB_20120810.{operation}");
    let request = Request::post("/")
        .header("X-Amz-Target", target)
        .body(())
        .expect("a request");
    Alternator.is_repeatable(&request.into_parts().0, body.as_bytes())
}

#[test]
fn reads_are_repeatable_whatever_they_ask_for() {
    for operation in [
        "GetItem",
        "BatchGetItem",
        "Query",
        "Scan",
        "DescribeTable",
        "ListTables",
    ] {
        assert!(repeatable(operation, "{}"), "{operation}");
        assert!(repeatable(operation, "not even JSON"), "{operation}");
    }
}

#[test]
fn what_counts_or_creates_is_not_repeatable() {
    for operation in [
        "UpdateItem",
        "CreateTable",
        "DeleteTable",
        "UpdateTable",
        "TransactWriteItems",
        "Unheard",
        "",
    ] {
        assert!(
            !repeatable(operation, r#"{"TableName":"t"}"#),
            "{operation}"
        );
    }
}

#[test]
fn a_request_without_a_target_is_not_repeatable() {
    for target in [None, Some("GetItem"), Some("")] {
        let mut request = Request::post("/");
        if let Some(target) = target {
            request = request.header("x-amz-target", target);
        }
        let (head, ()) = request.body(()).expect("a request").into_parts();
        assert!(!Alternator.is_repeatable(&head, b"{}"), "{target:?}");
    }
}

#[test]
fn puts_and_deletes_are_repeatable_unless_they_have_a_condition_or_return_the_old() {
    let deep = format!(
        r#"{{"Item":{}1{}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let table = [
        (r#"{"TableName":"t","Item":{"p":{"S":"1"}}}"#, true),
        (
            r#"{"Item":{"ConditionExpression":{"S":"in the item, not of the request"}}}"#,
            true,
        ),
        (
            r#"{"Item":{"p":{"S":"\"ConditionExpression\":\"\""}}}"#,
            true,
        ),
        (r#"{"ConditionExpression":null}"#, true),
        (r#"{"ReturnValues":"NONE"}"#, true),
        (r#"{"ReturnConsumedCapacity":"TOTAL"}"#, true),
        (
            r#"{"ConditionExpression":"attribute_not_exists(p)"}"#,
            false,
        ),
        (
            r#"{"Cond\u0069tionExpression":"attribute_not_exists(p)"}"#,
            false,
        ),
        (r#"{"Expected":{"p":{"Exists":false}}}"#, false),
        (r#"{"ReturnValues":"ALL_OLD"}"#, false),
        (r#"{"Return\u0056alues":"ALL_\u004fLD"}"#, false),
        (r#"{"ReturnValues":7}"#, false),
        (r#"["ConditionExpression"]"#, false),
        ("", false),
        ("{", false),
        ("\u{1f}\u{8b}", false),
        // What one parser takes from the first and another from the last of two.
        (r#"{"ReturnValues":"ALL_OLD","ReturnValues":"NONE"}"#, false),
        // The item is skipped over, however deep it is.
        (deep.as_str(), true),
    ];
    for operation in ["PutItem", "DeleteItem"] {
        for (body, expected) in table {
            assert_eq!(
                repeatable(operation, body),
                expected,
                "{operation} {body:.80}"
            );
        }
    }
    assert!(repeatable("BatchWriteItem", "{}"));
}

#[test]
fn what_an_sdk_sends_again_is_known_as_a_repetition() {
    for (value, is_repetition) in [
        (None, false),
        (Some("attempt=1"), false),
        (Some("attempt=1; max=3"), false),
        (Some("attempt=2; max=3"), true),
        (Some("ttl=20261121T060000Z; attempt=2; max=3"), true),
        (Some("attempt=13"), true),
        (Some("max=2"), false),
    ] {
        let mut request = Request::post("/");
        if let Some(value) = value {
            request = request.header("amz-sdk-request", value);
        }
        let (head, ()) = request.body(()).expect("a request").into_parts();
        assert_eq!(Alternator.is_repetition(&head), is_repetition, "{value:?}");
    }
}

#[test]
fn only_what_changes_nothing_is_asked_twice_at_once() {
    for (operation, is_read) in [
        ("GetItem", true),
        ("Query", true),
        ("BatchGetItem", true),
        // Repeatable, but the slower of two could undo what is written next.
        ("PutItem", false),
        ("BatchWriteItem", false),
        ("UpdateItem", false),
        ("CreateTable", false),
    ] {
        let target = format!("DynamoDB_20120810.{operation}");
        let request = Request::post("/").header("x-amz-target", target);
        let (head, ()) = request.body(()).expect("a request").into_parts();
        assert_eq!(Alternator.is_read(&head, b"{}"), is_read, "{operation}");
    }
}

#[test]
fn the_request_has_the_last_word() {
    let request = |operation: &str, said: Option<bool>| {
        let mut request = Request::post("/").header("x-amz-target", format!("D.{operation}"));
        if let Some(said) = said {
            request = request.extension(Repeatable(said));
        }
        request.body(()).expect("a request").into_parts().0
    };
    let is = |operation, said| {
        let head = request(operation, said);
        (
            Alternator.is_repeatable(&head, b"{}"),
            Alternator.is_read(&head, b"{}"),
        )
    };
    assert_eq!(is("UpdateItem", None), (false, false));
    assert_eq!(is("UpdateItem", Some(true)), (true, false));
    assert_eq!(is("GetItem", None), (true, true));
    assert_eq!(is("GetItem", Some(false)), (false, false));
    assert_eq!(is("GetItem", Some(true)), (true, true));
}
