//! The tasks that a pool begins, and which of them are for nothing.

use std::{
    cell::Cell,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use hyper::rt::Executor;
use pin_project_lite::pin_project;

/// Runs a pool's tasks on tokio's runtime, and ends those that need not go on.
///
/// hyper-util begins to connect before it knows whether a connection comes back. If one does, it moves the
/// connecting, begun as it is, to a task of its own, and never drops it. In there it is told by [`FirstPoll`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Background;

impl<F> Executor<F> for Background
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        tokio::spawn(Task {
            future,
            was_polled: false,
        });
    }
}

pin_project! {
    struct Task<F> {
        #[pin]
        future: F,
        was_polled: bool,
    }
}

impl<F: Future<Output = ()>> Future for Task<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        // What is moved to a task is polled by its first poll. Later ones may poll anything: a connection's task
        // polls bodies, which are the caller's.
        if std::mem::replace(this.was_polled, true) {
            return this.future.poll(cx);
        }
        let within = Within::a_task();
        let polled = this.future.poll(cx);
        match within.is_ended() {
            true => Poll::Ready(()),
            false => polled,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Elsewhere,
    /// Within the first poll of a pool's task.
    Begins,
    /// The same, and the task need not go on.
    Ended,
}

thread_local! {
    static PLACE: Cell<Place> = const { Cell::new(Place::Elsewhere) };
}

/// The first poll of a pool's task, until it is dropped, also by a panic.
struct Within(Place);

impl Within {
    fn a_task() -> Self {
        Self(PLACE.replace(Place::Begins))
    }

    fn is_ended(&self) -> bool {
        PLACE.get() == Place::Ended
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        PLACE.set(self.0);
    }
}

/// Where a future was polled first.
pub(super) struct FirstPoll(Place);

impl FirstPoll {
    pub(super) fn now() -> Self {
        Self(PLACE.get())
    }

    /// Ends the pool's task that is just begun, if it was not there that this was polled first.
    pub(super) fn end_if_moved(&self) {
        if self.0 == Place::Elsewhere && PLACE.get() == Place::Begins {
            PLACE.set(Place::Ended);
        }
    }
}
