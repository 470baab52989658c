//! What it says when there are no nodes.

use std::time::Duration;

use tokio::time::Instant;
use tower_muster::Scope;

use super::{SEED, dc1, look, rack1, topology};
use crate::tests::fakes::{Client, Reply};

#[tokio::test(start_paused = true)]
async fn the_error_names_the_places_and_what_each_node_said() {
    let client = Client::new(|seen| match seen.host() {
        "10.0.0.1" => Reply::REFUSED,
        "10.0.0.2" => Reply::Status(503),
        "10.0.0.3" => Reply::Silence,
        "10.0.0.4" => Reply::list(&["no", "address"]),
        _ => Reply::list(&[]),
    });
    let seeds = [1, 2, 3, 4, 5].map(|host| format!("http://10.0.0.{host}:8000"));
    let seeds = seeds.each_ref().map(String::as_str);
    let error = look(&client, &seeds, rack1(), &topology([]))
        .await
        .expect_err("no nodes");
    assert_eq!(
        error.to_string(),
        "no nodes in rack \"rack1\" of datacenter \"dc1\"\
         ; http://10.0.0.1:8000 failed (connection refused)\
         ; http://10.0.0.2:8000 answered 503 Service Unavailable\
         ; http://10.0.0.4:8000 lists 2 entries, and none is an address\
         ; http://10.0.0.5:8000 lists no nodes for rack \"rack1\" of datacenter \"dc1\"\
         ; http://10.0.0.3:8000 was silent for 3s"
    );
    assert!(
        std::error::Error::source(&error).is_none(),
        "it has told everything itself"
    );
}

#[tokio::test]
async fn every_place_that_was_looked_in_is_named() {
    let client = Client::new(|_| Reply::list(&[]));
    for (scope, text) in [
        (dc1(), "no nodes in datacenter \"dc1\";"),
        (Scope::cluster(), "no nodes in the cluster;"),
        (
            rack1()
                .or_rack("dc1", "rack 2")
                .or_datacenter("dc2")
                .or_cluster(),
            "no nodes in rack \"rack1\" of datacenter \"dc1\", nor in rack \"rack 2\" of datacenter \
             \"dc1\", nor in datacenter \"dc2\", nor in the cluster;",
        ),
    ] {
        let error = look(&client, &[SEED], scope, &topology([]))
            .await
            .expect_err("no nodes");
        assert!(error.to_string().starts_with(text), "{error}");
    }
}

#[tokio::test]
async fn a_cluster_that_calls_itself_empty_is_an_error_and_not_a_list() {
    let client = Client::new(|_| Reply::list(&[]));
    look(&client, &[SEED], dc1(), &topology([1, 2]))
        .await
        .expect_err("no nodes");
}

#[tokio::test(start_paused = true)]
async fn all_of_the_asking_ends_after_thirty_seconds() {
    let client = Client::new(|_| Reply::Silence);
    let seeds: Vec<_> = (1..=50)
        .map(|host| format!("http://10.0.0.{host}:8000"))
        .collect();
    let seeds: Vec<_> = seeds.iter().map(String::as_str).collect();
    let begun = Instant::now();
    let error = look(&client, &seeds, dc1(), &topology([]))
        .await
        .expect_err("no nodes");
    assert_eq!(begun.elapsed(), Duration::from_secs(30));
    let silent = error.to_string().matches("silent for 3s").count();
    assert_eq!(silent, 40, "four at a time: {error}");
}

#[tokio::test(start_paused = true)]
async fn what_was_found_counts_when_the_time_is_over() {
    let client = Client::new(|seen| match seen.host() {
        "10.0.0.1" => Reply::list(&["10.0.0.1", "10.0.0.99"]),
        _ => Reply::Silence,
    });
    let seeds: Vec<_> = (1..=50)
        .map(|host| format!("http://10.0.0.{host}:8000"))
        .collect();
    let seeds: Vec<_> = seeds.iter().map(String::as_str).collect();
    let begun = Instant::now();
    let nodes = look(&client, &seeds, Scope::cluster(), &topology([50]))
        .await
        .expect("a list");
    assert_eq!(begun.elapsed(), Duration::from_secs(30));
    assert_eq!(
        super::origins(&nodes),
        [
            "http://10.0.0.1:8000",
            "http://10.0.0.99:8000",
            "http://10.0.0.50:8000"
        ],
        "and nobody is dropped who was not asked"
    );
}
