use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::time::Instant;
use tower_muster::{Discover, Node, Scope, Topology};

use super::{SystemTables, SystemTablesError};
use crate::tests::fakes::{Client, Reply, Seen};

const SEED: &str = "http://10.0.0.1:8000";

type Member = (u8, &'static str, &'static str);
const ALL: [Member; 3] = [(1, "dc1", "r1"), (2, "dc1", "r2"), (3, "dc2", "r1")];

fn host(seen: &Seen) -> u8 {
    let last = seen.host().rsplit('.').next().expect("an address");
    last.parse().expect("a number")
}

fn is_local(seen: &Seen) -> bool {
    let body: Value = serde_json::from_slice(&seen.body).expect("JSON");
    body["TableName"] == ".scylla.alternator.system.local"
}

fn rows(rows: &[Value]) -> Reply {
    Reply::Body(Bytes::from(
        json!({ "Items": rows, "Count": 0 }).to_string(),
    ))
}

fn row(column: &str, (host, datacenter, rack): Member) -> Value {
    let address = format!("10.0.0.{host}");
    json!({ column: {"S": address}, "data_center": {"S": datacenter}, "rack": {"S": rack} })
}

/// What the node that is asked says, if these are all.
fn say(seen: &Seen, members: &[Member]) -> Reply {
    let asked = host(seen);
    let own = members
        .iter()
        .filter(|member| (member.0 == asked) == is_local(seen));
    let own: Vec<_> = own.map(|member| row("rpc_address", *member)).collect();
    rows(&own)
}

async fn look(
    client: &Client,
    seeds: &[&str],
    scope: Scope,
    known: &[Member],
) -> Result<Topology, SystemTablesError> {
    let source = SystemTables::new(client.clone(), seeds).expect("seeds");
    let nodes = source
        .scope(scope)
        .expect("names")
        .nodes(&topology(known))
        .await?;
    Ok(Topology::new(nodes).expect("a topology"))
}

fn topology(members: &[Member]) -> Topology {
    let nodes = members.iter().map(|(host, datacenter, rack)| {
        let node = Node::new(&format!("http://10.0.0.{host}:8000")).expect("an origin");
        node.in_rack(*datacenter, *rack).expect("names")
    });
    Topology::new(nodes).expect("a topology")
}

fn shown(topology: &Topology) -> Vec<String> {
    let nodes = topology.nodes().iter();
    let shown = nodes.map(|node| {
        let (datacenter, rack) = (node.datacenter(), node.rack());
        let place = format!("{}/{}", datacenter.unwrap_or("-"), rack.unwrap_or("-"));
        format!("{place} {}", node.origin())
    });
    shown.collect()
}

#[tokio::test]
async fn one_seed_tells_of_every_node_with_its_datacenter_and_rack() {
    let client = Client::new(|seen| say(seen, &ALL));
    let found = look(&client, &[SEED], Scope::cluster(), &[])
        .await
        .expect("members");
    assert_eq!(shown(&found), shown(&topology(&ALL)));
    let asked = client.operations();
    assert_eq!(asked.len(), 2, "one node, two tables");
    for seen in &asked {
        assert_eq!(seen.header("x-amz-target"), "DynamoDB_20120810.Scan");
        assert_eq!(
            seen.head.uri.authority().expect("one").as_str(),
            "10.0.0.1:8000"
        );
        let body: Value = serde_json::from_slice(&seen.body).expect("JSON");
        let columns = body["AttributesToGet"].as_array().expect("columns");
        assert!(columns.contains(&json!("data_center")) && columns.contains(&json!("rack")));
        assert_eq!(body.get("ExclusiveStartKey"), None);
    }
}

#[tokio::test]
async fn only_the_nodes_of_the_scope_are_kept() {
    let client = Client::new(|seen| say(seen, &ALL));
    for (scope, hosts) in [
        (Scope::datacenter("dc1"), &ALL[..2]),
        (Scope::rack("dc1", "r2"), &ALL[1..2]),
        (Scope::rack("dc1", "r2").or_datacenter("dc2"), &ALL[1..]),
        (Scope::datacenter("dc9"), &[]),
    ] {
        let found = look(&client, &[SEED], scope, &[]).await.expect("members");
        assert_eq!(shown(&found), shown(&topology(hosts)));
    }
}

#[tokio::test]
async fn tables_of_several_pages_are_read_to_their_end() {
    let client = Client::new(|seen| {
        if is_local(seen) {
            return rows(&[row("rpc_address", ALL[0])]);
        }
        let body: Value = serde_json::from_slice(&seen.body).expect("JSON");
        let page = match &body["ExclusiveStartKey"] {
            Value::Null => json!({
                "Items": [row("rpc_address", ALL[1])],
                "LastEvaluatedKey": {"peer": {"S": "10.0.0.2"}},
            }),
            key => {
                assert_eq!(key, &json!({"peer": {"S": "10.0.0.2"}}));
                json!({ "Items": [row("rpc_address", ALL[2])] })
            }
        };
        Reply::Body(Bytes::from(page.to_string()))
    });
    let found = look(&client, &[SEED], Scope::cluster(), &[])
        .await
        .expect("members");
    assert_eq!(found.len(), 3);
}

#[tokio::test]
async fn a_table_without_an_end_is_given_up() {
    let client = Client::new(|_| {
        let page =
            json!({ "Items": [row("peer", ALL[1])], "LastEvaluatedKey": {"peer": {"S": "x"}} });
        Reply::Body(Bytes::from(page.to_string()))
    });
    let error = look(&client, &[SEED], Scope::cluster(), &[])
        .await
        .expect_err("no end");
    assert!(
        error.to_string().contains("more than 10000 nodes"),
        "{error}"
    );
}

#[tokio::test]
async fn a_row_says_where_a_node_is_in_one_of_several_columns() {
    let client = Client::new(|seen| match is_local(seen) {
        // It listens everywhere, and says so.
        true => rows(&[json!({
            "rpc_address": {"S": "0.0.0.0"}, "data_center": {"S": "dc1"}, "rack": {"S": "r1"},
        })]),
        false => rows(&[
            row("preferred_ip", ALL[1]),
            row("peer", ALL[2]),
            row("unknown_column", (4, "dc1", "r1")),
            json!({ "peer": {"S": "10.0.0.5"}, "rack": {"S": "it joins"} }),
            json!({ "peer": {"S": "no address"}, "data_center": {"S": "dc1"}, "rack": {"S": "r1"} }),
            json!({ "peer": {"N": "7"}, "data_center": {"S": "dc1"}, "rack": {"S": "r1"} }),
            json!({}),
        ]),
    });
    let found = look(&client, &[SEED], Scope::cluster(), &[])
        .await
        .expect("members");
    assert_eq!(shown(&found), shown(&topology(&ALL)));
}

#[tokio::test]
async fn a_member_that_one_node_misses_is_kept_if_a_second_one_lists_it() {
    let client = Client::new(|seen| match host(seen) {
        1 => say(seen, &ALL[..1]),
        _ => say(seen, &ALL),
    });
    for _ in 0..20 {
        let found = look(&client, &[SEED], Scope::cluster(), &ALL)
            .await
            .expect("members");
        assert_eq!(found.len(), 3);
    }
}

#[tokio::test]
async fn a_member_that_two_nodes_miss_is_dropped() {
    let client = Client::new(|seen| match host(seen) {
        3 => Reply::REFUSED,
        _ => say(seen, &ALL[..2]),
    });
    let found = look(&client, &[SEED], Scope::cluster(), &ALL)
        .await
        .expect("members");
    assert_eq!(found.len(), 2);
}

#[tokio::test]
async fn without_a_second_opinion_nobody_is_dropped() {
    let client = Client::new(|seen| match host(seen) {
        1 => say(seen, &ALL[..1]),
        _ => Reply::REFUSED,
    });
    let found = look(&client, &[SEED], Scope::cluster(), &ALL)
        .await
        .expect("members");
    assert_eq!(found.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_error_names_what_each_node_said() {
    let client = Client::new(|seen| match host(seen) {
        1 => Reply::REFUSED,
        2 => Reply::Error(400, "AccessDeniedException", "no SELECT"),
        3 => rows(&[]),
        4 => Reply::Body(Bytes::from_static(b"[")),
        _ => Reply::Silence,
    });
    let seeds = [1, 2, 3, 4, 5].map(|host| format!("http://10.0.0.{host}:8000"));
    let seeds = seeds.each_ref().map(String::as_str);
    let begun = Instant::now();
    let error = look(&client, &seeds, Scope::cluster(), &[])
        .await
        .expect_err("nobody");
    assert_eq!(begun.elapsed(), Duration::from_secs(3));
    assert_eq!(
        error.to_string(),
        "no members in the system tables\
         ; http://10.0.0.1:8000 failed (connection refused)\
         ; http://10.0.0.2:8000 answered 400 Bad Request AccessDeniedException\
         ; http://10.0.0.3:8000 has no row with an address and a place\
         ; http://10.0.0.4:8000 failed (EOF while parsing a list at line 1 column 1)\
         ; http://10.0.0.5:8000 was silent for 3s"
    );
}
