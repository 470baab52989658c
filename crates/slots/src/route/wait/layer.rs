//! Configures the waiting.

use std::sync::Arc;

use tower_layer::Layer;
use tower_muster::Cluster;

use super::{Gate, Wait};
use crate::SlotTable;

/// Holds a request back while there is nobody to send it to.
///
/// The [module](super) tells how.
#[derive(Debug, Clone)]
pub struct WaitLayer {
    gate: Arc<Gate>,
}

impl WaitLayer {
    /// Makes a layer over the same table and cluster that `Select` below chooses from.
    #[must_use]
    pub fn new(table: SlotTable, cluster: Cluster) -> Self {
        Self {
            gate: Arc::new(Gate::new(table, cluster)),
        }
    }
}

impl<S> Layer<S> for WaitLayer {
    type Service = Wait<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Wait::new(inner, Arc::clone(&self.gate))
    }
}
