//! Moves slots between sites, when the library asks for it.

use std::{sync::Arc, time::Duration};

use tokio::sync::SetOnce;
use tower_muster::BoxError;
use tower_muster_slots::{Acquire, Grant, Handler, Role, SiteId, Slot, SlotTable};

use crate::{
    counters::{Counters, Shelf},
    peers::Peers,
};

/// How soon a holder is asked again that did not answer.
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
    /// Takes in what the other holders have: of a group that Redis has forgotten, the first to become primary may be
    /// one that was away.
    async fn catch_up(&self, slot: Slot) -> Shelf {
        let table = self.table.wait().await;
        let (mut all, mut asked) = (Shelf::default(), Vec::from([self.me.clone()]));
        for _ in 0..PATIENCE {
            let route = table.route(slot);
            let mut holders = route.holders().map(|(member, _)| member);
            let Some(next) = holders.find(|holder| !asked.contains(holder.id())) else {
                break;
            };
            match self.peers.copy(next, slot).await {
                Ok(copy) => {
                    all.merge(copy);
                    asked.push(next.id().clone());
                }
                // It is a holder until the group's timeout, if it is gone.
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
        }
        all
    }
}

impl Handler for Mover {
    type Error = BoxError;

    async fn acquire(&self, slot: Acquire) -> Result<(), BoxError> {
        let primary = match &slot.primary {
            Some(primary) => primary,
            None if slot.holders.is_empty() => return Ok(()),
            None => return Err("nobody is primary, to be copied from".into()),
        };
        let shelf = async || self.counters.shelf(slot.slot).await.ok_or("no such slot");
        // Out of the way of what the primary tells while it is copied: some of what was here it may not know.
        let before = std::mem::take(&mut *shelf().await?);
        let copied = self.peers.learn(primary, slot.slot).await;
        match copied {
            Ok(copy) => shelf().await?.merge(copy),
            Err(error) => {
                *shelf().await? = before;
                return Err(error);
            }
        }
        Ok(())
    }

    async fn release(&self, slot: Slot) {
        if let Some(mut shelf) = self.counters.shelf(slot).await {
            *shelf = Shelf::default();
        }
    }

    async fn primary_changed(&self, grant: Grant) {
        let all = match grant.role {
            Role::Primary => self.catch_up(grant.slot).await,
            Role::Secondary => Shelf::default(),
        };
        let Some(mut shelf) = self.counters.shelf(grant.slot).await else {
            return;
        };
        match grant.role {
            Role::Primary => {
                shelf.merge(all);
                shelf.begin(grant.epoch);
            }
            Role::Secondary => shelf.end(),
        }
    }
}
