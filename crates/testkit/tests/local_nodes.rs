//! `/localnodes`: each node answers from its own view.

mod support;

use std::collections::HashSet;

use support::{get, ips, local_nodes, start};

#[tokio::test]
async fn a_node_lists_its_own_datacenter_unless_asked_for_another() {
    let cluster = start("dc1:r1=2,r2=1;dc 2:r1=1,r+2=1").await;
    let nodes = cluster.nodes();
    let of = |range: &[usize]| ips(&range.iter().map(|i| nodes[*i].clone()).collect::<Vec<_>>());
    let table: [(usize, &str, &[usize]); 14] = [
        (0, "", &[0, 1, 2]),
        (0, "/", &[0, 1, 2]),
        (3, "", &[3, 4]),
        (0, "?rack=r1", &[0, 1]),
        (3, "?rack=r1", &[3]),
        (0, "?dc=dc%202", &[3, 4]),
        (0, "?dc=dc+2&rack=r%2B2", &[4]),
        (0, "?dc=dc+2&rack=r+2", &[]),
        (0, "?dc=DC1", &[]),
        (0, "?rack=nowhere", &[]),
        (0, "?dc=dc1&dc=dc+2", &[3, 4]),
        (3, "?dc=", &[3, 4]),
        (0, "?dc=&rack=", &[0, 1, 2]),
        (0, "?other=x&rack=r2", &[2]),
    ];
    for (asked, query, expected) in table {
        assert_eq!(
            local_nodes(&nodes[asked], query).await,
            of(expected),
            "{asked} {query}"
        );
    }
}

#[tokio::test]
async fn the_answer_is_compact_json_in_any_order_and_needs_no_signature() {
    let builder = tower_muster_testkit::TestCluster::builder().credentials("key", "secret");
    let cluster = builder.topology("dc1:r1=3").start().await.unwrap();
    let node = &cluster.nodes()[0];
    let mut orders = HashSet::new();
    while orders.len() < 6 {
        let answer = get(node, "/localnodes").await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some("application/json"))
        );
        assert!(!answer.body.contains(' '), "{answer:?}");
        assert!(
            !answer.body.contains(&node.address().port().to_string()),
            "no ports"
        );
        orders.insert(answer.body);
    }
    assert_eq!(get(node, "/localnodes?rack=none").await.body, "[]");
}

#[tokio::test]
async fn a_partitioned_node_lists_its_side_only() {
    let cluster = start("dc1:r1=3").await;
    let nodes = cluster.nodes();
    nodes[0].set_view([nodes[0].address().ip()]);
    assert_eq!(local_nodes(&nodes[0], "").await, ips(&nodes[..1]));
    assert_eq!(
        local_nodes(&nodes[1], "").await,
        ips(nodes),
        "the others have their own view"
    );
    nodes[0].set_view([]);
    assert_eq!(get(&nodes[0], "/localnodes").await.body, "[]");
    nodes[0].restore_view();
    assert_eq!(local_nodes(&nodes[0], "").await, ips(nodes));
}

#[tokio::test]
async fn a_node_may_advertise_what_is_no_address_of_its_own() {
    let cluster = start("dc1:r1=4").await;
    let nodes = cluster.nodes();
    nodes[0].advertise_as("2001:db8::1");
    nodes[1].advertise_as("2001:db8::1");
    nodes[2].advertise_as("8d5ed9f4-7764-4dbd-bad8-43fddce94b7c");
    nodes[3].advertise_as("\"no host\"");
    let expected = [
        "\"no host\"",
        "2001:db8::1",
        "2001:db8::1",
        "8d5ed9f4-7764-4dbd-bad8-43fddce94b7c",
    ];
    assert_eq!(local_nodes(&nodes[3], "").await, expected);
}

#[tokio::test]
async fn a_written_answer_is_given_as_it_is() {
    let cluster = start("dc1:r1=2").await;
    let nodes = cluster.nodes();
    cluster.set_local_nodes(["10.0.0.2", "10.0.0.1", "10.0.0.1", ""]);
    for node in nodes {
        let answer = get(node, "/localnodes?rack=none").await;
        assert_eq!(answer.body, r#"["10.0.0.2","10.0.0.1","10.0.0.1",""]"#);
    }
    nodes[0].set_local_nodes_body("<html>");
    assert_eq!(get(&nodes[0], "/localnodes").await.body, "<html>");
    nodes[0].restore_view();
    assert_eq!(local_nodes(&nodes[0], "").await, ips(nodes));
}
