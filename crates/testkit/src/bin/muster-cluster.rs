//! Runs a test cluster until it is told to stop.

use std::error::Error;
use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser};
use tower_muster_testkit::{
    NodeCertificate, TestCluster, TestClusterBuilder, Tls, Version, WriteIsolation,
};

/// A DynamoDB-compatible cluster on loopback addresses, for tests and examples.
#[derive(Debug, Parser)]
#[command(name = "muster-cluster", version)]
struct Arguments {
    /// Datacenters, racks and node counts: dc1:rack1=3,rack2=3;dc2:rackA=2
    #[arg(long, default_value = "dc1:rack1=3,rack2=3,rack3=3")]
    topology: String,
    /// The port of all nodes; 0 for any that is free
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// The first node's address; the others follow in a row
    #[arg(long, default_value = "127.0.0.1")]
    first_address: Ipv4Addr,
    /// Who may call, as access-key:secret; repeatable; without it nothing is verified
    #[arg(long, value_name = "KEY:SECRET", value_parser = pair)]
    credentials: Vec<(String, String)>,
    /// Where to take faults and show counters; loopback only, because whoever reaches it may
    /// kill nodes
    #[arg(long, value_name = "IP:PORT")]
    control: Option<SocketAddr>,
    /// How long its peers list a node that was killed or cut off; a real cluster takes up to 20000
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    staleness_ms: u64,
    /// Nodes that have not joined yet, written as the topology; the control address lets them
    #[arg(long, value_name = "TOPOLOGY")]
    joining: Option<String>,
    /// The release that the nodes behave as: 6.2, 2025.1, 2026.1, 2026.2, 2026.3
    #[arg(long, default_value_t = Version::default())]
    as_version: Version,
    /// Which writes are lightweight transactions: always, only_rmw, forbid_rmw, unsafe_rmw
    #[arg(long, value_name = "WHICH", default_value = "only_rmw")]
    write_isolation: WriteIsolation,
    /// How long a lightweight transaction holds its partition
    #[arg(long, value_name = "MS", default_value_t = 1)]
    transaction_hold_ms: u64,
    /// How often transactions of two nodes at one partition collide, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 1.0)]
    conflict_probability: f64,
    #[command(flatten)]
    wire: Wire,
    /// Stop by itself after this time
    #[arg(long, value_name = "SECONDS")]
    for_seconds: Option<u64>,
}

/// What is spoken on the nodes' ports.
#[derive(Debug, Args)]
struct Wire {
    /// Speak TLS, with certificates of an authority made for this run
    #[arg(long)]
    tls: bool,
    /// Where to write that authority's certificate, as PEM
    #[arg(long, value_name = "FILE", requires = "tls")]
    ca_out: Option<PathBuf>,
    /// One name for the certificates of all nodes, in place of their addresses
    #[arg(long, value_name = "NAME", requires = "tls")]
    cert_name: Option<String>,
    /// Refuse clients without a certificate of the same authority
    #[arg(long, requires = "tls")]
    client_cert_required: bool,
    /// Where to write a certificate for a client, as PEM
    #[arg(long, value_name = "FILE", requires = "tls")]
    client_cert_out: Option<PathBuf>,
    /// Where to write that certificate's key, as PEM
    #[arg(long, value_name = "FILE", requires = "tls")]
    client_key_out: Option<PathBuf>,
    /// Speak HTTP/2 as well: by ALPN over TLS, else to clients that know
    #[arg(long)]
    http2: bool,
}

impl Wire {
    fn apply(&self, builder: TestClusterBuilder) -> TestClusterBuilder {
        let builder = builder.http2(self.http2);
        if !self.tls {
            return builder;
        }
        let mut tls = Tls::new();
        if let Some(name) = &self.cert_name {
            tls = tls.certificate(NodeCertificate::for_name(name));
        }
        if self.client_cert_required {
            tls = tls.require_client_certificate();
        }
        builder.tls(tls)
    }

    /// Writes the files that were asked for.
    fn write(&self, cluster: &TestCluster) -> Result<(), Box<dyn Error>> {
        let files = [
            (&self.ca_out, cluster.ca_pem()),
            (&self.client_cert_out, cluster.client_cert_pem()),
            (&self.client_key_out, cluster.client_key_pem()),
        ];
        for (path, pem) in files {
            if let Some(path) = path {
                let written = std::fs::write(path, pem);
                written.map_err(|error| format!("cannot write {}: {error}", path.display()))?;
            }
        }
        Ok(())
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((key, secret)) if !key.is_empty() && !secret.is_empty() => {
            Ok((key.to_owned(), secret.to_owned()))
        }
        _ => Err("write it as access-key:secret".to_owned()),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprint!("muster-cluster: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                eprint!(": {cause}");
                source = cause.source();
            }
            eprintln!();
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let mut builder = TestCluster::builder()
        .topology(arguments.topology)
        .port(arguments.port)
        .first_address(arguments.first_address)
        .staleness(Duration::from_millis(arguments.staleness_ms))
        .version(arguments.as_version)
        .write_isolation(arguments.write_isolation)
        .transaction_hold(Duration::from_millis(arguments.transaction_hold_ms))
        .conflict_probability(arguments.conflict_probability);
    if let Some(joining) = arguments.joining {
        builder = builder.joining(joining);
    }
    for (key, secret) in arguments.credentials {
        builder = builder.credentials(key, secret);
    }
    let cluster = arguments.wire.apply(builder).start().await?;
    arguments.wire.write(&cluster)?;
    for node in cluster.nodes() {
        println!("node {} {} {}", node.url(), node.datacenter(), node.rack());
    }
    if let Some(address) = arguments.control {
        println!("control http://{}", cluster.control(address)?);
    }
    let stop = async {
        match arguments.for_seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => pending().await,
        }
    };
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        () = stop => {}
    }
    Ok(())
}
