//! One node's view never takes nodes away alone.

use std::collections::BTreeSet;

use tokio::time::Instant;
use tower_muster::{Node, Scope, Topology};

use super::{SEED, dc1, look, topology};
use crate::tests::fakes::{Client, Reply};

/// The last numbers of the nodes' addresses.
fn hosts(nodes: &[Node]) -> BTreeSet<u8> {
    let host = |node: &Node| {
        node.origin()
            .authority()
            .host()
            .rsplit('.')
            .next()?
            .parse()
            .ok()
    };
    nodes.iter().filter_map(host).collect()
}

async fn found(client: &Client, seeds: &[&str], scope: Scope, known: &Topology) -> BTreeSet<u8> {
    hosts(&look(client, seeds, scope, known).await.expect("a list"))
}

#[tokio::test]
async fn a_node_that_is_cut_off_does_not_shrink_the_cluster_to_itself_and_is_dropped() {
    let client = Client::new(|seen| match seen.host() {
        "10.0.0.1" => Reply::list(&["10.0.0.1"]),
        _ => Reply::list(&["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"]),
    });
    let known = topology(1..=5);
    // Whichever node is asked first.
    for _ in 0..50 {
        assert_eq!(
            found(&client, &[SEED], dc1(), &known).await,
            (2..=5).collect()
        );
    }
}

#[tokio::test]
async fn the_halves_of_a_cluster_that_is_cut_in_two_are_both_kept() {
    let client = Client::new(|seen| match seen.host() {
        "10.0.0.1" | "10.0.0.2" => Reply::list(&["10.0.0.1", "10.0.0.2"]),
        _ => Reply::list(&["10.0.0.3", "10.0.0.4"]),
    });
    for _ in 0..50 {
        let found = found(&client, &[SEED], dc1(), &topology(1..=4)).await;
        assert_eq!(found, (1..=4).collect());
    }
}

#[tokio::test]
async fn of_two_nodes_that_see_themselves_alone_neither_is_dropped() {
    let client = Client::new(|seen| Reply::list(&[seen.host()]));
    for _ in 0..50 {
        let found = found(&client, &[SEED], dc1(), &topology(1..=2)).await;
        assert_eq!(found, (1..=2).collect());
    }
}

#[tokio::test]
async fn a_node_that_leaves_and_lists_itself_to_the_end_is_dropped_when_two_others_miss_it() {
    const LOOKS: usize = 200;
    let client = Client::new(|seen| match seen.host() {
        "10.0.0.4" => Reply::list(&["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]),
        _ => Reply::list(&["10.0.0.1", "10.0.0.2", "10.0.0.3"]),
    });
    let seeds = ["http://10.0.0.1:8000", "http://10.0.0.2:8000"];
    // Where it is the one that is asked first it is believed once more.
    for (scope, least) in [(dc1(), 100), (Scope::cluster(), LOOKS)] {
        let mut dropped = 0;
        for _ in 0..LOOKS {
            let found = found(&client, &seeds, scope.clone(), &topology(1..=4)).await;
            assert!(found.is_superset(&(1..=3).collect()), "{found:?}");
            dropped += usize::from(!found.contains(&4));
        }
        assert!(dropped >= least, "dropped by {dropped} looks of {LOOKS}");
    }
}

#[tokio::test]
async fn of_a_whole_cluster_a_datacenter_of_one_node_is_kept_though_others_do_not_list_it() {
    let client = Client::new(|seen| match seen.host() {
        "10.0.0.9" => Reply::list(&["10.0.0.9"]),
        _ => Reply::list(&["10.0.0.1", "10.0.0.2", "10.0.0.3"]),
    });
    let seeds = ["http://10.0.0.1:8000", "http://10.0.0.2:8000"];
    for _ in 0..20 {
        let found = found(&client, &seeds, Scope::cluster(), &topology([1, 2, 3, 9])).await;
        assert_eq!(found, BTreeSet::from([1, 2, 3, 9]));
    }
}

#[tokio::test]
async fn a_node_that_is_not_listed_and_does_not_answer_is_dropped() {
    for dead in [Reply::REFUSED, Reply::Status(500), Reply::list(&[])] {
        let client = Client::new(move |seen| match seen.host() {
            "10.0.0.3" => dead.clone(),
            _ => Reply::list(&["10.0.0.1", "10.0.0.2"]),
        });
        let found = found(&client, &[SEED], dc1(), &topology(1..=3)).await;
        assert_eq!(found, BTreeSet::from([1, 2]));
    }
}

#[tokio::test]
async fn a_node_that_has_left_and_says_so_itself_is_dropped() {
    let client = Client::new(|_| Reply::list(&["10.0.0.1", "10.0.0.2"]));
    let found = found(&client, &[SEED], dc1(), &topology(1..=3)).await;
    assert_eq!(found, BTreeSet::from([1, 2]));
}

#[tokio::test]
async fn a_datacenter_whose_only_seed_is_gone_stays_in_the_cluster() {
    let client = Client::new(|seen| match seen.host() {
        "10.0.0.1" => Reply::REFUSED,
        "10.0.0.2" | "10.0.0.3" => Reply::list(&["10.0.0.2", "10.0.0.3"]),
        _ => Reply::list(&["10.0.0.11", "10.0.0.12"]),
    });
    let seeds = [SEED, "http://10.0.0.11:8000"];
    for _ in 0..50 {
        let found = found(
            &client,
            &seeds,
            Scope::cluster(),
            &topology([1, 2, 3, 11, 12]),
        )
        .await;
        assert_eq!(found, BTreeSet::from([2, 3, 11, 12]));
    }
}

#[tokio::test(start_paused = true)]
async fn silent_nodes_are_dropped_three_at_a_time_and_no_later_than_they_are_asked() {
    let alive: BTreeSet<u8> = (1..=10).collect();
    let listed: Vec<_> = alive.iter().map(|host| format!("10.0.0.{host}")).collect();
    let client = Client::new(move |seen| {
        if listed.iter().any(|host| host == seen.host()) {
            let listed: Vec<_> = listed.iter().map(String::as_str).collect();
            return Reply::list(&listed);
        }
        Reply::Silence
    });
    let mut known: BTreeSet<u8> = (1..=19).collect();
    for _ in 0..3 {
        if known == alive {
            return;
        }
        let begun = Instant::now();
        let left = found(&client, &[SEED], dc1(), &topology(known.iter().copied())).await;
        assert!(left.is_superset(&alive), "{left:?}");
        let (silent, dropped) = (known.len() - alive.len(), known.len() - left.len());
        assert!(dropped >= silent.min(3), "{left:?}");
        let seconds = begun.elapsed().as_secs();
        assert!(
            (3..=6).contains(&seconds),
            "asked side by side: {seconds} s"
        );
        known = left;
    }
    assert_eq!(known, alive);
}
