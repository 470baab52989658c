//! Signs a request as a client would, by the public description of SigV4.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::macros::format_description;
use tower_muster_testkit::TestNode;

use super::{Answer, Connection};

/// Who signs, and when by the client's clock.
#[derive(Clone, Debug)]
pub struct Signer {
    pub access_key: &'static str,
    pub secret: &'static str,
    /// Added to the headers and signed, as it is sent and as it is signed.
    pub header: Option<(&'static str, &'static str, &'static str)>,
    /// Seconds that the client's clock is ahead.
    pub ahead: i64,
}

impl Signer {
    pub fn new(access_key: &'static str, secret: &'static str) -> Self {
        Self {
            access_key,
            secret,
            header: None,
            ahead: 0,
        }
    }

    /// Sends a signed operation on a connection of its own.
    pub async fn operation(&self, node: &TestNode, name: &str, body: &[u8]) -> Answer {
        self.encoded(node, name, body, "").await
    }

    /// The same, with header lines that are not signed.
    pub async fn encoded(&self, node: &TestNode, name: &str, body: &[u8], lines: &str) -> Answer {
        let mut connection = Connection::open(node.address()).await;
        let head = self.head(&node.address().to_string(), name, body);
        connection.send_body(&format!("{head}{lines}"), body).await;
        connection.answer().await
    }

    /// The lines of a signed operation's head, for clients that take them one by one.
    pub fn lines(&self, host: &str, name: &str, body: &[u8]) -> Vec<(String, String)> {
        let head = self.head(host, name, body);
        let lines = head.split("\r\n").filter_map(|line| line.split_once(": "));
        lines
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    fn head(&self, host: &str, name: &str, body: &[u8]) -> String {
        let now = OffsetDateTime::now_utc() + time::Duration::seconds(self.ahead);
        let format = format_description!("[year][month][day]T[hour][minute][second]Z");
        let date = now.format(format).unwrap();
        let target = format!("DynamoDB_20120810.{name}");
        let mut lines = format!("host:{host}\nx-amz-date:{date}\nx-amz-target:{target}\n");
        let mut signed = "host;x-amz-date;x-amz-target".to_owned();
        let mut sent = format!("X-Amz-Date: {date}\r\nX-Amz-Target: {target}");
        if let Some((name, raw, canonical)) = self.header {
            // Any name that sorts behind the others.
            lines.push_str(&format!("{name}:{canonical}\n"));
            signed.push_str(&format!(";{name}"));
            sent.push_str(&format!("\r\n{name}: {raw}"));
        }
        let hash = hex(&Sha256::digest(body));
        let canonical = format!("POST\n/\n\n{lines}\n{signed}\n{hash}");
        let day = &date[..8];
        let scope = format!("{day}/here/dynamodb/aws4_request");
        let hash = hex(&Sha256::digest(canonical.as_bytes()));
        let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hash}");
        let first = format!("AWS4{}", self.secret).into_bytes();
        let parts = [day, "here", "dynamodb", "aws4_request"];
        let key = parts.iter().fold(first, |key, part| hmac(&key, part));
        let signature = hex(&hmac(&key, &text));
        let access_key = self.access_key;
        format!(
            "POST / HTTP/1.1\r\n{sent}\r\nAuthorization: AWS4-HMAC-SHA256 \
             Credential={access_key}/{scope}, SignedHeaders={signed}, Signature={signature}"
        )
    }
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
