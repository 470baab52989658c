//! Makes a body smaller.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};

use crate::compression::Encoding;

/// Compresses `plain`, and returns it if that is less.
pub(super) fn compress(plain: &[u8], encoding: Encoding, level: Compression) -> Option<Bytes> {
    // JSON becomes a third or less.
    let packed = Vec::with_capacity(plain.len() / 2);
    let packed = match encoding {
        Encoding::Gzip => gzip(GzEncoder::new(packed, level), plain),
        Encoding::Deflate => deflate(ZlibEncoder::new(packed, level), plain),
    };
    // Writing to memory does not fail.
    let packed = packed.ok()?;
    (packed.len() < plain.len()).then(|| packed.into())
}

fn gzip(mut encoder: GzEncoder<Vec<u8>>, plain: &[u8]) -> io::Result<Vec<u8>> {
    encoder.write_all(plain)?;
    encoder.finish()
}

fn deflate(mut encoder: ZlibEncoder<Vec<u8>>, plain: &[u8]) -> io::Result<Vec<u8>> {
    encoder.write_all(plain)?;
    encoder.finish()
}
