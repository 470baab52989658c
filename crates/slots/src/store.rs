//! The group as Redis holds it, and everything that changes it: one script each.

mod answer;
mod bounds;
mod call;
mod coordinator;
mod error;
mod head;
mod keys;
mod line;
mod member;
mod notices;
mod scripts;
mod session;
mod settings;
mod snapshot;

use std::sync::Arc;

pub(crate) use self::{
    answer::{Beat, Joined, Removal, Seen},
    coordinator::Coordinator,
    error::StoreError,
    notices::Notices,
    session::Session,
};
use self::{
    call::Call,
    keys::Keys,
    member::MemberJson,
    scripts::{ADD, BEAT, FAIL, HAND_OVER, JOIN, LEAVE, LEAVING, REMOVE},
};
use crate::{
    Epoch, Group, Member, SiteId, Slot,
    record::{SlotRecord, Snapshot},
    redis::{Link, Script},
};

/// A group in Redis, as its sites and those who follow it ask for it.
///
/// # Clone
///
/// Cheap; clones use one link.
#[derive(Clone)]
pub(crate) struct Store {
    link: Link,
    keys: Arc<Keys>,
}

impl Store {
    /// Of the group with a name, through a link.
    pub(crate) fn new(link: Link, group: &str) -> Self {
        Self {
            link,
            keys: Arc::new(Keys::of(group)),
        }
    }

    /// Reads in which life the group is, and the number of its last notice; `None` if there is no group.
    ///
    /// # Errors
    ///
    /// What the link says.
    pub(crate) async fn head(&self) -> Result<Option<Seen>, StoreError> {
        head::read(&self.link, &self.keys).await
    }

    fn call<'a>(&'a self, script: &'static Script, id: &'a SiteId, session: &Session) -> Call<'a> {
        Call::new(&self.link, &self.keys, script, id).arg(session.as_str())
    }
}

impl Coordinator for Store {
    type Notices = Notices;

    async fn join(
        &self,
        group: &Group,
        member: &Member,
        session: &Session,
        seen: Option<&Seen>,
    ) -> Result<Joined, StoreError> {
        let json = MemberJson::text_of(member)?;
        let settings = settings::texts_of(group);
        let (life, version) = seen.map_or(("", 0), |seen| (&seen.life, seen.version));
        let call = self
            .call(&JOIN, member.id(), session)
            .arg(json)
            .arg(Session::random().as_str())
            .arg(life)
            .number("version", version);
        let call = settings.into_iter().fold(call, Call::arg);
        Joined::of(call.run().await?)
    }

    async fn beat(&self, id: &SiteId, session: &Session) -> Result<Beat, StoreError> {
        Beat::of(self.call(&BEAT, id, session).run().await?)
    }

    async fn add(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        score: u64,
        floor: Epoch,
        copied: Epoch,
    ) -> Result<SlotRecord, StoreError> {
        let call = self.call(&ADD, id, session).of_slot(slot, floor);
        let call = call.arg(line::score_text(score));
        let call = call.number("epoch", copied.number());
        call.run().await?.slot(slot)
    }

    async fn remove(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        floor: Epoch,
    ) -> Result<Removal, StoreError> {
        let call = self.call(&REMOVE, id, session).of_slot(slot, floor);
        Removal::of(slot, call.run().await?)
    }

    async fn fail(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        floor: Epoch,
    ) -> Result<SlotRecord, StoreError> {
        let call = self.call(&FAIL, id, session).of_slot(slot, floor);
        call.run().await?.slot(slot)
    }

    async fn hand_over(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        floor: Epoch,
    ) -> Result<SlotRecord, StoreError> {
        let call = self.call(&HAND_OVER, id, session).of_slot(slot, floor);
        call.run().await?.slot(slot)
    }

    async fn leaving(&self, id: &SiteId, session: &Session) -> Result<(), StoreError> {
        self.call(&LEAVING, id, session).run().await.map(drop)
    }

    async fn leave(&self, id: &SiteId, session: &Session) -> Result<(), StoreError> {
        self.call(&LEAVE, id, session).run().await.map(drop)
    }

    async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        snapshot::read(&self.link, &self.keys).await
    }

    async fn notices(&self) -> Result<Notices, StoreError> {
        let listening = self.link.listen(&self.keys.notices).await;
        Ok(Notices::of(listening.map_err(StoreError::Redis)?))
    }
}

#[cfg(test)]
mod tests;
