//! The control address: faults and counters for programs.

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use support::{Connection, ips, operation, refuses_connections, start};
use tower_muster_testkit::{NodeState, Reset, StartError};

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
    let expected = json!({
        "address": own, "dc": "dc2", "rack": "r2", "state": "serving",
        "faults": {"black_hole": false, "slow_ms": null, "fail": null, "reset": null},
        "counters": {
            "connections": 1, "requests": 1, "attempts": 1, "executed": 1, "localnodes": 0,
            "health": 0, "signature_failures": 0, "in_flight": 0, "in_flight_peak": 1,
        },
        "hosts": [own],
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
async fn what_is_unknown_is_named() {
    let cluster = start("dc1:r1=1").await;
    let control = cluster.control(([127, 0, 0, 1], 0).into()).unwrap();
    let node = cluster.nodes()[0].address();
    let table = [
        ("GET /", 404, "GET /"),
        ("GET /nodes/10.0.0.1", 404, "10.0.0.1"),
        ("POST /nodes/nobody/kill", 404, "nobody"),
        (&format!("POST /nodes/{}:1/kill", node.ip()), 404, ":1"),
        (&format!("POST /nodes/{node}/explode"), 404, "explode"),
        (&format!("GET /nodes/{node}/kill"), 404, "GET"),
        (&format!("POST /nodes/{node}/slow"), 400, "ms"),
        (&format!("POST /nodes/{node}/slow?ms=soon"), 400, "ms=soon"),
        (
            &format!("POST /nodes/{node}/slow?seconds=1"),
            400,
            "seconds",
        ),
        (&format!("POST /nodes/{node}/kill?now=1"), 400, "now"),
        (&format!("POST /nodes/{node}/fail?status=200"), 400, "200"),
        (
            &format!("POST /nodes/{node}/fail?status=abc"),
            400,
            "status=abc",
        ),
        (&format!("POST /nodes/{node}/fail?type=X"), 400, "message"),
        (
            &format!("POST /nodes/{node}/reset?execute=maybe"),
            400,
            "execute=maybe",
        ),
    ];
    for (line, status, named) in table {
        let (answered, body) = ask(control, line).await;
        let error = body["error"].as_str().unwrap();
        assert_eq!(answered, status, "{line}: {error}");
        assert!(error.contains(named), "{line}: {error}");
    }
    assert_eq!(cluster.nodes()[0].state(), NodeState::Serving);
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
