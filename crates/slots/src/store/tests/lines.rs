use super::rig::{Rig, next, roles};
use crate::store::Session;

/// Every character that an id may have, in ids of up to 128 bytes.
fn ids() -> Vec<String> {
    let letters = ('a'..='z').chain('A'..='Z').chain('0'..='9');
    let all: String = letters.chain("-._:@".chars()).collect();
    assert_eq!(all.len(), 67);
    vec![
        all.clone(),
        all.chars().rev().collect(),
        "x".repeat(128),
        format!("{}{}", "-._:@".repeat(25), "end"),
        "0".into(),
        "-".into(),
        ":".into(),
        "@".into(),
        "format".into(),
        "null".into(),
        "ffffffffffffffff".into(),
    ]
}

#[tokio::test]
async fn every_id_and_score_is_read_as_it_was_written() {
    let rig = Rig::of(Rig::builder().slots(16_384)).await;
    let ids = ids();
    let scores = [
        u64::MAX,
        1 << 63,
        (1 << 63) - 1,
        (1 << 53) + 1,
        1 << 53,
        10,
        9,
        3,
        2,
        1,
        0,
    ];
    assert_eq!(ids.len(), scores.len());
    let mut sites = Vec::new();
    for id in &ids {
        assert!(id.len() <= 128);
        sites.push(rig.joined(id).await);
    }
    rig.end_hold().await;
    let mut notices = rig.notices().await;
    // From the last to be primary on, so that each is put in front of the others.
    for (at, (site, score)) in sites.iter().zip(scores).enumerate().rev() {
        for slot in [0, 16_383] {
            let record = site.add(slot, score).await;
            let expected: Vec<&str> = ids[at..].iter().map(String::as_str).collect();
            assert_eq!(roles(&record), (ids[ids.len() - 1].as_str(), expected));
            assert_eq!(next(&mut notices).await.slots, [record]);
        }
    }
    let snapshot = rig.snapshot().await;
    assert_eq!(snapshot.slots.len(), 2);
    let first = |slot: u16| {
        snapshot
            .slots
            .iter()
            .find(|record| record.slot.number() == slot)
    };
    for slot in [0, 16_383] {
        let record = first(slot).expect("a record");
        assert_eq!(roles(record).1, ids);
    }
    for site in &sites {
        site.fail(0).await;
        assert!(!rig.record(0).await.holders.contains(site.id()));
    }
    let mut members: Vec<_> = sites.into_iter().map(|site| site.member).collect();
    members.sort_by(|one, other| one.id().cmp(other.id()));
    let found: Vec<_> = snapshot
        .members
        .into_iter()
        .map(|record| record.member)
        .collect();
    assert_eq!(found, members);
}

#[tokio::test]
async fn an_id_that_is_part_of_anothers_is_not_taken_for_it() {
    let rig = Rig::start().await;
    let sites = rig.sites(["a", "aa", "a-a", "a:a"]).await;
    for site in &sites {
        site.add(0, 5).await;
    }
    sites[0].leave().await;
    let record = rig.record(0).await;
    assert_eq!(roles(&record), ("a-a", vec!["a-a", "a:a", "aa"]));
}

/// A score.
const ZEROS: &str = "0000000000000000";

#[tokio::test]
async fn arguments_that_are_not_what_they_should_be_are_refused_by_the_scripts_too() {
    let rig = Rig::start().await;
    let [a] = rig.sites(["a"]).await;
    let (id, session) = (a.id().as_str(), a.session.as_str());
    let other = Session::random();
    let too_long = "x".repeat(129);
    let cases: [(&[&str], &str); 16] = [
        (&[], "ARGUMENT score"),
        (&[id], "ARGUMENT score"),
        (&[id, session], "ARGUMENT score"),
        (&[id, session, "-1", "0", ZEROS, "0"], "ARGUMENT slot"),
        (&[id, session, "0x1", "0", ZEROS, "0"], "ARGUMENT slot"),
        (&[id, session, "16384", "0", ZEROS, "0"], "ARGUMENT slot"),
        (&[id, session, "01", "0", ZEROS, "0"], "ARGUMENT slot"),
        (&[id, session, "1", "1e3", ZEROS, "0"], "ARGUMENT floor"),
        (
            &[id, session, "1", "900000000000001", ZEROS, "0"],
            "ARGUMENT floor",
        ),
        (
            &[id, session, "1", "0", "F000000000000000"],
            "ARGUMENT score",
        ),
        (&[id, session, "1", "0", ZEROS], "ARGUMENT copied"),
        (&[id, session, "1", "0", ZEROS, "-1"], "ARGUMENT copied"),
        (&["a b", session, "1", "0", ZEROS, "0"], "ARGUMENT site"),
        (&[&too_long, session, "1", "0", ZEROS, "0"], "ARGUMENT site"),
        (&[id, "x", "1", "0", ZEROS, "0"], "ARGUMENT session"),
        (&[id, other.as_str(), "1", "0", ZEROS, "0"], "STRANGER"),
    ];
    let before = rig.dump().await;
    for (args, expected) in cases {
        let error = refusal_of_add(&rig, args).await;
        let words = (error.code(), error.detail());
        assert_eq!(words, (Some("MUSTER"), Some(expected)), "{error}");
    }
    assert_eq!(rig.dump().await, before);
}

/// What the script `add` answers to arguments that our own side would not send.
async fn refusal_of_add(rig: &Rig, args: &[&str]) -> redis::RedisError {
    let keys = ["group", "sites", "beats", "slots", "notices"];
    let source = concat!(
        include_str!("../../lua/prelude.lua"),
        include_str!("../../lua/slot.lua"),
        include_str!("../../lua/one.lua"),
        include_str!("../../lua/add.lua")
    );
    let mut command = redis::cmd("EVAL");
    command.arg(source).arg(keys.len());
    for key in keys {
        command.arg(format!("muster:{{g}}:{key}"));
    }
    command.arg(args);
    let answer: redis::RedisResult<String> = command.query_async(&mut rig.connection().await).await;
    answer.expect_err("a refusal")
}
