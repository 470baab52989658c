//! Calls that go on while a test does something else.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};

use tokio::task::JoinSet;

use super::load::until;

/// Is calls that are made again and again, several at a time, until they are ended.
#[derive(Debug)]
pub struct Traffic<T> {
    made: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
    workers: JoinSet<Vec<(usize, T)>>,
}

impl<T: Send + 'static> Traffic<T> {
    /// Begins to make the calls 0, 1 and so on, `concurrency` of them at a time.
    pub fn begin<F, Fut>(concurrency: usize, call: F) -> Self
    where
        F: Fn(usize) -> Fut + Clone + Send + 'static,
        Fut: Future<Output = T> + Send,
    {
        let next = Arc::new(AtomicUsize::new(0));
        let (made, is_over) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let mut workers = JoinSet::new();
        for _ in 0..concurrency {
            let (next, call) = (Arc::clone(&next), call.clone());
            let (made, is_over) = (Arc::clone(&made), Arc::clone(&is_over));
            workers.spawn(async move {
                let mut results = Vec::new();
                while !is_over.load(Relaxed) {
                    let n = next.fetch_add(1, Relaxed);
                    results.push((n, call(n).await));
                    made.fetch_add(1, Relaxed);
                }
                results
            });
        }
        Self {
            made,
            is_over,
            workers,
        }
    }

    /// Waits until so many more calls were made.
    pub async fn go_on_for(&self, calls: usize) {
        let wanted = self.made.load(Relaxed) + calls;
        until("calls go on", async || self.made.load(Relaxed) >= wanted).await;
    }

    /// Ends them and returns what each gave, by its number.
    pub async fn end(self) -> Vec<T> {
        self.is_over.store(true, Relaxed);
        let results = self.workers.join_all().await;
        let mut results: Vec<_> = results.into_iter().flatten().collect();
        results.sort_by_key(|(n, _)| *n);
        results.into_iter().map(|(_, result)| result).collect()
    }
}
