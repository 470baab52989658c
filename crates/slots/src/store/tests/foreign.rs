use super::rig::{HIGH, LOW, Rig};
use crate::{
    Epoch, Slot,
    store::{Coordinator, StoreError},
};

const KEYS: [&str; 4] = ["group", "sites", "beats", "slots"];

/// Values of every type, none of them ours.
fn foreign_values(key: &str) -> Vec<String> {
    let commands = [
        "SET KEY value",
        "RPUSH KEY value",
        "SADD KEY value",
        "XADD KEY * field value",
        "HSET KEY field value",
        "HSET KEY format 2",
        "HSET KEY !format 2",
        "ZADD KEY 1 member",
        "ZADD KEY 2 !format",
    ];
    let key = format!("muster:{{g}}:{key}");
    commands
        .map(|command| command.replace("KEY", &key))
        .to_vec()
}

fn assert_foreign<T: std::fmt::Debug>(answer: Result<T, StoreError>, key: &str) {
    let error = answer.expect_err(key);
    let expected = format!("muster:{{g}}:{key}");
    assert!(error.to_string().contains(&expected), "{error}");
    assert!(matches!(error, StoreError::Foreign { key } if key == expected));
}

#[tokio::test]
async fn a_foreign_value_where_a_group_is_to_be_is_named_and_never_overwritten() {
    let rig = Rig::start().await;
    let a = rig.site("a");
    for key in KEYS {
        for command in foreign_values(key) {
            let _: String = rig.tell("FLUSHALL").await;
            let _: redis::Value = rig.tell(&command).await;
            let before = rig.dump().await;
            assert_foreign(a.join().await, key);
            if key != "beats" {
                assert_foreign(rig.store.snapshot().await, key);
            }
            assert_eq!(rig.dump().await, before, "{command}");
        }
    }
}

#[tokio::test]
async fn a_foreign_value_in_the_place_of_a_groups_is_named_by_every_call() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    a.add(0, HIGH).await;
    b.add(0, LOW).await;
    let (store, id, session) = (&rig.store, a.id(), &a.session);
    let (slot, floor) = (Slot::new(0), Epoch::NONE);
    let (mut whole, keys) = (rig.connection().await, KEYS);
    for key in keys {
        let name = format!("muster:{{g}}:{key}");
        let kept: Vec<u8> = redis::cmd("DUMP")
            .arg(&name)
            .query_async(&mut whole)
            .await
            .expect("a value");
        for command in foreign_values(key) {
            let _: i64 = rig.tell(&format!("DEL {name}")).await;
            let _: redis::Value = rig.tell(&command).await;
            let before = rig.dump().await;
            assert_foreign(a.join().await, key);
            assert_foreign(rig.site("c").join().await, key);
            assert_foreign(store.beat(id, session).await, key);
            assert_foreign(store.add(id, session, slot, HIGH, floor, floor).await, key);
            assert_foreign(store.remove(id, session, slot, floor).await, key);
            assert_foreign(store.fail(id, session, slot, floor).await, key);
            assert_foreign(store.hand_over(id, session, slot, floor).await, key);
            assert_foreign(store.leaving(id, session).await, key);
            assert_foreign(store.leave(id, session).await, key);
            if key != "beats" {
                assert_foreign(store.snapshot().await, key);
            }
            assert_eq!(rig.dump().await, before, "{command}");
        }
        let _: String = redis::cmd("RESTORE")
            .arg(&name)
            .arg(0)
            .arg(kept)
            .arg("REPLACE")
            .query_async(&mut whole)
            .await
            .expect("restored");
    }
    a.beat().await.expect("as it was");
}

#[tokio::test]
async fn a_line_or_a_setting_that_is_not_ours_is_found_before_anything_is_written() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    a.add(0, HIGH).await;
    rig.silence(&b, 60_000).await;
    for line in [
        "x=b",
        "1|a=b",
        "1||0=b",
        "1||0000000000000001=b,",
        "1|a|b|c=b",
    ] {
        let _: i64 = rig.tell(&format!("HSET muster:{{g}}:slots 5 {line}")).await;
        let before = rig.snapshot_of_slots().await;
        assert_foreign(a.add_above(5, HIGH, 0).await, "slots");
        assert_foreign(a.beat().await, "slots");
        let error = rig.store.snapshot().await.expect_err(line);
        assert!(matches!(error, StoreError::Malformed { .. }), "{error:?}");
        assert_eq!(rig.snapshot_of_slots().await, before);
    }
    let _: i64 = rig.tell("HDEL muster:{g}:slots 5").await;
    for (field, value) in [
        ("version", "x"),
        ("timeout", "1e3"),
        ("hold", "-1"),
        ("life", "x"),
    ] {
        let name = format!("muster:{{g}}:group {field}");
        let kept: String = rig.tell(&format!("HGET {name}")).await;
        let _: i64 = rig.tell(&format!("HSET {name} {value}")).await;
        let before = rig.dump().await;
        assert_foreign(a.beat().await, "group");
        assert_eq!(rig.dump().await, before);
        let _: i64 = rig.tell(&format!("HSET {name} {kept}")).await;
    }
    a.beat().await.expect("as it was");
}

#[tokio::test]
async fn another_groups_keys_are_left_alone() {
    let rig = Rig::start().await;
    let other = crate::Group::builder("g2")
        .slots(4)
        .build()
        .expect("a group");
    let store = Rig::store_at(&rig.server, &other).await;
    rig.joined("a").await;
    let error = store.snapshot().await.expect_err("no such group");
    assert!(matches!(error, StoreError::NoGroup), "{error:?}");
    let mut keys: Vec<String> = rig.tell("KEYS *").await;
    keys.sort_unstable();
    let expected = ["beats", "group", "sites", "slots"].map(|key| format!("muster:{{g}}:{key}"));
    assert_eq!(keys, expected);
}
