//! Compressed bodies, as Alternator takes and gives them from 2026.1 on.

mod accept;
mod decode;

use std::io::{self, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use http::HeaderValue;

pub(crate) use accept::select;
pub(crate) use decode::{Undecoded, decode};

/// A coding that the server knows; `deflate` is RFC 1950's zlib format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    Deflate,
}

impl Coding {
    pub(crate) fn name(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        })
    }

    /// Compresses; a level above 9 counts as 9, the most there is.
    pub(crate) fn encode(self, body: &[u8], level: u32) -> io::Result<Bytes> {
        let level = Compression::new(level.min(9));
        let whole = match self {
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), level);
                encoder.write_all(body)?;
                encoder.finish()?
            }
            Self::Deflate => {
                let mut encoder = ZlibEncoder::new(Vec::new(), level);
                encoder.write_all(body)?;
                encoder.finish()?
            }
        };
        Ok(whole.into())
    }
}
