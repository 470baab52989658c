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
    Waiting,
    Saw(Arc<Node>),
}

/// Drops an attempt because it took too long, and returns the node that it was at.
///
/// There is none if no node was chosen, or if the attempt went on in another task.
pub(crate) fn drop_attempt(drop_it: impl FnOnce()) -> Option<Arc<Node>> {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            WITNESS.set(Witness::Off);
        }
    }

    WITNESS.set(Witness::Waiting);
    let _reset = Reset;
    drop_it();
    match WITNESS.take() {
        Witness::Saw(node) => Some(node),
        Witness::Off | Witness::Waiting => None,
    }
}

/// Says where a lease was that is dropped; returns whether it was dropped because it took too long.
pub(super) fn is_heard(node: &Arc<Node>) -> bool {
    let hear = |witness: &Cell<Witness>| match witness.take() {
        Witness::Waiting => {
            witness.set(Witness::Saw(Arc::clone(node)));
            true
        }
        other => {
            witness.set(other);
            false
        }
    };
    // While the thread ends nobody listens any more.
    WITNESS.try_with(hear).unwrap_or(false)
}
