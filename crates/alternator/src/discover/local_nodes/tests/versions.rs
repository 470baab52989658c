//! Nodes that take no notice of the places that they are asked for.

use tower_muster::Scope;

use super::{SEED, dc1, look, origins, rack1, topology};
use crate::{
    LocalNodes,
    tests::fakes::{Client, Reply, Seen},
};
use tower_muster::Discover;

/// All nodes of the asked node's own datacenter, whatever was asked.
fn old() -> Client {
    Client::old(|_| Reply::list(&["10.0.0.1", "10.0.0.2"]))
}

fn is_nowhere(seen: &Seen) -> bool {
    seen.query()
        .is_some_and(|query| query.contains("no%2Dsuch"))
}

#[tokio::test]
async fn the_list_of_a_node_that_ignores_places_is_not_taken_for_that_of_a_rack() {
    for scope in [dc1(), rack1(), rack1().or_datacenter("dc1")] {
        let error = look(&old(), &[SEED], scope.clone(), &topology([])).await;
        let error = error.expect_err("no list of that place");
        let node = error.ignores_places().expect("an old node");
        assert_eq!(node.as_str(), SEED);
        let told = "knows no datacenters and racks in its lists (it is older than 2025.1)";
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[tokio::test]
async fn the_whole_cluster_is_a_fallback_that_every_version_has() {
    let nodes = look(&old(), &[SEED], rack1().or_cluster(), &topology([])).await;
    let nodes = nodes.expect("a list");
    assert_eq!(
        origins(&nodes),
        ["http://10.0.0.1:8000", "http://10.0.0.2:8000"]
    );
    assert!(nodes.iter().all(|node| node.rack().is_none()), "{nodes:?}");
}

#[tokio::test]
async fn of_nodes_of_several_versions_one_that_heeds_places_is_asked() {
    let client = Client::old(|seen| match seen.host() {
        "10.0.0.2" if is_nowhere(seen) => Reply::list(&[]),
        "10.0.0.2" => Reply::list(&["10.0.0.2"]),
        _ => Reply::list(&["10.0.0.1", "10.0.0.2"]),
    });
    for _ in 0..20 {
        let nodes = look(&client, &[SEED], rack1(), &topology([1, 2])).await;
        let nodes = nodes.expect("a list");
        assert!(nodes.iter().all(|node| node.rack() == Some("rack1")));
        assert!(origins(&nodes).contains(&"http://10.0.0.2:8000"));
    }
}

#[tokio::test]
async fn a_node_is_asked_once_and_again_after_it_has_failed() {
    let client = Client::old(|seen| match is_nowhere(seen) {
        true => Reply::list(&[]),
        false => Reply::list(&["10.0.0.1"]),
    });
    let mut source = LocalNodes::new(client.clone(), [SEED]).expect("seeds");
    source = source.scope(rack1().or_datacenter("dc1")).expect("names");
    let known = topology([]);
    for _ in 0..5 {
        source.nodes(&known).await.expect("a list");
    }
    let asked = || {
        client
            .asked()
            .iter()
            .filter(|seen| is_nowhere(seen))
            .count()
    };
    assert!(
        (1..=2).contains(&asked()),
        "at most once for each of two places asked at once"
    );
    let before = asked();
    source.heeding.remove(&SEED.parse().expect("an origin"));
    source.nodes(&known).await.expect("a list");
    assert!(asked() > before);
}

#[tokio::test]
async fn that_all_nodes_have_become_old_is_an_error_and_the_cluster_keeps_what_it_knows() {
    let error = look(&old(), &[SEED], rack1(), &topology([1, 2])).await;
    let error = error.expect_err("nobody can be asked for a rack");
    assert!(error.ignores_places().is_some(), "{error}");
}

#[tokio::test]
async fn for_the_whole_cluster_nobody_is_asked_for_places() {
    let client = old();
    look(&client, &[SEED], Scope::cluster(), &topology([]))
        .await
        .expect("a list");
    assert!(client.asked().iter().all(|seen| seen.query().is_none()));
}
