//! Sites over a real Redis.
use std::{convert::Infallible, time::Duration};
use tower_muster_slots::*;
use tower_muster_testkit::redis::RedisServer;
struct Nothing;
impl Handler for Nothing {
    type Error = Infallible;
    async fn acquire(&self, _: Acquire) -> Result<(), Infallible> {
        Ok(())
    }
    async fn release(&self, _: Slot) {}
    async fn primary_changed(&self, _: Grant) {}
}
#[tokio::test(flavor = "multi_thread")]
async fn smoke() {
    let redis = RedisServer::start().await.unwrap();
    let group = Group::builder("g")
        .slots(64)
        .replicas(2)
        .timeout(Duration::from_secs(1))
        .build()
        .unwrap();
    let mut sites = Vec::new();
    for n in 0..3 {
        let member =
            Member::new(&format!("s{n}"), &format!("http://127.0.0.1:{}", 7000 + n)).unwrap();
        sites.push(
            Site::builder(
                Redis::at(&redis.url()).unwrap(),
                group.clone(),
                member,
                Nothing,
            )
            .join()
            .await
            .unwrap(),
        );
    }
    let start = std::time::Instant::now();
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let p: Vec<_> = sites
            .iter()
            .map(|s| (s.primaries().len(), s.held().len()))
            .collect();
        println!("{:?} {p:?}", start.elapsed());
        if p.iter().map(|x| x.0).sum::<usize>() == 64 && p.iter().map(|x| x.1).sum::<usize>() == 128
        {
            break;
        }
    }
    let killed = sites.remove(0);
    drop(killed);
    let start = std::time::Instant::now();
    for _ in 0..60 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let p: Vec<_> = sites
            .iter()
            .map(|s| (s.primaries().len(), s.held().len()))
            .collect();
        println!("killed {:?} {p:?}", start.elapsed());
        if p.iter().map(|x| x.0).sum::<usize>() == 64 {
            break;
        }
    }
    let start = std::time::Instant::now();
    sites.remove(0).leave(Duration::from_secs(5)).await.unwrap();
    println!(
        "left {:?} {:?}",
        start.elapsed(),
        sites[0].primaries().len()
    );
    assert_eq!(sites[0].primaries().len(), 64);
}
