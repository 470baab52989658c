use base64::{Engine, prelude::BASE64_STANDARD};

use super::{KeyHash, key};

fn p(item: &str) -> Option<KeyHash> {
    key(item.as_bytes(), "p")
}

#[test]
fn a_key_of_each_type_is_found_wherever_it_stands() {
    for (value, expected) in [
        (r#"{"S":"hello"}"#, KeyHash::string("hello")),
        (r#"{"S":""}"#, KeyHash::string("")),
        (r#"{"N":"42.0"}"#, KeyHash::number("42.0")),
        (r#"{"B":"AQID"}"#, KeyHash::binary(&[1, 2, 3])),
        (r#"{"B":""}"#, KeyHash::binary(&[])),
        (r#"{"B":"\/w=="}"#, KeyHash::binary(&[0xff])),
        (" {\t\"S\" :\r\n \"hello\" } ", KeyHash::string("hello")),
    ] {
        for item in [
            format!(r#"{{"p":{value}}}"#),
            format!(r#"{{"a":{{"S":"p"}},"p":{value},"z":{{"L":[{{"p":1}}]}}}}"#),
            format!(r#"{{"a":{{"M":{{"p":{{"S":"not this"}}}}}},"p":{value}}}"#),
            // The node that it is sent to takes the first.
            format!(r#"{{"p":{value},"p":{{"S":"a second"}}}}"#),
            format!(r#"{{"q":{{"S":"\"p\":"}},"\u0070":{value}}}"#),
        ] {
            assert_eq!(p(&item), Some(expected), "{item}");
        }
    }
}

#[test]
fn escapes_are_decoded() {
    for (escaped, plain) in [
        (r"a\nb\t\r\b\f\\\/\u0000", "a\nb\t\r\u{8}\u{c}\\/\0"),
        (r#"\""#, "\""),
        (r"\u00e9\u3053\uD83D\uDE00", "é\u{3053}😀"),
        ("こんにちは", "こんにちは"),
    ] {
        let item = format!(r#"{{"p":{{"S":"{escaped}"}}}}"#);
        assert_eq!(p(&item), Some(KeyHash::string(plain)), "{item}");
    }
}

#[test]
fn a_name_with_escapes_is_the_name_that_it_stands_for() {
    let item = br#"{"a\u0062":{"S":"no"},"a\\u0062":{"S":"this"}}"#;
    assert_eq!(key(item, r"a\u0062"), Some(KeyHash::string("this")));
    assert_eq!(key(item, "ab"), Some(KeyHash::string("no")));
    assert_eq!(
        key(br#"{"p\"":{"S":"x"}}"#, "p\""),
        Some(KeyHash::string("x"))
    );
}

#[test]
fn a_binary_key_may_be_of_any_length() {
    for length in [0, 1, 2, 3, 191, 192, 193, 255, 256, 257, 2048] {
        let bytes = vec![7; length];
        let item = format!(r#"{{"p":{{"B":"{}"}}}}"#, BASE64_STANDARD.encode(&bytes));
        assert_eq!(p(&item), Some(KeyHash::binary(&bytes)), "{length} bytes");
    }
}

#[test]
fn what_is_no_key_is_none() {
    for item in [
        "{}",
        "[]",
        "7",
        "\"p\"",
        "null",
        "",
        r#"{"q":{"S":"another"}}"#,
        r#"{"p":"hello"}"#,
        r#"{"p":null}"#,
        r#"{"p":{}}"#,
        r#"{"p":["S","hello"]}"#,
        r#"{"p":{"S":7}}"#,
        r#"{"p":{"N":42}}"#,
        r#"{"p":{"S":null}}"#,
        r#"{"p":{"S":"two","N":"2"}}"#,
        r#"{"p":{"S":"two","S":"two"}}"#,
        r#"{"p":{"BOOL":true}}"#,
        r#"{"p":{"SS":["a"]}}"#,
        r#"{"p":{"M":{"S":"a"}}}"#,
        r#"{"p":{"s":"a"}}"#,
        r#"{"p":{"B":"AQI"}}"#,
        r#"{"p":{"B":"A_-="}}"#,
        r#"{"p":{"B":"=AQI"}}"#,
        r#"{"p":{"S":"\ud800"}}"#,
        r#"{"p":{"S":"\udc00"}}"#,
        r#"{"p":{"S":"\ud800\u0041"}}"#,
        r#"{"p":{"S":"\ud800x"}}"#,
        r#"{"p":{"S":"\u12"}}"#,
        r#"{"p":{"S":"\u+123"}}"#,
        r#"{"p":{"S":"\x"}}"#,
        r#"{"p":{"S":"a"#,
        r#"{"p":{"S":"a\"}}"#,
        r#"{"p":{"S":"a""#,
        r#"{"p":{"S":"a"}"#.trim_end_matches('}'),
        r#"{"p" {"S":"a"}}"#,
        r#"{"p":{"S","a"}}"#,
        r#"{p:{"S":"a"}}"#,
        r#"{,"p":{"S":"a"}}"#,
        r#"{"q":,"p":{"S":"a"}}"#,
    ] {
        assert_eq!(p(item), None, "{item}");
    }
    assert_eq!(key(b"{\"p\":{\"S\":\"\xff\"}}", "p"), None, "no UTF-8");
}
