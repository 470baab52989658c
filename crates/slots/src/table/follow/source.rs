//! Where notices and snapshots come from.

use crate::{
    record::{Notice, Snapshot},
    store::StoreError,
};

/// What is known of a group without reading it: which life it is in, and how many notices there were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) life: Box<str>,
    pub(crate) version: u64,
}

/// Where notices and snapshots of one group come from. Every call is bounded in time by the source.
pub(crate) trait Source: Send + Sync + 'static {
    type Notices: Notices;

    /// Listens to the notices from now on.
    fn subscribe(&self) -> impl Future<Output = Result<Self::Notices, StoreError>> + Send;

    /// Reads the whole state; `None` if there is no such group yet.
    fn snapshot(&self) -> impl Future<Output = Result<Option<Snapshot>, StoreError>> + Send;

    /// Reads the number of the last notice; `None` if there is no such group yet.
    fn head(&self) -> impl Future<Output = Result<Option<Head>, StoreError>> + Send;
}

/// Notices as they come.
pub(crate) trait Notices: Send {
    /// The next one; `None` when the connection is lost. One that cannot be read is one that is missing.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no notice.
    fn next(&mut self) -> impl Future<Output = Option<Notice>> + Send;
}
