//! What the service below answers in, what the caller reads out.

mod asking;
mod broken;
mod decoding;

use std::{convert::Infallible, future::ready, io::Write};

use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use http::{HeaderMap, Request, Response, response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use tower::service_fn;
use tower_layer::Layer;
use tower_muster::BoxError;
use tower_service::Service;

use super::{DecodeError, DecodedBody, DecompressLayer, ResponseCompression};
use crate::compression::Encoding;

fn both() -> ResponseCompression {
    ResponseCompression::new([Encoding::Gzip, Encoding::Deflate])
}

fn gzip(plain: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

fn deflate(plain: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

/// A body of so many bytes, of which some repeat.
fn text(length: usize) -> Vec<u8> {
    let numbers = (0_u32..).flat_map(|n| n.to_string().into_bytes());
    numbers.take(length).collect()
}

/// What the caller reads.
struct Heard {
    head: response::Parts,
    body: Vec<u8>,
    trailers: Option<HeaderMap>,
    error: Option<BoxError>,
}

impl Heard {
    fn decode_error(&self) -> &DecodeError {
        let error = self.error.as_deref().expect("an error");
        error.downcast_ref().expect("an error of decoding")
    }
}

async fn read<B>(response: Response<DecodedBody<B>>) -> Heard
where
    B: Body<Error: Into<BoxError>> + Unpin,
{
    let (head, mut body) = response.into_parts();
    let mut heard = Heard {
        head,
        body: Vec::new(),
        trailers: None,
        error: None,
    };
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => heard.body.extend_from_slice(&data),
            Ok(Err(frame)) => heard.trailers = frame.into_trailers().ok(),
            Err(error) => heard.error = Some(error),
        }
    }
    assert!(body.frame().await.is_none(), "nothing follows the end");
    heard
}

/// Answers every request with one body in this encoding, and reads that.
async fn heard<B>(compression: ResponseCompression, encoding: &'static str, body: B) -> Heard
where
    B: Body<Error: Into<BoxError>> + Unpin,
{
    let mut response = Response::builder().header("content-length", "12345");
    if !encoding.is_empty() {
        response = response.header("content-encoding", encoding);
    }
    let response = response.body(body).expect("a response");
    let (response, _) = answered(compression, Request::new(()), response).await;
    read(response).await
}

/// Sends a request through the layer to a service that has one answer, and tells what it asked for.
async fn answered<B: Body>(
    compression: ResponseCompression,
    request: Request<()>,
    response: Response<B>,
) -> (Response<DecodedBody<B>>, HeaderMap) {
    let mut asked = HeaderMap::new();
    let mut response = Some(response);
    let below = service_fn(|request: Request<()>| {
        asked = request.into_parts().0.headers;
        ready(Ok::<_, Infallible>(response.take().expect("one call")))
    });
    let mut service = DecompressLayer::new(compression).layer(below);
    let response = service.call(request).await.expect("an answer");
    (response, asked)
}
