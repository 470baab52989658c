//! A real group in a real Redis.

use std::time::Duration;

use tokio::time::timeout;
use tower_muster_testkit::redis::RedisServer;

use crate::{
    Epoch, Group, Member, Redis, Slot, SlotTable,
    redis::Link,
    store::{Coordinator, Session, Store},
};

/// Longer than any machine needs.
const PATIENCE: Duration = Duration::from_secs(60);
const SLOT: Slot = Slot::new(3);

/// A site that does by hand what a site does.
struct Site {
    store: Store,
    member: Member,
    session: Session,
}

impl Site {
    async fn join(redis: &Redis, group: &Group, number: u8) -> Self {
        let link = Link::connect(redis, Duration::from_secs(5))
            .await
            .expect("a link");
        let site = Self {
            store: Store::new(link, group.name()),
            member: crate::table::tests::site(number.into()),
            session: Session::random(),
        };
        let joined = site
            .store
            .join(group, &site.member, &site.session, None)
            .await;
        joined.expect("joined");
        site
    }

    async fn add(&self) {
        let added = self
            .store
            .add(
                self.member.id(),
                &self.session,
                SLOT,
                1,
                Epoch::NONE,
                Epoch::NONE,
            )
            .await;
        added.expect("added");
    }

    async fn fail(&self, seen: Epoch) {
        let failed = self
            .store
            .fail(self.member.id(), &self.session, SLOT, seen)
            .await;
        failed.expect("failed");
    }
}

fn group() -> Group {
    let group = Group::builder("g")
        .slots(16)
        .timeout(Duration::from_millis(300));
    group.build().expect("a group")
}

async fn wait_for(table: &SlotTable, primary: &Site) {
    let waits = async {
        let mut epoch = Epoch::NONE;
        while table.primary(SLOT).map(|known| known.member().clone())
            != Some(primary.member.clone())
        {
            epoch = table.changed(SLOT, epoch).await;
        }
    };
    timeout(PATIENCE, waits).await.expect("the change is told");
}

#[tokio::test]
async fn a_plain_client_follows_a_group_that_begins_after_it() {
    let server = RedisServer::start().await.expect("a redis-server");
    let redis = Redis::at(&server.url()).expect("an address");
    let table = SlotTable::follow(&redis, "g").expect("a runtime");
    let group = group();
    let (one, two) = (
        Site::join(&redis, &group, 1).await,
        Site::join(&redis, &group, 2).await,
    );
    timeout(PATIENCE, table.ready())
        .await
        .expect("the group is found");
    one.add().await;
    two.add().await;
    // Primaries are held back for as long as sites of an earlier life could still act.
    let beats = async {
        loop {
            for site in [&one, &two] {
                site.store
                    .beat(site.member.id(), &site.session)
                    .await
                    .expect("a beat");
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    };
    let follows = async {
        wait_for(&table, &one).await;
        one.fail(table.epoch(SLOT)).await;
        wait_for(&table, &two).await;
        assert_eq!(table.members().len(), 2);
        assert_eq!(table.group().expect("a group").slots().get(), 16);
    };
    tokio::select! {
        () = beats => {}
        () = follows => {}
    }
}

#[test]
fn a_name_that_no_group_can_have_is_refused() {
    let redis = Redis::at("redis://127.0.0.1:1").expect("an address");
    let error = SlotTable::follow(&redis, "a{b").expect_err("a name");
    let source = std::error::Error::source(&error).expect("a reason");
    assert!(source.to_string().contains("a{b"), "{source}");
}
