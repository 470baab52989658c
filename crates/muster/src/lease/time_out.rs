//! Lets `Failover` hear from the lease of an attempt that it gives up.
//!
//! `Failover` cannot see into the future that it drops: between it and the lease there may be any
//! number of layers. But the drop of an attempt drops its lease, here and now, in this thread; so the
//! lease can say which node it was at, and learns that this was no cancellation. It costs a request
//! nothing until one times out.

use std::{cell::Cell, sync::Arc};

use crate::node::Node;

thread_local! {
    static WITNESS: Cell<Witness> = const { Cell::new(Witness::Off) };
}

#[derive(Default)]
enum Witness {
    #[default]
    Off,
    Waiting(Silence),
    Saw(Arc<Node>),
}

/// What it says of a node that it was silent until its attempt was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Silence {
    /// It was given time enough.
    IsBad,
    /// Nothing: the caller had no more time.
    IsNothing,
}

/// Drops an attempt because time is up, and returns the node that it was at.
///
/// There is none if no node was chosen, or if the attempt went on in another task.
pub(crate) fn drop_attempt(silence: Silence, drop_it: impl FnOnce()) -> Option<Arc<Node>> {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            WITNESS.set(Witness::Off);
        }
    }

    WITNESS.set(Witness::Waiting(silence));
    let _reset = Reset;
    drop_it();
    match WITNESS.take() {
        Witness::Saw(node) => Some(node),
        Witness::Off | Witness::Waiting(_) => None,
    }
}

/// Says where a lease was that is dropped; returns what its silence says, if somebody listens.
pub(super) fn is_heard(node: &Arc<Node>) -> Option<Silence> {
    let hear = |witness: &Cell<Witness>| match witness.take() {
        Witness::Waiting(silence) => {
            witness.set(Witness::Saw(Arc::clone(node)));
            Some(silence)
        }
        other => {
            witness.set(other);
            None
        }
    };
    // While the thread ends nobody listens any more.
    WITNESS.try_with(hear).ok().flatten()
}
