//! Which place a node is put into, and what is kept of a place that could not be asked for.

use tower_muster::{Node, Scope, Topology};

use super::{SEED, look, rack1, topology};
use crate::tests::fakes::{Client, Reply, Seen};

type Place<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

fn places(topology: &Topology) -> Vec<Place<'_>> {
    let nodes = topology.nodes().iter();
    nodes
        .map(|node| (node.origin().as_str(), node.datacenter(), node.rack()))
        .collect()
}

fn is_for_rack(seen: &Seen) -> bool {
    seen.query().is_some_and(|query| query.contains("rack="))
}

fn rack_or_datacenter() -> Scope {
    rack1().or_datacenter("dc1")
}

async fn found(client: &Client, known: &Topology) -> Topology {
    let nodes = look(client, &[SEED], rack_or_datacenter(), known).await;
    Topology::new(nodes.expect("a list")).expect("a topology")
}

const IN_RACK: Place<'_> = ("http://10.0.0.1:8000", Some("dc1"), Some("rack1"));
const IN_RACK_TOO: Place<'_> = ("http://10.0.0.2:8000", Some("dc1"), Some("rack1"));
const ELSEWHERE: Place<'_> = ("http://10.0.0.4:8000", Some("dc1"), None);

#[tokio::test]
async fn a_node_that_was_listed_for_its_rack_is_in_it_also_when_the_datacenter_lists_it() {
    let client = Client::new(|seen| {
        if is_for_rack(seen) {
            Reply::list(&["10.0.0.1", "10.0.0.2"])
        } else {
            Reply::list(&["10.0.0.4", "10.0.0.2", "10.0.0.1"])
        }
    });
    let topology = found(&client, &topology([])).await;
    assert_eq!(places(&topology), [ELSEWHERE, IN_RACK, IN_RACK_TOO]);
}

#[tokio::test]
async fn of_a_whole_cluster_no_place_is_known() {
    let client = Client::new(|_| Reply::list(&["10.0.0.1"]));
    let nodes = look(&client, &[SEED], Scope::cluster(), &topology([])).await;
    let topology = Topology::new(nodes.expect("a list")).expect("a topology");
    assert_eq!(places(&topology), [("http://10.0.0.1:8000", None, None)]);
}

#[tokio::test]
async fn a_rack_that_cannot_be_asked_for_keeps_the_nodes_that_are_known_of_it() {
    for failure in [
        Reply::REFUSED,
        Reply::Status(500),
        Reply::list(&["no address"]),
    ] {
        let client = Client::new(move |seen| {
            if is_for_rack(seen) {
                failure.clone()
            } else {
                Reply::list(&["10.0.0.1", "10.0.0.2", "10.0.0.4"])
            }
        });
        let topology = found(&client, &topology([1, 2])).await;
        assert_eq!(places(&topology), [ELSEWHERE, IN_RACK, IN_RACK_TOO]);
    }
}

#[tokio::test]
async fn a_datacenter_that_cannot_be_asked_for_keeps_the_nodes_that_are_known_of_it() {
    let client = Client::new(move |seen| {
        if is_for_rack(seen) {
            Reply::list(&["10.0.0.1"])
        } else {
            Reply::REFUSED
        }
    });
    let known = [IN_RACK.0, ELSEWHERE.0].map(|origin| {
        let node = Node::new(origin).expect("an origin");
        node.in_datacenter("dc1").expect("a name")
    });
    let known = Topology::new(known).expect("a topology");
    assert_eq!(places(&found(&client, &known).await), [ELSEWHERE, IN_RACK]);
}

#[tokio::test]
async fn a_rack_that_every_node_calls_empty_is_empty() {
    let client = Client::new(|seen| {
        if is_for_rack(seen) {
            Reply::list(&[])
        } else {
            Reply::list(&["10.0.0.4"])
        }
    });
    let topology = found(&client, &topology([1, 2])).await;
    assert_eq!(places(&topology), [ELSEWHERE]);
    let asked = client
        .asked()
        .iter()
        .filter(|seen| is_for_rack(seen))
        .count();
    assert_eq!(
        asked, 2,
        "one node's empty list is not enough: the known ones, one of them the seed"
    );
}

#[tokio::test]
async fn that_nobody_answers_is_an_error_and_the_cluster_keeps_what_it_knows() {
    let client = Client::new(|_| Reply::REFUSED);
    let known = topology([1, 2]);
    let error = look(&client, &[SEED], rack_or_datacenter(), &known).await;
    let told = error.expect_err("nobody answered").to_string();
    assert_eq!(told.matches("connection refused").count(), 4, "{told}");
}
