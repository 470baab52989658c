//! One group, and what all who take part in it share.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::{sleep, timeout};
use tower_muster::{Policy, policy::PowerOfTwo};
use tower_muster_slots::{
    Assignment, Epoch, Group, GroupBuilder, Member, Redis, Role, Slot, SlotTable,
};
use tower_muster_testkit::redis::RedisServer;

use super::{Actor, App, Client, Journal, PATIENCE, actor::Casting};
use crate::Result;

/// Describes a group of 16 slots with two replicas each: `counters`.
///
/// Its timeout is long enough that a busy machine evicts nobody, and short enough that tests can wait for it.
pub fn group() -> GroupBuilder {
    Group::builder("counters")
        .slots(16)
        .replicas(2)
        .timeout(Duration::from_millis(1_500))
}

/// Makes a member of which nothing but id and address matters.
pub fn member(id: &str, origin: &str) -> Member {
    Member::new(id, origin).expect("a member")
}

/// Is one group, and what all who take part in it share.
#[derive(Debug)]
pub struct Scene {
    /// Where its Redis is.
    pub redis: Redis,
    /// What its sites agree on.
    pub group: Group,
    /// What its sites accepted.
    pub journal: Journal,
}

impl Scene {
    /// Sets one of a group over a server.
    pub fn at(server: &RedisServer, group: GroupBuilder) -> Result<Self> {
        Self::over(Redis::at(&server.url())?, group)
    }

    /// Sets one of a group over any Redis.
    pub fn over(redis: Redis, group: GroupBuilder) -> Result<Self> {
        Ok(Self {
            redis,
            group: group.build()?,
            journal: Journal::default(),
        })
    }

    /// Returns the same group, for those who reach its Redis by another way.
    pub fn by(&self, url: &str) -> Result<Self> {
        Ok(Self {
            redis: Redis::at(url)?,
            group: self.group.clone(),
            journal: self.journal.clone(),
        })
    }

    /// Begins to describe a site.
    pub fn cast(&self) -> Casting<'_> {
        Casting {
            redis: &self.redis,
            group: &self.group,
            journal: &self.journal,
            app: App::new(),
            rack: None,
            weight: 1.0,
            max_moves: None,
            is_manual: false,
        }
    }

    /// Has a site join of which nothing is particular.
    pub async fn site(&self, id: &str) -> Result<Actor> {
        self.cast().join(id).await
    }

    /// Has several of them join.
    pub async fn sites<const N: usize>(&self, ids: [&str; N]) -> Result<Vec<Actor>> {
        let mut sites = Vec::new();
        for id in ids {
            sites.push(self.site(id).await?);
        }
        Ok(sites)
    }

    /// Follows the group as a plain client does.
    pub async fn follow(&self) -> Result<SlotTable> {
        let table = SlotTable::follow(&self.redis, self.group.name())?;
        timeout(PATIENCE, table.ready()).await?;
        Ok(table)
    }

    /// Makes a client that has the group's table.
    pub async fn client(&self) -> Result<Client> {
        self.client_by(PowerOfTwo::latency_aware()).await
    }

    /// Makes one that chooses by this policy where it can.
    pub async fn client_by(&self, policy: impl Policy) -> Result<Client> {
        Ok(Client::new(self.follow().await?, policy))
    }

    /// Returns the slots.
    pub fn slots(&self) -> impl Iterator<Item = Slot> + use<> {
        self.group.slots().slots()
    }

    /// Returns the epochs as a table has them.
    pub fn epochs(&self, table: &SlotTable) -> BTreeMap<Slot, Epoch> {
        self.slots().map(|slot| (slot, table.epoch(slot))).collect()
    }

    /// Waits until every slot is with the sites that the assignment gives it to, as each of them sees it.
    pub async fn settled<'a>(&self, sites: impl IntoIterator<Item = &'a Actor>) -> Result {
        let sites: Vec<&Actor> = sites.into_iter().collect();
        let members = sites.iter().map(|site| site.member().clone());
        let assignment = Assignment::of(&self.group, members)?;
        let mut wrong = String::new();
        let wait = async {
            while let Some(found) = self.unsettled(&assignment, &sites) {
                wrong = found;
                sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = timeout(PATIENCE, wait).await;
        waited.map_err(|_| format!("not settled: {wrong}").into())
    }

    fn unsettled(&self, assignment: &Assignment, sites: &[&Actor]) -> Option<String> {
        for slot in self.slots() {
            let due: Vec<String> = assignment.sites(slot).map(ToString::to_string).collect();
            for site in sites {
                let route = site.table().route(slot);
                let held: Vec<String> = route
                    .holders()
                    .map(|(member, _)| member.id().to_string())
                    .collect();
                let place = due.iter().position(|id| *id == site.id());
                let role = place.map(|place| match place {
                    0 => Role::Primary,
                    _ => Role::Secondary,
                });
                let is = site.role(slot);
                let leads =
                    role != Some(Role::Primary) || is == Some((Role::Primary, route.epoch()));
                if held != due || is.map(|(role, _)| role) != role || !leads {
                    let id = site.id();
                    return Some(format!(
                        "{id} is {is:?}, due are {due:?}, and sees {route:?}"
                    ));
                }
            }
        }
        None
    }
}
