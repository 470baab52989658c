//! Answers are asked for compressed and read back whole: large items, pages in chunks, and what a node does
//! not compress; never more of them than was allowed.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::collections::BTreeMap;

use tower_muster_alternator::{
    Config,
    compression::{Encoding, ResponseCompression, response::DecodeError},
};
use tower_muster_testkit::{TestCluster, Version};
use tower_muster_tests::{
    Failure, Result, Table, ask, config, get, operation, signing_sdk, sources, start,
};

/// Of a page that is sent in chunks, as all over 100,000 bytes are.
const ITEMS: usize = 30;

fn value(n: usize) -> String {
    format!("value {n:02} ").repeat(1_000)
}

async fn fill(cluster: &TestCluster) -> Result<Table> {
    let table = Table::create(signing_sdk(config(cluster).signed_above().http_client()?)).await?;
    for n in 0..ITEMS {
        table.put(&n.to_string(), &value(n)).await?;
    }
    Ok(table)
}

fn asking(cluster: &TestCluster, encodings: &[Encoding]) -> Config {
    let responses = ResponseCompression::new(encodings.iter().copied());
    config(cluster).signed_above().compress_responses(responses)
}

fn bytes_sent(cluster: &TestCluster) -> u64 {
    let nodes = cluster.nodes().iter();
    nodes.map(|node| node.counters().bytes_sent).sum()
}

/// Reads one item and all of them, checks them, and tells how many bytes that took.
async fn read(cluster: &TestCluster, table: &Table) -> Result<(u64, u64), Failure> {
    let before = bytes_sent(cluster);
    assert_eq!(table.get("7").await?, Some(value(7)));
    let one = bytes_sent(cluster) - before;
    let scanned = table.client().scan().table_name("things").send().await?;
    let all = bytes_sent(cluster) - before - one;
    let items = scanned.items().iter().map(|item| {
        let string = |name: &str| item[name].as_s().unwrap().clone();
        (string("k"), string("v"))
    });
    let items: BTreeMap<_, _> = items.collect();
    let expected = (0..ITEMS).map(|n| (n.to_string(), value(n)));
    assert!(
        items.into_iter().eq(expected.collect::<BTreeMap<_, _>>()),
        "not what was put"
    );
    Ok((one, all))
}

#[tokio::test]
async fn large_items_and_pages_come_compressed_in_either_encoding() -> Result {
    let cluster = start("dc1:rack1=1").await;
    let plain = read(&cluster, &fill(&cluster).await?).await?;
    assert!(plain.0 > 9_000 && plain.1 > 270_000, "{plain:?}");
    for encodings in [
        &[Encoding::Gzip][..],
        &[Encoding::Deflate],
        &[Encoding::Gzip, Encoding::Deflate],
    ] {
        let stack = asking(&cluster, encodings);
        let table = Table::of(signing_sdk(stack.http_client()?));
        let small = read(&cluster, &table).await?;
        // A list of nodes may be asked for in between.
        assert!(
            small.0 < 2_000 && small.1 < 20_000,
            "{encodings:?} {small:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn what_a_node_does_not_compress_is_read_as_it_is() -> Result {
    let cluster = start("dc1:rack1=1").await;
    fill(&cluster).await?;
    let stack = asking(&cluster, &[Encoding::Gzip, Encoding::Deflate]);
    let table = Table::of(signing_sdk(stack.http_client()?));
    let node = &cluster.nodes()[0];
    // Too small, turned off, and a release that cannot.
    table.put_get_query_delete("small").await?;
    assert_eq!(table.get("none").await?, None);
    node.set_response_compression(0, 6);
    assert!(read(&cluster, &table).await?.0 > 9_000);
    node.set_response_compression(4_096, 0);
    assert!(read(&cluster, &table).await?.0 > 9_000);
    node.set_response_compression(4_096, 6);
    node.set_version(Version::V2025_1);
    assert!(read(&cluster, &table).await?.0 > 9_000);
    node.set_version(Version::V2026_3);
    assert!(
        read(&cluster, &table).await?.0 < 2_000,
        "it would have been compressed"
    );
    Ok(())
}

#[tokio::test]
async fn one_request_may_ask_and_another_not() -> Result {
    let cluster = TestCluster::builder()
        .topology("dc1:rack1=1")
        .start()
        .await?;
    fill(&cluster).await?;
    let asks = ResponseCompression::new([Encoding::Gzip]);
    let stack = config(&cluster).compress_responses(asks).build()?;
    for (asks, settings) in [
        (true, None),
        (false, Some(ResponseCompression::off())),
        (true, Some(ResponseCompression::new([Encoding::Deflate]))),
    ] {
        let mut request = operation("GetItem", get("3"));
        if let Some(settings) = settings {
            request.extensions_mut().insert(settings);
        }
        let before = bytes_sent(&cluster);
        let answer = ask(stack.service(), request).await?;
        assert!(answer.text().contains(&value(3)));
        assert!(
            !answer.headers.contains_key("content-encoding"),
            "{:?}",
            answer.headers
        );
        assert_eq!(bytes_sent(&cluster) - before < 2_000, asks, "{settings:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_over_the_limit_ends_in_an_error() -> Result {
    let cluster = start("dc1:rack1=1").await;
    fill(&cluster).await?;
    let responses = ResponseCompression::new([Encoding::Gzip]).limit(20_000);
    let stack = config(&cluster)
        .signed_above()
        .compress_responses(responses)
        .build()?;
    let table = Table::of(signing_sdk(stack.http_client()));
    assert_eq!(table.get("7").await?, Some(value(7)));

    let failure = table.client().scan().table_name("things").send().await;
    let failure = Failure::from(failure.unwrap_err());

    let error: &DecodeError = failure.find().unwrap();
    assert!(
        matches!(error, DecodeError::TooLarge { limit: 20_000, .. }),
        "{error:?}"
    );
    assert!(
        failure.to_string().contains("more than 20000 bytes"),
        "{failure}"
    );
    // The connection, the node and the stack are none the worse for it.
    assert_eq!(table.get("7").await?, Some(value(7)));
    let in_flight = stack
        .cluster()
        .nodes()
        .iter()
        .map(|node| node.in_flight())
        .sum::<u32>();
    assert_eq!(in_flight, 0);
    Ok(())
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_error_and_never_a_shorter_page() -> Result {
    let cluster = start("dc1:rack1=1").await;
    fill(&cluster).await?;
    for encodings in [&[][..], &[Encoding::Gzip], &[Encoding::Deflate]] {
        let stack = asking(&cluster, encodings);
        let table = Table::of(signing_sdk(stack.http_client()?));
        cluster.nodes()[0].truncate();
        let failure = table.client().scan().table_name("things").send().await;
        let failure = Failure::from(failure.unwrap_err());
        assert!(sources(&failure).count() > 1, "it has a cause: {failure}");
        cluster.nodes()[0].heal();
        read(&cluster, &table).await?;
    }
    Ok(())
}
