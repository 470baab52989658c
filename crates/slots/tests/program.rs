//! `muster-slots` shows a live group, and one that is only imagined.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{convert::Infallible, process::Output, time::Duration};

use serde_json::Value;
use tokio::process::Command;
use tower_muster_slots::{Acquire, Grant, Group, Handler, Member, Redis, Site, Slot};
use tower_muster_testkit::redis::RedisServer;

/// Has nothing to move.
struct Nothing;

impl Handler for Nothing {
    type Error = Infallible;

    async fn acquire(&self, _: Acquire) -> Result<(), Infallible> {
        Ok(())
    }

    async fn release(&self, _: Slot) {}

    async fn primary_changed(&self, _: Grant) {}
}

async fn run(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_muster-slots");
    Command::new(program)
        .args(arguments)
        .output()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_live_group_is_shown_with_its_sites_and_slots() {
    let redis = RedisServer::start().await.unwrap();
    let url = redis.url();
    let group = Group::builder("shown")
        .slots(16)
        .timeout(Duration::from_millis(500));
    let member = Member::new("one", "http://127.0.0.1:7001").unwrap();
    let member = member.in_rack("dc1", "rack1").unwrap();
    let redis_at = Redis::at(&url).unwrap();
    let site = Site::builder(redis_at, group.build().unwrap(), member, Nothing);
    let site = site.join().await.unwrap();
    for slot in (0..16).map(Slot::new) {
        site.table()
            .changed(slot, tower_muster_slots::Epoch::NONE)
            .await;
    }

    let output = run(&["table", "--redis", &url, "--group", "shown", "--json"]).await;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let view: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&view["slots"], &view["without_primary"]),
        (&16.into(), &0.into())
    );
    assert_eq!(view["sites"][0]["site"], "one");
    assert_eq!(view["sites"][0]["rack"], "rack1");
    assert_eq!(view["sites"][0]["primary"], 16);

    let output = run(&["table", "--redis", &url, "--group", "shown"]).await;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.contains("group shown: 16 slots") && text.contains("http://127.0.0.1:7001"),
        "{text}"
    );
}

#[tokio::test]
async fn a_group_that_is_not_there_is_told_by_its_name() {
    let redis = RedisServer::start().await.unwrap();
    let output = run(&[
        "table",
        "--redis",
        &redis.url(),
        "--group",
        "nobody",
        "--wait",
        "0.2",
    ])
    .await;
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && complaint.contains("no group \"nobody\""),
        "{complaint}"
    );
}

#[tokio::test]
async fn an_imagined_group_is_assigned_and_its_movement_told() {
    let output = run(&[
        "simulate", "--sites", "4", "--racks", "2", "--slots", "256", "--json",
    ])
    .await;
    let outcome: Value = serde_json::from_slice(&output.stdout).unwrap();
    let sites = outcome["sites"].as_array().unwrap();
    let sum = |role: &str| {
        sites
            .iter()
            .map(|site| site[role].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!((sum("primary"), sum("secondary")), (256, 256));
    assert!(outcome["join"]["replicas"].as_u64() >= outcome["join"]["least"].as_u64());

    let output = run(&["simulate", "--sites", "4", "--slots", "0"]).await;
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(complaint.contains("slots is 0"), "{complaint}");
}
