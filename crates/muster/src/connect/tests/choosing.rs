//! Connections are spread by the policy and by how many there are.

use tower_layer::Layer;

use super::{Connector, connect, hosts, layer, layer_by, open};
use crate::{
    Cluster, Policy,
    policy::{
        Candidate, Candidates, PowerOfTwo, RackAffinity, Random, RoundRobin, Route, Weighted,
    },
    tests::fakes::{cluster, in_flight, node, placed},
};

#[tokio::test]
async fn connections_are_spread_over_all_nodes() {
    let (cluster, connector) = (cluster(5), Connector::good());
    let layer = layer_by(&cluster, PowerOfTwo::latency_aware());
    let service = layer.clone().layer(connector);
    let mut links = Vec::new();
    for _ in 0..5_000 {
        links.push(connect(&service).await.expect("a connection"));
    }
    let counts = open(&layer);
    assert_eq!(counts.iter().sum::<u32>(), 5_000);
    // Random choices would lie 28 apart from the mean as a rule. Each connection more that a node lacks of its
    // share is six times as rare: so few as here, once in 10^12 runs.
    assert!(
        counts.iter().all(|count| (980..=1_020).contains(count)),
        "{counts:?}"
    );
    drop(links);
    assert_eq!(open(&layer), [0; 5]);
}

#[tokio::test]
async fn a_connection_that_is_open_is_no_request_in_flight() {
    let (cluster, connector) = (cluster(1), Connector::good());
    let layer = layer(&cluster);
    let link = connect(&layer.clone().layer(connector))
        .await
        .expect("a connection");
    assert_eq!((in_flight(&cluster), open(&layer)), (0, vec![1]));
    drop(link);
    assert_eq!((in_flight(&cluster), open(&layer)), (0, vec![0]));
}

#[tokio::test]
async fn the_fewest_connections_win_over_several_connectors_of_one_layer() {
    let cluster = cluster(2);
    let layer = layer_by(&cluster, RoundRobin::new());
    let (one, two) = (Connector::good(), Connector::good());
    let (first, second) = (layer.clone().layer(one), layer.clone().layer(two));
    let mut links = Vec::new();
    for _ in 0..10 {
        links.push(connect(&first).await.expect("a connection"));
        links.push(connect(&second).await.expect("a connection"));
    }
    assert_eq!(open(&layer), [10, 10]);
    // All that went to one of them are over; the next ones make up for it.
    links.retain(|link| {
        link.to()
            .is_some_and(|to| to.node().to_string().contains("10.0.0.2"))
    });
    assert_eq!(open(&layer), [0, 10]);
    for _ in 0..10 {
        links.push(connect(&first).await.expect("a connection"));
    }
    assert_eq!(open(&layer), [10, 10]);
}

#[tokio::test]
async fn a_policy_that_keeps_to_a_rack_keeps_connections_there_however_many() {
    let nodes = [
        placed(1, "dc1", "a"),
        placed(2, "dc1", "b"),
        placed(3, "dc1", "b"),
    ];
    let cluster = Cluster::fixed(nodes).expect("nodes");
    let policy = RackAffinity::new("dc1", "a", Random::new()).expect("names");
    let connector = Connector::good();
    let service = layer_by(&cluster, policy).layer(connector.clone());
    let mut links = Vec::new();
    for _ in 0..20 {
        links.push(connect(&service).await.expect("a connection"));
    }
    assert_eq!(hosts(&connector), [1; 20]);
}

/// Has no choice to offer.
struct Last;

impl Policy for Last {
    fn pick<'a>(&self, _: &Route<'_>, candidates: &Candidates<'a, '_>) -> Option<Candidate<'a>> {
        candidates.iter().last()
    }
}

#[tokio::test]
async fn a_policy_without_a_choice_is_obeyed() {
    let connector = Connector::good();
    let service = layer_by(&cluster(5), Last).layer(connector.clone());
    let mut links = Vec::new();
    for _ in 0..10 {
        links.push(connect(&service).await.expect("a connection"));
    }
    assert_eq!(hosts(&connector), [5; 10]);
}

#[tokio::test]
async fn a_node_of_three_times_the_weight_has_three_times_the_connections() {
    let nodes = [node(1), node(2).weighted(3.0).expect("a weight")];
    let cluster = Cluster::fixed(nodes).expect("nodes");
    let layer = layer_by(&cluster, Weighted::new(Random::new()));
    let service = layer.clone().layer(Connector::good());
    let mut links = Vec::new();
    for _ in 0..8_000 {
        links.push(connect(&service).await.expect("a connection"));
    }
    let counts = open(&layer);
    // Random choices would lie 39 apart as a rule.
    assert!((1_985..=2_015).contains(&counts[0]), "{counts:?}");
}
