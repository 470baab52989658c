mod bodies;
mod cluster;
mod contract;
mod learning;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tower::{Service, service_fn};
use tower_layer::Layer;
use tower_muster::BoxError;

use super::{AffinityLayer, KeyHash, Mode, PartitionKeys, TableKeys};
use crate::Gathered;

type Body = Full<Bytes>;

/// What a request was when it came out of the layer.
#[derive(Debug, Clone)]
struct Seen {
    operation: String,
    keys: Option<PartitionKeys>,
    body: Bytes,
}

impl Seen {
    fn hashes(&self) -> Vec<KeyHash> {
        let keys = self.keys.as_ref().expect("keys");
        keys.hashes().to_vec()
    }
}

type Log = Arc<Mutex<Vec<Seen>>>;

fn request(operation: &str, body: impl Into<Bytes>) -> Request<Body> {
    let target = format!("DynamoDB_20120810.{operation}");
    let request = Request::post("/").header("X-Amz-Target", target);
    request.body(Full::new(body.into())).expect("a request")
}

fn put(table: &str, key: &str, value: &str) -> Request<Body> {
    let body = format!(r#"{{"TableName":"{table}","Item":{{"{key}":{{"S":"{value}"}}}}}}"#);
    request("PutItem", body)
}

/// The layer over a node that describes each table with the key `p`, and keeps what it is asked.
fn logged(
    layer: &AffinityLayer,
) -> (
    impl Service<Request<Body>, Response = Response<Body>, Error = BoxError> + Clone + use<>,
    Log,
) {
    let log = Log::default();
    let seen = Arc::clone(&log);
    let node = service_fn(move |request: Request<Gathered<Body>>| {
        let seen = Arc::clone(&seen);
        async move {
            let (head, body) = request.into_parts();
            let target = head.headers.get("x-amz-target");
            let target = target.map_or("", |target| target.to_str().expect("text"));
            let entry = Seen {
                operation: target.rsplit('.').next().unwrap_or_default().to_owned(),
                keys: head.extensions.get().cloned(),
                body: body.collect().await.expect("a body").to_bytes(),
            };
            let answer = match entry.operation.as_str() {
                "DescribeTable" => {
                    r#"{"Table":{"KeySchema":[{"AttributeName":"p","KeyType":"HASH"}]}}"#
                }
                _ => "{}",
            };
            seen.lock().expect("no panic").push(entry);
            Ok::<_, BoxError>(Response::new(Full::from(answer)))
        }
    });
    (layer.layer(node), log)
}

/// What was asked so far, and nothing of it is left.
fn taken(log: &Log) -> Vec<Seen> {
    std::mem::take(&mut *log.lock().expect("no panic"))
}

fn any_write(keys: &TableKeys) -> AffinityLayer {
    AffinityLayer::new(Mode::AnyWrite).keys(keys.clone())
}

fn known() -> TableKeys {
    TableKeys::new().given("t", "p").expect("names")
}
