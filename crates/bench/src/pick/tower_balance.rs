//! The peers: tower's `Balance` with each of its two measures of load.

mod nodes;

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use tower::{
    Service,
    balance::p2c::Balance,
    load::{CompleteOnResponse, Load, PeakEwma, PendingRequests},
};
use tower_muster::BoxError;

use self::nodes::{Mock, Nodes};
use super::{
    flights::Flights,
    publish::Beat,
    subject::{Driver, Part, Subject},
};

/// What a node is taken for before it has answered, and how fast old answers fade: linkerd's numbers.
const DEFAULT_RTT: Duration = Duration::from_millis(30);
const DECAY: Duration = Duration::from_secs(10);

pub(super) fn subjects(count: usize, beat: &Beat) -> Vec<Box<dyn Subject>> {
    let pending = |node| PendingRequests::new(node, CompleteOnResponse::default());
    let decay = DECAY.as_nanos() as f64;
    let ewma = move |node| PeakEwma::new(node, DEFAULT_RTT, decay, CompleteOnResponse::default());
    vec![
        Box::new(Balanced {
            name: "tower Balance, PendingRequests",
            balance: Mutex::new(Balance::new(Nodes::new(count, beat, pending))),
        }),
        Box::new(Balanced {
            name: "tower Balance, PeakEwma",
            balance: Mutex::new(Balance::new(Nodes::new(count, beat, ewma))),
        }),
    ]
}

/// A `Balance` takes `&mut self`. One thread has it for itself, as long as it likes; several share it by
/// the cheapest means there is.
struct Balanced<S: Measured> {
    name: &'static str,
    balance: Mutex<Balance<Nodes<S>, ()>>,
}

/// A mock whose load tower measures.
trait Measured:
    Service<(), Response = (), Error = Infallible, Future: Unpin + Send>
    + Load<Metric: std::fmt::Debug>
    + Unpin
    + Send
    + 'static
{
}

impl Measured for PendingRequests<Mock> {}
impl Measured for PeakEwma<Mock> {}

impl<S: Measured> Subject for Balanced<S> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn part(&self) -> Part {
        Part::Whole
    }

    fn driver(&self, threads: usize) -> Driver<'_> {
        let mut context = Context::from_waker(Waker::noop());
        let lock = || self.balance.lock().unwrap_or_else(PoisonError::into_inner);
        Box::new(move |count| {
            let mut own = (threads == 1).then(lock);
            let mut calls = Flights::new();
            for _ in 0..count {
                let free = calls.ended(|call| finish(call, &mut context))?;
                *free = Some(match &mut own {
                    Some(balance) => begin(&mut **balance, &mut context)?,
                    None => begin(&mut *lock(), &mut context)?,
                });
            }
            calls.end(|call| finish(call, &mut context))
        })
    }
}

fn begin<S: Service<(), Error = BoxError>>(
    balance: &mut S,
    context: &mut Context<'_>,
) -> Result<S::Future, BoxError> {
    match balance.poll_ready(context)? {
        Poll::Ready(()) => Ok(balance.call(())),
        Poll::Pending => Err("no node of tower's is ready".into()),
    }
}

fn finish(
    mut call: impl Future<Output = Result<(), BoxError>> + Unpin,
    context: &mut Context<'_>,
) -> Result<(), BoxError> {
    match Pin::new(&mut call).poll(context) {
        Poll::Ready(answer) => answer,
        Poll::Pending => Err("a mock of tower's is silent".into()),
    }
}
