use super::*;

const ALWAYS: (bool, bool) = (true, true);
const ANY_WRITE: (bool, bool) = (false, true);
const NEVER: (bool, bool) = (false, false);

fn takes(mode: Mode, operation: &str, members: &str) -> bool {
    let body = format!(r#"{{"TableName":"t"{members}}}"#);
    let interest = Interest::from(mode);
    interest.of(operation).is_some_and(|keyed| {
        let facts = Facts::of(body.as_bytes()).expect("an object");
        keyed == Keyed::Batch || interest.sends(keyed, &facts)
    })
}

#[track_caller]
fn check(operations: &[&str], cases: &[(&str, (bool, bool))]) {
    for operation in operations {
        for (members, expected) in cases {
            let taken =
                [Mode::ReadModifyWrite, Mode::AnyWrite].map(|mode| takes(mode, operation, members));
            assert_eq!(taken, [expected.0, expected.1], "{operation} {members}");
        }
    }
}

#[test]
fn puts_and_deletes_are_taken_when_they_look_at_the_item() {
    let cases = [
        ("", ANY_WRITE),
        (r#","ConditionExpression":"attribute_exists(p)""#, ALWAYS),
        (r#","ConditionExpression":"""#, ANY_WRITE),
        (r#","ConditionExpression":null"#, ANY_WRITE),
        (r#","Expected":{"p":{"Exists":false}}"#, ALWAYS),
        (r#","Expected":{}"#, ANY_WRITE),
        (r#","Expected":null"#, ANY_WRITE),
        (r#","ReturnValues":"NONE""#, ANY_WRITE),
        (r#","ReturnValues":null"#, ANY_WRITE),
        (r#","ReturnValues":"ALL_OLD""#, ALWAYS),
        (r#","ReturnValues":"ALL_NEW""#, ALWAYS),
        (r#","ReturnValues":"UPDATED_OLD""#, ALWAYS),
        (r#","ReturnValues":"UPDATED_NEW""#, ALWAYS),
        (
            r#","ReturnValuesOnConditionCheckFailure":"ALL_OLD""#,
            ANY_WRITE,
        ),
        (r#","UpdateExpression":"SET a = :a""#, ANY_WRITE),
    ];
    check(&["PutItem", "DeleteItem"], &cases);
}

#[test]
fn updates_are_taken_when_they_look_at_the_item() {
    let cases = [
        ("", ANY_WRITE),
        (r#","UpdateExpression":"SET a = :a""#, ALWAYS),
        (r#","UpdateExpression":"""#, ANY_WRITE),
        (r#","ConditionExpression":"a = :a""#, ALWAYS),
        (r#","ConditionExpression":"""#, ANY_WRITE),
        (r#","Expected":{"p":{"Exists":false}}"#, ALWAYS),
        (r#","Expected":{}"#, ANY_WRITE),
        (r#","ReturnValues":"NONE""#, ANY_WRITE),
        (r#","ReturnValues":"UPDATED_NEW""#, ANY_WRITE),
        (r#","ReturnValues":"ALL_OLD""#, ALWAYS),
        (r#","ReturnValues":"UPDATED_OLD""#, ALWAYS),
        (r#","ReturnValues":"ALL_NEW""#, ALWAYS),
        (r#","AttributeUpdates":{}"#, ANY_WRITE),
        (
            r#","AttributeUpdates":{"a":{"Action":"PUT","Value":{"N":"1"}}}"#,
            ANY_WRITE,
        ),
        (
            r#","AttributeUpdates":{"a":{"Value":{"N":"1"}}}"#,
            ANY_WRITE,
        ),
        (
            r#","AttributeUpdates":{"a":{"Action":"ADD","Value":{"N":"1"}}}"#,
            ALWAYS,
        ),
        (
            r#","AttributeUpdates":{"a":{"Action":"DELETE"}}"#,
            ANY_WRITE,
        ),
        (
            r#","AttributeUpdates":{"a":{"Action":"DELETE","Value":{"SS":["1"]}}}"#,
            ALWAYS,
        ),
    ];
    check(&["UpdateItem"], &cases);
}

#[test]
fn batches_are_taken_when_any_write_is() {
    check(&["BatchWriteItem"], &[("", ANY_WRITE)]);
}

#[test]
fn nothing_else_is_ever_taken() {
    let operations = [
        "GetItem",
        "BatchGetItem",
        "Query",
        "Scan",
        "TransactWriteItems",
        "TransactGetItems",
        "ExecuteStatement",
        "BatchExecuteStatement",
        "ExecuteTransaction",
        "CreateTable",
        "DeleteTable",
        "DescribeTable",
        "UpdateTable",
        "ListTables",
        "putitem",
        "",
    ];
    let members = r#","ConditionExpression":"a","Expected":{"a":{}},"ReturnValues":"ALL_OLD""#;
    check(&operations, &[(members, NEVER)]);
}

#[test]
fn keys_may_be_told_of_what_is_not_sent_by_them() {
    let told = Interest {
        mode: Mode::ReadModifyWrite,
        tells_all: true,
    };
    let facts = Facts::of(br#"{"TableName":"t","Key":{}}"#).expect("an object");
    for operation in ["GetItem", "PutItem", "UpdateItem", "DeleteItem"] {
        let keyed = told.of(operation).expect("it names a key");
        assert!(!told.sends(keyed, &facts), "{operation}");
        assert_eq!(
            Interest::from(Mode::AnyWrite).of(operation).is_some(),
            operation != "GetItem"
        );
    }
    for operation in [
        "Query",
        "Scan",
        "BatchGetItem",
        "BatchWriteItem",
        "ListTables",
    ] {
        assert_eq!(told.of(operation), None, "{operation}");
    }
}
