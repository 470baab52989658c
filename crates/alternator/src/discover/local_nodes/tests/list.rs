//! What a list says.

use tower_muster::{Node, Place, Topology};

use super::super::{error::Cause, list};

fn read(body: &str, asked: &str) -> Result<Vec<Node>, Cause> {
    let asked = asked.parse().expect("an origin");
    list::nodes(body.as_bytes(), &asked, &Place::Cluster)
}

fn found(body: &str, asked: &str) -> Vec<String> {
    let nodes = read(body, asked).unwrap_or_else(|cause| panic!("{body}: {cause:?}"));
    nodes.iter().map(|node| node.origin().to_string()).collect()
}

#[test]
fn addresses_are_nodes_with_scheme_and_port_of_the_node_that_was_asked() {
    for (body, asked, expected) in [
        (
            r#"["10.0.0.2"]"#,
            "http://10.0.0.1:8000",
            "http://10.0.0.2:8000",
        ),
        (
            r#"["10.0.0.2"]"#,
            "https://10.0.0.1:8043",
            "https://10.0.0.2:8043",
        ),
        (r#"["10.0.0.2"]"#, "http://seed.example", "http://10.0.0.2"),
        (
            r#"["10.0.0.2"]"#,
            "https://seed.example:443",
            "https://10.0.0.2",
        ),
        (
            r#"["10.0.0.2"]"#,
            "https://seed.example:80",
            "https://10.0.0.2:80",
        ),
        (
            r#"["10.0.0.2"]"#,
            "http://[2001:db8::1]:8000",
            "http://10.0.0.2:8000",
        ),
        (
            r#"["2001:db8::2"]"#,
            "http://10.0.0.1:8000",
            "http://[2001:db8::2]:8000",
        ),
        (
            r#"["2001:db8::2"]"#,
            "https://10.0.0.1",
            "https://[2001:db8::2]",
        ),
        (
            r#"["2001:0DB8:0:0:0:0:0:2"]"#,
            "http://10.0.0.1:8000",
            "http://[2001:db8::2]:8000",
        ),
        (r#"["::1"]"#, "http://[::1]:8000", "http://[::1]:8000"),
        (
            " [ \"10.0.0.2\" ]\r\n",
            "http://10.0.0.1:8000",
            "http://10.0.0.2:8000",
        ),
        (
            r#"["10.0.0.\u0032"]"#,
            "http://10.0.0.1:8000",
            "http://10.0.0.2:8000",
        ),
    ] {
        assert_eq!(found(body, asked), [expected], "{body} from {asked}");
    }
}

#[test]
fn an_entry_that_is_no_address_is_left_out() {
    for entry in [
        "",
        " ",
        " 10.0.0.3",
        "10.0.0.3:8000",
        "10.0.0",
        "010.0.0.3",
        "10.0.0.256",
        "10.0.0.3,10.0.0.4",
        "http://10.0.0.3",
        "[::1]",
        "fe80::1%eth0",
        "fe80::1%2",
        "localhost",
        "node3.example",
        "dynamodb.us-east-1.amazonaws.com",
        "4a1b9a4e-6f9f-4a07-9a2f-0a3c1f3e5d77",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "ff02::1",
        "\u{1F980}",
        "../../etc",
    ] {
        let body = serde_json::to_string(&["10.0.0.2", entry]).expect("strings");
        assert_eq!(
            found(&body, "http://10.0.0.1:8000"),
            ["http://10.0.0.2:8000"],
            "{entry:?}"
        );
        let alone = serde_json::to_string(&[entry, entry]).expect("strings");
        let cause = read(&alone, "http://10.0.0.1:8000");
        assert!(
            matches!(cause, Err(Cause::NoAddress { entries: 2 })),
            "{entry:?}: {cause:?}"
        );
    }
}

#[test]
fn one_address_in_two_spellings_is_one_node() {
    let body = r#"["10.0.0.2","2001:db8::2","10.0.0.2","2001:DB8:0::2"]"#;
    let nodes = read(body, "http://10.0.0.1:8000").expect("a list");
    assert_eq!(Topology::new(nodes).expect("a topology").len(), 2);
}

#[test]
fn an_empty_list_is_a_list() {
    assert_eq!(found("[]", "http://10.0.0.1:8000"), [""; 0]);
}

#[test]
fn what_is_no_array_of_strings_is_an_error() {
    let deep = "[".repeat(100_000);
    for body in [
        "",
        "null",
        "{}",
        r#"{"nodes":["10.0.0.2"]}"#,
        r#""10.0.0.2""#,
        "10.0.0.2",
        "[1,2]",
        "[null]",
        r#"[["10.0.0.2"]]"#,
        r#"["10.0.0.2""#,
        r#"["10.0.0.2"] []"#,
        r#"["10.0.0.2",]"#,
        "<html>",
        &deep,
    ] {
        let cause = read(body, "http://10.0.0.1:8000");
        assert!(
            matches!(cause, Err(Cause::Failed(_))),
            "{body:.40}: {cause:?}"
        );
    }
}

#[test]
fn bytes_that_are_no_text_are_an_error() {
    let asked = "http://10.0.0.1:8000".parse().expect("an origin");
    for body in [
        &b"\xff\xfe"[..],
        b"[\"\xc3\x28\"]",
        b"\x1f\x8b\x08\x00",
        b"\0\0\0\0",
    ] {
        let cause = list::nodes(body, &asked, &Place::Cluster);
        assert!(
            matches!(cause, Err(Cause::Failed(_))),
            "{body:?}: {cause:?}"
        );
    }
}

proptest::proptest! {
    #[test]
    fn no_list_makes_it_panic_or_name_what_is_no_address(entries: Vec<String>) {
        let body = serde_json::to_string(&entries).expect("strings");
        for node in read(&body, "http://10.0.0.1:8000").unwrap_or_default() {
            let host = node.origin().authority().host();
            let host = host.trim_start_matches('[').trim_end_matches(']');
            proptest::prop_assert!(host.parse::<std::net::IpAddr>().is_ok(), "{node}");
        }
    }
}
