//! Many calls at a time, and waiting for what they bring about.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

/// No test waits longer for something that should happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Makes the calls 0 to `calls - 1`, `concurrency` of them at a time, and returns what each gave.
pub async fn load<F, Fut, T>(calls: usize, concurrency: usize, call: F) -> Vec<T>
where
    F: Fn(usize) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = T> + Send,
    T: Send + 'static,
{
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..concurrency {
        let (next, call) = (Arc::clone(&next), call.clone());
        workers.spawn(async move {
            let mut results = Vec::new();
            loop {
                let n = next.fetch_add(1, Relaxed);
                if n >= calls {
                    return results;
                }
                results.push((n, call(n).await));
            }
        });
    }
    let mut results: Vec<_> = workers.join_all().await.into_iter().flatten().collect();
    results.sort_by_key(|(n, _)| *n);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Waits until something holds; panics if it never does.
pub async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let wait = async {
        while !holds().await {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, wait)
        .await
        .unwrap_or_else(|_| panic!("never happened: {what}"));
}
