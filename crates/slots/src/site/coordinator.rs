//! What a site asks of Redis; the scripts behind it are the store's.

mod redis;

use std::future::Future;

use crate::{
    Epoch, Group, Member, SiteId, Slot,
    record::{SlotRecord, Snapshot},
};

pub(crate) use crate::store::{Beat, Joined, Removal, Seen, Session, StoreError};
pub(crate) use crate::table::follow::Notices;

/// The scripts, as a site calls them. `floor` is the highest epoch that the site has seen of the slot: epochs that
/// are given are higher, and what gives a role away does nothing if the slot's epoch is.
pub(crate) trait Coordinator: Clone + Send + Sync + 'static {
    type Notices: Notices;

    fn join(
        &self,
        group: &Group,
        member: &Member,
        session: &Session,
        seen: Option<&Seen>,
    ) -> impl Future<Output = Result<Joined, StoreError>> + Send;
    fn beat(
        &self,
        id: &SiteId,
        session: &Session,
    ) -> impl Future<Output = Result<Beat, StoreError>> + Send;
    fn add(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        claim: u64,
        floor: Epoch,
    ) -> impl Future<Output = Result<SlotRecord, StoreError>> + Send;
    fn remove(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        floor: Epoch,
    ) -> impl Future<Output = Result<Removal, StoreError>> + Send;
    fn fail(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        floor: Epoch,
    ) -> impl Future<Output = Result<SlotRecord, StoreError>> + Send;
    fn hand_over(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        floor: Epoch,
    ) -> impl Future<Output = Result<SlotRecord, StoreError>> + Send;
    fn leaving(
        &self,
        id: &SiteId,
        session: &Session,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    fn leave(
        &self,
        id: &SiteId,
        session: &Session,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    fn snapshot(&self) -> impl Future<Output = Result<Snapshot, StoreError>> + Send;
    /// Subscribes: every notice of a change after this returns is among them.
    fn notices(&self) -> impl Future<Output = Result<Self::Notices, StoreError>> + Send;
}
