//! A server, a group and its sites.

use std::time::Duration;

use redis::{FromRedisValue, aio::MultiplexedConnection};
use tokio::time::Instant;
use tower_muster_testkit::redis::RedisServer;

use crate::{
    Epoch, Group, GroupBuilder, Member, Redis, SiteId, Slot,
    record::{Notice, SlotRecord, Snapshot},
    redis::Link,
    store::{Beat, Coordinator, Joined, Notices, Removal, Seen, Session, Store, StoreError},
};

/// Scores from the first to be primary on.
pub(super) const HIGH: u64 = u64::MAX;
pub(super) const MIDDLE: u64 = u64::MAX / 2;
pub(super) const LOW: u64 = 1;

/// The epoch under which a slot was copied, if that was at this very moment: no epoch is higher.
pub(super) const JUST_NOW: Epoch = Epoch::new(900_000_000_000_000);

/// Longer than any test.
pub(super) const ANSWERED_WITHIN: Duration = Duration::from_secs(60);

pub(super) struct Rig {
    pub(super) server: RedisServer,
    pub(super) group: Group,
    pub(super) store: Store,
}

impl Rig {
    /// Of 16 slots and 2 replicas, with a timeout of a minute.
    pub(super) async fn start() -> Self {
        Self::of(Self::builder()).await
    }

    pub(super) fn builder() -> GroupBuilder {
        let group = Group::builder("g").slots(16).replicas(2);
        group.timeout(Duration::from_secs(60))
    }

    pub(super) async fn of(group: GroupBuilder) -> Self {
        let server = RedisServer::start().await.expect("a server");
        let group = group.build().expect("a group");
        let store = Self::store_at(&server, &group).await;
        Self {
            server,
            group,
            store,
        }
    }

    pub(super) async fn store_at(server: &RedisServer, group: &Group) -> Store {
        let redis = Redis::at(&server.url()).expect("a URL");
        let link = Link::connect(&redis, ANSWERED_WITHIN).await;
        Store::new(link.expect("a link"), group.name())
    }

    /// Restarts the server with its data; the link has noticed.
    pub(super) async fn restart(&mut self) {
        self.server.restart().await.expect("with its data");
        // What is asked first may be lost with the connection of before.
        let begun = Instant::now();
        while let Err(error) = self.store.head().await {
            assert!(begun.elapsed() < ANSWERED_WITHIN, "{error}");
        }
    }

    /// A site that has not joined yet.
    pub(super) fn site(&self, id: &str) -> Site {
        Site {
            store: self.store.clone(),
            group: self.group.clone(),
            member: Member::new(id, "http://127.0.0.1:7000").expect("a member"),
            session: Session::random(),
        }
    }

    pub(super) async fn joined(&self, id: &str) -> Site {
        let site = self.site(id);
        site.join().await.expect("joined");
        site
    }

    /// Sites of a group that gives primaries.
    pub(super) async fn sites<const N: usize>(&self, ids: [&str; N]) -> [Site; N] {
        let mut sites = Vec::new();
        for id in ids {
            sites.push(self.joined(id).await);
        }
        self.end_hold().await;
        sites[0].beat().await.expect("settled");
        sites.try_into().unwrap_or_else(|_| panic!("as many"))
    }

    /// Says a command to the server.
    pub(super) async fn tell<T: FromRedisValue>(&self, command: &str) -> T {
        self.tell_words(&command.split(' ').collect::<Vec<_>>())
            .await
    }

    pub(super) async fn tell_words<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let mut connection = self.connection().await;
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        let answer = command.query_async(&mut connection).await;
        answer.unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    pub(super) async fn connection(&self) -> MultiplexedConnection {
        let client = redis::Client::open(self.server.url()).expect("a URL");
        let connection = client.get_multiplexed_async_connection().await;
        connection.expect("a connection")
    }

    /// As if the time in which no primary is given was over.
    pub(super) async fn end_hold(&self) {
        let _: i64 = self.tell("HSET muster:{g}:group hold 0").await;
    }

    /// As if a site was last heard so long ago.
    pub(super) async fn silence(&self, site: &Site, ms: u64) {
        let id = site.id();
        let _: String = self
            .tell(&format!("ZINCRBY muster:{{g}}:beats -{ms} {id}"))
            .await;
    }

    pub(super) async fn snapshot(&self) -> Snapshot {
        self.store.snapshot().await.expect("a snapshot")
    }

    pub(super) async fn record(&self, slot: u16) -> SlotRecord {
        let slots = self.snapshot().await.slots;
        let record = slots
            .into_iter()
            .find(|record| record.slot.number() == slot);
        record.expect("a slot that was held")
    }

    pub(super) async fn version(&self) -> u64 {
        self.snapshot().await.version
    }

    /// What is under each of the group's keys, as it is.
    pub(super) async fn dump(&self) -> Vec<Option<Vec<u8>>> {
        let mut dump = Vec::new();
        for key in ["group", "sites", "beats", "slots", "notices"] {
            dump.push(self.tell(&format!("DUMP muster:{{g}}:{key}")).await);
        }
        dump
    }

    /// All lines and heartbeats, as they are.
    pub(super) async fn snapshot_of_slots(&self) -> (Vec<u8>, Vec<u8>) {
        let slots = self.tell("DUMP muster:{g}:slots").await;
        (slots, self.tell("DUMP muster:{g}:sites").await)
    }

    pub(super) async fn notices(&self) -> Notices {
        self.store.notices().await.expect("listening")
    }
}

pub(super) async fn next(notices: &mut Notices) -> Notice {
    let notice = tokio::time::timeout(ANSWERED_WITHIN, notices.next()).await;
    let notice = notice.expect("within a minute").expect("connected");
    notice.expect("a notice")
}

#[derive(Clone)]
pub(super) struct Site {
    pub(super) store: Store,
    pub(super) group: Group,
    pub(super) member: Member,
    pub(super) session: Session,
}

impl Site {
    pub(super) fn id(&self) -> &SiteId {
        self.member.id()
    }

    /// The same site in another process.
    pub(super) fn again(&self) -> Self {
        let session = Session::random();
        Self {
            session,
            ..self.clone()
        }
    }

    pub(super) async fn join(&self) -> Result<Joined, StoreError> {
        let store = &self.store;
        store
            .join(&self.group, &self.member, &self.session, None)
            .await
    }

    pub(super) async fn join_having(&self, life: &str, version: u64) -> Result<Joined, StoreError> {
        let seen = Seen {
            life: life.into(),
            version,
        };
        let store = &self.store;
        store
            .join(&self.group, &self.member, &self.session, Some(&seen))
            .await
    }

    pub(super) async fn beat(&self) -> Result<Beat, StoreError> {
        self.store.beat(self.id(), &self.session).await
    }

    pub(super) async fn add(&self, slot: u16, score: u64) -> SlotRecord {
        self.add_above(slot, score, 0).await.expect("added")
    }

    /// As a site that has just copied the slot.
    pub(super) async fn add_above(
        &self,
        slot: u16,
        score: u64,
        floor: u64,
    ) -> Result<SlotRecord, StoreError> {
        self.add_copied(slot, score, Epoch::new(floor), JUST_NOW)
            .await
    }

    pub(super) async fn add_copied(
        &self,
        slot: u16,
        score: u64,
        floor: Epoch,
        copied: Epoch,
    ) -> Result<SlotRecord, StoreError> {
        let (slot, store) = (Slot::new(slot), &self.store);
        let (id, session) = (self.id(), &self.session);
        store.add(id, session, slot, score, floor, copied).await
    }

    /// The slot's epoch, as a site knows it that has seen all.
    async fn seen(&self, slot: u16) -> Epoch {
        let slots = self.store.snapshot().await.expect("a snapshot").slots;
        let record = slots.iter().find(|record| record.slot.number() == slot);
        record.map_or(Epoch::NONE, |record| record.epoch)
    }

    pub(super) async fn remove(&self, slot: u16) -> Removal {
        self.remove_having_seen(slot, self.seen(slot).await).await
    }

    pub(super) async fn remove_having_seen(&self, slot: u16, floor: Epoch) -> Removal {
        let (slot, store) = (Slot::new(slot), &self.store);
        let removal = store.remove(self.id(), &self.session, slot, floor).await;
        removal.expect("an answer")
    }

    pub(super) async fn fail(&self, slot: u16) -> SlotRecord {
        self.fail_having_seen(slot, self.seen(slot).await).await
    }

    pub(super) async fn fail_having_seen(&self, slot: u16, floor: Epoch) -> SlotRecord {
        let (slot, store) = (Slot::new(slot), &self.store);
        let record = store.fail(self.id(), &self.session, slot, floor).await;
        record.expect("failed")
    }

    pub(super) async fn hand_over(&self, slot: u16) -> SlotRecord {
        self.hand_over_having_seen(slot, self.seen(slot).await)
            .await
    }

    pub(super) async fn hand_over_having_seen(&self, slot: u16, floor: Epoch) -> SlotRecord {
        let (slot, store) = (Slot::new(slot), &self.store);
        let record = store.hand_over(self.id(), &self.session, slot, floor).await;
        record.expect("handed over")
    }

    pub(super) async fn leaving(&self) {
        let answer = self.store.leaving(self.id(), &self.session).await;
        answer.expect("marked");
    }

    pub(super) async fn leave(&self) {
        let answer = self.store.leave(self.id(), &self.session).await;
        answer.expect("gone");
    }
}

/// Primary and holders, as text.
pub(super) fn roles(record: &SlotRecord) -> (&str, Vec<&str>) {
    let primary = record.primary.as_ref().map_or("", SiteId::as_str);
    (primary, record.holders.iter().map(SiteId::as_str).collect())
}
