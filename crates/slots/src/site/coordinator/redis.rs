//! The scripts, as the store calls them.

use super::{Beat, Coordinator, Joined, Removal, Seen, Session, StoreError};
use crate::{
    Epoch, Group, Member, SiteId, Slot,
    record::{SlotRecord, Snapshot},
    store::{self, Store},
};

impl Coordinator for Store {
    type Notices = store::Notices;

    async fn join(
        &self,
        group: &Group,
        member: &Member,
        session: &Session,
        seen: Option<&Seen>,
    ) -> Result<Joined, StoreError> {
        self.join(group, member, session, seen).await
    }

    async fn beat(&self, id: &SiteId, session: &Session) -> Result<Beat, StoreError> {
        self.beat(id, session).await
    }

    async fn add(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        claim: u64,
        floor: Epoch,
    ) -> Result<SlotRecord, StoreError> {
        self.add(id, session, slot, claim, floor).await
    }

    async fn remove(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        floor: Epoch,
    ) -> Result<Removal, StoreError> {
        self.remove(id, session, slot, floor).await
    }

    async fn fail(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        floor: Epoch,
    ) -> Result<SlotRecord, StoreError> {
        self.fail(id, session, slot, floor).await
    }

    async fn hand_over(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        floor: Epoch,
    ) -> Result<SlotRecord, StoreError> {
        self.hand_over(id, session, slot, floor).await
    }

    async fn leaving(&self, id: &SiteId, session: &Session) -> Result<(), StoreError> {
        self.leaving(id, session).await
    }

    async fn leave(&self, id: &SiteId, session: &Session) -> Result<(), StoreError> {
        self.leave(id, session).await
    }

    async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.snapshot().await
    }

    async fn notices(&self) -> Result<store::Notices, StoreError> {
        self.notices().await
    }
}
