//! The control address: faults and counters for programs.

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use support::sign::Signer;
use support::{Connection, ips, local_nodes, operation, refuses_connections, start, until};
use tower_muster_testkit::{
    Close, NodeState, Reset, StartError, TestCluster, TestNode, Tls, Version,
};

async fn ask(control: SocketAddr, line: &str) -> (u16, Value) {
    let mut connection = Connection::open(control).await;
    connection.send(&format!("{line} HTTP/1.1"), "").await;
    let answer = connection.answer().await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn nodes_are_shown_with_state_faults_and_counters() {
    let cluster = start("dc1:r1=1;dc2:r2=1").await;
    let control = cluster.control(([127, 0, 0, 1], 0).into()).unwrap();
    operation(&cluster.nodes()[1], "ListTables", "{}").await;
    let (status, all) = ask(control, "GET /nodes").await;
    assert_eq!((status, all.as_array().unwrap().len()), (200, 2));
    let own = cluster.nodes()[1].address().to_string();
    let counters = cluster.nodes()[1].counters();
    let expected = json!({
        "address": own, "dc": "dc2", "rack": "r2", "state": "serving",
        "host_id": cluster.nodes()[1].host_id(), "version": "2026.3",
        "faults": {
            "black_hole": false, "slow_ms": null, "fail": null, "reset": null, "refuse": false,
            "rate_limit": false, "ambiguous": false, "truncate": false, "max_in_flight": null,
            "drop_syns": false, "close_on_arrival": null, "close_after_head": null,
            "close_after_answer": false,
        },
        "counters": {
            "connections": 1, "requests": 1, "attempts": 1, "executed": 1, "localnodes": 0,
            "health": 0, "signature_failures": 0, "in_flight": 0, "in_flight_peak": 1,
            "requests_per_connection_peak": 1, "keys_written": 0, "conflicts": 0, "shed": 0,
            "bytes_received": counters.bytes_received, "bytes_sent": counters.bytes_sent,
            "tls_full": 0, "tls_resumed": 0, "tls_failed": 0, "alpn_h2": 0, "alpn_http1": 0,
            "http2_connections": 0,
        },
        "hosts": [own], "server_names": [], "client_names": [],
    });
    assert_eq!(all[1], expected);
    assert_eq!(
        ask(control, &format!("GET /nodes/{own}")).await,
        (200, expected)
    );
}

#[tokio::test]
async fn each_fault_is_done_to_the_node() {
    let cluster = start("dc1:r1=2").await;
    let node = &cluster.nodes()[0];
    let control = cluster.control(([127, 0, 0, 1], 0).into()).unwrap();
    let ip = &ips(&cluster.nodes()[..1])[0];
    let fault = async |fault: &str| {
        let (status, report) = ask(control, &format!("POST /nodes/{ip}/{fault}")).await;
        assert_eq!(status, 200, "{fault}: {report}");
        report
    };
    assert_eq!(fault("kill").await["state"], "killed");
    assert!(refuses_connections(node).await);
    assert_eq!(fault("restart").await["state"], "serving");
    fault("slow?ms=20").await;
    assert_eq!(node.faults().slow, Some(Duration::from_millis(20)));
    fault("fail?status=503").await;
    assert_eq!(node.faults().fail.unwrap().status, 503);
    fault("fail").await;
    assert_eq!(node.faults().fail.unwrap().status, 500);
    fault("fail?status=400&type=RequestLimitExceeded&message=too+many").await;
    let failure = node.faults().fail.unwrap();
    assert_eq!(
        (&*failure.error_type, &*failure.message),
        ("RequestLimitExceeded", "too many")
    );
    fault("reset").await;
    assert_eq!(node.faults().reset, Some(Reset::AfterExecution));
    fault("reset?execute=false").await;
    assert_eq!(node.faults().reset, Some(Reset::BeforeExecution));
    assert_eq!(fault("blackhole").await["faults"]["black_hole"], true);
    assert_eq!(fault("heal").await["faults"]["slow_ms"], Value::Null);
    assert_eq!(node.faults(), Default::default());
    fault("drain").await;
    assert!(matches!(
        node.state(),
        NodeState::Draining | NodeState::Drained
    ));
}

#[tokio::test]
async fn connections_and_certificates_are_for_programs_too() {
    let builder = TestCluster::builder().topology("dc1:r1=1").tls(Tls::new());
    let cluster = builder.http2(true).start().await.unwrap();
    let node = &cluster.nodes()[0];
    let control = cluster.control(([127, 0, 0, 1], 0).into()).unwrap();
    let own = node.address();
    let ask = async |what: &str| ask(control, &format!("POST /nodes/{own}/{what}")).await;
    for what in [
        "closeonarrival?how=reset&next=3",
        "closeafterhead?share=0.5",
        "closeafteranswer",
        "goaway",
        "closeconnections?how=reset",
        "certificate?name=cluster.example&valid=past&trusted=false",
        "certificate",
    ] {
        let (status, report) = ask(what).await;
        assert_eq!(status, 200, "{what}: {report}");
    }
    let faults = node.faults();
    assert_eq!(faults.close_on_arrival, Some(Close::Reset));
    assert_eq!(faults.close_after_head, Some(Close::Fin));
    assert!(faults.close_after_answer);
    for (what, named) in [
        ("closeonarrival?how=softly", "how=softly"),
        ("certificate?valid=perhaps", "valid=perhaps"),
        ("certificate?name=%C3%B1", "show the certificate"),
    ] {
        let (status, report) = ask(what).await;
        assert_eq!(status, 400, "{what}: {report}");
        assert!(
            report["error"].as_str().unwrap().contains(named),
            "{report}"
        );
    }
}

#[tokio::test]
async fn faults_may_be_for_some_of_the_requests() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    let control = cluster.control(([127, 0, 0, 1], 0).into()).unwrap();
    let own = node.address();
    let fault = async |fault: &str| {
        let (status, report) = ask(control, &format!("POST /nodes/{own}/{fault}")).await;
        assert_eq!(status, 200, "{fault}: {report}");
    };
    fault("refuse?next=1").await;
    assert_eq!(operation(node, "ListTables", "{}").await.status, 500);
    assert_eq!(operation(node, "ListTables", "{}").await.status, 200);
    for name in ["ratelimit", "ambiguous", "truncate", "refuse"] {
        fault(&format!("{name}?share=0.5")).await;
    }
    fault("overload?max=7").await;
    let faults = node.faults();
    assert!(faults.rate_limit && faults.ambiguous && faults.truncate && faults.refuse);
    assert_eq!(faults.max_in_flight, Some(7));
    fault("heal").await;
    assert_eq!(node.faults(), Default::default());
}

#[tokio::test]
async fn a_nodes_life_and_settings_can_be_changed() {
    let builder = TestCluster::builder().topology("dc1:r1=2");
    let cluster = builder.joining("dc1:r1=1").start().await.unwrap();
    let [first, second, newcomer] = cluster.nodes() else {
        panic!()
    };
    let control = cluster.control(([127, 0, 0, 1], 0).into()).unwrap();
    let change = async |node: &TestNode, what: &str| {
        let line = format!("POST /nodes/{}/{what}", node.address());
        let (status, report) = ask(control, &line).await;
        assert_eq!(status, 200, "{what}: {report}");
        report["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(change(newcomer, "join?after_ms=60000").await, "starting");
    change(first, "kill").await;
    assert_eq!(change(first, "restart?after_ms=60000").await, "starting");
    assert_eq!(change(first, "restart").await, "serving");
    let decommission = "decommission?streaming_ms=60000&unlisted_ms=1";
    assert_eq!(change(second, decommission).await, "leaving");

    change(first, "version?is=2025.1").await;
    assert_eq!(first.version(), Version::V2025_1);
    change(first, "compression?threshold=1&level=9").await;
    change(first, "header?name=x-hint&value=here").await;
    change(first, "clock?seconds=3600").await;
    let answer = operation(first, "ListTables", "{}").await;
    assert_eq!(answer.header("x-hint"), Some("here"));
}

#[tokio::test]
async fn the_cluster_as_a_whole_can_be_cut_and_mended() {
    let builder = TestCluster::builder().topology("dc1:r1=3");
    let builder = builder.credentials("key", "secret");
    let cluster = builder.staleness(Duration::ZERO).start().await.unwrap();
    let nodes = cluster.nodes();
    let control = cluster.control(([127, 0, 0, 1], 0).into()).unwrap();
    let ip = nodes[0].address().ip();
    let second = nodes[1].address();
    let (status, all) = ask(control, &format!("POST /partition?groups={ip},{second};")).await;
    assert_eq!((status, all.as_array().unwrap().len()), (200, 3));
    let alone = ips(&nodes[2..]);
    until("it is noticed", async || {
        local_nodes(&nodes[2], "").await == alone
    })
    .await;
    assert_eq!(local_nodes(&nodes[0], "").await, ips(&nodes[..2]));
    assert_eq!(ask(control, "POST /heal").await.0, 200);
    assert_eq!(local_nodes(&nodes[2], "").await, ips(nodes));

    let secret = "POST /secret?access_key=key&secret=another";
    assert_eq!(ask(control, secret).await.0, 200);
    let signer = Signer::new("key", "another");
    let answer = signer.operation(&nodes[0], "ListTables", b"{}").await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn what_is_unknown_is_named() {
    let cluster = start("dc1:r1=1").await;
    let control = cluster.control(([127, 0, 0, 1], 0).into()).unwrap();
    let node = cluster.nodes()[0].address();
    let table = [
        ("GET /".to_owned(), 404, "GET /"),
        ("GET /nodes/10.0.0.1".to_owned(), 404, "10.0.0.1"),
        ("POST /nodes/nobody/kill".to_owned(), 404, "nobody"),
        (format!("POST /nodes/{}:1/kill", node.ip()), 404, ":1"),
        (format!("POST /nodes/{node}/explode"), 404, "explode"),
        (format!("GET /nodes/{node}/kill"), 404, "GET"),
        (format!("POST /nodes/{node}/slow"), 400, "ms"),
        (format!("POST /nodes/{node}/slow?ms=soon"), 400, "ms=soon"),
        (format!("POST /nodes/{node}/slow?seconds=1"), 400, "seconds"),
        (format!("POST /nodes/{node}/kill?now=1"), 400, "now"),
        (format!("POST /nodes/{node}/fail?status=200"), 400, "200"),
        (
            format!("POST /nodes/{node}/fail?status=abc"),
            400,
            "status=abc",
        ),
        (format!("POST /nodes/{node}/fail?type=X"), 400, "message"),
        (
            format!("POST /nodes/{node}/reset?execute=maybe"),
            400,
            "execute=maybe",
        ),
    ];
    refuses(control, &table).await;
    assert_eq!(cluster.nodes()[0].state(), NodeState::Serving);
}

#[tokio::test]
async fn what_cannot_be_done_is_named() {
    let cluster = start("dc1:r1=1").await;
    let control = cluster.control(([127, 0, 0, 1], 0).into()).unwrap();
    let node = cluster.nodes()[0].address();
    let table = [
        (format!("POST /nodes/{node}/refuse?next=x"), 400, "next=x"),
        (format!("POST /nodes/{node}/refuse?share=2"), 400, "share=2"),
        (format!("POST /nodes/{node}/refuse?share=NaN"), 400, "NaN"),
        (
            format!("POST /nodes/{node}/refuse?share=0&next=1"),
            400,
            "exclude",
        ),
        (format!("POST /nodes/{node}/overload"), 400, "max"),
        (format!("POST /nodes/{node}/version?is=1.0"), 400, "is=1.0"),
        (format!("POST /nodes/{node}/header?name=x"), 400, "value"),
        (
            format!("POST /nodes/{node}/restart?slowly=1"),
            400,
            "slowly",
        ),
        ("POST /explode".to_owned(), 404, "explode"),
        ("POST /partition".to_owned(), 400, "groups"),
        (
            "POST /partition?groups=10.0.0.1".to_owned(),
            404,
            "10.0.0.1",
        ),
        (
            "POST /secret?access_key=nobody&secret=x".to_owned(),
            400,
            "nobody",
        ),
    ];
    refuses(control, &table).await;
    assert_eq!(cluster.nodes()[0].faults(), Default::default());
}

/// Asserts that each line gets the status, and an error that names something.
async fn refuses(control: SocketAddr, table: &[(String, u16, &str)]) {
    for (line, status, named) in table {
        let (answered, body) = ask(control, line).await;
        let error = body["error"].as_str().unwrap_or_default();
        assert_eq!(answered, *status, "{line}: {error}");
        assert!(error.contains(named), "{line}: {error}");
    }
}

#[tokio::test]
async fn only_loopback_addresses_are_taken() {
    let cluster = start("dc1:r1=1").await;
    for address in ["0.0.0.0:0", "10.0.0.1:9999", "[::]:0"] {
        let error = cluster.control(address.parse().unwrap()).unwrap_err();
        assert!(matches!(error, StartError::NotLoopback { .. }), "{error}");
        assert!(error.to_string().contains(address), "{error}");
    }
}
