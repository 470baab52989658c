//! The database: one engine on one thread, shared by every node.
//!
//! The engine is SQLite behind one mutex, so callers would only wait for each
//! other; a queue to one thread costs less. Work that was accepted runs to its
//! end whether or not anyone still waits for the answer, which is what an
//! Alternator node that drains does.

mod operations;
mod tables;

use std::sync::mpsc;
use std::thread;

use dynoxide::Database;
use tokio::sync::oneshot;

use crate::error::StartError;

pub(crate) use operations::{Operation, prepare};
pub(crate) use tables::{Table, Tables};

type Job = Box<dyn FnOnce(&Database) + Send>;

/// The queue to the engine's thread, which ends when the last handle is gone.
///
/// It needs no bound of its own: a connection has one request in it at a time.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    jobs: mpsc::Sender<Job>,
}

/// The engine's thread is gone; only a panic inside the engine does that.
#[derive(Debug)]
pub(crate) struct Stopped;

impl Engine {
    pub(crate) fn start() -> Result<Self, StartError> {
        let database = Database::memory().map_err(|source| StartError::Engine {
            source: source.into(),
        })?;
        let (jobs, queue) = mpsc::channel::<Job>();
        let work = move || {
            for job in queue {
                job(&database);
            }
        };
        let thread = thread::Builder::new()
            .name("testkit-engine".into())
            .spawn(work);
        thread.map_err(|source| StartError::Engine {
            source: source.into(),
        })?;
        Ok(Self { jobs })
    }

    /// Runs work on the engine's thread, after all work accepted before it.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> T + Send + 'static,
    ) -> Result<T, Stopped> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move |database: &Database| {
            // Nobody may be left to hear it: the work is done all the same.
            let _ = answer.send(work(database));
        });
        self.jobs.send(job).map_err(|_| Stopped)?;
        answered.await.map_err(|_| Stopped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_done_all_the_same() {
        let engine = Engine::start().unwrap();
        let (hold, held) = mpsc::channel::<()>();
        let (done, finished) = mpsc::channel::<&str>();
        let first = done.clone();
        let blocked = engine.run(move |_| {
            let _ = held.recv();
            first.send("first").unwrap();
        });
        assert!(is_pending_once(blocked).await, "the engine is held");
        assert!(is_pending_once(engine.run(move |_| done.send("second").unwrap())).await);
        drop(hold);
        engine.run(|_| ()).await.unwrap();
        assert_eq!(finished.try_iter().collect::<Vec<_>>(), ["first", "second"]);
    }

    /// Polls once, which hands the work in, then drops the future.
    async fn is_pending_once(future: impl Future) -> bool {
        let mut future = std::pin::pin!(future);
        std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx).is_pending()))
            .await
    }
}
