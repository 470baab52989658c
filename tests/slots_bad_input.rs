//! What cannot be is refused by name and value, and what is not the group's is never touched.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::{fmt::Debug, time::Duration};

use tokio::time::timeout;
use tower_muster_slots::{
    Group, GroupBuilder, GroupError, Member, Redis, Site, SiteError, SiteId, Slot, SlotTable,
    Spread,
};
use tower_muster_testkit::redis::RedisServer;
use tower_muster_tests::{
    Result,
    slots::{App, PATIENCE, Raw, Scene, group, member, until},
};

const KEYS: [&str; 4] = ["group", "sites", "beats", "slots"];

fn key(name: &str) -> String {
    format!("muster:{{counters}}:{name}")
}

fn refusal(group: GroupBuilder) -> (GroupError, String) {
    let error = group.build().unwrap_err();
    let said = error.to_string();
    (error, said)
}

#[test]
fn a_group_that_cannot_be_is_refused_by_field_and_value() {
    let ms = Duration::from_millis;
    for (group, field, value) in [
        (group().slots(0), "slots", "0"),
        (group().slots(16_385), "slots", "16385"),
        (group().replicas(0), "replicas", "0"),
        (group().min_sites(0), "min_sites", "0"),
        (
            group().timeout(ms(1_000)).heartbeat(ms(1_500)),
            "heartbeat",
            "1.5s",
        ),
        (
            group().timeout(ms(1_000)).heartbeat(ms(900)),
            "heartbeat",
            "900ms",
        ),
        (group().timeout(ms(1_000)).margin(ms(1_000)), "margin", "1s"),
        (group().timeout(ms(10)), "timeout", "10ms"),
        (Group::builder("a}b"), "name", "a}b"),
        (Group::builder(""), "name", "\"\""),
    ] {
        let (_, said) = refusal(group);
        assert!(
            said.starts_with(&format!("{field} is ")) && said.contains(value),
            "{said}"
        );
    }
    let (error, said) = refusal(group().replicas(3).spread(Spread::Strictly { racks: 2 }));
    assert!(
        matches!(
            error,
            GroupError::TooFewRacks {
                replicas: 3,
                racks: 2,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(
        said.contains("replicas is 3") && said.contains("2 racks"),
        "{said}"
    );
    assert!(group().slots(16_384).replicas(3).build().is_ok());
}

#[test]
fn an_id_that_cannot_be_written_is_refused_without_all_of_it() {
    for id in ["", "a,b", "a|b", "a=b", "a b", "{a}", "a\n", "sit\u{e9}"] {
        let said = id.parse::<SiteId>().unwrap_err().to_string();
        assert!(said.contains(&format!("{id:?}")), "{said}");
        assert!(Member::new(id, "http://10.0.0.1:7000").is_err());
    }
    let said = "x"
        .repeat(10_240)
        .parse::<SiteId>()
        .unwrap_err()
        .to_string();
    assert!(said.contains("10240 bytes") && said.len() < 300, "{said}");
    let error = Member::new("a", "not an address").unwrap_err();
    assert!(std::error::Error::source(&error).is_some(), "{error:?}");
}

#[tokio::test]
async fn a_second_live_site_of_one_id_is_refused_and_the_first_goes_on() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let first = scene.site("twin").await?;
    scene.settled([&first]).await?;
    let before = scene.epochs(first.table());
    let error = scene.site("twin").await.unwrap_err();
    let Some(SiteError::Taken { id, .. }) = error.downcast_ref::<SiteError>() else {
        panic!("{error:?}");
    };
    assert_eq!(id.as_str(), "twin");
    assert!(error.to_string().contains("twin"), "{error}");
    assert_eq!(first.primaries().len(), 16);
    assert_eq!(scene.epochs(first.table()), before);
    // One that has died makes room.
    first.crash().await;
    let second = scene.site("twin").await?;
    scene.settled([&second]).await
}

#[tokio::test]
async fn a_site_with_other_settings_is_refused_by_the_first_that_differs() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let first = scene.site("first").await?;
    let spread = Spread::Anywhere;
    for (other, field, theirs, ours) in [
        (group().slots(32), "slots", "16", "32"),
        (group().replicas(3), "replicas", "2", "3"),
        (group().min_sites(2), "min_sites", "1", "2"),
        (
            group().timeout(Duration::from_secs(3)),
            "timeout",
            "1500",
            "3000",
        ),
        (
            group().heartbeat(Duration::from_millis(100)),
            "heartbeat",
            "375",
            "100",
        ),
        (
            group().margin(Duration::from_millis(200)),
            "margin",
            "188",
            "200",
        ),
        (group().spread(spread), "spread", "racks", "anywhere"),
    ] {
        let other = Scene::at(&redis, other)?;
        let error = other.site("second").await.unwrap_err();
        let Some(SiteError::Mismatch {
            field: f,
            theirs: t,
            ours: o,
            ..
        }) = error.downcast_ref()
        else {
            panic!("{field}: {error:?}");
        };
        assert_eq!((f.as_str(), t.as_str(), o.as_str()), (field, theirs, ours));
        let said = error.to_string();
        assert!(
            [field, theirs, ours].iter().all(|word| said.contains(word)),
            "{said}"
        );
    }
    assert_eq!(first.table().members().len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_foreign_value_under_a_key_of_ours_is_named_and_left_as_it_is() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let raw = Raw::to(&redis.url()).await?;
    for name in KEYS {
        let key = key(name);
        for words in [
            ["SET", &key, "theirs"].as_slice(),
            &["RPUSH", &key, "one", "two"],
            &["SADD", &key, "one", "two"],
            &["HSET", &key, "field", "value"],
            &["HSET", &key, "format", "2", "!format", "2"],
            &["ZADD", &key, "1", "one"],
            &["XADD", &key, "*", "field", "value"],
        ] {
            raw.tell::<redis::Value>(words).await?;
            let before = raw.dump(&key).await?;
            let error = scene.site("a").await.unwrap_err();
            let Some(SiteError::Foreign { key: named, .. }) = error.downcast_ref() else {
                panic!("{words:?}: {error:?}");
            };
            assert_eq!(*named, key);
            assert!(error.to_string().contains(&key), "{error}");
            assert_eq!(raw.dump(&key).await?, before, "{words:?} was changed");
            let keys: Vec<String> = raw.tell(&["KEYS", "*"]).await?;
            assert_eq!(keys, [key.as_str()], "nothing was put beside it");
            raw.tell::<()>(&["DEL", &key]).await?;
        }
    }
    // With the way free, it is a group like any other.
    let site = scene.site("a").await?;
    scene.settled([&site]).await
}

/// How the group refuses; what was not answered in time is asked again.
async fn refused<T: Debug>(ask: impl AsyncFn() -> Result<T, SiteError>) -> Result<SiteError> {
    let asked = async {
        loop {
            match ask().await.unwrap_err() {
                SiteError::Redis(_) => {}
                refusal => return refusal,
            }
        }
    };
    Ok(timeout(PATIENCE, asked).await?)
}

/// Puts another value in the place of one of the group's keys, and takes it away again.
async fn replaced(name: &str) -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let sites = scene.sites(["a", "b"]).await?;
    scene.settled(&sites).await?;
    let raw = Raw::to(&redis.url()).await?;
    let foreign = key(name);
    raw.tell::<()>(&["SET", &foreign, "theirs"]).await?;
    let mut before = Vec::new();
    for name in KEYS {
        before.push((name, raw.dump(&key(name)).await?));
    }
    until("nobody acts", || {
        sites.iter().all(|site| site.primaries().is_empty())
    })
    .await;
    let slot = Slot::new(0);
    for error in [
        refused(async || sites[0].request_add(slot).await).await?,
        refused(async || sites[0].request_remove(slot).await).await?,
        refused(async || sites[1].request_add(slot).await).await?,
        refused(async || sites[1].beat().await).await?,
    ] {
        let SiteError::Foreign { key, .. } = &error else {
            panic!("{name}: {error:?}");
        };
        assert_eq!(*key, foreign);
    }
    for (other, before) in before {
        let is = raw.dump(&key(other)).await?;
        assert_eq!(is, before, "{other} was changed, with {name} foreign");
    }
    raw.tell::<()>(&["DEL", &foreign]).await?;
    scene.settled(&sites).await
}

#[tokio::test]
async fn a_foreign_value_that_replaces_ours_is_left_as_it_is_and_nobody_acts() -> Result {
    let [group, sites, beats, slots] = KEYS.map(replaced);
    tokio::try_join!(group, sites, beats, slots).map(drop)
}

#[tokio::test]
async fn a_slot_that_the_group_does_not_have_is_refused_by_its_number() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let site = scene.site("a").await?;
    let none = Slot::new(16);
    for error in [
        site.request_add(none).await.unwrap_err(),
        site.request_remove(none).await.unwrap_err(),
        site.fail(none).await.unwrap_err(),
    ] {
        assert!(
            matches!(error, SiteError::NoSlot { slots: 16, .. }),
            "{error:?}"
        );
        assert_eq!(error.to_string(), "slot is 16, and there are 16");
    }
    Ok(())
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_named() -> Result {
    let mut redis = RedisServer::start().await?;
    redis.kill();
    let at = Redis::at(&redis.url())?;
    let site = Site::builder(
        at,
        group().build()?,
        member("a", "http://10.0.0.1:7000"),
        App::new(),
    );
    let error = site.join().await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        source.contains(&format!("127.0.0.1:{}", redis.port())),
        "{source}"
    );
    for url in ["", "http://127.0.0.1:1", "redis://", "redis://host:port"] {
        let said = Redis::at(url).unwrap_err().to_string();
        assert!(said.starts_with("url is "), "{said}");
    }
    Ok(())
}

#[test]
fn outside_of_a_runtime_nothing_is_begun() -> Result {
    let redis = Redis::at("redis://127.0.0.1:1")?;
    assert!(SlotTable::follow(&redis, "counters").is_err());
    assert!(
        SlotTable::follow(&redis, "a}b")
            .unwrap_err()
            .to_string()
            .contains("group")
    );
    Ok(())
}
