//! Who waits for whom, and who collides.

use super::*;

fn partition(key: &str) -> Partition {
    ("things".to_owned(), key.to_owned())
}

async fn waits<T>(future: impl Future<Output = T>) -> bool {
    tokio::time::timeout(Duration::from_secs(1), future)
        .await
        .is_err()
}

#[tokio::test(start_paused = true)]
async fn one_nodes_writes_queue_and_do_not_collide() {
    let partitions = Arc::new(Partitions::default());
    let first = partitions.enter(partition("a"), 0).await;
    assert!(waits(partitions.enter(partition("a"), 0)).await);
    drop(first);
    assert!(!partitions.enter(partition("a"), 0).await.contended);
}

#[tokio::test]
async fn two_nodes_collide_at_one_partition_only() {
    let partitions = Arc::new(Partitions::default());
    let first = partitions.enter(partition("a"), 0).await;
    assert!(!first.contended);
    assert!(!partitions.enter(partition("b"), 1).await.contended);
    assert!(partitions.enter(partition("a"), 1).await.contended);
    drop(first);
    assert!(!partitions.enter(partition("a"), 1).await.contended);
}

#[tokio::test]
async fn a_write_that_gave_up_is_in_nobodys_way() {
    let partitions = Arc::new(Partitions::default());
    let mut first = partitions.enter(partition("a"), 0).await;
    first.give_up();
    assert!(!partitions.enter(partition("a"), 1).await.contended);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_of_what_has_ended_or_was_given_up_in_the_queue() {
    let partitions = Arc::new(Partitions::default());
    let turn = partitions.enter(partition("a"), 0).await;
    assert!(waits(partitions.enter(partition("a"), 0)).await);
    drop(turn);
    assert!(lock(&partitions.coordinators).is_empty());
}
