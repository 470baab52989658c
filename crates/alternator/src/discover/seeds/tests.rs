use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::advance;
use tower::service_fn;

use super::{Name, Seeds};

/// Seeds whose names are looked up in `names`; the counter says how often.
fn seeds(
    seeds: &[&str],
    names: impl Fn(&str) -> io::Result<Vec<&'static str>> + Clone + Send + Sync + 'static,
) -> (Seeds, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let lookups = Arc::clone(&count);
    let mut seeds = Seeds::new(seeds).expect("seeds");
    seeds.resolve_by(service_fn(move |name: Name| {
        lookups.fetch_add(1, Relaxed);
        let found = names(name.as_str()).map(|found| {
            let found = found.into_iter().map(|ip| ip.parse().expect("an address"));
            found.map(|ip| SocketAddr::new(ip, 0)).collect::<Vec<_>>()
        });
        async move { found }
    }));
    (seeds, count)
}

async fn origins(seeds: &mut Seeds) -> Vec<String> {
    let origins = seeds.origins().await;
    origins.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_name_stands_for_all_of_its_addresses_at_the_port_of_the_seed() {
    let (mut seeds, _) = seeds(
        &["http://nodes.example:8000", "http://10.0.0.9:8001"],
        |name| {
            assert_eq!(name, "nodes.example");
            Ok(vec!["10.0.0.1", "10.0.0.2", "2001:db8::1"])
        },
    );
    let expected = [
        "http://10.0.0.1:8000",
        "http://10.0.0.2:8000",
        "http://[2001:db8::1]:8000",
        "http://10.0.0.9:8001",
    ];
    assert_eq!(origins(&mut seeds).await, expected);
}

#[tokio::test]
async fn no_more_than_eight_addresses_of_a_name_are_asked() {
    const MANY: [&str; 20] = ["10.0.0.1"; 20];
    let (mut seeds, _) = seeds(&["http://nodes.example"], |_| Ok(MANY.to_vec()));
    assert_eq!(origins(&mut seeds).await.len(), 8);
}

#[tokio::test(start_paused = true)]
async fn addresses_are_looked_up_again_after_half_a_minute_and_when_they_are_doubted() {
    let (mut seeds, count) = seeds(&["http://nodes.example"], |_| Ok(vec!["10.0.0.1"]));
    for _ in 0..3 {
        origins(&mut seeds).await;
    }
    assert_eq!(count.load(Relaxed), 1);
    advance(Duration::from_secs(31)).await;
    origins(&mut seeds).await;
    assert_eq!(count.load(Relaxed), 2);
    seeds.doubt();
    origins(&mut seeds).await;
    assert_eq!(count.load(Relaxed), 3);
}

#[tokio::test]
async fn a_name_that_cannot_be_looked_up_is_left_to_the_client() {
    for found in [None, Some(vec![]), Some(vec!["0.0.0.0", "224.0.0.1"])] {
        let (mut seeds, count) = seeds(&["http://nodes.example:8000"], move |_| {
            found
                .clone()
                .ok_or_else(|| io::Error::other("no such name"))
        });
        for _ in 0..2 {
            assert_eq!(origins(&mut seeds).await, ["http://nodes.example:8000"]);
        }
        assert_eq!(count.load(Relaxed), 2, "and looked up again each time");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lookup_that_hangs_costs_three_seconds() {
    let mut seeds = Seeds::new(["http://nodes.example:8000"]).expect("seeds");
    seeds.resolve_by(service_fn(|_: Name| {
        std::future::pending::<io::Result<Vec<SocketAddr>>>()
    }));
    let begun = tokio::time::Instant::now();
    assert_eq!(origins(&mut seeds).await, ["http://nodes.example:8000"]);
    assert_eq!(begun.elapsed(), Duration::from_secs(3));
}

#[tokio::test]
async fn addresses_and_names_that_a_certificate_is_for_are_not_looked_up() {
    let texts = [
        "http://10.0.0.1:8000",
        "http://[::1]",
        "https://nodes.example:8043",
    ];
    let (mut seeds, count) = seeds(&texts, |_| Ok(vec!["10.9.9.9"]));
    assert_eq!(origins(&mut seeds).await, texts);
    assert_eq!(count.load(Relaxed), 0);
}

#[tokio::test]
async fn the_system_looks_names_up_by_default() {
    let mut seeds = Seeds::new(["http://localhost:8000"]).expect("seeds");
    let origins = origins(&mut seeds).await;
    assert!(
        origins.contains(&"http://127.0.0.1:8000".to_owned()),
        "{origins:?}"
    );
}
