//! Configures the fence.

use tower_layer::Layer;

use super::Fence;
use crate::{SlotTable, standing::Standing};

/// Lets in what this site may serve, and nothing that comes from the past.
///
/// The [module](super) tells how. A site has one of its own; for tests there is
/// [`ManualGroup::fence`](crate::ManualGroup::fence).
///
/// # Clone
///
/// Clones are fences of one site.
#[derive(Debug, Clone)]
pub struct FenceLayer {
    pub(super) standing: Standing,
    pub(super) table: SlotTable,
    pub(super) requires_slot: bool,
}

impl FenceLayer {
    /// Of the site that may do what `standing` says; `table` knows who else does.
    pub(crate) fn new(standing: Standing, table: SlotTable) -> Self {
        Self {
            standing,
            table,
            requires_slot: false,
        }
    }

    /// Refuses requests that name no slot; by default they pass, for what is about no slot at all, such as a check
    /// of the site's health.
    #[must_use]
    pub fn require(mut self) -> Self {
        self.requires_slot = true;
        self
    }
}

impl<S> Layer<S> for FenceLayer {
    type Service = Fence<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Fence::new(inner, self.clone())
    }
}
