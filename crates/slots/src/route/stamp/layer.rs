//! Configures the stamp.

use tower_layer::Layer;

use super::Stamp;
use crate::SlotTable;

/// Tells a site which slot a request is about, and learns from the one that is not its owner.
///
/// The [module](super) tells how.
#[derive(Debug, Clone)]
pub struct StampLayer {
    table: SlotTable,
}

impl StampLayer {
    /// Makes a layer that reads a table, and teaches it.
    #[must_use]
    pub fn new(table: SlotTable) -> Self {
        Self { table }
    }
}

impl<S> Layer<S> for StampLayer {
    type Service = Stamp<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Stamp::new(inner, self.table.clone())
    }
}
