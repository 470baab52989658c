//! What the application does about slots, asked by the library.

use std::future::Future;

use tower_muster::BoxError;

use crate::{Epoch, Grant, Member, Slot};

/// Is the application's part in a site: it moves what is in the slots.
///
/// The library asks, one thing at a time for each slot, for no more than
/// `max_moves` slots at once (8, unless the site was built otherwise). What an `acquire` has made ready stays until one
/// `release`, unless the site ends first; an `acquire` before that asks for what it lacks.
///
/// # What is written while it is copied
///
/// A site counts as a holder only with what it copied from the slot's primary *of that moment*: when the primary has
/// changed since, or the site was evicted, it is asked to acquire again, with [`Acquire::held`] to say that only what
/// changed has to be copied. So nothing that was written is lost while one holder is left, if the application's
/// primaries see to two things: what is written is told to every other holder before the caller hears of it, and
/// whoever copies a slot is told of every write from its copy on, until it is a holder or a member no more.
///
/// Where Redis has lost who held what, whoever says first that it holds a slot is believed: a new primary had better
/// ask the other holders what they have.
///
/// # How it is called
///
/// A call that panics has failed; the site goes on. A call's future is dropped when the site ends, and when the
/// application asks for something else for the slot meanwhile.
pub trait Handler: Send + Sync + 'static {
    /// Why a slot could not be made ready.
    type Error: Into<BoxError>;

    /// Makes a slot ready to be served here: copies it from its primary.
    ///
    /// Again for a slot that is here still, if another site was primary meanwhile.
    ///
    /// When it returns, the group is told that this site holds the slot. It is asked for again later, with growing
    /// waits, when it fails.
    fn acquire(&self, slot: Acquire) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Lets a slot go: enough others hold it, or the site cannot go on with it.
    fn release(&self, slot: Slot) -> impl Future<Output = ()> + Send;

    /// Takes note that the site's role for a slot has changed.
    ///
    /// As primary, requests are let in when this returns. When it is called for a site that is primary no more none
    /// is let in already, and the role is not given to another before it returns, unless the site was evicted.
    ///
    /// It is not called when the site's lease ends: then the site may do nothing until it is renewed, which
    /// [`Site::grant`](super::Site::grant) tells at any moment.
    fn primary_changed(&self, grant: Grant) -> impl Future<Output = ()> + Send;
}

/// Is a slot that a site is to make ready, and where it can be copied from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Acquire {
    /// The slot.
    pub slot: Slot,
    /// Its epoch at the moment.
    pub epoch: Epoch,
    /// Who is its primary at the moment, if anybody is.
    pub primary: Option<Member>,
    /// Who holds it at the moment, the primary among them: nobody if it is empty as yet, or lost.
    pub holders: Vec<Member>,
    /// The epoch in which this site last had the whole slot, if that is still here: what was written since is to be
    /// copied.
    pub held: Option<Epoch>,
}
