//! `muster-slots` shows a live group, and one that is only imagined.
#![cfg(feature = "cli")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a failed expectation is the report"
)]

#[path = "program/refused.rs"]
mod refused;
#[path = "program/rig.rs"]
mod rig;
#[path = "program/watched.rs"]
mod watched;

use serde_json::Value;
use tower_muster_slots::{Epoch, Slot};
use tower_muster_testkit::redis::RedisServer;

use self::rig::{join, run};

#[tokio::test]
async fn a_live_group_is_shown_with_its_sites_and_slots() {
    let redis = RedisServer::start().await.unwrap();
    let url = redis.url();
    let site = join(&url, "shown", 1).await;
    for slot in (0..16).map(Slot::new) {
        site.table().changed(slot, Epoch::NONE).await;
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
    assert_eq!(view["sites"][0]["site"], "site-1");
    assert_eq!(view["sites"][0]["rack"], "rack1");
    assert_eq!(view["sites"][0]["primary"], 16);
    let holders = view["holders"].as_array().unwrap();
    assert_eq!(holders.len(), 16);
    for (number, held) in holders.iter().enumerate() {
        let epoch = site.table().epoch(Slot::new(number as u16)).number();
        let expected = serde_json::json!({
            "slot": number, "epoch": epoch, "primary": "site-1", "sites": ["site-1"],
        });
        assert_eq!(*held, expected);
    }

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
        "2",
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
