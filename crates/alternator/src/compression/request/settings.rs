//! Which requests are compressed, and how.

use http::{HeaderMap, header::CONTENT_ENCODING};
use http_body::SizeHint;

use super::LevelError;
use crate::compression::Encoding;

/// Says which request bodies are compressed, and how.
///
/// It configures a [`CompressLayer`](super::CompressLayer). In the extensions of a request it holds for that
/// request, in the place of what the layer was given:
///
/// ```
/// use http::Request;
/// use tower_muster_alternator::compression::RequestCompression;
///
/// let mut request = Request::post("/").body(()).expect("a request");
/// request.extensions_mut().insert(RequestCompression::off());
/// ```
///
/// | what | default | because |
/// |---|---|---|
/// | threshold | 1,024 bytes | it fits into one packet anyway; ScyllaDB's other clients have the same |
/// | level | 6 | zlib's own |
///
/// A body that would not become smaller is sent as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "it does nothing until it is given to a layer or a request"]
pub struct RequestCompression {
    encoding: Option<Encoding>,
    threshold: u64,
    level: u32,
}

impl RequestCompression {
    /// Compresses with gzip.
    pub const fn gzip() -> Self {
        Self::with(Some(Encoding::Gzip))
    }

    /// Compresses with deflate, in zlib's wrapper.
    pub const fn deflate() -> Self {
        Self::with(Some(Encoding::Deflate))
    }

    /// Leaves bodies as they are.
    pub const fn off() -> Self {
        Self::with(None)
    }

    const fn with(encoding: Option<Encoding>) -> Self {
        Self {
            encoding,
            threshold: 1024,
            level: 6,
        }
    }

    /// Sets from how many bytes on a body is compressed; by default 1,024.
    ///
    /// An empty body is never compressed.
    pub const fn threshold(mut self, bytes: u64) -> Self {
        self.threshold = bytes;
        self
    }

    /// Sets the level: from 0, nothing is made smaller, over 1, fast, to 9, small; by default 6.
    ///
    /// # Errors
    ///
    /// [`LevelError`] if it is above 9.
    pub const fn level(mut self, level: u32) -> Result<Self, LevelError> {
        if level > 9 {
            return Err(LevelError::new(level));
        }
        self.level = level;
        Ok(self)
    }

    /// Says with what a request is to be compressed, as far as it can be told without its body.
    pub(super) fn candidate(&self, headers: &HeaderMap, body: &SizeHint) -> Option<Encoding> {
        let may_reach = body.upper().is_none_or(|most| self.is_reached(most));
        self.encoding
            .filter(|_| may_reach && !headers.contains_key(CONTENT_ENCODING))
    }

    pub(super) const fn is_reached(&self, bytes: u64) -> bool {
        bytes > 0 && bytes >= self.threshold
    }

    pub(super) const fn flate_level(&self) -> flate2::Compression {
        flate2::Compression::new(self.level)
    }
}

impl Default for RequestCompression {
    /// Off.
    fn default() -> Self {
        Self::off()
    }
}
