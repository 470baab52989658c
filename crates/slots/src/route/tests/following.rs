//! A cluster follows the members.

use std::time::Duration;

use tokio::time::{Instant, timeout};
use tower_muster::{Cluster, discover::Pace};

use super::{rig::settle, site};
use crate::{Group, ManualGroup, SlotNodes};

fn group() -> ManualGroup {
    ManualGroup::new(&Group::builder("g").build().expect("a group"))
}

#[tokio::test(start_paused = true)]
async fn the_cluster_follows_within_milliseconds_of_a_notice() {
    let group = group();
    group.join(&site(1));
    let cluster = Cluster::discover(SlotNodes::new(group.table()));
    cluster.ready().await.expect("a list");
    // Idle, for which others are asked once a minute.
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    for number in 2..50 {
        let (known, begin) = (cluster.topology(), Instant::now());
        match number % 3 {
            0 => group.leave(site(number - 1).id()),
            _ => group.join(&site(number)),
        }
        cluster.changed(&known).await;
        assert!(
            begin.elapsed()
                <= 3 * Pace::new(Duration::from_millis(1), Duration::from_millis(1))
                    .expect("a pace")
                    .active()
        );
        assert_eq!(cluster.topology().len(), group.table().members().len());
    }
}

#[tokio::test(start_paused = true)]
async fn many_changes_at_once_end_as_one_list() {
    let group = group();
    let cluster = Cluster::discover(SlotNodes::new(group.table()));
    let known = cluster.topology();
    for number in 1..=100 {
        group.join(&site(number));
    }
    cluster.refresh();
    cluster.changed(&known).await;
    settle().await;
    assert_eq!(cluster.topology().len(), 100);
}

#[tokio::test(start_paused = true)]
async fn where_the_table_is_not_ready_the_cluster_waits() {
    let table = crate::SlotTable::empty();
    let cluster = Cluster::discover(SlotNodes::new(table.clone()));
    let ready = timeout(Duration::from_secs(5), cluster.ready()).await;
    assert!(ready.is_err(), "nothing is known yet");
    table.replace(&crate::table::tests::snapshot(1, &[1, 2], Vec::new()));
    cluster.ready().await.expect("a list");
    assert_eq!(cluster.topology().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_site_with_another_weight_is_known_by_it() {
    let group = group();
    group.join(&site(1));
    let cluster = Cluster::discover(SlotNodes::new(group.table()));
    cluster.ready().await.expect("a list");
    let known = cluster.topology();
    group.join(&site(1).weighted(3.0).expect("a weight"));
    let weight = cluster.changed(&known).await.nodes()[0].weight();
    assert!((weight - 3.0).abs() < 1e-9);
}
