//! What a node answers on the wire, apart from the database.

mod support;

use http::{HeaderName, HeaderValue};
use support::{Connection, Heard, get, operation, start};

#[tokio::test]
async fn health_is_the_host_header_as_it_came() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    let answer = get(node, "/").await;
    assert_eq!(
        (answer.status, answer.body),
        (200, format!("healthy: {}", node.address()))
    );
    let mut connection = Connection::open(node.address()).await;
    connection
        .send_raw("GET / HTTP/1.1\r\nHost: Any.Name\r\n\r\n")
        .await;
    let answer = connection.answer().await;
    assert_eq!(answer.body, "healthy: Any.Name");
    assert_eq!(answer.header("content-type"), Some("text/plain"));
}

#[tokio::test]
async fn all_else_is_404_in_seastars_words() {
    let cluster = start("dc1:r1=1").await;
    let mut connection = Connection::open(cluster.nodes()[0].address()).await;
    for line in [
        "GET /abc",
        "POST /localnodes",
        "PUT /",
        "OPTIONS /localnodes",
    ] {
        connection.send(&format!("{line} HTTP/1.1"), "").await;
        let answer = connection.answer().await;
        assert_eq!(
            (answer.status, &*answer.body),
            (404, r#"{"message": "Not found", "code": 404}"#)
        );
        assert_eq!(
            answer.header("content-type"),
            Some("application/json"),
            "{line}"
        );
        assert_eq!(answer.header("date"), None, "{line}");
    }
}

#[tokio::test]
async fn replies_have_alternators_headers_and_no_others() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    for answer in [
        operation(node, "ListTables", "{}").await,
        operation(node, "Nonsense", "{}").await,
    ] {
        let mut names: Vec<&str> = answer
            .head
            .lines()
            .filter_map(|line| Some(line.split_once(": ")?.0))
            .collect();
        names.sort_unstable();
        assert_eq!(names, ["content-length", "content-type", "date"]);
        assert_eq!(
            answer.header("content-type"),
            Some("application/x-amz-json-1.0")
        );
    }
}

#[tokio::test]
async fn the_operations_name_is_what_follows_the_first_dot() {
    let cluster = start("dc1:r1=1").await;
    let mut connection = Connection::open(cluster.nodes()[0].address()).await;
    let table = [
        ("X-Amz-Target: Anything.ListTables\r\n", 200, ""),
        (
            "X-Amz-Target: a.b.ListTables\r\n",
            400,
            "Unsupported operation b.ListTables",
        ),
        (
            "X-Amz-Target: ListTables\r\n",
            400,
            "Unsupported operation ",
        ),
        ("", 400, "Unsupported operation "),
    ];
    for (header, status, message) in table {
        let text = format!("POST / HTTP/1.1\r\nHost: x\r\n{header}Content-Length: 2\r\n\r\n{{}}");
        connection.send_raw(&text).await;
        let answer = connection.answer().await;
        assert_eq!(
            (answer.status, &*answer.message()),
            (status, message),
            "{header:?}"
        );
    }
}

#[tokio::test]
async fn an_unknown_operation_is_told_before_bad_json() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    let answer = operation(node, "Nonsense", "not json").await;
    assert_eq!(answer.error(), "UnknownOperationException");
    let answer = operation(node, "PutItem", "not json").await;
    assert_eq!(answer.error(), "ValidationException");
    assert!(
        answer.message().starts_with("Parsing JSON failed: "),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_body_over_sixteen_mebibytes_is_refused() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    let mut connection = Connection::open(node.address()).await;
    connection
        .send_raw("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 16777217\r\n\r\n")
        .await;
    let answer = connection.answer().await;
    assert_eq!((answer.status, &*answer.error()), (413, "PayloadTooLarge"));
    let text = "Request content length limit of 16777216 bytes exceeded";
    assert_eq!(answer.message(), text);
    // The largest body that is not refused for its size.
    let body = " ".repeat(16_777_216);
    let answer = operation(node, "ListTables", &body).await;
    assert_eq!(
        (answer.status, &*answer.error()),
        (400, "ValidationException")
    );
}

#[tokio::test]
async fn connections_are_kept_and_chunked_bodies_are_read() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    let mut connection = Connection::open(node.address()).await;
    for _ in 0..3 {
        connection.operation("ListTables", "{}").await;
        assert_eq!(connection.answer().await.status, 200);
    }
    let head = "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: a.ListTables";
    connection
        .send_raw(&format!("{head}\r\nTransfer-Encoding: chunked\r\n\r\n"))
        .await;
    connection.send_raw("1\r\n{\r\n1\r\n}\r\n0\r\n\r\n").await;
    assert_eq!(connection.answer().await.status, 200);
    assert_eq!(node.counters().connections, 1);
    connection
        .send_raw(&format!(
            "{head}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}"
        ))
        .await;
    assert_eq!(
        connection.answer().await.header("connection"),
        Some("close")
    );
    assert_eq!(connection.hear().await, Heard::Fin);
}

#[tokio::test]
async fn a_browser_is_allowed_from_any_origin() {
    let cluster = start("dc1:r1=1").await;
    let mut connection = Connection::open(cluster.nodes()[0].address()).await;
    connection
        .send(
            "OPTIONS / HTTP/1.1\r\nOrigin: http://a\r\nAccess-Control-Request-Method: POST",
            "",
        )
        .await;
    let answer = connection.answer().await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-methods"), Some("POST"));
    assert_eq!(answer.header("access-control-max-age"), Some("7200"));
    connection
        .send("GET / HTTP/1.1\r\nOrigin: http://a", "")
        .await;
    assert_eq!(
        connection
            .answer()
            .await
            .header("access-control-allow-origin"),
        Some("*")
    );
}

#[tokio::test]
async fn describe_endpoints_names_the_host_that_was_asked() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    let answer = operation(node, "DescribeEndpoints", "{}").await.json();
    assert_eq!(
        answer["Endpoints"][0]["Address"],
        node.address().to_string()
    );
}

#[tokio::test]
async fn a_header_of_ones_own_is_on_every_answer_to_an_operation() {
    let cluster = start("dc1:r1=2").await;
    let [node, other] = cluster.nodes() else {
        panic!()
    };
    let name = HeaderName::from_static("x-made-up-hint");
    node.set_response_header(name.clone(), HeaderValue::from_static("10.0.0.1"));
    node.set_response_header(name, HeaderValue::from_static("10.0.0.2"));
    for operation_name in ["ListTables", "Nonsense"] {
        let answer = operation(node, operation_name, "{}").await;
        assert_eq!(answer.header("x-made-up-hint"), Some("10.0.0.2"));
    }
    let plain = [
        get(node, "/").await,
        get(node, "/localnodes").await,
        operation(other, "ListTables", "{}").await,
    ];
    for answer in plain {
        assert_eq!(answer.header("x-made-up-hint"), None);
    }
    node.clear_response_headers();
    let answer = operation(node, "ListTables", "{}").await;
    assert_eq!(answer.header("x-made-up-hint"), None);
}

#[tokio::test]
async fn an_answer_without_the_body_read_closes_and_does_not_say_so() {
    let cluster = start("dc1:r1=1").await;
    for line in ["POST /nowhere", "GET /", "GET /localnodes"] {
        let mut connection = Connection::open(cluster.nodes()[0].address()).await;
        connection.send(&format!("{line} HTTP/1.1"), "unread").await;
        assert_eq!(
            connection.answer().await.header("connection"),
            None,
            "{line}"
        );
        let heard = connection.hear().await;
        assert!(
            matches!(heard, Heard::Fin | Heard::Reset),
            "{line}: {heard:?}"
        );
    }
}
