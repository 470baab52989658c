use super::Origin;
use crate::Node;

fn origin(text: &str) -> String {
    text.parse::<Origin>().expect(text).to_string()
}

#[test]
fn spellings_of_one_address_are_one_origin() {
    for (text, canonical) in [
        ("http://10.0.0.1:8000", "http://10.0.0.1:8000"),
        ("http://10.0.0.1:8000/", "http://10.0.0.1:8000"),
        ("HTTP://Node1.Example:80", "http://node1.example"),
        ("https://node1.example:443/", "https://node1.example"),
        ("https://node1.example:80", "https://node1.example:80"),
        ("http://[2001:DB8::1]:8000", "http://[2001:db8::1]:8000"),
        ("http://[::1]", "http://[::1]"),
        ("http://node1:", "http://node1"),
    ] {
        assert_eq!(origin(text), canonical, "of {text}");
    }
}

#[test]
fn what_is_no_origin_is_refused_with_its_text_and_the_reason() {
    for (text, reason) in [
        ("", "not a URI"),
        ("10.0.0.1:8000", "no scheme"),
        ("ftp://10.0.0.1", "scheme"),
        ("http://10.0.0.1:8000/path", "path"),
        ("http://10.0.0.1:8000/?dc=dc1", "query"),
        ("http://10.0.0.1:0", "port"),
        ("http://10.0.0.1:66000", "port"),
        ("http://10.0.0.1:80x", "port"),
        ("http://:8000", "host"),
        ("/localnodes", "scheme"),
    ] {
        let error = Node::new(text).expect_err(text).to_string();
        assert!(error.contains(reason), "{text}: {error}");
        assert!(error.contains(text), "{text}: {error}");
    }
}

#[test]
fn a_password_in_an_address_is_refused_and_not_shown() {
    let error = Node::new("http://user:hunter2@10.0.0.1:8000").expect_err("user info");
    assert!(!error.to_string().contains("hunter2"), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    assert!(error.to_string().contains("user info"), "{error}");
}

#[test]
fn an_empty_rack_or_datacenter_is_refused_by_name() {
    let node = || Node::new("http://10.0.0.1:8000").expect("an origin");
    assert_eq!(
        node().in_rack("dc1", "").expect_err("empty").field(),
        "rack"
    );
    assert_eq!(
        node().in_rack(" ", "rack1").expect_err("empty").field(),
        "datacenter"
    );
    assert_eq!(
        node().in_datacenter("").expect_err("empty").field(),
        "datacenter"
    );
}
