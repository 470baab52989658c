//! What is asked for, and what of it is decoded.

use http::{
    HeaderMap, HeaderValue, Method, Response, StatusCode,
    header::{ACCEPT_ENCODING, CONTENT_ENCODING},
};

use crate::compression::Encoding;

/// The most that a response is decoded to, unless told otherwise.
const LIMIT: u64 = 64 * 1024 * 1024;

/// Says in which encodings responses are asked for.
///
/// It configures a [`DecompressLayer`](super::DecompressLayer). In the extensions of a request it holds for
/// that request, in the place of what the layer was given:
///
/// ```
/// use http::Request;
/// use tower_muster_alternator::compression::ResponseCompression;
///
/// let mut request = Request::post("/").body(()).expect("a request");
/// request.extensions_mut().insert(ResponseCompression::off());
/// ```
///
/// A node compresses answers from 4 KiB on (`alternator_response_compression_threshold_in_bytes`), and errors
/// never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "it does nothing until it is given to a layer or a request"]
pub struct ResponseCompression {
    wanted: [Option<Encoding>; 2],
    limit: u64,
}

impl ResponseCompression {
    /// Asks for one of these encodings, the first of them rather than the second.
    ///
    /// One that is named twice counts where it is named first. Without any it is [`off`](Self::off).
    pub fn new(encodings: impl IntoIterator<Item = Encoding>) -> Self {
        let mut wanted = [None; 2];
        for encoding in encodings {
            // There is room for as many as there are.
            let free_or_same = |slot: &&mut Option<Encoding>| slot.is_none_or(|it| it == encoding);
            if let Some(slot) = wanted.iter_mut().find(free_or_same) {
                *slot = Some(encoding);
            }
        }
        Self {
            wanted,
            limit: LIMIT,
        }
    }

    /// Asks for nothing, and leaves responses as they are.
    pub fn off() -> Self {
        Self::new([])
    }

    /// Sets to how many bytes a response is decoded at most; by default 64 MiB.
    ///
    /// A few compressed bytes can stand for a thousand times as many. What is larger ends with
    /// [`DecodeError::TooLarge`](super::DecodeError::TooLarge), after the bytes before it were passed on.
    ///
    /// The default holds the largest answer, that to a `BatchGetItem` of 100 items of 400 KB, the most of both
    /// that the API takes: 40 MB of values, and 54 MB when they are binary, since JSON has them in base64.
    ///
    /// A response that is not decoded has no limit here.
    pub const fn limit(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }

    pub(super) const fn most(&self) -> u64 {
        self.limit
    }

    /// Asks, unless somebody else did, and tells whether the answer is ours to decode.
    pub(super) fn ask(&self, method: &Method, headers: &mut HeaderMap) -> bool {
        let Some(value) = self.accept_encoding() else {
            return false;
        };
        // The head of an answer without a body stays as it is.
        method != Method::HEAD
            && !headers.contains_key(ACCEPT_ENCODING)
            && headers.try_insert(ACCEPT_ENCODING, value).is_ok()
    }

    fn accept_encoding(&self) -> Option<HeaderValue> {
        use Encoding::{Deflate, Gzip};
        Some(HeaderValue::from_static(match self.wanted {
            [Some(Gzip), Some(Deflate)] => "gzip, deflate",
            [Some(Deflate), Some(Gzip)] => "deflate, gzip",
            [Some(one), _] => one.as_str(),
            [None, _] => return None,
        }))
    }

    /// Says how a response is to be decoded, if it is.
    pub(super) fn encoding_of<B>(&self, response: &Response<B>) -> Option<Encoding> {
        // They have no body, or a part of one that cannot be decoded alone.
        let is_bare = matches!(
            response.status(),
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED | StatusCode::PARTIAL_CONTENT
        );
        let mut values = response.headers().get_all(CONTENT_ENCODING).iter();
        match (values.next(), values.next()) {
            (Some(value), None) if !is_bare => {
                Encoding::of(value).filter(|encoding| self.wanted.contains(&Some(*encoding)))
            }
            _ => None,
        }
    }
}

impl Default for ResponseCompression {
    /// Off.
    fn default() -> Self {
        Self::off()
    }
}
