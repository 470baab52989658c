//! Who asks for a key log has the secrets of every connection in it, those of looks at the cluster too.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::{collections::BTreeMap, env, fs, path::Path, process::Command};

use tower_muster_alternator::Tls;
use tower_muster_testkit::{TestCluster, Tls as NodeTls};
use tower_muster_tests::{
    Folder, Result, Table, credentials, handshakes, quiet, start_tls, trust, trusting, unsigned_sdk,
};

const VARIABLE: &str = "SSLKEYLOGFILE";

/// What TLS 1.3 gives for each connection; RFC 9850, section 2.
const LABELS: [&str; 4] = [
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_TRAFFIC_SECRET_0",
];

/// The labels of each connection in a log, by its client's random.
fn connections(log: &Path) -> BTreeMap<String, Vec<String>> {
    let mut connections: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in fs::read_to_string(log).unwrap_or_default().lines() {
        let [label, random, secret] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("three words: {line}");
        };
        assert_eq!(random.len(), 64, "{line}");
        assert!(
            secret.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{line}"
        );
        let labels = connections.entry(random.to_owned()).or_default();
        labels.push(label.to_owned());
    }
    connections
}

/// How many connections have all of theirs.
fn complete(log: &Path) -> usize {
    let connections = connections(log);
    let has_all = |labels: &&Vec<String>| {
        LABELS
            .iter()
            .all(|label| labels.iter().any(|other| other == label))
    };
    connections.values().filter(has_all).count()
}

/// How many connections the nodes have agreed on.
fn made(cluster: &TestCluster) -> usize {
    let (full, resumed) = handshakes(cluster.nodes());
    usize::try_from(full + resumed).unwrap()
}

/// Looks for nodes, makes calls, and compares the log with what the nodes have counted.
///
/// A client has its secrets before the node is done, so what a node has counted is in the log.
async fn everything_is_logged(log: &Path, tls: impl Fn(&TestCluster) -> Tls) -> Result {
    let cluster = start_tls("dc1:rack1=3", NodeTls::new()).await;
    let looks = trusting(&cluster).tls(tls(&cluster)).build()?;
    looks.cluster().ready().await?;
    let by_looks = made(&cluster);
    assert!(
        by_looks > 0 && complete(log) >= by_looks,
        "{by_looks} by looks"
    );
    drop(looks);

    let before = complete(log);
    for node in cluster.nodes() {
        let calls = quiet(&cluster, [node]).tls(tls(&cluster));
        let table = Table::of(unsigned_sdk(calls.http_client()?));
        let failure = table.get("k").await.unwrap_err();
        assert_eq!(failure.status(), Some(400), "there is no table: {failure}");
    }
    let all = made(&cluster);
    assert!(
        complete(log) >= all.max(before + 3),
        "{all} by looks and calls"
    );
    Ok(())
}

#[tokio::test]
async fn looks_and_calls_have_their_lines_in_the_file() -> Result {
    let folder = Folder::new("key-log");
    let log = folder.path("keys.log");
    everything_is_logged(&log, |cluster| trust(cluster).key_log_file(&log)).await
}

/// Runs itself with the variable set: a process must not change its own environment.
#[tokio::test]
async fn the_file_may_be_named_by_the_environment() -> Result {
    if let Some(log) = env::var_os(VARIABLE) {
        return everything_is_logged(Path::new(&log), |cluster| trust(cluster).key_log_env()).await;
    }
    let folder = Folder::new("key-log-env");
    let log = folder.path("keys.log");
    let child = Command::new(env::current_exe()?)
        .args(["--exact", "the_file_may_be_named_by_the_environment"])
        .env(VARIABLE, &log)
        .output()?;
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
    assert!(!connections(&log).is_empty());
    Ok(())
}

#[tokio::test]
async fn nothing_is_logged_unasked() -> Result {
    if let Some(log) = env::var_os(VARIABLE) {
        let cluster = start_tls("dc1:rack1=3", NodeTls::new()).await;
        let config = trusting(&cluster).credentials(credentials(), "us-east-1");
        Table::create(unsigned_sdk(config.http_client()?)).await?;
        assert!(!Path::new(&log).exists());
        return Ok(());
    }
    let folder = Folder::new("no-key-log");
    let child = Command::new(env::current_exe()?)
        .args(["--exact", "nothing_is_logged_unasked"])
        .env(VARIABLE, folder.path("keys.log"))
        .output()?;
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success() && said.contains("1 passed"),
        "{said}"
    );
    Ok(())
}
