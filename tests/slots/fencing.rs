//! Nobody acts for a slot that is another's.

use std::time::Duration;

use redis::Value;
use tokio::time::{sleep, timeout};
use tower_muster::policy::PowerOfTwo;
use tower_muster_slots::{Epoch, ManualGroup};
use tower_muster_testkit::redis::RedisServer;
use tower_muster_tests::{
    Error, Result,
    slots::{Client, Line, PATIENCE, Raw, Scene, group, until},
};

/// What the scripts were given that took two arguments beside the group's keys, as heartbeats do.
fn beats(log: Vec<Vec<Value>>) -> Result<Vec<Vec<String>>> {
    let mut beats = Vec::new();
    for entry in log {
        let Some(words) = entry.get(3) else {
            continue;
        };
        let words: Vec<String> = redis::from_redis_value(words.clone())?;
        if !words[0].eq_ignore_ascii_case("EVALSHA") {
            continue;
        }
        let keys: usize = words[2].parse()?;
        let args = &words[3 + keys..];
        if args.len() == 2 {
            beats.push(args.to_vec());
        }
    }
    Ok(beats)
}

#[tokio::test]
async fn no_site_tells_redis_the_time() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let sites = scene.sites(["a", "b"]).await?;
    scene.settled(&sites).await?;
    let raw = Raw::to(&redis.url()).await?;
    raw.tell::<()>(&["CONFIG", "SET", "slowlog-log-slower-than", "0"])
        .await?;
    let mut said = Vec::new();
    let wait = async {
        while said.len() < 6 {
            said = beats(raw.tell(&["SLOWLOG", "GET", "128"]).await?)?;
            sleep(Duration::from_millis(20)).await;
        }
        Ok::<_, Error>(())
    };
    timeout(PATIENCE, wait).await??;
    for words in said {
        // Who it is, and which of its lives: nothing that could be a time.
        assert!(["a", "b"].contains(&words[0].as_str()), "{words:?}");
        let is_random = words[1].len() == 32 && words[1].chars().all(|c| c.is_ascii_hexdigit());
        assert!(is_random, "{words:?}");
    }
    Ok(())
}

#[tokio::test]
async fn the_beats_of_all_sites_are_by_the_clock_of_redis() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let raw = Raw::to(&redis.url()).await?;
    let millis = async || {
        let time: Vec<u64> = raw.tell(&["TIME"]).await?;
        Ok::<_, Error>(time[0] * 1_000 + time[1] / 1_000)
    };
    let before = millis().await?;
    let _sites = scene.sites(["a", "b"]).await?;
    for id in ["a", "b"] {
        let beat: f64 = raw.tell(&["ZSCORE", "muster:{counters}:beats", id]).await?;
        assert!(
            (before..=millis().await?).contains(&(beat as u64)),
            "{beat}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_request_of_an_old_epoch_is_refused_by_every_site() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let sites = scene.sites(["a", "b"]).await?;
    scene.settled(&sites).await?;
    let slot = sites[0].primaries()[0];
    let old = scene.client().await?;
    assert_eq!(old.write(slot).await?.site, "a");
    // The primary gives the slot away and takes it back: it is the same site, and another epoch.
    let before = sites[0].table().epoch(slot);
    sites[0].fail(slot).await?;
    scene.settled(&sites).await?;
    let now = sites[0].table().epoch(slot);
    assert!(now > before);
    let behind = ManualGroup::new(&scene.group);
    behind.join(sites[0].member());
    let past: Epoch = behind.hold(slot, [sites[0].member().id()]);
    assert!(past < now);
    let writes = scene.journal.writes().len();
    let client = Client::new(behind.table(), PowerOfTwo::latency_aware());
    let answer = client.write(slot).await?;
    // Refused once, and accepted under the epoch that the refusal told.
    assert_eq!((answer.status.as_u16(), answer.epoch), (200, Some(now)));
    assert_eq!(client.sends.take().len(), 2);
    let accepted = &scene.journal.writes()[writes..];
    assert!(
        accepted.len() == 1 && accepted[0].epoch == now,
        "{accepted:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_primary_that_was_cut_off_is_refused_nothing_and_accepts_nothing_late() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group())?;
    let line = Line::to(redis.port()).await?;
    let cut = scene.by(&line.url())?.site("cut").await?;
    let other = scene.site("other").await?;
    scene.settled([&cut, &other]).await?;
    // A client that hears of nothing, and goes on sending to whom it knows.
    let behind = ManualGroup::new(&scene.group);
    behind.join(cut.member());
    let slot = cut.primaries()[0];
    line.cut();
    until("another acts", || other.leads(slot)).await;
    behind.hold(slot, [cut.member().id()]);
    let deadline = scene.group.timeout();
    let client = Client::ending(behind.table(), PowerOfTwo::latency_aware(), deadline);
    let (writes, arrived) = (scene.journal.writes().len(), cut.arrived());
    let answer = client.write(slot).await;
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status == 421));
    assert!(cut.arrived() > arrived, "it was asked");
    assert_eq!(scene.journal.writes().len(), writes, "it accepted a write");
    assert!(cut.primaries().is_empty());
    line.mend();
    scene.settled([&cut, &other]).await?;
    scene.journal.check();
    Ok(())
}

#[tokio::test]
async fn an_eviction_is_seen_whole_or_not_at_all() -> Result {
    let redis = RedisServer::start().await?;
    let scene = Scene::at(&redis, group().slots(256))?;
    let mut sites = scene.sites(["dies", "b", "c"]).await?;
    scene.settled(&sites).await?;
    let raw = Raw::to(&redis.url()).await?;
    let held = async || {
        let lines: Vec<String> = raw.tell(&["HVALS", "muster:{counters}:slots"]).await?;
        let holds = lines.iter().filter(|line| line.contains("=dies"));
        let led = lines.iter().filter(|line| line.contains("|dies|")).count();
        Ok::<_, Error>((holds.count(), led))
    };
    let before = held().await?;
    assert!(before.0 > 100 && before.1 > 50, "{before:?}");
    sites.remove(0).crash().await;
    let evicted = async {
        loop {
            match held().await? {
                (0, 0) => return Ok::<_, Error>(()),
                now => assert_eq!(now, before, "a part of it"),
            }
        }
    };
    timeout(PATIENCE, evicted).await??;
    scene.settled(&sites).await
}
