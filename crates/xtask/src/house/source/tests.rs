//! What the small lexer takes for code.

use super::*;

/// The code without the spaces, to compare by eye.
fn dense(text: &str) -> String {
    code(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn comments_are_not_code() {
    assert_eq!(dense("a // fn b() {\nc"), "a c");
    assert_eq!(dense("a /* { /* nested } */ still */ c"), "a c");
    assert_eq!(dense("a /// doc\n//! doc"), "a");
}

#[test]
fn strings_are_not_code() {
    assert_eq!(dense(r#"a("{ \" {") b"#), "a( ) b");
    assert_eq!(dense(r##"a(r#"{ " {"#) b"##), "a( ) b");
    assert_eq!(dense(r##"a(br#"{"#, b"{", c"{") b"##), "a( , b , c ) b");
    assert_eq!(dense("a(\"over\ntwo {\") b"), "a( ) b");
}

#[test]
fn characters_are_not_code_and_lifetimes_are() {
    assert_eq!(dense("a('{', '\\'', '\\u{7b}', b'\"') b"), "a( , , , b ) b");
    assert_eq!(
        dense("fn a<'a>(x: &'a str, y: &'_ u8)"),
        "fn a<'a>(x: &'a str, y: &'_ u8)"
    );
    assert_eq!(dense("'é' 'static"), "'static");
}

#[test]
fn raw_names_are_code() {
    assert_eq!(dense("r#type for r in bar"), "r#type for r in bar");
}

#[test]
fn lines_stay_where_they_are() {
    let text = "/* one\ntwo */\nfn three() {}\n";
    assert_eq!(code(text).len(), text.len());
    assert_eq!(line_of(text, code(text).find("fn").unwrap()), 3);
}

#[test]
fn what_is_never_closed_ends_with_the_file() {
    for text in ["a /* b", "a \"b", "a \"b\\", "a r#\"b", "a '", "a '\\"] {
        assert!(dense(text).starts_with('a'), "{text}");
    }
}

#[test]
fn items_under_cfg_test_are_left_out() {
    let text = "fn a() {}\n#[cfg(test)]\nmod tests { fn b() {} }\nfn c() {}\n#[cfg(test)]\nmod more;\nfn d() {}";
    let code = code_without_tests(text);
    assert!(
        code.contains("fn a") && code.contains("fn c") && code.contains("fn d"),
        "{code}"
    );
    assert!(!code.contains("fn b"), "{code}");
}

#[test]
fn a_block_is_found_behind_its_signature() {
    let code = "fn a(x: [u8; 4]) -> [u8; { 2 }] { { } } fn b();";
    let (start, end) = block(code, 0).unwrap();
    assert_eq!(&code[start..end], "{ { } }");
    assert_eq!(block(code, end), None);
}
