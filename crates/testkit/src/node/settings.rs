//! What a node is set to be, which is no fault.

use http::header::HeaderMap;
use http::{HeaderName, HeaderValue};

use super::TestNode;
use crate::sync::lock;
use crate::version::Version;

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) version: Version,
    /// `alternator_response_compression_threshold_in_bytes`.
    pub(crate) threshold: usize,
    /// `alternator_response_gzip_compression_level`.
    pub(crate) level: u32,
    /// Put on every answer to an operation.
    pub(crate) headers: HeaderMap,
}

impl Settings {
    pub(crate) fn new(version: Version) -> Self {
        Self {
            version,
            threshold: 4096,
            level: 6,
            headers: HeaderMap::new(),
        }
    }
}

/// What the node is, apart from its faults.
impl TestNode {
    /// Returns the release that the node behaves as.
    pub fn version(&self) -> Version {
        lock(&self.node().settings).version
    }

    /// Makes the node behave as another release, from its next request on.
    ///
    /// For clusters in the middle of an upgrade; see
    /// [`TestClusterBuilder::version`](crate::TestClusterBuilder::version) for
    /// all nodes at once.
    pub fn set_version(&self, version: Version) {
        lock(&self.node().settings).version = version;
    }

    /// Sets from how many bytes on answers are compressed, and how hard.
    ///
    /// The defaults are the server's, 4096 bytes and level 6; a threshold or
    /// a level of 0 turns it off. Only answers of operations are compressed, for
    /// clients that accept gzip or deflate, by a node of 2026.1 or later.
    pub fn set_response_compression(&self, threshold: usize, level: u32) {
        let mut settings = lock(&self.node().settings);
        (settings.threshold, settings.level) = (threshold, level);
    }

    /// Puts a header on every answer to an operation.
    ///
    /// No release sends hints on where to send what; with a made-up name and a
    /// value per node this stands for one that does. A name that was set before
    /// gets the new value.
    pub fn set_response_header(&self, name: HeaderName, value: HeaderValue) {
        lock(&self.node().settings).headers.insert(name, value);
    }

    /// Ends what [`set_response_header`](Self::set_response_header) has set.
    pub fn clear_response_headers(&self) {
        lock(&self.node().settings).headers.clear();
    }
}
