//! Who may sign, and what each node remembers of a secret that was changed.

#![expect(clippy::unwrap_used, reason = "a failed expectation is the report")]

mod support;

use support::sign::Signer;
use tower_muster_testkit::{TestCluster, TestNode};

const OLD: &str = "old_secret";
const NEW: &str = "new_secret";

async fn status(node: &TestNode, secret: &'static str, ahead: i64) -> u16 {
    let mut signer = Signer::new("alternator", secret);
    signer.ahead = ahead;
    let answer = signer.operation(node, "ListTables", b"{}").await;
    if answer.status != 200 {
        assert_eq!(answer.error(), "UnrecognizedClientException");
    }
    answer.status
}

async fn changed() -> TestCluster {
    let builder = TestCluster::builder().topology("dc1:r1=2");
    let cluster = builder
        .credentials("alternator", OLD)
        .start()
        .await
        .unwrap();
    assert_eq!(status(&cluster.nodes()[0], OLD, 0).await, 200);
    assert!(cluster.change_secret("alternator", NEW));
    assert!(!cluster.change_secret("nobody", NEW));
    cluster
}

#[tokio::test]
async fn the_first_request_with_the_new_secret_fails_at_a_node_that_remembers() {
    let cluster = changed().await;
    let [remembers, knows_nothing] = cluster.nodes() else {
        panic!()
    };
    assert_eq!(
        status(remembers, OLD, 0).await,
        200,
        "the old one goes on working"
    );
    assert_eq!(status(remembers, NEW, 0).await, 400);
    assert_eq!(status(remembers, NEW, 0).await, 200);
    assert_eq!(status(remembers, OLD, 0).await, 400);
    assert_eq!(status(knows_nothing, OLD, 0).await, 400);
    assert_eq!(status(knows_nothing, NEW, 0).await, 200);
}

#[tokio::test]
async fn the_old_secret_is_forgotten_after_a_minute_of_the_nodes_clock() {
    let cluster = changed().await;
    let node = &cluster.nodes()[0];
    node.set_clock_offset(30);
    assert_eq!(status(node, OLD, 30).await, 200);
    node.set_clock_offset(62);
    assert_eq!(status(node, OLD, 62).await, 400);
    assert_eq!(status(node, NEW, 62).await, 200);
}

#[tokio::test]
async fn a_role_that_cannot_log_in_is_told_why() {
    let cluster = TestCluster::builder()
        .topology("dc1:r1=1")
        .credentials("alternator", OLD)
        .role_without_login("reports")
        .role_without_password("backup")
        .start()
        .await
        .unwrap();
    let node = &cluster.nodes()[0];
    for (role, message) in [
        (
            "reports",
            "Role reports has login=false so cannot be used for login",
        ),
        ("backup", "No password found for user: backup"),
        ("nobody", "User not found: nobody"),
    ] {
        let signer = Signer::new(role, OLD);
        let answer = signer.operation(node, "ListTables", b"{}").await;
        assert_eq!(answer.error(), "UnrecognizedClientException");
        assert_eq!(answer.message(), message);
    }
    assert_eq!(status(node, OLD, 0).await, 200);
}
