//! Signatures hold for the node that gets the request, whoever signs and whatever is done to a request on its way:
//! after nodes are lost, with trimmed headers, compressed bodies and session tokens, all together.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::collections::{BTreeMap, BTreeSet};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{Builder, SharedHttpClient};
use tower_muster_alternator::{Config, compression::RequestCompression, headers::Trim};
use tower_muster_testkit::{TestCluster, TestNode, Tls as NodeTls, Version};
use tower_muster_tests::{
    ACCESS_KEY, ENDPOINT_HOST, Failure, InOrder, Recorder, Result, SECRET, Sent, Table, config,
    load, patient, signature_failures, signing_sdk, start, start_tls, trusting, unsigned_sdk,
};

const THREE: &str = "dc1:rack1=3";
const CALLS: usize = 60;
const CONCURRENCY: usize = 4;
const TOKEN: &str = "a-token-of-the-session";

/// Who signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signer {
    /// The SDK, for one Host that every node is sent.
    Sdk,
    /// The stack, for each node.
    Stack,
    /// The SDK with keys that no node knows, and then the stack.
    SdkThenStack,
}

/// What is done to requests.
#[derive(Debug, Clone)]
struct Way {
    signer: Signer,
    trim: Trim,
    compression: RequestCompression,
    has_token: bool,
}

impl Way {
    fn of(signer: Signer) -> Self {
        Self {
            signer,
            trim: Trim::off(),
            compression: RequestCompression::off(),
            has_token: false,
        }
    }

    fn trimmed(self, trim: Trim) -> Self {
        Self { trim, ..self }
    }

    fn compressed(self, compression: RequestCompression) -> Self {
        Self {
            compression,
            ..self
        }
    }

    fn with_token(self) -> Self {
        Self {
            has_token: true,
            ..self
        }
    }

    fn credentials(&self) -> Credentials {
        let token = self.has_token.then(|| TOKEN.to_owned());
        Credentials::new(ACCESS_KEY, SECRET, token, None, "tests")
    }

    fn config(&self, config: Config) -> Config {
        let config = config.policy(InOrder).trim(self.trim.clone());
        let config = config.compress_requests(self.compression);
        match self.signer {
            Signer::Sdk => config.signed_above(),
            _ => config.credentials(self.credentials(), "us-east-1"),
        }
    }

    fn sdk(&self, http_client: SharedHttpClient) -> Builder {
        match self.signer {
            Signer::Sdk => signing_sdk(http_client).credentials_provider(self.credentials()),
            Signer::Stack => unsigned_sdk(http_client),
            Signer::SdkThenStack => {
                let token = Some("the-token-of-a-stranger".to_owned());
                let stranger = Credentials::new("stranger", "not_it", token, None, "tests");
                signing_sdk(http_client).credentials_provider(stranger)
            }
        }
    }

    /// One attempt, as it was handed to the client.
    fn assert_sent(&self, sent: &Sent) {
        let node = sent.uri.authority().unwrap().as_str();
        let host = match self.signer {
            Signer::Sdk => ENDPOINT_HOST,
            _ => node,
        };
        assert_eq!(sent.header("host"), host, "{sent:?}");
        for name in ["authorization", "x-amz-date", "host"] {
            let values = sent.headers.get_all(name).iter().count();
            assert_eq!(values, 1, "{name}: {sent:?}");
        }
        let authorization = sent.header("authorization");
        let key = format!("Credential={ACCESS_KEY}/");
        assert!(authorization.contains(&key), "{sent:?}");
        let token = if self.has_token { TOKEN } else { "" };
        assert_eq!(sent.header("x-amz-security-token"), token, "{sent:?}");
        let covers_token = authorization.contains("x-amz-security-token");
        assert_eq!(covers_token, self.has_token, "{sent:?}");
        let is_compressed = self.compression != RequestCompression::off();
        if sent.header("x-amz-target").ends_with("PutItem") {
            let encoding = !sent.header("content-encoding").is_empty();
            assert_eq!(encoding, is_compressed, "{sent:?}");
        }
        if self.signer != Signer::Sdk && self.trim != Trim::off() {
            assert!(sent.header("amz-sdk-invocation-id").is_empty(), "{sent:?}");
        }
    }

    /// Some calls were sent to more nodes than one, each time with a signature for that node.
    fn assert_moved(&self, sent: &[Sent]) {
        let mut calls: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for sent in sent {
            let attempts = calls.entry(&sent.body).or_default();
            attempts.insert(sent.uri.to_string(), sent.header("authorization"));
        }
        let moved = calls.values().filter(|attempts| attempts.len() > 1);
        let mut count = 0;
        for attempts in moved {
            let different: BTreeSet<_> = attempts.values().collect();
            let expected = match self.signer {
                Signer::Sdk => 1,
                _ => attempts.len(),
            };
            assert_eq!(different.len(), expected, "{attempts:?}");
            count += 1;
        }
        assert!(count >= 2, "{count} calls were moved, of two nodes' loss");
    }
}

/// Puts and adds while first one node is lost and then another. Returns what the adds gave, by their number.
async fn calls(cluster: &TestCluster, table: &Table) -> Vec<(usize, Result<(), Failure>)> {
    let (called, nodes) = (table.clone(), cluster.nodes().to_vec());
    let value = "some value ".repeat(200);
    let results = load(CALLS, CONCURRENCY, move |n| {
        let (table, value) = (called.clone(), value.clone());
        let lost: Option<TestNode> = match n {
            20 => Some(nodes[0].clone()),
            40 => Some(nodes[1].clone()),
            _ => None,
        };
        async move {
            if let Some(lost) = lost {
                lost.kill();
            }
            match n % 2 {
                0 => table.put(&n.to_string(), &value).await,
                _ => table.add(&n.to_string()).await,
            }
        }
    });
    results.await.into_iter().enumerate().collect()
}

/// No put failed, and no add was carried out twice.
async fn assert_carried_out(table: &Table, results: Vec<(usize, Result<(), Failure>)>) -> Result {
    for (n, result) in results {
        let key = n.to_string();
        match result {
            Ok(()) if n % 2 == 0 => assert!(table.get(&key).await?.is_some(), "put {n}"),
            Ok(()) => assert_eq!(table.count(&key).await?, 1, "add {n}"),
            // What was in flight at a node that was lost.
            Err(failure) if n % 2 == 1 && failure.is_ambiguous() => {
                assert!(failure.status().is_none(), "{failure}");
                assert!(table.count(&key).await? <= 1, "add {n}");
            }
            Err(failure) => return Err(failure.into()),
        }
    }
    Ok(())
}

async fn holds(way: Way) -> Result {
    let cluster = start(THREE).await;
    let client = Recorder::new();
    let stack = way.config(patient(config(&cluster)));
    let stack = stack.build_over(client.clone())?;
    let table = Table::create(way.sdk(stack.http_client())).await?;
    client.clear();
    let results = calls(&cluster, &table).await;
    let sent = client.sent();
    assert_carried_out(&table, results).await?;
    assert_eq!(signature_failures(&cluster), 0, "{way:?}");
    for sent in &sent {
        way.assert_sent(sent);
    }
    way.assert_moved(&sent);
    let last = &cluster.nodes()[2];
    assert!(last.counters().executed > 0, "it serves what is left");
    Ok(())
}

mod while_nodes_are_lost {
    use super::{
        RequestCompression,
        Signer::{Sdk, SdkThenStack, Stack},
        Trim, Way,
    };

    macro_rules! each_way {
        ($($name:ident: $way:expr;)*) => {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() -> super::Result {
                super::holds($way).await
            }
        )*};
    }

    each_way! {
        the_sdks_signature_holds: Way::of(Sdk);
        the_sdks_signature_holds_with_a_token: Way::of(Sdk).with_token();
        the_sdks_signature_holds_over_what_the_spec_keeps: Way::of(Sdk).trimmed(Trim::spec()).with_token();
        the_sdks_signature_holds_over_what_is_needed: Way::of(Sdk).trimmed(Trim::needed()).with_token();
        the_stacks_signature_holds: Way::of(Stack);
        the_stacks_signature_holds_with_a_token: Way::of(Stack).with_token();
        the_stacks_signature_holds_over_what_the_spec_keeps: Way::of(Stack).trimmed(Trim::spec());
        the_stacks_signature_holds_over_what_is_needed: Way::of(Stack).trimmed(Trim::needed());
        the_stacks_signature_holds_over_gzip: Way::of(Stack).compressed(RequestCompression::gzip());
        the_stacks_signature_holds_over_all_at_once:
            Way::of(Stack).trimmed(Trim::needed()).compressed(RequestCompression::deflate()).with_token();
        the_stacks_signature_holds_in_place_of_the_sdks: Way::of(SdkThenStack);
        the_stacks_signature_holds_in_place_of_the_sdks_with_a_token: Way::of(SdkThenStack).with_token();
        the_stacks_signature_holds_in_place_of_the_sdks_over_what_the_spec_keeps:
            Way::of(SdkThenStack).trimmed(Trim::spec()).compressed(RequestCompression::gzip());
        the_stacks_signature_holds_in_place_of_the_sdks_over_all_at_once:
            Way::of(SdkThenStack).trimmed(Trim::needed()).compressed(RequestCompression::gzip()).with_token();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signatures_hold_over_tls_while_nodes_are_lost() -> Result {
    let small = RequestCompression::gzip();
    for way in [
        Way::of(Signer::Sdk).trimmed(Trim::needed()).with_token(),
        Way::of(Signer::Stack)
            .trimmed(Trim::needed())
            .compressed(small)
            .with_token(),
        Way::of(Signer::SdkThenStack).trimmed(Trim::spec()),
    ] {
        let cluster = start_tls(THREE, NodeTls::new()).await;
        let stack = way.config(trusting(&cluster)).build()?;
        let table = Table::create(way.sdk(stack.http_client())).await?;
        let results = calls(&cluster, &table).await;
        assert_carried_out(&table, results).await?;
        assert_eq!(signature_failures(&cluster), 0, "{way:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_stranger_who_signs_is_nobody_without_the_stacks_own_signature() -> Result {
    let cluster = start(THREE).await;
    let stranger = Way::of(Signer::SdkThenStack);
    let stack = patient(config(&cluster)).signed_above().build()?;
    let table = Table::of(stranger.sdk(stack.http_client()));
    let failure = table.get("k").await.unwrap_err();
    assert_eq!(
        failure.code(),
        Some("UnrecognizedClientException"),
        "{failure}"
    );
    let stack = stranger.config(patient(config(&cluster))).build()?;
    let table = Table::create(stranger.sdk(stack.http_client())).await?;
    table.put_get_query_delete("v").await?;
    Ok(())
}

/// Nodes look at a request in an order of their own, which has changed between versions.
#[tokio::test]
async fn a_request_that_was_moved_passes_every_check_of_a_node_of_any_version() -> Result {
    for version in [Version::V2025_1, Version::V2026_1, Version::V2026_3] {
        for signer in [Signer::Sdk, Signer::Stack, Signer::SdkThenStack] {
            let cluster = start(THREE).await;
            for node in cluster.nodes() {
                node.set_version(version);
            }
            let way = Way::of(signer).trimmed(Trim::needed()).with_token();
            let stack = way.config(patient(config(&cluster))).build()?;
            let table = Table::create(way.sdk(stack.http_client())).await?;
            for node in &cluster.nodes()[..2] {
                node.refuse();
            }
            let last = &cluster.nodes()[2];
            let before = last.counters().executed;
            table.put("k", "v").await?;
            assert_eq!(last.counters().executed, before + 1, "{version:?} {way:?}");
            assert_eq!(signature_failures(&cluster), 0, "{version:?} {way:?}");
        }
    }
    Ok(())
}
