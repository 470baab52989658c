//! Tells the background task whether anyone uses the cluster.

use std::{
    pin::pin,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use crate::discover::Pace;

/// How long at least lies between two lists that are asked for because a node was lost: the pace at which
/// ScyllaDB's clients ask while they are in use.
const BETWEEN_LOSSES: Duration = Duration::from_secs(1);

/// A cluster in use is polled at its active pace, an idle one hardly ever.
#[derive(Debug, Default)]
pub(crate) struct Demand {
    used: AtomicBool,
    woken: Notify,
    refresh: Notify,
}

impl Demand {
    /// Says that a call was made. While calls go on this is one relaxed load.
    pub(crate) fn touch(&self) {
        if !self.used.load(Relaxed) && !self.used.swap(true, Relaxed) {
            self.woken.notify_one();
        }
    }

    /// Asks for the list now.
    pub(crate) fn refresh(&self) {
        self.refresh.notify_one();
    }

    /// Says that a fetch begins: it answers whatever was asked for before.
    pub(crate) fn is_met(&self) {
        pin!(self.refresh.notified()).as_mut().enable();
    }

    /// Waits until a fetch that failed is due again.
    pub(crate) async fn retry(&self, wait: Duration) {
        tokio::select! {
            () = sleep(jittered(wait)) => {}
            () = self.refresh.notified() => {}
        }
    }

    /// Waits until the list is wanted again.
    pub(crate) async fn due(&self, pace: Pace, lost: &Notify) {
        tokio::select! {
            () = self.paced(pace) => {}
            () = self.refresh.notified() => {}
            () = self.loss(lost) => {}
        }
    }

    /// Waits until a node is lost while calls are made.
    async fn loss(&self, lost: &Notify) {
        sleep(jittered(BETWEEN_LOSSES)).await;
        loop {
            lost.notified().await;
            if self.used.load(Relaxed) {
                return;
            }
        }
    }

    async fn paced(&self, pace: Pace) {
        sleep(jittered(pace.active())).await;
        // A call that came since then, or that comes now, ends the idling.
        let idle = jittered(pace.idle().saturating_sub(pace.active()));
        let _ = timeout(idle, async {
            while !self.used.swap(false, Relaxed) {
                self.woken.notified().await;
            }
        })
        .await;
    }
}

/// Up to a tenth more or less, so that clients which started together do not ask together.
pub(crate) fn jittered(period: Duration) -> Duration {
    let seconds = period.as_secs_f64() * (0.9 + 0.2 * fastrand::f64());
    // The longest period there is means never, and may not overflow.
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}
