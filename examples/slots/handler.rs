//! Moves slots between sites, when the library asks for it.

use std::{sync::Arc, time::Duration};

use tokio::sync::SetOnce;
use tower_muster::BoxError;
use tower_muster_slots::{Acquire, Grant, Handler, Member, Role, SiteId, Slot, SlotTable};

use crate::{
    counters::{Counters, Shelf},
    peers::Peers,
};

/// How soon a holder is given something again that could not be given it.
const AGAIN: Duration = Duration::from_millis(50);

/// How often: until a holder that is gone is one no more.
const PATIENCE: u32 = 100;

/// Copies slots from site to site.
#[derive(Clone)]
pub(crate) struct Mover {
    pub(crate) me: SiteId,
    pub(crate) counters: Arc<Counters>,
    pub(crate) peers: Peers,
    /// Known once the site is a member.
    pub(crate) table: Arc<SetOnce<SlotTable>>,
}

impl Mover {
    /// Takes in what other holders have that is not here.
    async fn catch_up(&self, slot: Slot, holders: impl Iterator<Item = Member>) -> Shelf {
        let mut all = Shelf::default();
        for holder in holders.filter(|holder| *holder.id() != self.me) {
            match self.peers.copy(&holder, slot).await {
                Ok(copy) => all.merge(copy),
                // It is gone, or will be soon: what it alone had is lost with it.
                Err(error) => eprintln!("slot {slot}: no copy from {}: {error}", holder.id()),
            }
        }
        all
    }

    /// Gives the other holders all that is here, before the role goes to one of them: a holder that has come since the
    /// last addition has only what it copied before.
    async fn pass_on(&self, slot: Slot) {
        let Some(mut shelf) = self.counters.shelf(slot).await else {
            return;
        };
        if !shelf.end() {
            return;
        }
        let table = self.table.wait().await;
        let mut told = Vec::new();
        for _ in 0..PATIENCE {
            let route = table.route(slot);
            let others = route
                .holders()
                .filter(|(member, _)| *member.id() != self.me);
            let others = others.map(|(member, _)| member.node().origin().to_string());
            let Some(next) = others.into_iter().find(|other| !told.contains(other)) else {
                return;
            };
            match self.peers.give(&next, slot, &shelf).await {
                Ok(()) => told.push(next),
                // It is a holder until the group's timeout, if it is gone.
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
        }
    }
}

impl Handler for Mover {
    type Error = BoxError;

    async fn acquire(&self, slot: Acquire) -> Result<(), BoxError> {
        let copy = match &slot.primary {
            // From here on it tells this site of what it is told.
            Some(primary) => self.peers.learn(primary, slot.slot).await?,
            None if slot.holders.is_empty() => Shelf::default(),
            None => return Err("nobody is primary, to be copied from".into()),
        };
        let shelf = self.counters.shelf(slot.slot).await;
        shelf.ok_or("there is no such slot")?.merge(copy);
        Ok(())
    }

    async fn release(&self, slot: Slot) {
        if let Some(mut shelf) = self.counters.shelf(slot).await {
            *shelf = Shelf::default();
        }
    }

    async fn primary_changed(&self, grant: Grant) {
        if grant.role != Role::Primary {
            return self.pass_on(grant.slot).await;
        }
        // What the last primary told some holders, and not this one, which may have become one at that moment.
        let route = self.table.wait().await.route(grant.slot);
        let holders: Vec<_> = route.holders().map(|(member, _)| member.clone()).collect();
        let all = self.catch_up(grant.slot, holders.into_iter()).await;
        if let Some(mut shelf) = self.counters.shelf(grant.slot).await {
            shelf.merge(all);
            shelf.begin(grant.epoch);
        }
    }
}
