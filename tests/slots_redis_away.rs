//! Redis may be away: routing goes on from the last table, sites act until their lease ends and not after, and when
//! it is back everything recovers by itself, with who held what before.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{collections::BTreeMap, time::Duration};

use tokio::time::sleep;
use tower_muster_slots::{Epoch, GroupBuilder, Role, Slot, SlotTable};
use tower_muster_testkit::redis::RedisServer;
use tower_muster_tests::{
    Result,
    slots::{Actor, Client, Line, Scene, Stream, group, until},
};

/// A group of three sites that has settled, and writes that go on and on.
struct Act {
    redis: RedisServer,
    scene: Scene,
    sites: Vec<Actor>,
    client: Client,
    stream: Stream,
    before: Before,
}

/// What must be the same afterwards.
#[derive(Debug, PartialEq)]
struct Before {
    acquisitions: usize,
    caught_up: usize,
    released: usize,
    primaries: BTreeMap<Slot, String>,
    epochs: BTreeMap<Slot, Epoch>,
}

fn primaries(scene: &Scene, table: &SlotTable) -> BTreeMap<Slot, String> {
    let primary = |slot: Slot| Some((slot, table.primary(slot)?.member().id().to_string()));
    scene.slots().filter_map(primary).collect()
}

impl Before {
    fn of(scene: &Scene, sites: &[Actor]) -> Self {
        let lived = sites.iter().map(|site| site.app.lived());
        let lived: Vec<_> = lived.collect();
        let released = lived
            .iter()
            .map(|lived| lived.released.values().sum::<usize>());
        let table = sites[0].table();
        Self {
            acquisitions: lived
                .iter()
                .map(|lived| lived.tried.values().sum::<usize>())
                .sum(),
            caught_up: lived
                .iter()
                .map(|lived| lived.caught_up.values().sum::<usize>())
                .sum(),
            released: released.sum(),
            primaries: primaries(scene, table),
            epochs: scene.epochs(table),
        }
    }
}

impl Act {
    async fn start() -> Result<Self> {
        Self::of(group()).await
    }

    async fn of(group: GroupBuilder) -> Result<Self> {
        let redis = RedisServer::start().await?;
        let scene = Scene::at(&redis, group)?;
        let sites = scene.sites(["a", "b", "c"]).await?;
        scene.settled(&sites).await?;
        until("what moved on is let go", || {
            let held = sites.iter().map(|site| {
                let lived = site.app.lived();
                lived.acquisitions() - lived.released.values().sum::<usize>()
            });
            held.sum::<usize>() == 32
        })
        .await;
        let client = scene.client().await?;
        let stream = client.stream(scene.slots());
        stream.more(16).await;
        let before = Before::of(&scene, &sites);
        Ok(Self {
            redis,
            scene,
            sites,
            client,
            stream,
            before,
        })
    }

    /// Waits until no site acts, and holds that nothing is accepted from then on though it is asked for.
    async fn rests(&self) {
        until("all leases have ended", || {
            self.sites.iter().all(|site| !site.is_live())
        })
        .await;
        let written = self.scene.journal.writes().len();
        let call = tokio::spawn({
            let client = self.client.clone();
            async move { client.write(Slot::new(0)).await.map(drop) }
        });
        sleep(self.scene.group.timeout()).await;
        assert_eq!(
            self.scene.journal.writes().len(),
            written,
            "written without a lease"
        );
        assert!(!call.is_finished(), "it waits");
        // Routing goes on: what needs no primary is answered, from the last table.
        assert_eq!(
            primaries(&self.scene, &self.client.table),
            self.before.primaries
        );
        assert_eq!(self.client.ask_any().await.unwrap().status, 200);
        for site in &self.sites {
            assert!(site.primaries().is_empty() && !site.held().is_empty());
            assert!(site.grant(Slot::new(0)).is_none());
        }
    }

    /// Waits until all is as it was, and holds that nothing had to be moved for it.
    async fn recovers(self) -> Result {
        self.scene.settled(&self.sites).await?;
        self.stream.more(32).await;
        assert_eq!(self.stream.end().await?, [""; 0], "calls failed");
        let after = Before::of(&self.scene, &self.sites);
        assert_eq!(
            after.acquisitions, self.before.acquisitions,
            "slots were asked for again"
        );
        assert_eq!(
            after.caught_up, self.before.caught_up,
            "nobody was primary without them"
        );
        assert_eq!(after.released, self.before.released, "slots were let go");
        assert_eq!(after.primaries, self.before.primaries);
        for (slot, epoch) in &self.before.epochs {
            assert!(
                after.epochs[slot] >= *epoch,
                "{slot}: {epoch}, and then {after:?}"
            );
        }
        self.scene.journal.check();
        // Notices come again, to sites and clients alike.
        let joined = self.scene.site("d").await?;
        self.scene
            .settled(self.sites.iter().chain([&joined]))
            .await?;
        let table = &self.client.table;
        until("the client is told", || {
            primaries(&self.scene, table) == primaries(&self.scene, joined.table())
        })
        .await;
        Ok(())
    }
}

#[tokio::test]
async fn redis_is_killed_and_comes_back_with_its_data() -> Result {
    let mut act = Act::start().await?;
    act.redis.kill();
    act.rests().await;
    act.redis.restart().await?;
    act.recovers().await
}

#[tokio::test]
async fn redis_stands_still_and_goes_on() -> Result {
    let act = Act::start().await?;
    act.redis.pause().await?;
    act.rests().await;
    act.redis.resume()?;
    act.recovers().await
}

#[tokio::test]
async fn redis_answers_nobody_for_a_while() -> Result {
    let act = Act::start().await?;
    act.redis
        .client_pause(act.scene.group.timeout() * 4)
        .await?;
    act.rests().await;
    act.recovers().await
}

#[tokio::test]
async fn redis_drops_all_connections_again_and_again() -> Result {
    let act = Act::start().await?;
    for _ in 0..5 {
        act.redis.drop_connections().await?;
        act.stream.more(8).await;
    }
    act.recovers().await
}

#[tokio::test]
async fn a_short_absence_changes_nothing() -> Result {
    // A lease that no busy machine sees the end of.
    let mut act = Act::of(group().timeout(Duration::from_secs(6))).await?;
    act.redis.kill();
    // Within the lease: slots have their primaries, who serve.
    for slot in act.scene.slots() {
        assert_eq!(act.client.write(slot).await?.status, 200);
    }
    act.redis.restart().await?;
    act.recovers().await
}

#[tokio::test]
async fn a_client_that_comes_first_waits_for_redis_and_for_the_group() -> Result {
    let mut redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    redis.kill();
    let table = SlotTable::follow(&scene.redis, scene.group.name())?;
    redis.restart().await?;
    assert!(!table.is_ready() && table.slots().is_none());
    let site = scene.site("a").await?;
    tokio::time::timeout(Duration::from_secs(30), table.ready()).await?;
    scene.settled([&site]).await?;
    until("it is told of all", || {
        primaries(&scene, &table).len() == 16
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn a_site_that_alone_is_cut_off_stops_before_another_acts_for_it() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let line = Line::to(redis.port()).await?;
    let behind = scene.by(&line.url())?;
    let cut = behind.site("cut").await?;
    let other = scene.site("other").await?;
    scene.settled([&cut, &other]).await?;
    let client = scene.client().await?;
    let stream = client.stream(scene.slots());
    stream.more(16).await;
    let led = cut.primaries();
    let tried = cut.app.lived().tried;
    line.cut();
    until("the other one acts", || {
        let taken = led.iter().any(|slot| other.leads(*slot));
        // Looked at after the other: whoever acts at once with it is one too many.
        assert!(!taken || !cut.is_live(), "both act");
        taken
    })
    .await;
    until("for all", || other.primaries().len() == 16).await;
    // What was sent into the cut line arrives late, and is of no use.
    line.mend();
    scene.settled([&cut, &other]).await?;
    let again = cut.app.lived();
    assert_eq!(again.tried, tried, "it held them all the time");
    let lacks = led
        .iter()
        .filter(|slot| !again.caught_up.contains_key(slot));
    assert_eq!(lacks.count(), 0, "what the other one has written since");
    for slot in led {
        assert!(matches!(cut.role(slot), Some((Role::Primary, _))));
    }
    stream.more(16).await;
    assert_eq!(stream.end().await?, [""; 0], "calls failed");
    scene.journal.check();
    Ok(())
}

#[tokio::test]
async fn a_connection_that_died_unnoticed_costs_no_site_its_slots() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let line = Line::to(redis.port()).await?;
    let behind = scene.by(&line.url())?;
    let site = behind.site("behind").await?;
    let other = scene.site("other").await?;
    scene.settled([&site, &other]).await?;
    let client = scene.client().await?;
    let stream = client.stream(scene.slots());
    stream.more(16).await;
    let (led, before) = (site.primaries(), scene.epochs(other.table()));
    for _ in 0..3 {
        line.lose();
        sleep(scene.group.timeout() * 2).await;
        assert!(site.is_live(), "it went on asking where nobody hears");
    }
    assert_eq!(site.primaries(), led);
    assert_eq!(scene.epochs(other.table()), before, "roles were taken");
    stream.more(16).await;
    assert_eq!(stream.end().await?, [""; 0], "calls failed");
    // It hears of others again, too.
    let third = scene.site("third").await?;
    scene.settled([&site, &other, &third]).await?;
    scene.journal.check();
    Ok(())
}
