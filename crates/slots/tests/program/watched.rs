//! A group that is watched while it changes, and while Redis is away.

use serde_json::Value;
use tower_muster_testkit::redis::RedisServer;

use super::rig::{Watch, join};

/// How many replicas sites hold, as the slots say it.
fn held(line: &Value) -> u64 {
    let holders = line["view"]["holders"].as_array().unwrap();
    let sites = |held: &Value| held["sites"].as_array().unwrap().len() as u64;
    holders.iter().map(sites).sum()
}

fn is_whole(line: &Value, replicas: u64) -> bool {
    let view = &line["view"];
    view.is_object() && view["without_primary"] == 0 && held(line) == replicas
}

#[tokio::test]
async fn a_site_that_joins_is_seen_with_what_it_holds() {
    let redis = RedisServer::start().await.unwrap();
    let url = redis.url();
    let _one = join(&url, "watched", 1).await;
    let mut watch = Watch::start(&url, "watched");
    let alone = watch
        .until("one site holds all", |line| is_whole(line, 16))
        .await;
    for held in alone["view"]["holders"].as_array().unwrap() {
        assert_eq!(held["primary"], "site-1");
    }

    let _two = join(&url, "watched", 2).await;
    let (mut gained, mut given_up) = (0, 0);
    let both = loop {
        let line = watch.next().await;
        let moved = |what: &str| line["moved"][what].as_u64().unwrap_or_default();
        gained += moved("gained");
        given_up += moved("lost");
        if is_whole(&line, 32) {
            break line;
        }
    };
    assert_eq!(gained - given_up, 16, "what moved adds up");
    for site in both["view"]["sites"].as_array().unwrap() {
        let holds = |role: &str| {
            let is_role = |held: &&Value| (held["primary"] == site["site"]) == (role == "primary");
            let holders = both["view"]["holders"].as_array().unwrap();
            holders.iter().filter(is_role).count()
        };
        assert_eq!(site["primary"], holds("primary"), "{site}");
        assert_eq!(site["secondary"], holds("secondary"), "{site}");
    }
    assert!(watch.interrupt().await, "ctrl-c is no failure");
}

#[tokio::test]
async fn while_redis_is_away_it_is_told_since_when_and_why() {
    let mut redis = RedisServer::start().await.unwrap();
    let url = redis.url();
    let _one = join(&url, "watched", 1).await;
    let mut watch = Watch::start(&url, "watched");
    watch
        .until("one site holds all", |line| is_whole(line, 16))
        .await;

    redis.kill();
    let address = format!("redis at 127.0.0.1:{}", redis.port());
    let is_told = |line: &Value, least: f64| {
        let trouble = &line["trouble"];
        let reason = trouble["reason"].as_str().unwrap_or_default();
        reason.contains(&address) && trouble["seconds"].as_f64().unwrap() >= least
    };
    let told = "Redis is away";
    watch.until(told, |line| is_told(line, 0.0)).await;
    watch.until(told, |line| is_told(line, 1.0)).await;

    redis.restart().await.unwrap();
    watch
        .until("the group is read again", |line| {
            line.get("trouble").is_some_and(Value::is_null)
        })
        .await;
    let _two = join(&url, "watched", 2).await;
    watch
        .until("both sites hold all", |line| is_whole(line, 32))
        .await;
    assert!(watch.interrupt().await, "ctrl-c is no failure");
}
