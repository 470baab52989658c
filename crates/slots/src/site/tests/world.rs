//! A group of sites over one Redis in memory, and the log of their writes.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::Poll,
};

use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Duration, Instant, sleep},
};

use super::app::App;
use crate::{
    Epoch, Group, GroupBuilder, Member, Role, Site, SiteError, Slot,
    site::{
        builder::Plan,
        driver::Planner,
        fake::{Client, Fake},
        state::{Target, Targets},
        step::Aim,
    },
};

/// The timeout of the groups here.
pub(super) const TIMEOUT: Duration = Duration::from_millis(2_000);

/// A write that a site let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Write {
    site: String,
    slot: Slot,
    epoch: Epoch,
    at: Instant,
}

pub(super) struct World {
    pub(super) fake: Fake,
    pub(super) group: Group,
    pub(super) log: Arc<Mutex<Vec<Write>>>,
}

/// A site of a world: what it is, and the ways to disturb it.
pub(super) struct Actor {
    pub(super) site: Option<Site>,
    pub(super) app: App,
    pub(super) client: Client,
    is_paused: watch::Sender<bool>,
    writer: JoinHandle<()>,
    pub(super) driver: JoinHandle<()>,
}

impl World {
    pub(super) fn new() -> Self {
        Self::of(Group::builder("g").slots(8).replicas(2))
    }

    pub(super) fn of(group: GroupBuilder) -> Self {
        let group = group.timeout(TIMEOUT).build().expect("a group");
        Self {
            fake: Fake::new(),
            group,
            log: Arc::default(),
        }
    }

    pub(super) async fn site(&self, id: &str) -> Actor {
        self.join(id, |_| ()).await.expect("a member")
    }

    pub(super) async fn join(
        &self,
        id: &str,
        describe: impl FnOnce(&mut Plan<Client, App>),
    ) -> Result<Actor, SiteError> {
        let member = Member::new(id, "http://10.0.0.1:7000").expect("a member");
        let (app, client) = (App::default(), self.fake.client());
        let planner = planner(&self.group, &member);
        let (group, is_paused) = (self.group.clone(), watch::Sender::new(false));
        let mut plan = Plan::new(client.clone(), group, member, app.clone(), planner);
        describe(&mut plan);
        let (site, task) = plan.start().await?;
        let driver = tokio::spawn(paused(is_paused.subscribe(), task));
        let writes = write(site.clone(), id.to_owned(), Arc::clone(&self.log));
        let writer = tokio::spawn(paused(is_paused.subscribe(), writes));
        Ok(Actor {
            site: Some(site),
            app,
            client,
            is_paused,
            writer,
            driver,
        })
    }

    /// Fails unless every slot was written by one site at a time, under epochs that only grew.
    pub(super) fn check(&self) {
        let log = self.log.lock().expect("no panic inside");
        let mut last: BTreeMap<Slot, Write> = BTreeMap::new();
        let mut owners: BTreeMap<(Slot, Epoch), String> = BTreeMap::new();
        for write in log.iter() {
            let owner = owners
                .entry((write.slot, write.epoch))
                .or_insert(write.site.clone());
            assert_eq!(*owner, write.site, "two primaries at one epoch: {write:?}");
            if let Some(before) = last.insert(write.slot, write.clone()) {
                assert!(
                    before.epoch <= write.epoch,
                    "{before:?} and later {write:?}"
                );
            }
        }
        assert!(log.len() > 30, "only {} writes were made", log.len());
    }

    /// How many writes were let through since.
    pub(super) fn writes(&self, site: &str, since: Instant) -> usize {
        let log = self.log.lock().expect("no panic inside");
        log.iter()
            .filter(|write| write.site == site && write.at >= since)
            .count()
    }

    /// Who writes at this moment, slot by slot: over the last 50 ms.
    pub(super) fn writers(&self) -> BTreeMap<Slot, String> {
        let since = Instant::now() - Duration::from_millis(50);
        let log = self.log.lock().expect("no panic inside");
        let recent = log.iter().rev().take_while(|write| write.at >= since);
        recent
            .map(|write| (write.slot, write.site.clone()))
            .collect()
    }

    /// Waits until every slot is written by the site that the assignment puts first, of those with these ids.
    pub(super) async fn settled(&self, ids: &[&str]) {
        let members = ids.iter().map(|id| Member::new(id, "http://10.0.0.1:7000"));
        let members: Vec<_> = members.map(|member| member.expect("a member")).collect();
        let slots = self.group.slots().slots();
        let firsts = slots.map(|slot| (slot, order(slot, &members)[0].1.clone()));
        let firsts: BTreeMap<Slot, String> = firsts.collect();
        self.until("all slots are where they belong", || {
            self.writers() == firsts
        })
        .await;
    }

    /// Waits for something, for 60 timeouts at most.
    pub(super) async fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        for _ in 0..60 * 80 {
            if holds() {
                return;
            }
            sleep(TIMEOUT / 80).await;
        }
        panic!("never so: {what}; writers {:?}", self.writers());
    }
}

impl Actor {
    pub(super) fn site(&self) -> &Site {
        self.site.as_ref().expect("a site")
    }

    /// Stops the process, as SIGSTOP does, or lets it go on.
    pub(super) fn pause(&self, is_paused: bool) {
        self.is_paused.send_replace(is_paused);
    }

    pub(super) fn crash(self) {
        self.driver.abort();
        self.writer.abort();
    }

    /// The way to Redis is cut, in both directions.
    pub(super) fn cut(&self, is_cut: bool) {
        self.client
            .faults
            .send_modify(|faults| faults.is_cut = is_cut);
    }

    pub(super) fn lose_answers(&self, loses: bool) {
        self.client
            .faults
            .send_modify(|faults| faults.loses_answers = loses);
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        self.writer.abort();
        self.driver.abort();
    }
}

/// Does not run while it is paused.
async fn paused(mut is_paused: watch::Receiver<bool>, future: impl Future<Output = ()>) {
    let mut future = std::pin::pin!(future);
    loop {
        if is_paused.wait_for(|is_paused| !is_paused).await.is_err() {
            // Nobody can stop it any more.
            return future.await;
        }
        let mut stops = std::pin::pin!(is_paused.wait_for(|is_paused| *is_paused));
        let is_done = std::future::poll_fn(|cx| {
            if stops.as_mut().poll(cx).is_ready() {
                return Poll::Ready(false);
            }
            Pin::new(&mut future).as_mut().poll(cx).map(|()| true)
        });
        if is_done.await {
            return;
        }
    }
}

/// Writes to every slot for which the site says that it is primary.
async fn write(site: Site, id: String, log: Arc<Mutex<Vec<Write>>>) {
    let slots: Vec<Slot> = site.group().slots().slots().collect();
    // It is not what keeps the site alive.
    let standing = site.standing().clone();
    drop(site);
    loop {
        for slot in &slots {
            let grant = standing.grant(*slot);
            if let Some(grant) = grant.filter(|grant| grant.role == Role::Primary) {
                let (site, at) = (id.clone(), Instant::now());
                let write = Write {
                    site,
                    slot: *slot,
                    epoch: grant.epoch,
                    at,
                };
                log.lock().expect("no panic inside").push(write);
            }
        }
        sleep(Duration::from_millis(5)).await;
    }
}

/// The sites of a slot in the order in which they are to be primary, and their scores.
fn order(slot: Slot, members: &[Member]) -> Vec<(u64, String)> {
    let score = |member: &Member| {
        let text = format!("{}/{slot}", member.id());
        let mixed = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte))
                .wrapping_mul(0x0100_0000_01b3)
                .rotate_left(17)
        });
        (
            mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            member.id().to_string(),
        )
    };
    let mut scores: Vec<_> = members.iter().map(score).collect();
    scores.sort_by(|one, other| other.cmp(one));
    scores
}

/// A plain rendezvous, in the place of the group's assignment.
fn planner(group: &Group, member: &Member) -> Planner {
    let (group, me) = (group.clone(), member.id().clone());
    Arc::new(move |members| {
        if members.len() < group.min_sites() as usize {
            return None;
        }
        let target = |slot: Slot| {
            let order = order(slot, members);
            let mine = order.iter().position(|(_, id)| *id == *me.as_str());
            let first = order.first().map(|(_, id)| id.parse().expect("an id"));
            let (claim, is_first) = (mine.map_or(0, |at| order[at].0 >> 1), mine == Some(0));
            let aim = Aim {
                wanted: mine.is_some_and(|at| at < usize::from(group.replicas())),
                first: is_first,
                claim: claim | u64::from(is_first) << 63,
            };
            Target { aim, first }
        };
        Some(Targets(group.slots().slots().map(target).collect()))
    })
}
