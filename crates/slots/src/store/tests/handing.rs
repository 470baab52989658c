use super::rig::{HIGH, LOW, MIDDLE, Rig, roles};

#[tokio::test]
async fn holders_are_ordered_by_claim_and_the_first_follows_whoever_came_first() {
    let rig = Rig::start().await;
    let [a, b, c, d] = rig.sites(["a", "b", "c", "d"]).await;
    a.add(0, 0x00ff_0000_0000_0000).await;
    b.add(0, 0x0100_0000_0000_0000).await;
    c.add(0, 0x8000_0000_0000_0000).await;
    d.add(0, 0x7fff_ffff_ffff_ffff).await;
    let record = a.fail(0).await;
    assert_eq!(roles(&record), ("c", vec!["c", "d", "b"]));
    assert_eq!(roles(&c.fail(0).await), ("d", vec!["d", "b"]));
    // It comes back as a secondary, and takes the role when it is given.
    assert_eq!(roles(&c.add(0, HIGH).await), ("d", vec!["c", "d", "b"]));
    assert_eq!(roles(&d.hand_over(0).await), ("c", vec!["c", "d", "b"]));
}

#[tokio::test]
async fn equal_claims_are_ordered_by_the_bytes_of_the_ids() {
    let rig = Rig::start().await;
    let ids = ["b", "a", "B", "_", "a-", "a.", "a0", "Z", "@", "aa"];
    let sites = rig.sites(ids).await;
    for site in &sites {
        site.add(0, MIDDLE).await;
    }
    let mut sorted = ids;
    sorted.sort_unstable();
    let record = rig.record(0).await;
    assert_eq!(roles(&record), ("b", sorted.to_vec()));
}

#[tokio::test]
async fn a_changed_claim_reorders_the_holders_and_leaves_the_primary() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    a.add(0, HIGH).await;
    let before = b.add(0, LOW).await;
    let after = a.add(0, 0).await;
    assert_eq!(roles(&after), ("a", vec!["b", "a"]));
    assert_eq!(after.epoch, before.epoch);
}

#[tokio::test]
async fn only_the_primary_hands_over_and_only_to_one_that_comes_before_it() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    let alone = a.add(0, HIGH).await;
    assert_eq!(a.hand_over(0).await, alone);
    let both = b.add(0, LOW).await;
    assert_eq!(a.hand_over(0).await, both, "it is the first");
    assert_eq!(b.hand_over(0).await, both, "it has nothing to give");
    let slot = b.hand_over(7).await;
    assert_eq!(roles(&slot), ("", vec![]), "it does not even hold it");
}

#[tokio::test]
async fn who_leaves_hands_over_to_whoever_stays_however_it_is_placed() {
    let rig = Rig::start().await;
    let [a, b, c] = rig.sites(["a", "b", "c"]).await;
    a.add(0, HIGH).await;
    b.add(0, MIDDLE).await;
    c.add(0, LOW).await;
    a.leaving().await;
    b.leaving().await;
    let record = a.hand_over(0).await;
    assert_eq!(roles(&record), ("c", vec!["a", "b", "c"]));
    // With nobody else left, one that is about to leave is better than none.
    assert_eq!(roles(&c.fail(0).await), ("a", vec!["a", "b"]));
    let record = rig.record(0).await;
    assert_eq!(a.hand_over(0).await, record);
}

#[tokio::test]
async fn the_role_goes_to_nobody_who_could_not_act() {
    let rig = Rig::start().await;
    let [a, b, c] = rig.sites(["a", "b", "c"]).await;
    let before = a.add(0, LOW).await;
    b.add(0, HIGH).await;
    // Longer than its lease, and not yet evicted.
    rig.silence(&b, 55_000).await;
    let record = a.hand_over(0).await;
    assert_eq!(
        (roles(&record), record.epoch),
        (("a", vec!["b", "a"]), before.epoch)
    );
    c.add(0, MIDDLE).await;
    assert_eq!(roles(&a.fail(0).await), ("c", vec!["b", "c"]));
    b.beat().await.expect("it lives");
    assert_eq!(roles(&c.hand_over(0).await), ("b", vec!["b", "c"]));
}

#[tokio::test]
async fn who_leaves_keeps_the_role_rather_than_give_it_to_one_that_could_not_act() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    a.add(0, LOW).await;
    let before = b.add(0, HIGH).await;
    a.leaving().await;
    rig.silence(&b, 55_000).await;
    assert_eq!(a.hand_over(0).await, before);
}

#[tokio::test]
async fn a_primary_that_asks_is_there_however_late_its_heartbeat_is() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    a.add(0, HIGH).await;
    let before = b.add(0, LOW).await;
    rig.silence(&a, 55_000).await;
    assert_eq!(a.hand_over(0).await, before);
}
