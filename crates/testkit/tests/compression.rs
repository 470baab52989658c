//! Compressed bodies, both ways, by the servers' own rules.

#![expect(clippy::unwrap_used, reason = "a failed expectation is the report")]

mod support;

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::{GzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};
use support::sign::Signer;
use support::{Answer, Connection, create_table, has, operation, put, start};
use tower_muster_testkit::{TestCluster, TestNode, Version};

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn deflate(body: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

async fn send(node: &TestNode, name: &str, encoding: &str, body: &[u8]) -> Answer {
    let mut connection = Connection::open(node.address()).await;
    let head = format!("POST / HTTP/1.1\r\nX-Amz-Target: a.{name}\r\nContent-Encoding: {encoding}");
    connection.send_body(&head, body).await;
    connection.answer().await
}

#[tokio::test]
async fn compressed_requests_are_executed_in_one_piece_or_in_several() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    create_table(node).await;
    let (a, b, c) = (put("a"), put("b"), put("c"));
    let (head, tail) = c.split_at(10);
    let several = [gzip(head.as_bytes()), gzip(tail.as_bytes())].concat();
    let table = [
        ("a", "gzip", gzip(a.as_bytes())),
        ("b", "deflate", deflate(b.as_bytes())),
        ("c", "gzip", several),
    ];
    for (key, encoding, body) in table {
        let answer = send(node, "PutItem", encoding, &body).await;
        assert_eq!(answer.status, 200, "{encoding}: {answer:?}");
        assert!(has(node, key).await, "{key}");
    }
}

#[tokio::test]
async fn what_cannot_be_decoded_is_a_500_in_the_servers_words() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    let whole = gzip(b"{}");
    let junk = [&whole[..], b"junk"].concat();
    let table: [(&str, &[u8], &str); 9] = [
        ("GZIP", &whole, "Unsupported Content-Encoding"),
        ("identity", b"{}", "Unsupported Content-Encoding"),
        ("br", b"{}", "Unsupported Content-Encoding"),
        ("gzip, deflate", &whole, "Unsupported Content-Encoding"),
        (
            "gzip",
            &whole[..whole.len() - 1],
            "Truncated gzip in request body",
        ),
        ("gzip", b"", "Truncated gzip in request body"),
        ("gzip", &junk, "gzip"),
        ("gzip", b"{}", "gzip"),
        ("deflate", b"{}", "deflate"),
    ];
    for (encoding, body, text) in table {
        let answer = send(node, "ListTables", encoding, body).await;
        assert_eq!(
            (answer.status, &*answer.error()),
            (500, "InternalServerError")
        );
        assert!(answer.message().contains(text), "{encoding}: {answer:?}");
        assert!(!answer.message().starts_with("Internal"), "{answer:?}");
    }
    let answer = send(node, "Nonsense", "br", b"{}").await;
    assert_eq!(answer.status, 500, "it comes before the operation's name");
    let large = gzip(&vec![b' '; 16 * 1024 * 1024 + 1]);
    let answer = send(node, "ListTables", "gzip", &large).await;
    assert_eq!((answer.status, &*answer.error()), (413, "PayloadTooLarge"));
}

#[tokio::test]
async fn an_old_release_takes_gzip_for_bad_json() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    for version in [Version::V6_2, Version::V2025_1] {
        node.set_version(version);
        let answer = send(node, "ListTables", "gzip", &gzip(b"{}")).await;
        assert_eq!(
            (answer.status, &*answer.error()),
            (400, "ValidationException")
        );
        assert!(
            answer.message().starts_with("Parsing JSON failed"),
            "{answer:?}"
        );
    }
    node.set_version(Version::V2026_1);
    assert_eq!(
        send(node, "ListTables", "gzip", &gzip(b"{}")).await.status,
        200
    );
}

#[tokio::test]
async fn the_signature_is_over_the_compressed_body() {
    let builder = TestCluster::builder().topology("dc1:r1=1");
    let cluster = builder.credentials("key", "secret").start().await.unwrap();
    let node = &cluster.nodes()[0];
    let signer = Signer::new("key", "secret");
    let lines = "\r\nContent-Encoding: gzip";
    let answer = signer
        .encoded(node, "ListTables", &gzip(b"{}"), lines)
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    node.set_version(Version::V2025_1);
    let answer = signer
        .encoded(node, "ListTables", &gzip(b"{}"), lines)
        .await;
    assert_eq!(
        answer.error(),
        "ValidationException",
        "the signature passes"
    );
}

/// Puts one item of so many bytes under the key `a`.
async fn put_large(node: &TestNode, bytes: usize) {
    create_table(node).await;
    let text = "x".repeat(bytes);
    let body =
        format!(r#"{{"TableName":"things","Item":{{"k":{{"S":"a"}},"text":{{"S":"{text}"}}}}}}"#);
    assert_eq!(operation(node, "PutItem", &body).await.status, 200);
}

async fn read_accepting(node: &TestNode, accept: &str, name: &str) -> Answer {
    let mut connection = Connection::open(node.address()).await;
    let head = format!("POST / HTTP/1.1\r\nX-Amz-Target: a.{name}\r\nAccept-Encoding: {accept}");
    let body = match name {
        "GetItem" => r#"{"TableName":"things","Key":{"k":{"S":"a"}}}"#,
        _ => r#"{"TableName":"things"}"#,
    };
    connection.send_body(&head, body.as_bytes()).await;
    connection.answer().await
}

#[tokio::test]
async fn a_large_answer_is_compressed_for_those_who_take_it() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    put_large(node, 4096).await;
    let plain = read_accepting(node, "identity", "GetItem").await;
    assert_eq!(plain.header("content-encoding"), None);
    let zipped = read_accepting(node, "gzip, deflate", "GetItem").await;
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));
    assert!(zipped.bytes.len() < 500);
    let mut text = String::new();
    GzDecoder::new(&zipped.bytes[..])
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&text).unwrap(),
        plain.json()
    );
    let deflated = read_accepting(node, "*, deflate", "GetItem").await;
    assert_eq!(deflated.header("content-encoding"), Some("deflate"));
    let mut text = String::new();
    ZlibDecoder::new(&deflated.bytes[..])
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&text).unwrap(),
        plain.json()
    );
    let error = read_accepting(node, "gzip", "Nonsense").await;
    assert_eq!(error.header("content-encoding"), None);
}

#[tokio::test]
async fn the_threshold_and_the_level_turn_it_off() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    put_large(node, 1000).await;
    let length = read_accepting(node, "br", "GetItem").await.bytes.len();
    let table = [
        (length, 6, true),
        (length + 1, 6, false),
        (length, 0, false),
        (0, 6, false),
        (1, 1, true),
    ];
    for (threshold, level, compressed) in table {
        node.set_response_compression(threshold, level);
        let answer = read_accepting(node, "gzip", "GetItem").await;
        let encoding = answer.header("content-encoding").is_some();
        assert_eq!(encoding, compressed, "{threshold} {level}");
    }
    node.set_version(Version::V2025_1);
    let answer = read_accepting(node, "gzip", "GetItem").await;
    assert_eq!(answer.header("content-encoding"), None);
}

#[tokio::test]
async fn a_very_large_result_is_streamed_in_chunks() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    put_large(node, 200_000).await;
    let item = read_accepting(node, "identity", "GetItem").await;
    assert_eq!(item.header("transfer-encoding"), None);
    let scan = read_accepting(node, "identity", "Scan").await;
    assert_eq!(scan.header("transfer-encoding"), Some("chunked"));
    assert_eq!(scan.header("content-length"), None);
    assert_eq!(scan.json()["Count"], 1);
    let zipped = read_accepting(node, "gzip", "Scan").await;
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));
    assert_eq!(zipped.header("transfer-encoding"), Some("chunked"));
}
