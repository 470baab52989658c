//! A client of a few lines that shows exactly how a connection ended.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_muster_testkit::{TestCluster, TestNode};

/// No test waits longer for something that should happen.
pub const PATIENCE: Duration = Duration::from_secs(10);

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
    /// An RST.
    Reset,
    /// Nothing for a while.
    Silence,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
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
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    pub async fn operation(&mut self, name: &str, body: &str) {
        let target = format!("POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_20120810.{name}");
        self.send(&target, body).await;
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
                Ok(0) => panic!("truncated: {}", String::from_utf8_lossy(&bytes)),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Heard::Reset,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

fn whole(bytes: &[u8]) -> Option<Answer> {
    let text = std::str::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let answer = Answer {
        status,
        head: head.to_owned(),
        body: body.to_owned(),
    };
    let length: usize = answer
        .header("content-length")
        .unwrap_or("0")
        .parse()
        .unwrap();
    (body.len() >= length).then_some(answer)
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
