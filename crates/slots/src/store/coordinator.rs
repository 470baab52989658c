//! What a site asks of what coordinates its group: Redis, or in tests a group in memory.

use std::future::Future;

use super::{Beat, Joined, Removal, Seen, Session, StoreError};
use crate::{
    Epoch, Group, Member, SiteId, Slot,
    record::{SlotRecord, Snapshot},
    table::follow,
};

/// The scripts, as a site calls them.
///
/// Calls about a slot say the highest epoch of it that the site has seen, the floor:
///
/// - what takes a role away does nothing if the slot's epoch is above: such a call was made before a change that the
///   site did not know, and is carried out late. The epoch in the answer tells;
/// - if the floor is above, changes were forgotten: the slot has no primary from then on, under an epoch above the
///   floor, and none becomes primary of any slot for a timeout, since another site may still act under what was
///   forgotten.
pub(crate) trait Coordinator: Clone + Send + Sync + 'static {
    type Notices: follow::Notices;

    /// Makes a site a member, and the group if there is none; under the same session it renews.
    ///
    /// `seen` is the last that the site knows of the group, if it knew it before: a life in which Redis has
    /// forgotten some of it is mended.
    ///
    /// # Errors
    ///
    /// [`StoreError::Mismatch`] if the group's members have other settings, [`StoreError::Taken`] if a live
    /// session has the id, and what every call may answer.
    fn join(
        &self,
        group: &Group,
        member: &Member,
        session: &Session,
        seen: Option<&Seen>,
    ) -> impl Future<Output = Result<Joined, StoreError>> + Send;

    /// Says that a site is there, evicts who is not, and gives primaries that were held back.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stranger`], and what every call may answer.
    fn beat(
        &self,
        id: &SiteId,
        session: &Session,
    ) -> impl Future<Output = Result<Beat, StoreError>> + Send;

    /// Makes a site a holder of a slot, ordered among the others by its score, the highest first; again, to
    /// change the score.
    ///
    /// It becomes primary if there is none and primaries are given. `copied` is the epoch under which the site has
    /// copied the slot: it is no holder in the answer if the slot has a primary since a later one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stranger`], and what every call may answer.
    fn add(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        score: u64,
        floor: Epoch,
        copied: Epoch,
    ) -> impl Future<Output = Result<SlotRecord, StoreError>> + Send;

    /// Takes a slot from a site, if enough others hold it who stay; nothing if the call is late.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stranger`], and what every call may answer.
    fn remove(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        floor: Epoch,
    ) -> impl Future<Output = Result<Removal, StoreError>> + Send;

    /// Takes a slot from a site that cannot go on with it, whoever else holds it.
    ///
    /// It is still a holder in the answer if the call is late: the epoch is above `floor` then.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stranger`], and what every call may answer.
    fn fail(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        floor: Epoch,
    ) -> impl Future<Output = Result<SlotRecord, StoreError>> + Send;

    /// Gives the role of a primary that has stopped acting to the first holder that can act.
    ///
    /// It is still primary in the answer if there is no other one to give it to, or the call is late.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stranger`], and what every call may answer.
    fn hand_over(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        floor: Epoch,
    ) -> impl Future<Output = Result<SlotRecord, StoreError>> + Send;

    /// Marks a site as about to leave: what it holds it still holds, and more is not assigned to it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stranger`], and what every call may answer.
    fn leaving(
        &self,
        id: &SiteId,
        session: &Session,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Takes a site out of the group and out of every slot, at once; done already is done.
    ///
    /// It may be carried out late, so the session must not join again.
    ///
    /// # Errors
    ///
    /// What every call may answer, but [`StoreError::Stranger`].
    fn leave(
        &self,
        id: &SiteId,
        session: &Session,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Reads the whole group at one moment.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoGroup`] if no site has ever joined, [`StoreError::Foreign`], and what the link says.
    fn snapshot(&self) -> impl Future<Output = Result<Snapshot, StoreError>> + Send;

    /// Listens to the group's changes from now on; a snapshot that is read afterwards leaves none out.
    ///
    /// # Errors
    ///
    /// What the link says.
    fn notices(&self) -> impl Future<Output = Result<Self::Notices, StoreError>> + Send;
}
