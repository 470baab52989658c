//! What is told of a group that cannot be read.

use std::{error::Error, time::Duration};

use tokio::time::{sleep, timeout};
use tower_muster_testkit::redis::RedisServer;

use super::{Fake, follow, settle};
use crate::{
    Redis, RedisError, SlotTable, TableError,
    store::StoreError,
    table::tests::{SLOT, record},
};

/// Longer than any machine needs.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn a_table_that_was_read_has_no_trouble() {
    let fake = Fake::new();
    fake.go_away();
    let table = follow(&fake).await;
    assert!(matches!(table.trouble(), Some(TableError::Silent { .. })));
    fake.come_back();
    table.ready().await;
    assert!(table.trouble().is_none(), "whoever is woken finds none");
}

#[tokio::test(start_paused = true)]
async fn the_last_reason_is_the_one_that_is_told() {
    let fake = Fake::new();
    let table = follow(&fake).await;
    assert!(table.trouble().is_none());
    fake.go_away();
    sleep(Duration::from_secs(10)).await;
    assert!(matches!(table.trouble(), Some(TableError::Silent { .. })));
    fake.fail_with(|| StoreError::Foreign {
        key: "muster:{g}:slots".to_owned(),
    });
    sleep(Duration::from_secs(10)).await;
    let told = table.clone().trouble().expect("a reason, by every handle");
    assert!(told.to_string().contains("muster:{g}:slots"), "{told}");
    fake.come_back();
    sleep(Duration::from_secs(10)).await;
    assert!(table.trouble().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_check_that_fails_is_told_until_one_succeeds() {
    let fake = Fake::new();
    let table = follow(&fake).await;
    fake.fail_with(|| StoreError::Malformed {
        what: "a version".to_owned(),
    });
    sleep(Duration::from_secs(4)).await;
    let told = table
        .trouble()
        .expect("the connection stays, the check fails");
    assert_eq!(told.to_string(), "a version is malformed");
    fake.change(record(SLOT, 101, &[2]));
    settle().await;
    assert_eq!(table.epoch(SLOT).number(), 101, "it goes on all the same");
    fake.come_back();
    sleep(Duration::from_secs(4)).await;
    assert!(table.trouble().is_none());
    assert_eq!(fake.snapshots(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_nobody_has_joined_is_told_as_such() {
    let fake = Fake::new();
    fake.lose_everything();
    let table = follow(&fake).await;
    assert!(matches!(table.trouble(), Some(TableError::NoGroup)));
    fake.begin("two");
    table.ready().await;
    assert!(table.trouble().is_none());
    fake.lose_everything();
    sleep(Duration::from_secs(4)).await;
    assert!(matches!(table.trouble(), Some(TableError::NoGroup)));
    assert!(table.is_ready(), "and routing goes on");
}

/// Waits for a reason that is of some kind.
async fn until(table: &SlotTable, is_it: impl Fn(&TableError) -> bool) -> TableError {
    let told = async {
        loop {
            match table.trouble() {
                Some(error) if is_it(&error) => return error,
                _ => sleep(Duration::from_millis(5)).await,
            }
        }
    };
    let told = timeout(PATIENCE, told).await;
    told.unwrap_or_else(|_| panic!("{:?} is told", table.trouble()))
}

/// Has a server do something.
async fn tell(server: &RedisServer, command: &str) {
    let client = redis::Client::open(server.url()).expect("an address");
    let connection = client.get_multiplexed_async_connection().await;
    let mut connection = connection.expect("a connection");
    let mut words = command.split(' ');
    let mut command = redis::cmd(words.next().expect("a command"));
    command.arg(words.collect::<Vec<_>>());
    let told = command.query_async::<redis::Value>(&mut connection);
    told.await.expect("an answer");
}

#[tokio::test]
async fn a_value_of_somebody_else_is_told_with_its_key() {
    let server = RedisServer::start().await.expect("a redis-server");
    tell(&server, "RPUSH muster:{g}:slots value").await;
    let redis = Redis::at(&server.url()).expect("an address");
    let table = SlotTable::follow(&redis, "g").expect("a runtime");
    let is_foreign = |error: &TableError| matches!(error, TableError::Foreign { .. });
    let told = until(&table, is_foreign).await;
    assert!(told.to_string().contains("muster:{g}:slots"), "{told}");
    tell(&server, "DEL muster:{g}:slots").await;
    until(&table, |error| matches!(error, TableError::NoGroup)).await;
    // As the check finds it, which reads no more than this one.
    tell(&server, "SET muster:{g}:group value").await;
    let told = until(&table, is_foreign).await;
    assert!(told.to_string().contains("muster:{g}:group"), "{told}");
}

#[tokio::test]
async fn a_wrong_password_is_told_and_not_shown() {
    let mut server = RedisServer::start().await.expect("a redis-server");
    server.set_password("right").await.expect("a password");
    let redis = Redis::at(&server.url()).expect("an address");
    let table = SlotTable::follow(&redis.password("wr0ng"), "g").expect("a runtime");
    let told = until(&table, |error| matches!(error, TableError::Redis(_))).await;
    let source = told.source().expect("what Redis says");
    let source = source.downcast_ref().expect("an error of Redis");
    let RedisError::Refused { code, address, .. } = source else {
        panic!("{source:?}");
    };
    assert_eq!(code, "WRONGPASS");
    assert_eq!(*address, format!("127.0.0.1:{}", server.port()));
    assert!(!format!("{told} {told:?} {source}").contains("wr0ng"));
    assert!(!told.to_string().contains(&source.to_string()));
}
