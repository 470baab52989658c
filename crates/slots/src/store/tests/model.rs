//! Thousands of random calls: what the notices say is what Redis holds.

use std::collections::{BTreeMap, BTreeSet};

use super::rig::{JUST_NOW, Rig, Site, next};
use crate::{
    Epoch, SiteId, Slot,
    record::{Event, MemberRecord, Notice, SlotRecord, Snapshot},
    store::{Coordinator, Notices, Seen, StoreError},
};

const SEED: u64 = 0x5107_5eed;
const STEPS: usize = 4_000;
const SLOTS: u16 = 16;

/// The group, of a snapshot and the notices since.
#[derive(Debug, PartialEq)]
struct Model {
    life: Box<str>,
    version: u64,
    members: BTreeMap<SiteId, MemberRecord>,
    slots: BTreeMap<Slot, SlotRecord>,
    /// To which version a site has made Redis go on that it had never given.
    jump: Option<u64>,
}

impl Model {
    fn of(snapshot: Snapshot) -> Self {
        let members = snapshot.members.into_iter();
        let slots = snapshot.slots.into_iter();
        Self {
            life: snapshot.life,
            version: snapshot.version,
            members: members
                .map(|record| (record.member.id().clone(), record))
                .collect(),
            slots: slots.map(|record| (record.slot, record)).collect(),
            jump: None,
        }
    }

    fn apply(&mut self, notice: Notice) {
        let is_jump = notice.event == Event::Settled && Some(notice.version) == self.jump;
        assert!(is_jump || notice.version == self.version + 1, "{notice:?}");
        assert_eq!(notice.life, self.life);
        self.version = notice.version;
        if let Some(record) = notice.member {
            self.members.insert(record.member.id().clone(), record);
        }
        if matches!(notice.event, Event::Left | Event::Evicted) {
            self.members.remove(&notice.site.expect("whose"));
        }
        self.slots
            .extend(notice.slots.into_iter().map(|record| (record.slot, record)));
    }
}

/// What holds over all lives.
#[derive(Default)]
struct History {
    events: BTreeMap<String, u32>,
    highest: BTreeMap<Slot, Epoch>,
    primaries: BTreeMap<(Slot, Epoch), Option<SiteId>>,
}

impl History {
    fn check(&mut self, record: &SlotRecord) {
        let highest = self.highest.entry(record.slot).or_default();
        // A slot of a new life has none until somebody holds it who has seen one.
        if record.epoch != Epoch::NONE {
            assert!(record.epoch >= *highest, "{record:?} after {highest}");
            *highest = record.epoch;
        }
        let key = (record.slot, record.epoch);
        let known = self
            .primaries
            .entry(key)
            .or_insert_with(|| record.primary.clone());
        assert_eq!(
            *known, record.primary,
            "{record:?}: one primary at an epoch"
        );
        let ids: BTreeSet<_> = record.holders.iter().collect();
        assert_eq!(ids.len(), record.holders.len(), "{record:?}");
    }

    fn floor(&self, slot: Slot) -> Epoch {
        self.highest.get(&slot).copied().unwrap_or_default()
    }
}

struct World {
    rig: Rig,
    sites: Vec<Site>,
    random: fastrand::Rng,
    history: History,
    notices: Notices,
    model: Model,
}

impl World {
    async fn start() -> Self {
        let rig = Rig::of(Rig::builder().slots(u32::from(SLOTS))).await;
        let sites = ["a", "b", "c", "d", "e"].map(|id| rig.site(id)).to_vec();
        sites[0].join().await.expect("joined");
        Self {
            notices: rig.notices().await,
            model: Model::of(rig.snapshot().await),
            rig,
            sites,
            random: fastrand::Rng::with_seed(SEED),
            history: History::default(),
        }
    }

    /// One random call of a random site about a random slot.
    async fn step(&mut self) {
        let at = self.random.usize(..self.sites.len());
        let slot = Slot::new(self.random.u16(..SLOTS));
        let site = self.sites[at].clone();
        let (store, id, session) = (&self.rig.store, site.id(), &site.session);
        let floor = self.history.floor(slot);
        let score = self.random.u64(..5);
        let answer = match self.random.u32(..100) {
            0..40 => {
                // It has copied the slot just now, or under the last epoch that was told of.
                let copied = [JUST_NOW, JUST_NOW, JUST_NOW, floor][self.random.usize(..4)];
                let added = site.add_copied(slot.number(), score, floor, copied);
                added.await.map(drop)
            }
            40..58 => store.remove(id, session, slot, floor).await.map(drop),
            58..64 => store.fail(id, session, slot, floor).await.map(drop),
            64..76 => store.hand_over(id, session, slot, floor).await.map(drop),
            76..89 => store.beat(id, session).await.map(drop),
            89 => store.leaving(id, session).await,
            90 => store.leave(id, session).await,
            91..93 => {
                self.silence(&site).await;
                return;
            }
            93 => {
                self.silence(&site).await;
                self.sites[at] = site.again();
                self.sites[at].join().await.map(drop)
            }
            94..99 => {
                self.rig.end_hold().await;
                return;
            }
            _ => return self.lose_some_of_it(&site).await,
        };
        match answer {
            Ok(()) | Err(StoreError::Taken { .. }) => {}
            Err(StoreError::Stranger) => self.join(&site).await,
            Err(error) => panic!("{error:?}"),
        }
    }

    async fn silence(&self, site: &Site) {
        if self.model.members.contains_key(site.id()) {
            self.rig.silence(site, 60_000).await;
        }
    }

    async fn join(&self, site: &Site) {
        match site.join().await {
            Ok(_) | Err(StoreError::Taken { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }

    /// Seldom all is lost, and seldom a site says that it has seen more than there is.
    async fn lose_some_of_it(&mut self, site: &Site) {
        if self.random.u32(..2) == 0 {
            self.catch_up().await;
            let _: String = self.rig.tell("FLUSHALL").await;
            self.join(site).await;
            self.model = Model::of(self.rig.snapshot().await);
            self.notices = self.rig.notices().await;
            return;
        }
        self.catch_up().await;
        let seen = Seen {
            life: self.model.life.clone(),
            version: self.model.version + 100,
        };
        self.model.jump = Some(seen.version + 1);
        let (group, member) = (&site.group, &site.member);
        let store = &self.rig.store;
        match store.join(group, member, &site.session, Some(&seen)).await {
            Ok(_) | Err(StoreError::Taken { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }

    /// Applies what was told, and compares.
    async fn catch_up(&mut self) {
        let expected = Model::of(self.rig.snapshot().await);
        while self.model.version < expected.version {
            let notice = next(&mut self.notices).await;
            let event = format!("{:?}", notice.event);
            *self.history.events.entry(event).or_default() += 1;
            notice
                .slots
                .iter()
                .for_each(|record| self.history.check(record));
            self.model.apply(notice);
        }
        self.model.jump = None;
        assert_eq!(self.model, expected);
        self.check_roles().await;
    }

    async fn check_roles(&self) {
        let pending: u8 = self.rig.tell("HGET muster:{g}:group pending").await;
        for record in self.model.slots.values() {
            let is_member = |id: &SiteId| self.model.members.contains_key(id);
            assert!(record.holders.iter().all(is_member), "{record:?}");
            let lacks = record.primary.is_none() && !record.holders.is_empty();
            assert!(!lacks || pending == 1, "{record:?} waits for nobody");
        }
    }
}

#[tokio::test]
async fn what_the_notices_say_is_what_redis_holds_after_thousands_of_calls() {
    let mut world = World::start().await;
    for step in 0..STEPS {
        world.step().await;
        if step % 10 == 9 {
            world.catch_up().await;
        }
    }
    world.catch_up().await;
    let changes = world.history.primaries.len();
    assert!(changes > 500, "{changes} changes of a primary");
    let events = world.history.events;
    assert!(
        events.len() == 9 && events.values().all(|times| *times > 5),
        "{events:?}"
    );
}
