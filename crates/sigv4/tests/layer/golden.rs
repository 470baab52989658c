//! Requests and what becomes of them, byte for byte, in `tests/golden`.
//!
//! Each file has the settings, a request, and after `---` the request as it is sent, with its headers sorted.
//! An expected value counts only if the verifier, which shares no code with the signer, agrees with it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};
use http_body_util::Full;
use tower_muster_sigv4::{Presign, SigV4Layer, SignedHeaders};

use crate::support::verifier::{Rules, verifies_by, verifies_presigned};
use crate::support::{ACCESS_KEY, SECRET, dated, now, send, send_unsigned};

struct Case {
    settings: Vec<String>,
    request: Request<Bytes>,
    expected: String,
}

impl Case {
    fn read(text: &str) -> Self {
        let (given, expected) = text.split_once("\n---\n").expect("two parts");
        let mut lines = given
            .lines()
            .filter(|line| !line.starts_with('#'))
            .peekable();
        let settings = lines.next_if(|line| line.starts_with("settings "));
        let settings = settings.unwrap_or_default().split(' ').skip(1);
        let settings: Vec<String> = settings.map(str::to_owned).collect();

        let (method, uri) = lines
            .next()
            .and_then(|line| line.split_once(' '))
            .expect("a request");
        let mut request = Request::builder().method(method).uri(uri);
        for line in lines.by_ref().take_while(|line| !line.is_empty()) {
            let (name, value) = line.split_once(": ").expect("a header");
            request = request.header(name, value);
        }
        let body = lines.next().unwrap_or_default();
        let body = if settings.iter().any(|word| word == "hex") {
            unhex(body)
        } else {
            body.to_owned().into_bytes()
        };
        Self {
            settings,
            request: request.body(Bytes::from(body)).expect("a request"),
            expected: expected.to_owned(),
        }
    }

    fn has(&self, word: &str) -> bool {
        self.settings.iter().any(|setting| setting == word)
    }

    fn value(&self, name: &str) -> Option<&str> {
        let mut settings = self.settings.iter();
        settings.find_map(|setting| setting.strip_prefix(name)?.strip_prefix('='))
    }

    fn rules(&self) -> Rules {
        Rules {
            double_encoding: !self.has("single"),
            normalization: !self.has("as-it-is"),
            unsigned_payload: self.has("unsigned"),
        }
    }

    fn credentials(&self) -> Credentials {
        let token = self.has("token").then(|| "a+token/with=signs".to_owned());
        Credentials::from_keys(ACCESS_KEY, SECRET, token)
    }

    fn service(&self) -> &str {
        self.value("service").unwrap_or("dynamodb")
    }

    fn layer(&self) -> SigV4Layer {
        let layer = SigV4Layer::new(self.credentials(), "us-east-1", self.service());
        let signed = match self.value("sign") {
            None => SignedHeaders::needed(),
            Some("all") => SignedHeaders::all(),
            Some(names) => SignedHeaders::needed_and(names.split(',')).expect("names"),
        };
        dated(layer.expect("names are valid"))
            .sign_headers(signed)
            .double_encoding(!self.has("single"))
            .path_normalization(!self.has("as-it-is"))
            .payload_hash_header(self.has("hash"))
    }

    fn presigned(&self, seconds: u64) -> Request<Bytes> {
        let expires_in = Duration::from_secs(seconds);
        let presign = Presign::new(self.credentials(), "us-east-1", self.service(), expires_in);
        let presign = presign
            .expect("valid settings")
            .time_source(now)
            .double_encoding(!self.has("single"))
            .path_normalization(!self.has("as-it-is"));
        let presign = if self.has("unsigned") {
            presign.unsigned_payload()
        } else {
            presign
        };
        let uri = presign.uri(&self.request).expect("it can be signed");
        let mut request = self.request.clone();
        *request.uri_mut() = uri;
        request
    }

    async fn sent(&self) -> Request<Bytes> {
        let request = self.request.clone();
        if let Some(seconds) = self.value("presign") {
            return self.presigned(seconds.parse().expect("seconds"));
        }
        let sent = if self.has("unsigned") {
            send_unsigned(self.layer().unsigned_payload(), request.map(Full::new)).await
        } else {
            send(self.layer(), request.map(Full::new)).await
        };
        sent.expect("sent")
    }

    fn verifies(&self, sent: &Request<Bytes>) -> bool {
        if self.value("presign").is_none() {
            return verifies_by(self.rules(), sent, SECRET);
        }
        // Whoever sends it adds the host, as every client does.
        let mut sent = sent.clone();
        let host = sent.uri().authority().expect("a host").as_str().parse();
        sent.headers_mut().insert("host", host.expect("a value"));
        verifies_presigned(self.rules(), &sent, SECRET)
    }
}

fn shown(sent: &Request<Bytes>) -> String {
    let line = |(name, value): (&HeaderName, &HeaderValue)| {
        format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()))
    };
    let mut headers: Vec<String> = sent.headers().iter().map(line).collect();
    headers.sort_by_key(|line| line.split(':').next().unwrap_or_default().to_owned());
    format!("{} {}\n{}", sent.method(), sent.uri(), headers.concat())
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| {
            let pair = std::str::from_utf8(pair).expect("ASCII");
            u8::from_str_radix(pair, 16).expect("two hex digits")
        })
        .collect()
}

#[tokio::test]
async fn every_golden_request_is_sent_as_it_is_written_and_verifies() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut seen = 0;
    let mut wrong = String::new();
    for file in fs::read_dir(folder).expect("there is a folder") {
        let path = file.expect("it can be listed").path();
        let case = Case::read(&fs::read_to_string(&path).expect("a text"));
        let sent = case.sent().await;
        let name = path.file_name().expect("a name").to_string_lossy();
        assert!(case.verifies(&sent), "{name} does not verify: {sent:?}");
        assert_eq!(sent.body(), case.request.body(), "{name}: the body stays");
        let shown = shown(&sent);
        if shown != case.expected {
            wrong += &format!("\n{name} is sent as\n{shown}");
        }
        seen += 1;
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(seen, 29, "every file is looked at");
}
