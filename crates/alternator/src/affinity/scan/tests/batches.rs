use super::{KeyHash, told};

fn keys(body: &str) -> Vec<Option<KeyHash>> {
    let told = told(body).expect("an object");
    let writes = told.into_iter().filter(|(what, _)| what == "a write");
    writes.map(|(_, key)| key).collect()
}

#[test]
fn every_put_and_delete_of_a_known_table_is_told() {
    let body = r#"{
        "ReturnConsumedCapacity": "TOTAL",
        "RequestItems": {
            "one": [
                {"PutRequest": {"Item": {"a": {"S": "x"}, "p": {"S": "1"}, "z": {"M": {}}}}},
                {"DeleteRequest": {"Key": {"p": {"N": "2"}, "s": {"S": "y"}}}}
            ],
            "unknown": [{"PutRequest": {"Item": {"p": {"S": "not told"}}}}],
            "t\u0077o": [{"PutRequest": {"Item": {"p": {"B": "AQID"}}}}],
            "none": []
        }
    }"#;
    let expected = [
        ("one", None),
        ("a write", Some(KeyHash::string("1"))),
        ("a write", Some(KeyHash::number("2"))),
        ("unknown", None),
        ("two", None),
        ("a write", Some(KeyHash::binary(&[1, 2, 3]))),
        ("none", None),
    ];
    let expected = expected.map(|(what, key)| (what.to_owned(), key));
    assert_eq!(told(body).expect("an object"), expected);
}

#[test]
fn a_write_without_its_key_is_told_as_such() {
    for write in [
        r#"{"PutRequest":{"Item":{}}}"#,
        r#"{"PutRequest":{"Item":{"p":{"S":1}}}}"#,
        r#"{"DeleteRequest":{"Key":{"q":{"S":"1"}}}}"#,
        r#"{"DeleteRequest":{"Key":[]}}"#,
    ] {
        let body = format!(r#"{{"RequestItems":{{"t":[{write}]}}}}"#);
        assert_eq!(keys(&body), [None], "{body}");
    }
}

#[test]
fn what_is_no_write_or_is_two_is_left_out_and_the_rest_is_told() {
    for write in [
        "{}",
        "7",
        "[]",
        r#"{"PutRequest":7}"#,
        r#"{"PutRequest":{}}"#,
        r#"{"PutRequest":{"Key":{"p":{"S":"1"}}}}"#,
        r#"{"DeleteRequest":{"Item":{"p":{"S":"1"}}}}"#,
        r#"{"PutRequest":{"Item":{"p":{"S":"1"}}},"DeleteRequest":{"Key":{"p":{"S":"1"}}}}"#,
        r#"{"DeleteRequest":{"Key":{"p":{"S":"1"}}},"PutRequest":{}}"#,
        r#"{"UpdateRequest":{"Key":{"p":{"S":"1"}}}}"#,
    ] {
        let good = r#"{"PutRequest":{"Item":{"p":{"S":"good"}}}}"#;
        let body = format!(r#"{{"RequestItems":{{"s":7,"t":[{good},{write},{good}]}}}}"#);
        let good = Some(KeyHash::string("good"));
        assert_eq!(keys(&body), [good, good], "{body}");
    }
}

#[test]
fn what_is_no_whole_object_is_no_batch() {
    let whole = r#"{"RequestItems":{"t":[{"PutRequest":{"Item":{"p":{"S":"a"}}}}]}}"#;
    assert!(told(whole).is_some());
    for end in 0..whole.len() {
        assert!(told(&whole[..end]).is_none(), "{}", &whole[..end]);
    }
    assert!(told(r#"{"RequestItems":{"t":[{} {}]}}"#).is_none());
    assert!(told(r#"{"RequestItems":{"t":[,{}]}}"#).is_none());
    assert_eq!(told(r#"{"RequestItems":[]}"#), Some(vec![]));
}
