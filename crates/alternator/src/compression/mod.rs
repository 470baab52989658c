//! Smaller bodies, both ways.
//!
//! Two layers, each for one direction, both off unless they are told what to do:
//!
//! | layer | what it makes smaller | settings |
//! |---|---|---|
//! | [`CompressLayer`] | the body of a request | [`RequestCompression`] |
//! | [`DecompressLayer`] | the body of a response, by asking the node for it | [`ResponseCompression`] |
//!
//! Both work once per call, above `Failover`: a request is compressed once however often it is sent, and
//! before it is signed, since Alternator verifies the signature over the bytes that arrive. Put the settings
//! into a request's extensions, and they hold for that request alone.
//!
//! Alternator decodes requests and encodes responses since ScyllaDB 2026.1. An older node takes a compressed
//! body for bad JSON, and nothing tells beforehand what a node can; `Accept-Encoding` does no harm to it.
//!
//! Compression buys bandwidth with processor time and latency, so measure with your own items before you turn
//! it on.

mod encoding;
pub mod request;
pub mod response;

pub use self::{
    encoding::Encoding,
    request::{CompressLayer, RequestCompression},
    response::{DecompressLayer, ResponseCompression},
};

#[cfg(test)]
mod tests;
