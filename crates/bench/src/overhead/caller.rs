//! Who makes the calls of one side, many at a time.

use tokio::task::{JoinSet, yield_now};
use tower_muster::BoxError;

/// One side of a pair: a client, and the call that it makes.
pub(super) trait Caller: Clone + Send + 'static {
    /// Makes one call, and reads its answer to the end.
    fn call(&mut self) -> impl Future<Output = Result<(), BoxError>> + Send;
}

/// How many calls one slice has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub(super) tasks: usize,
    /// Of each task, one after the other.
    pub(super) calls: usize,
}

impl Load {
    pub(super) fn all_calls(self) -> usize {
        self.tasks * self.calls
    }
}

/// How often connections are let finish what the last calls left to do.
const AFTERWARDS: usize = 4;

/// Makes all calls of a slice.
pub(super) async fn slice<C: Caller>(caller: &C, load: Load) -> Result<(), BoxError> {
    let mut tasks = JoinSet::new();
    for _ in 0..load.tasks {
        let mut caller = caller.clone();
        tasks.spawn(async move {
            for _ in 0..load.calls {
                caller.call().await?;
            }
            Ok::<_, BoxError>(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    for _ in 0..AFTERWARDS {
        yield_now().await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    };

    use super::*;

    #[derive(Clone)]
    struct Counts(Arc<AtomicUsize>);

    impl Caller for Counts {
        async fn call(&mut self) -> Result<(), BoxError> {
            self.0.fetch_add(1, Relaxed);
            yield_now().await;
            match self.0.load(Relaxed) {
                0..=12 => Ok(()),
                _ => Err("too many".into()),
            }
        }
    }

    #[tokio::test]
    async fn a_slice_makes_all_of_its_calls_and_fails_with_one_of_them() {
        let counts = Counts(Arc::default());
        let load = Load { tasks: 3, calls: 4 };
        slice(&counts, load).await.expect("twelve calls");
        assert_eq!(counts.0.load(Relaxed), load.all_calls());
        let error = slice(&counts, load).await.expect_err("more than twelve");
        assert_eq!(error.to_string(), "too many");
    }
}
