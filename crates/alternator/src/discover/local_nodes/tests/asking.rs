//! Whom it asks, in which order, and in which words.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;
use tower_muster::Scope;

use super::{SEED, dc1, look, origins, rack1, topology};
use crate::tests::fakes::{Client, Reply, Seen};

fn hosts(asked: &[Seen]) -> Vec<&str> {
    asked.iter().map(Seen::host).collect()
}

#[tokio::test]
async fn names_are_encoded_so_that_they_cannot_say_anything_else() {
    for (scope, query) in [
        (Scope::cluster(), None),
        (Scope::datacenter("dc1"), Some("dc=dc1")),
        (Scope::rack("dc1", "rack1"), Some("dc=dc1&rack=rack1")),
        (Scope::datacenter("my dc"), Some("dc=my%20dc")),
        (
            Scope::rack("a&rack=b", "c=d"),
            Some("dc=a%26rack%3Db&rack=c%3Dd"),
        ),
        (Scope::datacenter("\"quoted\""), Some("dc=%22quoted%22")),
        (Scope::datacenter("a+b%20c"), Some("dc=a%2Bb%2520c")),
        (
            Scope::datacenter("düsseldorf-1"),
            Some("dc=d%C3%BCsseldorf%2D1"),
        ),
        (
            Scope::rack("東京", "#1/?"),
            Some("dc=%E6%9D%B1%E4%BA%AC&rack=%231%2F%3F"),
        ),
        (
            Scope::datacenter("a\r\nHost: b\0"),
            Some("dc=a%0D%0AHost%3A%20b%00"),
        ),
    ] {
        let client = Client::new(|_| Reply::list(&["10.0.0.2"]));
        look(&client, &[SEED], scope.clone(), &topology([]))
            .await
            .expect("a list");
        let [asked] = &client.asked()[..] else {
            panic!("asked more than once for {scope:?}")
        };
        assert_eq!(asked.query(), query, "{scope:?}");
        assert_eq!(asked.head.uri.path(), "/localnodes");
        assert_eq!(
            asked.head.uri.authority().expect("one").as_str(),
            "10.0.0.1:8000"
        );
        assert_eq!(asked.body, Bytes::new());
    }
}

#[tokio::test]
async fn nodes_that_are_known_are_asked_first_and_then_the_seeds_in_their_order() {
    let client = Client::new(|_| Reply::Status(503));
    let seeds = [
        "http://10.0.0.9:8000",
        "http://10.0.0.2:8000",
        "http://10.0.0.8:8000",
    ];
    let _ = look(&client, &seeds, dc1(), &topology([1, 2, 3])).await;
    let asked = client.asked();
    let hosts = hosts(&asked);
    let known: BTreeSet<_> = hosts[..3].iter().copied().collect();
    assert_eq!(known, BTreeSet::from(["10.0.0.1", "10.0.0.2", "10.0.0.3"]));
    assert_eq!(hosts[3..], ["10.0.0.9", "10.0.0.8"], "and nobody twice");
}

#[tokio::test]
async fn the_first_list_ends_the_asking() {
    let client = Client::new(|_| Reply::list(&["10.0.0.1", "10.0.0.2", "10.0.0.5"]));
    let nodes = look(&client, &[SEED], dc1(), &topology([1, 2]))
        .await
        .expect("a list");
    assert_eq!(nodes.len(), 3);
    assert_eq!(client.asked().len(), 1);
}

#[tokio::test]
async fn no_node_answers_to_every_client() {
    let client = Client::new(|_| Reply::list(&["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]));
    for _ in 0..200 {
        look(&client, &[SEED], dc1(), &topology(1..=4))
            .await
            .expect("a list");
    }
    let asked = client.asked();
    let asked: BTreeSet<_> = hosts(&asked).into_iter().collect();
    assert_eq!(asked.len(), 4, "{asked:?}");
}

#[tokio::test]
async fn of_a_large_cluster_eight_nodes_are_asked_before_the_seeds() {
    let client = Client::new(|_| Reply::REFUSED);
    let _ = look(
        &client,
        &["http://10.0.0.200:8000"],
        dc1(),
        &topology(1..=100),
    )
    .await;
    let asked = client.asked();
    assert_eq!(asked.len(), 9);
    assert_eq!(asked[8].host(), "10.0.0.200");
}

#[tokio::test]
async fn of_a_whole_cluster_every_seed_is_asked_for_its_own_datacenter() {
    let client = Client::new(|seen| match seen.host() {
        "10.0.0.1" => Reply::list(&["10.0.0.1", "10.0.0.2"]),
        "10.1.0.1" => Reply::list(&["10.1.0.1", "10.1.0.2"]),
        _ => Reply::REFUSED,
    });
    let seeds = [SEED, "http://10.9.0.1:8000", "http://10.1.0.1:8000"];
    let nodes = look(&client, &seeds, Scope::cluster(), &topology([]))
        .await
        .expect("a list");
    let expected = ["10.0.0.1", "10.0.0.2", "10.1.0.1", "10.1.0.2"];
    assert_eq!(
        origins(&nodes),
        expected.map(|host| format!("http://{host}:8000"))
    );
}

#[tokio::test]
async fn of_a_whole_cluster_a_known_node_is_asked_too_in_case_every_seed_is_gone() {
    let client = Client::new(|seen| match seen.host() {
        "10.0.0.1" => Reply::REFUSED,
        _ => Reply::list(&["10.0.0.7"]),
    });
    let nodes = look(&client, &[SEED], Scope::cluster(), &topology([7]))
        .await
        .expect("a list");
    assert_eq!(origins(&nodes), ["http://10.0.0.7:8000"]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_node_costs_a_quarter_of_a_second_and_the_next_one_is_asked() {
    let client = Client::new(|seen| match seen.host() {
        "10.0.0.3" => Reply::list(&["10.0.0.3"]),
        _ => Reply::Silence,
    });
    let seeds = [SEED, "http://10.0.0.2:8000", "http://10.0.0.3:8000"];
    let begun = Instant::now();
    let nodes = look(&client, &seeds, rack1(), &topology([]))
        .await
        .expect("a list");
    assert_eq!(origins(&nodes), ["http://10.0.0.3:8000"]);
    assert_eq!(begun.elapsed(), Duration::from_millis(500));
}

#[tokio::test]
async fn whatever_is_no_list_is_not_believed_and_the_next_one_is_asked() {
    let huge = format!("[{}\"10.0.0.66\"]", "\"10.0.0.66\",".repeat(100_000));
    assert!(huge.len() > 1 << 20);
    for reply in [
        Reply::Status(500),
        Reply::Status(404),
        Reply::Status(204),
        Reply::Status(301),
        Reply::REFUSED,
        Reply::list(&[]),
        Reply::list(&["seed.example"]),
        Reply::Body(Bytes::from(huge)),
        Reply::Body(Bytes::from_static(b"[")),
    ] {
        let told = format!("{reply:?}").chars().take(40).collect::<String>();
        let client = Client::new(move |seen| match seen.host() {
            "10.0.0.1" => reply.clone(),
            _ => Reply::list(&["10.0.0.2"]),
        });
        let seeds = [SEED, "http://10.0.0.2:8000"];
        let nodes = look(&client, &seeds, dc1(), &topology([]))
            .await
            .expect("a list");
        assert_eq!(origins(&nodes), ["http://10.0.0.2:8000"], "{told}");
    }
}

#[tokio::test]
async fn a_list_may_be_a_mebibyte_large() {
    let padded = |bytes: usize| {
        let list = r#"["10.0.0.2"]"#;
        Bytes::from(format!("{}{list}", " ".repeat(bytes - list.len())))
    };
    for (bytes, is_read) in [(1 << 20, true), ((1 << 20) + 1, false)] {
        let client = Client::new(move |_| Reply::Body(padded(bytes)));
        let nodes = look(&client, &[SEED], dc1(), &topology([])).await;
        assert_eq!(nodes.is_ok(), is_read, "{bytes} bytes");
    }
}
