//! Over HTTP/2, agreed on by TLS or known beforehand, signatures hold, one connection to a node does for all its
//! calls, and neither a GOAWAY nor a connection that breaks under many calls has one carried out twice.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use hyper::{server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{net::TcpListener, task::AbortHandle};
use tower::ServiceExt;
use tower_muster::Node;
use tower_muster_alternator::{Alternator, ClientBuilder, Config};
use tower_muster_testkit::{Close, TestCluster, TestNode, Tls as NodeTls};
use tower_muster_tests::{
    ACCESS_KEY, ENDPOINT_HOST, Failure, InOrder, Only, Result, SECRET, Table, Traffic, ask,
    attempts, client, config, credentials, executed, load, operation, patient, quiet,
    signature_failures, signing_sdk, trusting, unsigned_sdk, until,
};

const THREE: &str = "dc1:rack1=3";
const LONG: Duration = Duration::from_secs(60);

/// How HTTP/2 comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Alpn,
    PriorKnowledge,
}

const BOTH: [By; 2] = [By::Alpn, By::PriorKnowledge];

impl By {
    async fn start(self) -> Result<TestCluster> {
        let builder = TestCluster::builder().topology(THREE).http2(true);
        let builder = builder.credentials(ACCESS_KEY, SECRET);
        Ok(match self {
            Self::Alpn => builder.tls(NodeTls::new()).start().await?,
            Self::PriorKnowledge => builder.start().await?,
        })
    }

    fn client(self, cluster: &TestCluster) -> ClientBuilder {
        match self {
            Self::Alpn => client(cluster).http2(),
            Self::PriorKnowledge => client(cluster).http2_prior_knowledge(),
        }
    }

    /// Finds its nodes; nobody signs yet.
    fn config(self, cluster: &TestCluster) -> Config {
        patient(config(cluster)).client(self.client(cluster))
    }

    /// Sends nothing but calls, and signs.
    fn quiet<'a>(
        self,
        cluster: &'a TestCluster,
        nodes: impl IntoIterator<Item = &'a TestNode>,
    ) -> Config {
        quiet(cluster, nodes).client(self.client(cluster))
    }
}

/// Every request came over HTTP/2.
fn assert_all_is_http2(by: By, cluster: &TestCluster) {
    for node in cluster.nodes() {
        let counters = node.counters();
        assert!(counters.http2_connections > 0, "{counters:?}");
        assert_eq!(counters.alpn_http1, 0, "{counters:?}");
        if by == By::Alpn {
            assert_eq!(counters.alpn_h2, counters.http2_connections, "{counters:?}");
        }
    }
}

#[tokio::test]
async fn signatures_of_the_stack_hold_and_each_node_is_sent_its_own_host() -> Result {
    for by in BOTH {
        let cluster = by.start().await?;
        let signs = |config: Config| config.credentials(credentials(), "us-east-1");
        let table = signs(by.config(&cluster)).http_client()?;
        let table = Table::create(unsigned_sdk(table)).await?;
        for node in cluster.nodes() {
            let only = signs(by.config(&cluster)).policy(Only::at(node));
            let only = Table::of(unsigned_sdk(only.http_client()?));
            only.put_get_query_delete("v").await?;
            assert_eq!(node.hosts(), [node.address().to_string()]);
        }
        assert_eq!(table.get("k").await?, None);
        assert_eq!(signature_failures(&cluster), 0);
        assert_all_is_http2(by, &cluster);
    }
    Ok(())
}

/// The node goes by the Host header, which is the one that was signed; the `:authority` is the node's own. RFC
/// 9113, section 8.3.1, lets a server refuse such a request: one that goes by the `:authority` would.
#[tokio::test]
async fn signatures_of_an_sdk_hold_where_the_host_header_counts_and_not_the_authority() -> Result {
    for by in BOTH {
        let cluster = by.start().await?;
        Table::create(signing_sdk(by.config(&cluster).http_client()?)).await?;
        for node in cluster.nodes() {
            let only = by.config(&cluster).policy(Only::at(node));
            let only = Table::of(signing_sdk(only.http_client()?));
            only.put_get_query_delete("v").await?;
            // Looks at the cluster are nobody's to sign, so they have the node's own.
            for host in node.hosts() {
                let is_known = host == ENDPOINT_HOST || host == node.address().to_string();
                assert!(is_known, "{host}");
            }
            assert!(node.hosts().contains(&ENDPOINT_HOST.to_owned()));
        }
        assert_eq!(signature_failures(&cluster), 0);
        assert_all_is_http2(by, &cluster);
    }
    Ok(())
}

#[tokio::test]
async fn where_nodes_do_not_speak_it_http1_is_spoken() -> Result {
    for is_tls in [true, false] {
        let builder = TestCluster::builder().topology(THREE);
        let builder = builder.credentials(ACCESS_KEY, SECRET);
        let cluster = match is_tls {
            true => builder.tls(NodeTls::new()).start().await?,
            // Without TLS nothing is agreed on.
            false => builder.http2(true).start().await?,
        };
        let stack = trusting(&cluster).client(client(&cluster).http2());
        let stack = stack.credentials(credentials(), "us-east-1");
        let table = Table::create(unsigned_sdk(stack.http_client()?)).await?;
        table.put_get_query_delete("v").await?;
        for node in cluster.nodes() {
            let counters = node.counters();
            assert_eq!((counters.http2_connections, counters.alpn_h2), (0, 0));
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_to_a_node_does_for_all_its_calls() -> Result {
    const CALLERS: usize = 32;
    for by in BOTH {
        let cluster = by.start().await?;
        let stack = by.quiet(&cluster, cluster.nodes()).build()?;
        let table = Table::create(unsigned_sdk(stack.http_client())).await?;
        let has_served = |node: &TestNode| node.counters().executed > 0;
        if by == By::Alpn {
            // Who does not know beforehand has to ask, and a crowd asks all at once.
            until("each node is known to speak it", async || {
                table.put("k", "v").await.unwrap();
                cluster.nodes().iter().all(has_served)
            })
            .await;
        }
        let results = load(600, CALLERS, move |n| {
            let table = table.clone();
            async move { table.put(&n.to_string(), "v").await }
        });
        for result in results.await {
            result?;
        }
        for node in cluster.nodes() {
            let counters = node.counters();
            assert!(counters.executed > 0, "{counters:?}");
            let made = (counters.connections, counters.http2_connections);
            assert_eq!(made, (1, 1), "{by:?} {counters:?}");
            assert_eq!(counters.requests_per_connection_peak, counters.requests);
        }
    }
    Ok(())
}

/// What was added is there once; nothing was told as failed.
async fn assert_added_once(table: &Table, results: &[Result<(), Failure>]) -> Result {
    for (n, result) in results.iter().enumerate() {
        let count = table.count(&n.to_string()).await?;
        let failure = result.as_ref().err().map(ToString::to_string);
        assert_eq!((count, failure), (1, None), "call {n}");
    }
    Ok(())
}

/// A GOAWAY says what was not processed, and leaves no doubt of that. The close that follows may: an add whose
/// stream ended with the connection, and without an answer, is told as doubtful.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goaways_in_mid_flight_fail_no_call_that_may_be_repeated_and_have_none_carried_out_twice()
-> Result {
    for by in BOTH {
        let cluster = by.start().await?;
        let stack = by.quiet(&cluster, cluster.nodes()).build()?;
        let table = Table::create(unsigned_sdk(stack.http_client())).await?;
        let called = table.clone();
        let traffic = Traffic::begin(8, move |n| {
            let table = called.clone();
            async move {
                match n % 2 {
                    0 => table.put(&n.to_string(), "v").await,
                    _ => table.add(&n.to_string()).await,
                }
            }
        });
        for round in 0..20 {
            traffic.go_on_for(10).await;
            cluster.nodes()[round % 3].goaway();
        }
        traffic.go_on_for(10).await;
        for (n, result) in traffic.end().await.into_iter().enumerate() {
            let key = n.to_string();
            match result {
                Ok(()) if n % 2 == 0 => assert!(table.get(&key).await?.is_some(), "put {n}"),
                Ok(()) => assert_eq!(table.count(&key).await?, 1, "add {n}"),
                Err(failure) => {
                    let text = failure.to_string();
                    assert!(n % 2 == 1 && failure.is_ambiguous(), "call {n}: {text}");
                    assert!(!text.contains("http2 error"), "call {n}: {text}");
                    assert!(table.count(&key).await? <= 1, "add {n}");
                }
            }
        }
        let connections = |node: &TestNode| node.counters().http2_connections;
        let all: u64 = cluster.nodes().iter().map(connections).sum();
        assert!(
            all > 6,
            "{all} connections: they were given up and made again"
        );
    }
    Ok(())
}

#[tokio::test]
async fn calls_under_way_at_a_goaway_end_where_they_are() -> Result {
    const CALLERS: usize = 8;
    for by in BOTH {
        let cluster = by.start().await?;
        let table = in_order(by, &cluster).await?;
        let node = &cluster.nodes()[0];
        table.put("k", "v").await?;
        node.slow(Duration::from_millis(500));
        let before = attempts([node]);
        let under_way = begin(CALLERS, &table, |table, n| async move {
            table.add(&n.to_string()).await
        });
        until("all have arrived", async || {
            attempts([node]) == before + CALLERS as u64
        })
        .await;
        node.goaway();
        node.heal();
        let mut results = Vec::new();
        for call in under_way {
            results.push(call.await?);
        }
        assert_added_once(&table, &results).await?;
        assert_eq!(attempts([&cluster.nodes()[1]]), 0, "nobody was asked again");
    }
    Ok(())
}

/// A table, by way of the first node while that can be chosen.
async fn in_order(by: By, cluster: &TestCluster) -> Result<Table> {
    let stack = by
        .quiet(cluster, cluster.nodes())
        .policy(InOrder)
        .attempt_timeout(LONG)
        .deadline(LONG)
        .build()?;
    Ok(Table::create(unsigned_sdk(stack.http_client())).await?)
}

type Begun = Vec<tokio::task::JoinHandle<Result<(), Failure>>>;

/// Begins so many calls at once.
fn begin<Fut>(calls: usize, table: &Table, call: fn(Table, usize) -> Fut) -> Begun
where
    Fut: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let begin = |n| tokio::spawn(call(table.clone(), n));
    (0..calls).map(begin).collect()
}

#[tokio::test]
async fn a_connection_that_breaks_under_many_calls_costs_those_that_may_be_repeated_nothing()
-> Result {
    const CALLERS: usize = 8;
    for by in BOTH {
        for how in [Close::Fin, Close::Reset] {
            let cluster = by.start().await?;
            let table = in_order(by, &cluster).await?;
            let node = &cluster.nodes()[0];
            table.put("k", "v").await?;
            let opened = node.counters().connections;
            // Each is carried out as it arrives; no answer comes.
            node.slow(LONG);
            let before = executed([node]);
            let puts = begin(CALLERS, &table, |table, n| async move {
                table.put(&format!("put {n}"), "v").await
            });
            let adds = begin(CALLERS, &table, |table, n| async move {
                table.add(&format!("add {n}")).await
            });
            let all = before + 2 * CALLERS as u64;
            until("all are carried out", async || executed([node]) == all).await;
            assert_eq!(node.counters().connections, opened, "over one connection");

            node.close_connections(how);

            for put in puts {
                put.await??;
            }
            for add in adds {
                let failure = add.await?.unwrap_err();
                assert!(failure.is_ambiguous(), "{failure}");
                assert!(failure.stack().is_some(), "{failure}");
            }
            node.heal();
            for n in 0..CALLERS {
                assert!(table.get(&format!("put {n}")).await?.is_some());
                assert_eq!(table.count(&format!("add {n}")).await?, 1, "{by:?} {how:?}");
            }
        }
    }
    Ok(())
}

/// A server that takes one stream at a time, and counts those.
struct Narrow {
    node: Node,
    served: Arc<AtomicUsize>,
    task: AbortHandle,
}

impl Narrow {
    async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.80:0").await?;
        let node = Node::new(&format!("http://{}", listener.local_addr()?))?;
        let served = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&served);
        let serve = async move {
            while let Ok((stream, _)) = listener.accept().await {
                let count = Arc::clone(&count);
                let service = service_fn(move |_| {
                    count.fetch_add(1, Relaxed);
                    let answer = Full::new(Bytes::from_static(b"{}"));
                    async { Ok::<_, Infallible>(Response::new(answer)) }
                });
                let mut builder = http2::Builder::new(TokioExecutor::new());
                builder.max_concurrent_streams(1);
                tokio::spawn(builder.serve_connection(TokioIo::new(stream), service));
            }
        };
        let task = tokio::spawn(serve).abort_handle();
        Ok(Self { node, served, task })
    }
}

impl Drop for Narrow {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test]
async fn streams_that_a_server_refuses_are_sent_again_and_never_served_twice() -> Result {
    const CALLS: usize = 40;
    let servers = [Narrow::start().await?, Narrow::start().await?];
    let errors = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&errors);
    let client = ClientBuilder::new().http2_prior_knowledge().build()?;
    let client = client.map_err(move |error| {
        count.fetch_add(1, Relaxed);
        error
    });
    let nodes = servers.iter().map(|server| server.node.clone());
    let config = patient(Alternator::at_nodes(nodes)).no_probing();
    let stack = config.build_over(client)?;
    // Not one that may be repeated; and more than the server takes, before it could say how many it does.
    let calls: Vec<_> = (0..CALLS)
        .map(|_| tokio::spawn(ask(stack.service(), operation("UpdateItem", "{}"))))
        .collect();
    for call in calls {
        assert_eq!(call.await??.status, 200);
    }
    assert!(errors.load(Relaxed) > 0, "none was refused");
    let served = |server: &Narrow| server.served.load(Relaxed);
    assert_eq!(servers.iter().map(served).sum::<usize>(), CALLS);
    Ok(())
}
