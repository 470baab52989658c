//! All that is known of one slot.

use std::sync::Arc;

use http::HeaderValue;

use super::site::Site;
use crate::{Epoch, Slot};

/// All that is known of one slot since its last change; a change makes another.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) epoch: Epoch,
    pub(crate) primary: Option<Arc<Site>>,
    /// In the order in which they are to be primary.
    pub(crate) holders: Box<[Arc<Site>]>,
    /// Slot and epoch as headers' values: made once a change, not once a request.
    pub(crate) slot_value: HeaderValue,
    pub(crate) epoch_value: HeaderValue,
}

impl Entry {
    /// Follows the entry `before`, if there was one.
    pub(super) fn new(
        slot: Slot,
        epoch: Epoch,
        primary: Option<Arc<Site>>,
        holders: Box<[Arc<Site>]>,
        before: Option<&Self>,
    ) -> Self {
        let slot_value = before.map(|before| before.slot_value.clone());
        let same = before.filter(|before| before.epoch == epoch);
        let epoch_value = same.map(|before| before.epoch_value.clone());
        Self {
            epoch,
            primary,
            holders,
            slot_value: slot_value.unwrap_or_else(|| shared(slot.number().into())),
            epoch_value: epoch_value.unwrap_or_else(|| shared(epoch.number())),
        }
    }

    /// The primary, if it still is a member.
    pub(crate) fn primary(&self) -> Option<&Arc<Site>> {
        self.primary.as_ref().filter(|site| !site.is_gone())
    }

    /// The holders that still are members, in order.
    pub(crate) fn holders(&self) -> impl Iterator<Item = &Arc<Site>> {
        self.holders.iter().filter(|site| !site.is_gone())
    }
}

/// A number as a header's value.
fn shared(number: u64) -> HeaderValue {
    let value = HeaderValue::from(number);
    // Its first clone moves the bytes into shared memory: here, and not in a request.
    drop(value.clone());
    value
}
