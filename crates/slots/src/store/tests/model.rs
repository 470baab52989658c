//! Thousands of random calls: what the notices say is what Redis holds, and what the group in memory holds that sites
//! are tested with.

mod twin;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
};

use self::twin::Twin;
use super::rig::{JUST_NOW, Rig, Site, next};
use crate::{
    Epoch, SiteId, Slot,
    record::{Event, MemberRecord, Notice, SlotRecord, Snapshot},
    site::fake::Core,
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
    twin: Twin,
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
        let mut twin = Twin::of(&rig).await;
        join(&mut twin, &sites[0], None).await;
        Self {
            notices: rig.notices().await,
            model: Model::of(rig.snapshot().await),
            rig,
            twin,
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
        let (id, session) = (site.id(), &site.session);
        let (store, twin) = (&self.rig.store, &mut self.twin);
        let begin = twin.now().await;
        let is_known = match self.random.u32(..100) {
            0..76 => self.call(&site, slot, begin).await,
            76..89 => {
                let answer = store.beat(id, session).await;
                twin.follows(begin, &answer, |core, now| core.beat(now, id, session))
                    .await;
                is_known(&answer)
            }
            89 => {
                let answer = store.leaving(id, session).await;
                twin.follows(begin, &answer, |core, _| core.leaving(id, session))
                    .await;
                is_known(&answer)
            }
            90 => {
                let answer = store.leave(id, session).await;
                let leave = |core: &mut Core, now| {
                    core.leave(now, id, session);
                    Ok(())
                };
                twin.follows(begin, &answer, leave).await;
                true
            }
            91..94 => self.silence(at).await,
            94..99 => self.time_passes().await,
            _ => self.lose_some_of_it(&site).await,
        };
        if !is_known {
            join(&mut self.twin, &site, None).await;
        }
    }

    /// A random call about a slot; whether the site is a member.
    async fn call(&mut self, site: &Site, slot: Slot, begin: u64) -> bool {
        let (store, twin) = (&self.rig.store, &mut self.twin);
        let (id, session) = (site.id(), &site.session);
        let known = self.history.floor(slot);
        // Now and then it has seen what Redis has lost.
        let floor = match self.random.u32(..40) {
            0 => Epoch::new(known.number() + self.random.u64(..3) * 500),
            _ => known,
        };
        let who = (id, session);
        let kind = self.random.u32(..76);
        if kind < 40 {
            let score = self.random.u64(..5);
            // It has copied the slot just now, or under the last epoch that was told of.
            let copied = [JUST_NOW, JUST_NOW, JUST_NOW, floor][self.random.usize(..4)];
            let answer = store.add(id, session, slot, score, floor, copied).await;
            let add = |core: &mut Core, now| core.add(now, who, slot, score, floor, copied);
            twin.follows(begin, &answer, add).await;
            return is_known(&answer);
        }
        if kind < 58 {
            let answer = store.remove(id, session, slot, floor).await;
            let remove = |core: &mut Core, now| core.remove(now, who, slot, floor);
            twin.follows(begin, &answer, remove).await;
            return is_known(&answer);
        }
        let is_failing = kind < 64;
        let answer = match is_failing {
            true => store.fail(id, session, slot, floor).await,
            false => store.hand_over(id, session, slot, floor).await,
        };
        let call = |core: &mut Core, now| match is_failing {
            true => core.fail(now, who, slot, floor),
            false => core.hand_over(now, who, slot, floor),
        };
        twin.follows(begin, &answer, call).await;
        is_known(&answer)
    }

    /// A site is silent for as long as its lease, or for the timeout; then perhaps it begins anew.
    async fn silence(&mut self, at: usize) -> bool {
        let ms = [55_000, 60_000][self.random.usize(..2)];
        let site = self.sites[at].clone();
        if self.twin.is_member(site.id()) {
            self.twin.silence(&self.rig, &site, ms).await;
        }
        if self.random.u32(..3) == 0 {
            self.hand_all_over(&site).await;
        }
        if self.random.u32(..3) == 0 {
            self.sites[at] = site.again();
            join(&mut self.twin, &self.sites[at], None).await;
        }
        true
    }

    /// A site that asks is there, and nobody is given a role who could not act.
    async fn hand_all_over(&mut self, site: &Site) {
        let (id, session) = (site.id(), &site.session);
        if self.random.bool() {
            for other in self.sites.iter().filter(|other| other.id() != id) {
                if self.twin.is_member(other.id()) {
                    self.twin.silence(&self.rig, other, 55_000).await;
                }
            }
        }
        for slot in (0..SLOTS).map(Slot::new) {
            let (begin, floor) = (self.twin.now().await, self.history.floor(slot));
            let store = &self.rig.store;
            let answer = store.hand_over(id, session, slot, floor).await;
            let call = |core: &mut Core, now| core.hand_over(now, (id, session), slot, floor);
            self.twin.follows(begin, &answer, call).await;
        }
    }

    async fn time_passes(&mut self) -> bool {
        match self.random.u32(..10) {
            0 => self.twin.hush(&self.rig, 100_000).await,
            1 => self.twin.set_back(100_000).await,
            2..4 => self.twin.end(&self.rig, "grace").await,
            _ => self.twin.end(&self.rig, "hold").await,
        }
        true
    }

    /// Seldom all is lost, and seldom a site says that it has seen more than there is.
    async fn lose_some_of_it(&mut self, site: &Site) -> bool {
        self.catch_up().await;
        if self.random.u32(..2) == 0 {
            self.twin.forget(&self.rig).await;
            join(&mut self.twin, site, None).await;
            self.model = Model::of(self.rig.snapshot().await);
            self.notices = self.rig.notices().await;
            return true;
        }
        let seen = Seen {
            life: self.model.life.clone(),
            version: self.model.version + 100,
        };
        self.model.jump = Some(seen.version + 1);
        join(&mut self.twin, site, Some(&seen)).await;
        true
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

async fn join(twin: &mut Twin, site: &Site, seen: Option<&Seen>) {
    let begin = twin.now().await;
    let (group, member, session) = (&site.group, &site.member, &site.session);
    let answer = site.store.join(group, member, session, seen).await;
    // The script looks at the clock for the new group, and then as every other.
    let created = twin.created(group).await;
    let join = |core: &mut Core, now| {
        core.create(created.clamp(begin, now), group);
        core.join(now, group, member, session, seen)
    };
    twin.follows(begin, &answer, join).await;
    assert!(
        matches!(
            answer,
            Ok(_) | Err(StoreError::Taken { .. } | StoreError::Mismatch { .. })
        ),
        "{answer:?}"
    );
}

/// Whether a site is a member, as far as an answer says.
fn is_known<T: Debug>(answer: &Result<T, StoreError>) -> bool {
    match answer {
        Ok(_) => true,
        Err(StoreError::Stranger) => false,
        Err(error) => panic!("{error:?}"),
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
