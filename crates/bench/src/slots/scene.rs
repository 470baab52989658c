//! A group of sites in processes of their own, a Redis, and one who follows them.

mod process;

use std::time::Duration;

use tokio::time::{sleep, timeout};
use tower_muster::BoxError;
use tower_muster_slots::{Epoch, Redis, Slot, SlotTable};
use tower_muster_testkit::redis::RedisServer;

pub(super) use self::process::SiteProcess;
use super::site::{Arguments, GroupArguments};
use crate::time;

/// The group's name.
pub(super) const GROUP: &str = "bench";
/// Nothing takes longer, or it has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// For how long nothing may change before the group has settled.
const QUIET: Duration = Duration::from_millis(250);

/// Sites, and a table that follows them.
pub(super) struct Scene {
    pub(super) sites: Vec<SiteProcess>,
    pub(super) table: SlotTable,
    arguments: Vec<Arguments>,
    redis: RedisServer,
}

impl Scene {
    /// Starts so many sites, and waits until every slot is where it is to be.
    pub(super) async fn start(count: u32, group: GroupArguments) -> Result<Self, BoxError> {
        let redis = RedisServer::start().await?;
        let site = |number| Arguments {
            redis: redis.url(),
            id: format!("site-{number}"),
            port: 0,
            group,
        };
        let arguments: Vec<_> = (0..count).map(site).collect();
        let started: Result<Vec<_>, _> = arguments.iter().map(SiteProcess::start).collect();
        let mut sites = started?;
        for site in &mut sites {
            site.joined()?;
        }
        let table = SlotTable::follow(&Redis::at(&redis.url())?, GROUP)?;
        let scene = Self {
            sites,
            table,
            arguments,
            redis,
        };
        scene.settle().await?;
        Ok(scene)
    }

    pub(super) fn redis(&self) -> Result<Redis, BoxError> {
        Ok(Redis::at(&self.redis.url())?)
    }

    pub(super) fn id(&self, site: usize) -> &str {
        &self.arguments[site].id
    }

    /// The slots that a site is primary of, by the table.
    pub(super) fn primaries(&self, site: usize) -> Vec<Slot> {
        let id = self.id(site);
        let is_its = |slot: &Slot| {
            let primary = self.table.primary(*slot);
            primary.is_some_and(|primary| primary.member().id().as_str() == id)
        };
        self.slots().filter(is_its).collect()
    }

    /// The same with the epochs under which it is.
    pub(super) fn granted(&self, site: usize) -> Vec<(Slot, Epoch)> {
        let slots = self.primaries(site).into_iter();
        slots.map(|slot| (slot, self.table.epoch(slot))).collect()
    }

    /// Waits until the table has a primary for each of some slots under a higher epoch.
    pub(super) async fn replaced(&self, slots: &[(Slot, Epoch)]) {
        for (slot, before) in slots {
            let mut epoch = self.table.changed(*slot, *before).await;
            while self.table.primary(*slot).is_none() {
                epoch = self.table.changed(*slot, epoch).await;
            }
        }
    }

    fn slots(&self) -> impl Iterator<Item = Slot> + use<> {
        let slots = self.table.slots();
        slots.into_iter().flat_map(|slots| slots.slots())
    }

    /// Starts a site again that was killed, where it was.
    pub(super) fn restart(&mut self, site: usize) -> Result<(), BoxError> {
        let again = Arguments {
            port: self.sites[site].port(),
            ..self.arguments[site].clone()
        };
        self.sites[site] = SiteProcess::start(&again)?;
        self.sites[site].joined()
    }

    /// Waits until each slot has all its holders and a primary, each site its part, and nothing has changed lately.
    pub(super) async fn settle(&self) -> Result<(), BoxError> {
        let settled = async {
            self.table.ready().await;
            let (mut version, mut since) = (0, time::now());
            while version != self.table.version() || !self.is_whole() || since.elapsed() < QUIET {
                if version != self.table.version() || !self.is_whole() {
                    (version, since) = (self.table.version(), time::now());
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        let settled = timeout(PATIENCE, settled).await;
        settled.map_err(|_| "the group did not settle".into())
    }

    fn is_whole(&self) -> bool {
        let replicas = self.arguments.first();
        let replicas = replicas.map_or(0, |site| usize::from(site.group.replicas));
        let is_held = |slot| {
            let route = self.table.route(slot);
            route.primary().is_some() && route.holders().count() == replicas
        };
        let least = self.slots().count() / self.sites.len() / 2;
        let has_part = |site| self.primaries(site).len() >= least;
        self.slots().all(is_held) && (0..self.sites.len()).all(has_part)
    }
}
