//! Mock nodes that are always ready, and the stream of changes that tower discovers them by.

use std::{
    collections::VecDeque,
    convert::Infallible,
    future::{Ready, ready},
    pin::Pin,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll},
};

use futures_core::Stream;
use tower::{Service, discover::Change};

use crate::pick::publish::Beat;

/// Answers at once.
#[derive(Debug)]
pub(super) struct Mock;

impl Service<()> for Mock {
    type Response = ();
    type Error = Infallible;
    type Future = Ready<Result<(), Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Self::Future {
        ready(Ok(()))
    }
}

/// All nodes at first; with each beat the last one leaves and another comes.
pub(super) struct Nodes<S> {
    changes: VecDeque<Change<usize, S>>,
    make: Box<dyn Fn(Mock) -> S + Send>,
    last: usize,
    other: usize,
    beat: Beat,
    seen: u64,
}

impl<S> Nodes<S> {
    pub(super) fn new(
        count: usize,
        beat: &Beat,
        make: impl Fn(Mock) -> S + Send + 'static,
    ) -> Self {
        let changes = (0..count).map(|n| Change::Insert(n, make(Mock))).collect();
        Self {
            changes,
            make: Box::new(make),
            last: count - 1,
            other: count,
            beat: Arc::clone(beat),
            seen: beat.load(Relaxed),
        }
    }
}

impl<S: Unpin> Stream for Nodes<S> {
    type Item = Result<Change<usize, S>, Infallible>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let beat = this.beat.load(Relaxed);
        if beat != this.seen {
            this.seen = beat;
            std::mem::swap(&mut this.last, &mut this.other);
            let node = (this.make)(Mock);
            this.changes.push_back(Change::Remove(this.other));
            this.changes.push_back(Change::Insert(this.last, node));
        }
        // Nobody is woken: whoever picks polls again.
        match this.changes.pop_front() {
            Some(change) => Poll::Ready(Some(Ok(change))),
            None => Poll::Pending,
        }
    }
}
