//! Against `serde_json`: of what it can read the same is found, and nothing panics on the rest.

use proptest::{collection::vec, prelude::*};
use serde_json::{Map, Value};

use super::{Facts, KeyHash, key, told};
use crate::affinity::fuzz_scan;

/// Names and values that are likely to be met, escaped or not by whoever writes them.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "TableName",
            "Item",
            "Key",
            "Expected",
            "ReturnValues",
            "AttributeUpdates",
            "Action",
            "ADD",
            "DELETE",
            "Value",
            "UpdateExpression",
            "ConditionExpression",
            "p",
            "S",
            "N",
            "B",
            "RequestItems",
            "PutRequest",
            "DeleteRequest",
            "AQID",
            "",
        ])
        .prop_map(ToOwned::to_owned),
        any::<String>(),
        "[\"\\\\/{}\\[\\]:,a]{0,9}",
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            object(inner).prop_map(Value::from),
        ]
    })
}

fn object(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    vec((word(), value), 0..8).prop_map(|members| members.into_iter().collect())
}

/// The same text with every letter of its strings written as an escape, and white space around tokens.
fn spread(value: &Value) -> String {
    let text = |text: &str| -> String {
        let units = text.encode_utf16();
        let units: String = units.map(|unit| format!("\\u{unit:04x}")).collect();
        format!("\"{units}\"")
    };
    match value {
        Value::String(string) => text(string),
        Value::Array(elements) => {
            let elements: Vec<_> = elements.iter().map(spread).collect();
            format!("[ {} ]\n", elements.join(" ,"))
        }
        Value::Object(members) => {
            let member =
                |(name, value): (&String, _)| format!("\t{} : {}", text(name), spread(value));
            let members: Vec<_> = members.iter().map(member).collect();
            format!("{{{}\r\n}} ", members.join(","))
        }
        other => other.to_string(),
    }
}

fn expected_key(item: &Value, name: &str) -> Option<KeyHash> {
    let value = item.as_object()?.get(name)?.as_object()?;
    let (kind, value) = value.iter().next().filter(|_| value.len() == 1)?;
    let value = value.as_str()?;
    match kind.as_str() {
        "S" => Some(KeyHash::string(value)),
        "N" => Some(KeyHash::number(value)),
        "B" => {
            use base64::{Engine, prelude::BASE64_STANDARD};
            BASE64_STANDARD
                .decode(value)
                .ok()
                .map(|bytes| KeyHash::binary(&bytes))
        }
        _ => None,
    }
}

fn says_something(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Object(members)) => !members.is_empty(),
        Some(_) => true,
    }
}

fn counts(updates: Option<&Value>) -> bool {
    let updates = updates.and_then(Value::as_object).into_iter().flatten();
    updates.into_iter().any(
        |(_, update)| match update.get("Action").and_then(Value::as_str) {
            Some("ADD") => true,
            Some("DELETE") => update.get("Value").is_some(),
            _ => false,
        },
    )
}

fn check(body: &Map<String, Value>, text: &str) {
    let facts = Facts::of(text.as_bytes()).expect("an object");
    let parsed = |span: Option<&[u8]>| -> Option<Value> {
        span.map(|span| serde_json::from_slice(span).expect("a value"))
    };
    let is = |found: Option<super::Text<'_>>, member| match body.get(member).and_then(Value::as_str)
    {
        Some(text) => found.is_some_and(|found| found.is(text)),
        None => found.is_none(),
    };
    assert!(is(facts.table, "TableName"), "{text}");
    assert!(is(facts.return_values, "ReturnValues"), "{text}");
    assert_eq!(parsed(facts.item).as_ref(), body.get("Item"), "{text}");
    assert_eq!(parsed(facts.key).as_ref(), body.get("Key"), "{text}");
    let said = [facts.has_condition, facts.has_expected, facts.has_update];
    let members = ["ConditionExpression", "Expected", "UpdateExpression"];
    assert_eq!(
        said,
        members.map(|member| says_something(body.get(member))),
        "{text}"
    );
    assert_eq!(
        facts.has_counting,
        counts(body.get("AttributeUpdates")),
        "{text}"
    );
}

proptest! {
    #[test]
    fn facts_are_those_of_a_whole_parser(body in object(json())) {
        let value = Value::from(body.clone());
        for text in [value.to_string(), spread(&value), format!("{value:#}")] {
            let read: Value = serde_json::from_str(&text).expect("JSON");
            check(read.as_object().expect("an object"), &text);
        }
    }

    #[test]
    fn keys_are_those_of_a_whole_parser(
        item in object(prop_oneof![json(), object(word().prop_map(Value::from)).prop_map(Value::from)]),
        name in word(),
    ) {
        let value = Value::from(item);
        for text in [value.to_string(), spread(&value)] {
            for name in [&*name, "p", "Item"] {
                prop_assert_eq!(key(text.as_bytes(), name), expected_key(&value, name), "{}", text);
            }
        }
    }

    #[test]
    fn batches_are_walked_through_whatever_they_hold(items in json()) {
        let value = serde_json::json!({ "RequestItems": items });
        prop_assert!(told(&value.to_string()).is_some());
        prop_assert_eq!(told(&value.to_string()), told(&spread(&value)));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        fuzz_scan(&bytes);
    }

    #[test]
    fn no_text_of_json_letters_makes_it_panic(text in "[{}\\[\\]\":,\\\\uS0dp \n]{0,60}") {
        fuzz_scan(text.as_bytes());
        fuzz_scan(format!(r#"{{"RequestItems":{{"t":[{{"PutRequest":{{"Item":{{"p":{text}"#).as_bytes());
        fuzz_scan(format!(r#"{{"TableName":"t","Item":{{"p":{text}}}}}"#).as_bytes());
    }

    #[test]
    fn nothing_cut_off_or_changed_makes_it_panic(body in object(json()), cut: usize, byte: u8) {
        let mut text = Value::from(body).to_string().into_bytes();
        let at = cut % text.len();
        fuzz_scan(&text[..at]);
        text[at] = byte;
        fuzz_scan(&text);
    }
}
