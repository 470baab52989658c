use super::Facts;

fn facts(body: &str) -> Option<Facts<'_>> {
    Facts::of(body.as_bytes())
}

#[test]
fn the_table_and_the_attributes_are_found() {
    let body =
        r#" {"Item" : {"p":{"S":"}"}} ,"x":[1,{"Key":2}],"TableName":"a\u002eb","Key":{"q":1}} "#;
    let facts = facts(body).expect("an object");
    assert!(facts.table.expect("a table").is("a.b"));
    assert_eq!(facts.item, Some(&br#"{"p":{"S":"}"}}"#[..]));
    assert_eq!(facts.key, Some(&br#"{"q":1}"#[..]));
}

#[test]
fn a_member_says_something_unless_it_is_null_or_empty() {
    for (value, expected) in [
        (r#""a""#, true),
        (r#""\"""#, true),
        (r#"{"a":1}"#, true),
        (r#" { "a" : 1 } "#, true),
        ("7", true),
        ("true", true),
        ("[]", true),
        (r#""""#, false),
        ("{}", false),
        ("{ }", false),
        ("null", false),
    ] {
        for name in ["ConditionExpression", "Expected", "UpdateExpression"] {
            let body = format!(r#"{{"a":"b","{name}":{value},"z":{{}}}}"#);
            let facts = facts(&body).expect("an object");
            let said = [
                facts.has_condition && name == "ConditionExpression",
                facts.has_expected && name == "Expected",
                facts.has_update && name == "UpdateExpression",
            ];
            assert_eq!(said.contains(&true), expected, "{body}");
        }
    }
}

#[test]
fn updates_count_when_they_add_or_take_away() {
    for (updates, expected) in [
        (r#"{"a":{"Action":"ADD","Value":{"N":"1"}}}"#, true),
        (r#"{"a":{"Value":{"N":"1"},"Action":"ADD"}}"#, true),
        (r#"{"a":{"Action":"\u0041DD"}}"#, true),
        (r#"{"a":{"Action":"DELETE","Value":{"SS":["1"]}}}"#, true),
        (r#"{"a":{"Value":{"SS":["1"]},"Action":"DELETE"}}"#, true),
        (r#"{"a":{"Action":"PUT"},"b":{"Action":"ADD"}}"#, true),
        (r#"{"a":{"Action":"DELETE"}}"#, false),
        (
            r#"{"a":{"Action":"DELETE"},"b":{"Value":{"S":"1"}}}"#,
            false,
        ),
        (r#"{"a":{"Action":"PUT","Value":{"S":"ADD"}}}"#, false),
        (r#"{"a":{"Value":{"Action":"ADD"}}}"#, false),
        (r#"{"Action":"ADD"}"#, false),
        (r#"{"a":{"Action":["ADD"]}}"#, false),
        (r#"["ADD"]"#, false),
        ("{}", false),
        ("null", false),
    ] {
        let body = format!(r#"{{"AttributeUpdates":{updates},"Key":{{}}}}"#);
        let facts = facts(&body).expect("an object");
        assert_eq!(facts.has_counting, expected, "{body}");
        assert!(facts.key.is_some(), "and the rest is read: {body}");
    }
}

#[test]
fn what_is_of_no_string_is_no_name() {
    let facts = facts(r#"{"TableName":["t"],"ReturnValues":7}"#).expect("an object");
    assert!(facts.table.is_none() && facts.return_values.is_none());
}

#[test]
fn of_two_members_of_one_name_the_first_counts() {
    let body = r#"{"TableName":"a","Key":1,"TableName":"b","Key":2}"#;
    let facts = facts(body).expect("an object");
    assert!(facts.table.expect("a table").is("a"));
    assert_eq!(facts.key, Some(&b"1"[..]));
}

#[test]
fn what_is_no_whole_object_has_no_facts() {
    let whole = r#"{"TableName":"t","Item":{"p":{"S":"a"}},"Expected":{"a":{}}}"#;
    assert!(facts(whole).is_some());
    for end in 0..whole.len() {
        assert!(facts(&whole[..end]).is_none(), "{}", &whole[..end]);
    }
    for body in [
        "[]",
        "null",
        r#""TableName""#,
        "{}}",
        "{} {}",
        r#"{"a":1}x"#,
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        r#"{"a":1 "b":2}"#,
        r#"{"\ud800":1}"#,
        "\u{1f}\u{8b}\u{8}",
    ] {
        assert!(facts(body).is_none(), "{body}");
    }
}

#[test]
fn what_is_nested_ten_thousand_deep_is_passed_over() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let deep = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        let body = format!(r#"{{"Item":{deep},"Expected":{deep},"TableName":"t"}}"#);
        let facts = facts(&body).expect("an object");
        assert!(facts.table.is_some() && facts.item.is_some_and(|item| item == deep.as_bytes()));
    }
}
