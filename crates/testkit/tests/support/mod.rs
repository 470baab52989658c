//! A client of a few lines that shows exactly how a connection ended.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

pub mod client;
pub mod sign;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_muster_testkit::{TestCluster, TestNode};

/// No test waits longer for something that should happen.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How long nothing must be heard before it counts as silence.
pub const SILENCE: Duration = Duration::from_millis(200);

pub async fn start(topology: &str) -> TestCluster {
    TestCluster::builder()
        .topology(topology)
        .start()
        .await
        .unwrap()
}

/// What a client hears after it has sent a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Answer(Answer),
    /// A FIN, and before it not one byte.
    Fin,
    /// An answer that broke off; this is what came of its body.
    Truncated(String),
    /// An RST.
    Reset,
    /// Nothing for a while.
    Silence,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    /// What is no text is shown as well as it can be; see `bytes`.
    pub body: String,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The error's name, without its namespace.
    pub fn error(&self) -> String {
        let json = self.json();
        let kind = json["__type"].as_str().unwrap_or_default();
        kind.strip_prefix("com.amazonaws.dynamodb.v20120810#")
            .unwrap_or_default()
            .to_owned()
    }

    pub fn message(&self) -> String {
        self.json()["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

pub struct Connection {
    stream: TcpStream,
    host: String,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Self {
        let stream = timeout(PATIENCE, TcpStream::connect(address))
            .await
            .unwrap()
            .unwrap();
        Self {
            stream,
            host: address.to_string(),
        }
    }

    pub async fn send(&mut self, head: &str, body: &str) {
        let length = body.len();
        let host = &self.host;
        let text = format!("{head}\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{body}");
        self.send_raw(&text).await;
    }

    pub async fn send_raw(&mut self, text: &str) {
        self.send_bytes(text.as_bytes()).await;
    }

    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Sends a body of any bytes, after a head with its own lines.
    pub async fn send_body(&mut self, head: &str, body: &[u8]) {
        let (host, length) = (&self.host, body.len());
        let head = format!("{head}\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n");
        self.send_bytes(&[head.as_bytes(), body].concat()).await;
    }

    pub async fn operation(&mut self, name: &str, body: &str) {
        let target = format!("POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_20120810.{name}");
        self.send(&target, body).await;
    }

    /// Closes, and waits until the node has closed too.
    pub async fn leave(mut self) {
        self.stream.shutdown().await.unwrap();
        assert_eq!(self.hear().await, Heard::Fin);
    }

    pub async fn hear(&mut self) -> Heard {
        self.hear_within(PATIENCE).await
    }

    /// Hears nothing, for long enough to call it silence.
    pub async fn hear_within(&mut self, time: Duration) -> Heard {
        timeout(time, self.read()).await.unwrap_or(Heard::Silence)
    }

    pub async fn answer(&mut self) -> Answer {
        match self.hear().await {
            Heard::Answer(answer) => answer,
            other => panic!("heard {other:?} instead of an answer"),
        }
    }

    async fn read(&mut self) -> Heard {
        let mut bytes = Vec::new();
        loop {
            if let Some(answer) = whole(&bytes) {
                return Heard::Answer(answer);
            }
            match self.stream.read_buf(&mut bytes).await {
                Ok(0) if bytes.is_empty() => return Heard::Fin,
                Ok(0) => return Heard::Truncated(body_so_far(&bytes)),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Heard::Reset,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// The answer, if all of it is here.
fn whole(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut answer = Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_owned(),
        body: String::new(),
        bytes: bytes[end + 4..].to_vec(),
    };
    if answer.header("transfer-encoding") == Some("chunked") {
        answer.bytes = dechunked(&answer.bytes)?;
    } else {
        let length = answer.header("content-length").unwrap_or("0");
        if answer.bytes.len() < length.parse().unwrap() {
            return None;
        }
    }
    answer.body = String::from_utf8_lossy(&answer.bytes).into_owned();
    Some(answer)
}

/// The chunks up to the last one, if it is here.
fn dechunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n")?;
        let length = std::str::from_utf8(&rest[..line]).unwrap();
        let length = usize::from_str_radix(length, 16).unwrap();
        body.extend_from_slice(rest.get(line + 2..line + 2 + length)?);
        rest = rest.get(line + 4 + length..)?;
        if length == 0 {
            return Some(body);
        }
    }
}

fn body_so_far(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let body = text.split_once("\r\n\r\n").map(|(_, body)| body);
    body.unwrap_or_default().to_owned()
}

/// One operation on a connection of its own.
pub async fn operation(node: &TestNode, name: &str, body: &str) -> Answer {
    let mut connection = Connection::open(node.address()).await;
    connection.operation(name, body).await;
    connection.answer().await
}

pub async fn get(node: &TestNode, path: &str) -> Answer {
    let mut connection = Connection::open(node.address()).await;
    connection.send(&format!("GET {path} HTTP/1.1"), "").await;
    connection.answer().await
}

/// The node's answer at a path under `/localnodes`, sorted.
pub async fn local_nodes(node: &TestNode, query: &str) -> Vec<String> {
    let answer = get(node, &format!("/localnodes{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut list: Vec<String> = serde_json::from_str(&answer.body).unwrap();
    list.sort();
    list
}

pub async fn refuses_connections(node: &TestNode) -> bool {
    match TcpStream::connect(node.address()).await {
        Ok(_) => false,
        Err(error) => error.kind() == ErrorKind::ConnectionRefused,
    }
}

/// Waits until something holds; panics if it never does.
pub async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(PATIENCE, wait)
        .await
        .unwrap_or_else(|_| panic!("never happened: {what}"));
}

/// Creates the table `things` with the string key `k`.
pub async fn create_table(node: &TestNode) {
    let body = r#"{"TableName":"things","BillingMode":"PAY_PER_REQUEST",
        "KeySchema":[{"AttributeName":"k","KeyType":"HASH"}],
        "AttributeDefinitions":[{"AttributeName":"k","AttributeType":"S"}]}"#;
    let answer = operation(node, "CreateTable", body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

pub fn put(key: &str) -> String {
    format!(r#"{{"TableName":"things","Item":{{"k":{{"S":"{key}"}}}}}}"#)
}

pub async fn has(node: &TestNode, key: &str) -> bool {
    let body = format!(r#"{{"TableName":"things","Key":{{"k":{{"S":"{key}"}}}}}}"#);
    let answer = operation(node, "GetItem", &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    !answer.json()["Item"].is_null()
}

pub fn ips(nodes: &[TestNode]) -> Vec<String> {
    let mut ips: Vec<String> = nodes
        .iter()
        .map(|node| node.address().ip().to_string())
        .collect();
    ips.sort();
    ips
}
