//! Which headers are dropped.

use http::{HeaderMap, HeaderName, Version};

use super::{HeadersError, signed::Signed};

/// Says which headers are kept, with all of their values.
///
/// All others are dropped.
///
/// | header | [`spec`](Self::spec) | [`needed`](Self::needed) | because |
/// |---|---|---|---|
/// | `Host` | kept | kept | it is signed, and HTTP/1.1 asks for it |
/// | `X-Amz-Target` | kept | kept | it names the operation |
/// | `Content-Length`, `Transfer-Encoding` | kept | kept | one of them says where the body ends |
/// | `Content-Encoding` | kept | kept | the node decodes the body by it |
/// | `Accept-Encoding` | kept | kept | the node encodes its answer by it |
/// | `User-Agent` | kept | kept | [`UserAgent`](super::UserAgent) has the say |
/// | `Connection` | kept | kept | on HTTP/1.x; later versions have no such header |
/// | `Content-Type` | kept | dropped | Alternator does not look at it |
///
/// What a [signature](super::HeadersLayer::after_signing) covers is kept besides. A list can be added
/// to, and nothing can be taken from it that a request cannot do without.
///
/// The default drops nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use = "it does nothing until it is given to a layer"]
pub struct Trim {
    list: List,
    more: Vec<HeaderName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum List {
    #[default]
    All,
    Spec,
    Needed,
}

impl Trim {
    /// Drops nothing.
    pub fn off() -> Self {
        Self::default()
    }

    /// Keeps what ScyllaDB's common rules for Alternator clients keep.
    ///
    /// (`feature-specs/header-optimization.md` in scylladb/alternator-client-golang.)
    pub fn spec() -> Self {
        Self {
            list: List::Spec,
            more: Vec::new(),
        }
    }

    /// Keeps what Alternator reads, and no more.
    ///
    /// The difference is `Content-Type`. (ScyllaDB's `alternator/` looks at no other headers but those that
    /// browsers send for CORS; its HTTP server looks at `Expect` besides, and nothing here waits for it.)
    pub fn needed() -> Self {
        Self {
            list: List::Needed,
            more: Vec::new(),
        }
    }

    /// Keeps some headers besides those of the list.
    ///
    /// ```
    /// use tower_muster_alternator::headers::Trim;
    ///
    /// let trim = Trim::needed().keeping(["x-trace-id", "traceparent"])?;
    /// let error = Trim::needed().keeping(["trace id"]).unwrap_err();
    /// assert_eq!(error.to_string(), r#"keeping: "trace id" is no header"#);
    /// # let _ = trim;
    /// # Ok::<(), tower_muster_alternator::headers::HeadersError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`HeadersError::Name`] tells the name that no header can have.
    pub fn keeping(
        mut self,
        names: impl IntoIterator<Item: AsRef<str>>,
    ) -> Result<Self, HeadersError> {
        for name in names {
            let name = name.as_ref();
            let parsed = name.parse().map_err(|source| HeadersError::Name {
                name: name.to_owned(),
                source,
            })?;
            self.more.push(parsed);
        }
        Ok(self)
    }

    /// Names what is to be dropped. Without such headers the list is empty, and costs no memory.
    pub(super) fn dropped(
        &self,
        headers: &HeaderMap,
        version: Version,
        signed: &Signed<'_>,
    ) -> Vec<HeaderName> {
        if self.list == List::All {
            return Vec::new();
        }
        headers
            .keys()
            .filter(|name| !self.keeps(name, version) && !signed.covers(name))
            .cloned()
            .collect()
    }

    fn keeps(&self, name: &HeaderName, version: Version) -> bool {
        let is_listed = match name.as_str() {
            "host" | "x-amz-target" | "content-length" | "transfer-encoding"
            | "content-encoding" | "accept-encoding" | "user-agent" => true,
            "connection" => version < Version::HTTP_2,
            "content-type" => self.list == List::Spec,
            _ => false,
        };
        is_listed || self.more.contains(name)
    }
}
