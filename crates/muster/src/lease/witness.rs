//! Lets `Failover` hear from the lease of an attempt that is under way.
//!
//! `Failover` cannot see into the future that it polls: between it and the lease there may be any number
//! of layers. But polling an attempt polls what holds its lease, and dropping an attempt drops its lease,
//! here and now, in this thread; so the lease can say which node it is at, and learns that its end was no
//! cancellation. It costs a request nothing until one is late.

use std::{cell::Cell, sync::Arc};

use crate::node::Node;

thread_local! {
    static WITNESS: Cell<Witness> = const { Cell::new(Witness::Off) };
}

#[derive(Default)]
enum Witness {
    #[default]
    Off,
    Polling,
    Dropping(Silence),
    Saw(Arc<Node>),
    /// The attempt was held back: it was at no node yet.
    Unsent,
}

/// What was dropped with an attempt.
#[derive(Debug)]
pub(crate) enum Dropped {
    At(Arc<Node>),
    Unsent,
    /// No node was chosen, or the attempt goes on in another task.
    Unknown,
}

/// Where an attempt is that was polled and is under way still.
#[derive(Debug)]
pub(crate) enum Place {
    At(Arc<Node>),
    HeldBack,
    /// No node was chosen, or the attempt goes on in another task.
    Unknown,
}

/// What it says of a node that it was silent until its attempt was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Silence {
    /// It was given time enough.
    IsBad,
    /// Nothing: the caller had no more time.
    IsNothing,
}

/// Drops an attempt because time is up, and returns where it was.
pub(crate) fn drop_attempt(silence: Silence, drop_it: impl FnOnce()) -> Dropped {
    match listen(Witness::Dropping(silence), drop_it).1 {
        Witness::Saw(node) => Dropped::At(node),
        Witness::Unsent => Dropped::Unsent,
        Witness::Off | Witness::Polling | Witness::Dropping(_) => Dropped::Unknown,
    }
}

/// Polls an attempt and returns where it is, too, if it is still under way.
pub(crate) fn poll_attempt<T>(poll_it: impl FnOnce() -> T) -> (T, Place) {
    let (result, witness) = listen(Witness::Polling, poll_it);
    let place = match witness {
        Witness::Saw(node) => Place::At(node),
        Witness::Unsent => Place::HeldBack,
        Witness::Off | Witness::Polling | Witness::Dropping(_) => Place::Unknown,
    };
    (result, place)
}

fn listen<T>(to: Witness, act: impl FnOnce() -> T) -> (T, Witness) {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            WITNESS.set(Witness::Off);
        }
    }

    WITNESS.set(to);
    let _reset = Reset;
    let result = act();
    (result, WITNESS.take())
}

/// Says that an attempt is dropped that was held back.
pub(crate) fn was_held_back() {
    unsent(|witness| matches!(witness, Witness::Dropping(_)));
}

/// Says that an attempt is held back that was polled.
pub(crate) fn is_held_back() {
    unsent(|witness| matches!(witness, Witness::Polling));
}

/// Notes that an attempt is at no node yet, if the witness `listens`.
fn unsent(listens: impl FnOnce(&Witness) -> bool) {
    let hear = |cell: &Cell<Witness>| {
        let witness = cell.take();
        cell.set(match listens(&witness) {
            true => Witness::Unsent,
            false => witness,
        });
    };
    // While the thread ends nobody listens any more.
    let _ = WITNESS.try_with(hear);
}

/// Says where a lease was that is dropped; returns what its silence says, if somebody listens.
pub(super) fn was_at(node: &Arc<Node>) -> Option<Silence> {
    hear(node, |witness| match witness {
        Witness::Dropping(silence) => Some(*silence),
        _ => None,
    })
}

/// Says where a lease is whose attempt was polled and goes on, if somebody listens.
pub(super) fn is_at(node: &Arc<Node>) {
    hear(node, |witness| {
        matches!(witness, Witness::Polling).then_some(())
    });
}

/// Notes the node if the witness `listens`.
fn hear<T>(node: &Arc<Node>, listens: impl FnOnce(&Witness) -> Option<T>) -> Option<T> {
    let hear = |cell: &Cell<Witness>| {
        let witness = cell.take();
        let heard = listens(&witness);
        cell.set(match heard {
            Some(_) => Witness::Saw(Arc::clone(node)),
            None => witness,
        });
        heard
    };
    // While the thread ends nobody listens any more.
    WITNESS.try_with(hear).ok().flatten()
}
