//! A site: a member of the group, which holds slots and may act for them.
//!
//! The library says which slots a site is to hold, and keeps the group's word about them; the application moves what
//! is in them, as its [`Handler`] is asked to.

mod backoff;
mod builder;
mod driver;
mod error;
mod handler;
mod planner;
mod pulse;
mod removal;
mod state;
mod step;
mod view;

use std::{fmt, sync::Arc, time::Duration};

use tokio::sync::{mpsc, oneshot};

pub use self::{
    builder::SiteBuilder,
    error::SiteError,
    handler::{Acquire, Handler},
    removal::Removal,
};
use self::{driver::Command, state::Reply, step::Ask};
use crate::{
    FenceLayer, Grant, Group, Member, Redis, Role, Slot, SlotCount, SlotTable, standing::Standing,
};

/// Is this process as a member of a group.
///
/// What it may do is told by [`grant`](Self::grant), which costs some loads from memory and never asks Redis: a role
/// lasts no longer than the site's lease, which each answered heartbeat renews as soon as all is known here that had
/// happened by then.
///
/// # Clone
///
/// Clones are one site. When the last of them is dropped without [`leave`](Self::leave) the site stops acting at once,
/// and the others replace it after the group's timeout, as after a crash.
#[derive(Clone)]
pub struct Site(Arc<Shared>);

struct Shared {
    commands: mpsc::Sender<Command>,
    standing: Standing,
    table: SlotTable,
    group: Group,
}

impl Site {
    /// Begins to describe a site: where the group's Redis is, what its sites agree on, which of them this is, and what
    /// moves the slots.
    #[must_use]
    pub fn builder<H: Handler>(
        redis: Redis,
        group: Group,
        member: Member,
        handler: H,
    ) -> SiteBuilder<H> {
        SiteBuilder::new(redis, group, member, handler)
    }

    fn new(
        commands: mpsc::Sender<Command>,
        standing: Standing,
        table: SlotTable,
        group: &Group,
    ) -> Self {
        let group = group.clone();
        Self(Arc::new(Shared {
            commands,
            standing,
            table,
            group,
        }))
    }

    #[cfg(test)]
    fn standing(&self) -> &Standing {
        &self.0.standing
    }

    /// Returns the group's settings.
    #[must_use]
    pub fn group(&self) -> &Group {
        &self.0.group
    }

    /// Returns the table of who holds which slot, as this site knows it.
    #[must_use]
    pub fn table(&self) -> &SlotTable {
        &self.0.table
    }

    /// Returns the fence for what this site serves: it lets in what the site may do at the moment.
    #[must_use]
    pub fn fence(&self) -> FenceLayer {
        FenceLayer::new(self.0.standing.clone(), self.0.table.clone())
    }

    /// Returns whether the site's lease lasts: while it does not, the site is nothing to any slot.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.0.standing.is_live()
    }

    /// Returns what the site is to a slot at this moment; `None` once its lease has ended.
    #[must_use]
    pub fn grant(&self, slot: Slot) -> Option<Grant> {
        self.0.standing.grant(slot)
    }

    /// Returns the slots that the site is primary of at this moment.
    #[must_use]
    pub fn primaries(&self) -> Vec<Slot> {
        let is_primary = |grant: Grant| grant.role == Role::Primary;
        self.slots(|slot| self.grant(slot).is_some_and(is_primary))
    }

    /// Returns the slots that the site holds, in whichever role, also while its lease has ended.
    #[must_use]
    pub fn held(&self) -> Vec<Slot> {
        self.slots(|slot| self.0.standing.told(slot).0.is_some())
    }

    /// Says that a slot is ready here though nobody has asked for it.
    ///
    /// Where others are to hold it, the site is asked to let it go again once enough of them do. What is ready has to be
    /// all that the slot's primary has written until now, and goes on to be, as after an
    /// [`acquire`](Handler::acquire).
    ///
    /// # Errors
    ///
    /// [`SiteError`], for instance if the site is no member at the moment.
    ///
    /// # Cancel safety
    ///
    /// What was begun goes on.
    pub async fn request_add(&self, slot: Slot) -> Result<Grant, SiteError> {
        match self
            .ask(slot, |reply| Command::Ask(slot, Ask::Add, reply))
            .await?
        {
            Reply::Added(role, epoch) => Ok(Grant::new(slot, role, epoch)),
            reply => Err(refusal(slot, reply)),
        }
    }

    /// Asks to let a slot go, which is refused until enough others hold it.
    ///
    /// If the assignment still has it here, it is asked for again.
    ///
    /// # Errors
    ///
    /// [`SiteError`], for instance if the site is no member at the moment.
    ///
    /// # Cancel safety
    ///
    /// What was begun goes on.
    pub async fn request_remove(&self, slot: Slot) -> Result<Removal, SiteError> {
        match self
            .ask(slot, |reply| Command::Ask(slot, Ask::Remove, reply))
            .await?
        {
            Reply::Removed => Ok(Removal::Removed),
            Reply::Kept { others, needed } => Ok(Removal::Kept { others, needed }),
            reply => Err(refusal(slot, reply)),
        }
    }

    /// Says that the site cannot go on with a slot: it stops acting for it at once, and another becomes primary.
    ///
    /// The slot is released, and asked for again later, with growing waits. Whoever has asked for it to be added or
    /// removed meanwhile hears [`SiteError::Busy`].
    ///
    /// # Errors
    ///
    /// [`SiteError`] if the group does not know it yet; the site has stopped acting all the same, and goes on telling.
    ///
    /// # Cancel safety
    ///
    /// What was begun goes on.
    pub async fn fail(&self, slot: Slot) -> Result<(), SiteError> {
        match self.ask(slot, |reply| Command::Fail(slot, reply)).await? {
            Reply::Failed => Ok(()),
            reply => Err(refusal(slot, reply)),
        }
    }

    /// Says to the group that the site is there: for sites that are built with manual heartbeats.
    ///
    /// # Errors
    ///
    /// [`SiteError`] if that is not known to have been heard; [`SiteError::Away`] if the site is no member at the moment
    /// and becomes one again now.
    ///
    /// # Cancel safety
    ///
    /// What was begun goes on.
    pub async fn beat(&self) -> Result<(), SiteError> {
        self.send(Command::Beat).await?
    }

    /// Leaves in order: gives every slot to others, waits until they hold them, for `within` at most, and ends.
    ///
    /// # Errors
    ///
    /// [`SiteError`] if the group could not be told; the site has ended all the same, and the others replace it.
    ///
    /// # Cancel safety
    ///
    /// What was begun goes on.
    pub async fn leave(&self, within: Duration) -> Result<(), SiteError> {
        self.send(|reply| Command::Leave(within, reply)).await?
    }

    fn slots(&self, is_one: impl Fn(Slot) -> bool) -> Vec<Slot> {
        let slots: SlotCount = self.0.group.slots();
        slots.slots().filter(|slot| is_one(*slot)).collect()
    }

    async fn ask(
        &self,
        slot: Slot,
        command: impl FnOnce(oneshot::Sender<Reply>) -> Command,
    ) -> Result<Reply, SiteError> {
        let slots = self.0.group.slots();
        if slots.slot(slot.number()).is_none() {
            let slots = slots.get();
            return Err(SiteError::NoSlot { slot, slots });
        }
        self.send(command).await
    }

    async fn send<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, SiteError> {
        let (reply, answer) = oneshot::channel();
        let sent = self.0.commands.send(command(reply)).await;
        sent.map_err(|_| SiteError::Gone)?;
        answer.await.map_err(|_| SiteError::Gone)
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("group", &self.0.group.name())
            .field("standing", &self.0.standing)
            .finish_non_exhaustive()
    }
}

fn refusal(slot: Slot, reply: Reply) -> SiteError {
    match reply {
        Reply::Busy => SiteError::Busy { slot },
        Reply::Refused(error) => error.into(),
        _ => SiteError::Away,
    }
}

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
