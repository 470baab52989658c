//! What the calls noticed, as a table or as JSON.

use std::{collections::BTreeMap, fmt, time::Duration};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde::Serialize;
use tower::Service;
use tower_muster_alternator::Stack;

use crate::{fault::Event, load::Results, target::Target};

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    calls: u64,
    failed: u64,
    attempts: u64,
    latency_us: Latency,
    nodes: Vec<NodeReport>,
    events: Vec<Event>,
    #[serde(skip)]
    failures: Vec<String>,
    #[serde(skip)]
    took: Duration,
}

#[derive(Debug, Serialize)]
struct Latency {
    p50: u64,
    p99: u64,
    max: u64,
}

#[derive(Debug, Serialize)]
struct NodeReport {
    address: String,
    /// Null where nothing is known of it.
    rack: Option<String>,
    requests: u64,
}

impl Report {
    pub(crate) fn new<C: Service<Request<Full<Bytes>>>>(
        results: &Results,
        per_node: &BTreeMap<String, u64>,
        events: Vec<Event>,
        target: &Target,
        stack: &Stack<C>,
    ) -> Self {
        let mut racks = target.racks();
        for node in stack.cluster().topology().nodes() {
            let address = node.origin().authority().to_string();
            racks.extend(node.rack().map(|rack| (address, rack.to_owned())));
        }
        let nodes = per_node.iter().map(|(address, requests)| NodeReport {
            address: address.clone(),
            rack: racks.get(address).cloned(),
            requests: *requests,
        });
        Self {
            calls: results.latencies.len() as u64,
            failed: results.failed,
            attempts: per_node.values().sum(),
            latency_us: Latency::of(&results.latencies),
            nodes: nodes.collect(),
            events,
            failures: results.failures.clone(),
            took: results.took,
        }
    }

    pub(crate) fn failed(&self) -> u64 {
        self.failed
    }

    pub(crate) fn json(&self) -> String {
        // A report is strings and integers, which always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Latency {
    fn of(latencies: &[Duration]) -> Self {
        let mut micros: Vec<_> = latencies.iter().map(|l| l.as_micros() as u64).collect();
        micros.sort_unstable();
        let at = |share: f64| {
            let rank = (share * micros.len() as f64).ceil() as usize;
            micros
                .get(rank.saturating_sub(1))
                .copied()
                .unwrap_or_default()
        };
        Self {
            p50: at(0.50),
            p99: at(0.99),
            max: at(1.0),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<24} {:<8} {:>9}", "node", "rack", "requests")?;
        for NodeReport {
            address,
            rack,
            requests,
        } in &self.nodes
        {
            writeln!(
                f,
                "{address:<24} {:<8} {requests:>9}",
                rack.as_deref().unwrap_or("?")
            )?;
        }
        let Self {
            calls,
            failed,
            attempts,
            latency_us,
            took,
            ..
        } = self;
        let per_second = *calls as f64 / took.as_secs_f64();
        writeln!(
            f,
            "\ncalls         {calls:>10}   in {:.1} s, {per_second:.0} a second",
            took.as_secs_f64()
        )?;
        writeln!(f, "failed calls  {failed:>10}")?;
        let extra = *attempts as f64 / *calls as f64;
        writeln!(f, "attempts      {attempts:>10}   {extra:.4} for each call")?;
        for (name, micros) in [
            ("p50", latency_us.p50),
            ("p99", latency_us.p99),
            ("slowest", latency_us.max),
        ] {
            writeln!(f, "{name:<13} {:>10.2} ms", micros as f64 / 1000.0)?;
        }
        if !self.events.is_empty() {
            writeln!(f, "\n{:>9}  event", "ms")?;
        }
        for Event { at_ms, node, event } in &self.events {
            writeln!(f, "{at_ms:>9}  {node} {event}")?;
        }
        self.failures
            .iter()
            .try_for_each(|failure| writeln!(f, "failure: {failure}"))
    }
}
