//! The group as Redis holds it, and everything that changes it: one script each.

mod answer;
mod bounds;
mod call;
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
/// Calls about a slot say the highest epoch of it that the site has seen, the floor:
///
/// - what takes a role away does nothing if the slot's epoch is above: such a call was made before a change that the
///   site did not know, and is carried out late. The epoch in the answer tells;
/// - if the floor is above, Redis forgot changes: the slot has no primary from then on, under an epoch above the floor,
///   and none becomes primary of any slot for a timeout, since another site may still act under what was forgotten.
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

    /// Makes a site a member, and the group if there is none; under the same session it renews.
    ///
    /// `seen` is the last that the site knows of the group, if it knew it before: a life in which Redis has
    /// forgotten some of it is mended.
    ///
    /// # Errors
    ///
    /// [`StoreError::Mismatch`] if the group's members have other settings, [`StoreError::Taken`] if a live
    /// session has the id, and what every call may answer.
    pub(crate) async fn join(
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

    /// Says that a site is there, evicts who is not, and gives primaries that were held back.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stranger`], and what every call may answer.
    pub(crate) async fn beat(&self, id: &SiteId, session: &Session) -> Result<Beat, StoreError> {
        Beat::of(self.call(&BEAT, id, session).run().await?)
    }

    /// Makes a site a holder of a slot, ordered among the others by its score, the highest first; again, to
    /// change the score.
    ///
    /// It becomes primary if there is none and primaries are given.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stranger`], and what every call may answer.
    pub(crate) async fn add(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        score: u64,
        floor: Epoch,
    ) -> Result<SlotRecord, StoreError> {
        let call = self.call(&ADD, id, session).of_slot(slot, floor);
        let answer = call.arg(line::score_text(score)).run().await?;
        answer.slot(slot)
    }

    /// Takes a slot from a site, if enough others hold it who stay; nothing if the call is late.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stranger`], and what every call may answer.
    pub(crate) async fn remove(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        floor: Epoch,
    ) -> Result<Removal, StoreError> {
        let call = self.call(&REMOVE, id, session).of_slot(slot, floor);
        Removal::of(slot, call.run().await?)
    }

    /// Takes a slot from a site that cannot go on with it, whoever else holds it.
    ///
    /// It is still a holder in the answer if the call is late: the epoch is above `floor` then.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stranger`], and what every call may answer.
    pub(crate) async fn fail(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        floor: Epoch,
    ) -> Result<SlotRecord, StoreError> {
        let call = self.call(&FAIL, id, session).of_slot(slot, floor);
        call.run().await?.slot(slot)
    }

    /// Gives the role of a primary that has stopped acting to the first holder that can act.
    ///
    /// It is still primary in the answer if there is no other one to give it to, or the call is late.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stranger`], and what every call may answer.
    pub(crate) async fn hand_over(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        floor: Epoch,
    ) -> Result<SlotRecord, StoreError> {
        let call = self.call(&HAND_OVER, id, session).of_slot(slot, floor);
        call.run().await?.slot(slot)
    }

    /// Marks a site as about to leave: what it holds it still holds, and more is not assigned to it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stranger`], and what every call may answer.
    pub(crate) async fn leaving(&self, id: &SiteId, session: &Session) -> Result<(), StoreError> {
        self.call(&LEAVING, id, session).run().await.map(drop)
    }

    /// Takes a site out of the group and out of every slot, at once; done already is done.
    ///
    /// It may be carried out late, so the session must not join again.
    ///
    /// # Errors
    ///
    /// What every call may answer, but [`StoreError::Stranger`].
    pub(crate) async fn leave(&self, id: &SiteId, session: &Session) -> Result<(), StoreError> {
        self.call(&LEAVE, id, session).run().await.map(drop)
    }

    /// Reads the whole group at one moment.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoGroup`] if no site has ever joined, [`StoreError::Foreign`], and what the link says.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        snapshot::read(&self.link, &self.keys).await
    }

    /// Reads in which life the group is, and the number of its last notice; `None` if there is no group.
    ///
    /// # Errors
    ///
    /// What the link says.
    pub(crate) async fn head(&self) -> Result<Option<Seen>, StoreError> {
        head::read(&self.link, &self.keys).await
    }

    /// Listens to the group's changes from now on; a snapshot that is read afterwards leaves none out.
    ///
    /// # Errors
    ///
    /// What the link says.
    pub(crate) async fn notices(&self) -> Result<Notices, StoreError> {
        let listening = self.link.listen(&self.keys.notices).await;
        Ok(Notices::of(listening.map_err(StoreError::Redis)?))
    }

    fn call<'a>(&'a self, script: &'static Script, id: &'a SiteId, session: &Session) -> Call<'a> {
        Call::new(&self.link, &self.keys, script, id).arg(session.as_str())
    }
}

#[cfg(test)]
mod tests;
