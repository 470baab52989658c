//! The program `muster-cluster`.

#![expect(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_muster-cluster"))
        .args(arguments)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn it_prints_a_line_per_node_and_stops_when_told() {
    let output = run(&[
        "--topology=dc1:rack1=2;dc2:rackA=1",
        "--first-address=127.254.1.1",
        "--port=0",
        "--credentials=alternator:secret_pass",
        "--control=127.254.1.1:0",
        "--for-seconds=0",
    ]);
    assert!(output.status.success(), "{output:?}");
    let shown = text(&output.stdout);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 4, "{shown}");
    assert!(lines[0].starts_with("node http://127.254.1.1:") && lines[0].ends_with(" dc1 rack1"));
    assert!(lines[2].starts_with("node http://127.254.1.3:") && lines[2].ends_with(" dc2 rackA"));
    assert!(lines[3].starts_with("control http://127.254.1.1:"));
    assert!(!shown.contains("secret_pass"));
}

#[test]
fn it_takes_what_the_builder_takes() {
    let output = run(&[
        "--topology=dc1:rack1=1",
        "--joining=dc1:rack1=1",
        "--first-address=127.254.3.1",
        "--port=0",
        "--as-version=2025.1",
        "--write-isolation=always",
        "--transaction-hold-ms=5",
        "--conflict-probability=0.5",
        "--for-seconds=0",
    ]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(text(&output.stdout).lines().count(), 2);
}

#[test]
fn it_speaks_tls_and_writes_what_its_clients_need() {
    let folder = std::env::temp_dir().join(format!("muster-cluster-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let output = run(&[
        "--topology=dc1:rack1=1",
        "--first-address=127.254.4.1",
        "--port=0",
        "--tls",
        "--http2",
        "--client-cert-required",
        "--cert-name=cluster.example",
        &format!("--ca-out={}", file("ca.pem")),
        &format!("--client-cert-out={}", file("client.pem")),
        &format!("--client-key-out={}", file("client.key")),
        "--for-seconds=0",
    ]);
    assert!(output.status.success(), "{output:?}");
    assert!(text(&output.stdout).starts_with("node https://127.254.4.1:"));
    for (name, begins) in [
        ("ca.pem", "-----BEGIN CERTIFICATE-----"),
        ("client.pem", "-----BEGIN CERTIFICATE-----"),
        ("client.key", "-----BEGIN PRIVATE KEY-----"),
    ] {
        let written = std::fs::read_to_string(file(name)).unwrap();
        assert!(written.starts_with(begins), "{name}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_is_wrong_is_named_and_the_exit_code_says_so() {
    let table: [(&[&str], &str); 8] = [
        (&["--as-version=1.0"], "2026.3"),
        (&["--write-isolation=some"], "some"),
        (&["--ca-out=ca.pem"], "--tls"),
        (
            &[
                "--topology=dc1:rack1=1",
                "--port=0",
                "--first-address=127.254.5.1",
                "--tls",
                "--ca-out=/nowhere/ca.pem",
            ],
            "/nowhere/ca.pem",
        ),
        (&["--topology=dc1:rack1=none"], "rack1=none"),
        (&["--credentials=nosecret"], "nosecret"),
        (&["--port=0", "--first-address=10.0.0.1"], "10.0.0.1"),
        (
            &[
                "--port=0",
                "--first-address=127.254.2.1",
                "--control=0.0.0.0:0",
            ],
            "0.0.0.0",
        ),
    ];
    for (arguments, named) in table {
        let output = run(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        let error = text(&output.stderr);
        assert!(error.contains(named), "{arguments:?}: {error}");
    }
}
