//! One site that adds all slots of its group.

use std::time::Duration;

use tokio::{
    task::{JoinSet, yield_now},
    time::{sleep, timeout},
};
use tower_muster::BoxError;
use tower_muster_slots::{Group, Member, Redis, Role, Site, Slot};

use crate::{slots::site::Nothing, time};

/// Silence that is no reason to evict: the machine may be busy.
const TIMEOUT: Duration = Duration::from_secs(2);
/// No run takes longer, or it has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A site that may act, and holds nothing as yet.
pub(super) struct Adding {
    site: Site,
    /// When it will be given primaries.
    ready: Duration,
    joined: std::time::Instant,
}

impl Adding {
    /// Joins a new group in which nothing is assigned: another site is missing for that.
    pub(super) async fn prepare(
        url: &str,
        slots: u32,
        round: u32,
        number: u32,
    ) -> Result<Self, BoxError> {
        let group = Group::builder(format!("add-{slots}-{round}-{number}")).slots(slots);
        let group = group.min_sites(2).timeout(TIMEOUT).build()?;
        let member = Member::new("only", "http://127.0.0.1:7000")?;
        let site = Site::builder(Redis::at(url)?, group, member, Nothing);
        Ok(Self {
            site: site.join().await?,
            ready: TIMEOUT + TIMEOUT / 4,
            joined: time::now(),
        })
    }

    /// Adds all slots, and returns the seconds until the site may act for all of them.
    pub(super) async fn run(self) -> Result<f64, BoxError> {
        sleep(self.ready.saturating_sub(self.joined.elapsed())).await;
        let begin = time::now();
        let mut adds = JoinSet::new();
        for slot in self.site.group().slots().slots() {
            let site = self.site.clone();
            adds.spawn(async move { site.request_add(slot).await });
        }
        let all = async {
            while let Some(added) = adds.join_next().await {
                added??;
            }
            for slot in self.site.group().slots().slots() {
                while !self.acts_for(slot) {
                    yield_now().await;
                }
            }
            Ok::<_, BoxError>(begin.elapsed().as_secs_f64())
        };
        timeout(PATIENCE, all).await?
    }

    fn acts_for(&self, slot: Slot) -> bool {
        let grant = self.site.grant(slot);
        grant.is_some_and(|grant| grant.role == Role::Primary)
    }
}
