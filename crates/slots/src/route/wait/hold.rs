//! An attempt that is held back.

use std::{pin::pin, sync::Arc};

use tokio::time::{Instant, sleep_until};
use tower_muster::Attempt;

use super::{Gate, Look, Pass, gate::Wait};
use crate::{Slot, route::SlotKey};

/// All that an attempt that is held back needs, beside the request.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) gate: Arc<Gate>,
    pub(super) key: SlotKey,
    pub(super) attempt: Option<Attempt>,
}

impl Hold {
    /// Waits until there is somebody to go to.
    pub(super) async fn wait(self) -> Pass {
        let begun = Instant::now();
        let table = &self.gate.table;
        loop {
            let Some(slots) = table.slots() else {
                table.ready().await;
                continue;
            };
            let slot = self.key.slot_among(slots);
            // Listening before looking: no change comes in between.
            let change = pin!(table.change(slot));
            let look = self
                .gate
                .look(slot, self.key, self.attempt.as_ref(), Some(begun));
            let wait = match look {
                Look::Go(pass) => return pass,
                Look::Wait(wait) => wait,
            };
            self.wait_once(slot, change, wait).await;
        }
    }

    async fn wait_once(&self, slot: Slot, change: impl Future<Output = ()>, wait: Wait) {
        tracing::trace!(target: "tower_muster_slots", %slot, "a request is held back");
        let pause = async {
            match wait.until {
                Some(until) => sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        let other_nodes = async {
            match &wait.beyond {
                Some(known) => drop(self.gate.cluster.changed(known).await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = change => {}
            () = pause => {}
            () = other_nodes => {}
        }
    }
}
