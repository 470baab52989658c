//! A plain request in, what the service below sees out.

mod chain;
mod contract;
mod edges;
mod round_trips;

use std::{convert::Infallible, io::Read, sync::Mutex};

use bytes::Bytes;
use flate2::read::{GzDecoder, ZlibDecoder};
use http::{HeaderMap, Request, Response, header::CONTENT_ENCODING, request::Parts};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use tower::{ServiceBuilder, ServiceExt, service_fn};

use super::{CompressLayer, RequestCompression};
use crate::{Gathered, compression::Encoding};

/// What the service below was called with.
struct Sent {
    head: Parts,
    body: Bytes,
    /// Whether the body was read above.
    is_whole: bool,
    trailers: Option<HeaderMap>,
    is_broken: bool,
}

impl Sent {
    fn header(&self, name: &str) -> Option<&str> {
        let value = self.head.headers.get(name)?;
        Some(value.to_str().expect("text"))
    }

    /// The body as a server reads it.
    fn decoded(&self) -> Vec<u8> {
        match self.header("content-encoding") {
            None => self.body.to_vec(),
            Some("gzip") => read(GzDecoder::new(&*self.body)),
            Some("deflate") => read(ZlibDecoder::new(&*self.body)),
            Some(other) => panic!("{other}"),
        }
    }

    fn is_compressed(&self) -> bool {
        self.head.headers.contains_key(CONTENT_ENCODING)
    }
}

fn read(mut decoder: impl Read) -> Vec<u8> {
    let mut plain = Vec::new();
    decoder.read_to_end(&mut plain).expect("a whole body");
    plain
}

/// Sends a request through the layer.
async fn sent<B>(compression: RequestCompression, request: Request<B>) -> Sent
where
    B: Body + Unpin,
{
    let seen = Mutex::new(None);
    let below = service_fn(async |request: Request<Gathered<B>>| {
        let is_whole = request.body().data().is_some();
        let (head, mut body) = request.into_parts();
        let mut sent = Sent {
            head,
            body: Bytes::new(),
            is_whole,
            trailers: None,
            is_broken: false,
        };
        let mut data = Vec::new();
        while let Some(frame) = body.frame().await {
            match frame.map(Frame::into_data) {
                Ok(Ok(frame)) => data.extend(frame),
                Ok(Err(frame)) => sent.trailers = frame.into_trailers().ok(),
                Err(_) => sent.is_broken = true,
            }
        }
        sent.body = data.into();
        *seen.lock().expect("no panic") = Some(sent);
        Ok::<_, Infallible>(Response::new(()))
    });
    let service = ServiceBuilder::new()
        .layer(CompressLayer::new(compression))
        .service(below);
    service.oneshot(request).await.expect("an answer");
    seen.lock().expect("no panic").take().expect("a call")
}

fn post(body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    Request::post("/")
        .header("x-amz-target", "DynamoDB_20120810.PutItem")
        .body(Full::new(body.into()))
        .expect("a request")
}

/// A body of so many bytes that compresses well.
fn text(length: usize) -> Vec<u8> {
    let line = br#"{"TableName":"things","Item":{"k":{"S":"key"}}}"#;
    line.iter().copied().cycle().take(length).collect()
}

fn settings(encoding: Encoding) -> RequestCompression {
    match encoding {
        Encoding::Gzip => RequestCompression::gzip(),
        Encoding::Deflate => RequestCompression::deflate(),
    }
}
