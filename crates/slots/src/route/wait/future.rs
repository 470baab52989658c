//! One attempt, held back or under way.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_muster::{AttemptError, Blame, Kind, Verdict, failover::HeldBack};
use tower_service::Service;

use super::{Gate, Hold, Pass};

type Holding = Pin<Box<dyn Future<Output = Pass> + Send>>;

pin_project! {
    /// Resolves to the answer of the service below.
    ///
    /// # Cancel safety
    ///
    /// Dropping it while it waits sends nothing; later it drops what is under way.
    #[must_use = "futures do nothing unless polled"]
    pub struct WaitFuture<S, Q>
    where
        S: Service<Q>,
    {
        #[pin]
        state: State<S::Future, Box<(S, Q)>>,
        // What the attempt may teach.
        pass: Option<(Arc<Gate>, Pass)>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, H> {
        Held { holding: Holding, gate: Arc<Gate>, held: Option<H>, unsent: HeldBack },
        Sent { #[pin] attempt: F },
    }
}

impl<S: Service<Q>, Q> WaitFuture<S, Q> {
    #[inline]
    pub(super) fn sent(attempt: S::Future, pass: Option<(Arc<Gate>, Pass)>) -> Self {
        Self {
            state: State::Sent { attempt },
            pass,
        }
    }

    pub(super) fn held(hold: Hold, ready: S, request: Q) -> Self {
        Self {
            state: State::Held {
                gate: Arc::clone(&hold.gate),
                holding: Box::pin(hold.wait()),
                held: Some(Box::new((ready, request))),
                unsent: HeldBack::default(),
            },
            pass: None,
        }
    }
}

impl<S, B, R> Future for WaitFuture<S, Request<B>>
where
    S: Service<Request<B>, Response = Response<R>, Error = AttemptError>,
{
    type Output = Result<Response<R>, AttemptError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let mut this = self.as_mut().project();
            match this.state.as_mut().project() {
                StateProj::Sent { attempt } => {
                    let result = ready!(attempt.poll(cx));
                    if let Some((gate, pass)) = this.pass.take() {
                        gate.learn(&pass, &result);
                    }
                    return Poll::Ready(result);
                }
                StateProj::Held {
                    holding,
                    gate,
                    held,
                    unsent,
                } => {
                    let Poll::Ready(pass) = holding.as_mut().poll(cx) else {
                        unsent.tell();
                        return Poll::Pending;
                    };
                    let Some(held) = held.take() else {
                        return Poll::Pending;
                    };
                    let (mut ready, mut request) = *held;
                    pass.stamp(&mut request);
                    *this.pass = Some((Arc::clone(gate), pass));
                    let attempt = ready.call(request);
                    this.state.set(State::Sent { attempt });
                }
            }
        }
    }
}

impl Gate {
    /// Takes in what an attempt has shown of the primary.
    #[inline]
    fn learn<R>(&self, pass: &Pass, result: &Result<Response<R>, AttemptError>) {
        match result {
            Ok(response) if response.extensions().get::<Verdict>().is_none() && !pass.is_probe => {}
            _ if !pass.to_primary => {}
            _ => self.learn_more(pass, result),
        }
    }

    #[cold]
    fn learn_more<R>(&self, pass: &Pass, result: &Result<Response<R>, AttemptError>) {
        let Pass { slot, epoch, .. } = *pass;
        let Some(primary) = self
            .table
            .primary(slot)
            .filter(|primary| primary.epoch() == epoch)
        else {
            // There is another by now.
            return;
        };
        let doubt = &primary.site().doubt;
        let slots = self.table.doubt(slot);
        match result {
            Ok(response) => {
                let verdict = response.extensions().get::<Verdict>();
                let is_refused = verdict.is_some_and(|verdict| {
                    let outcome = verdict.outcome();
                    outcome.kind() == Kind::Refused
                });
                let mut is_better = doubt.clear();
                match slots {
                    Some(slots) if is_refused => slots.strike(&self.table.now()),
                    Some(slots) => is_better |= slots.clear(),
                    None => {}
                }
                if is_better {
                    // Whoever waits for how this went: of all slots of the site.
                    self.table.wake_all();
                }
            }
            Err(AttemptError::Node { outcome, .. }) => {
                let is_away = outcome.kind() == Kind::Refused && outcome.blame() == Blame::Node;
                if is_away {
                    doubt.strike(&self.table.now());
                }
            }
            Err(_) => {}
        }
    }
}

impl<S: Service<Q>, Q> fmt::Debug for WaitFuture<S, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitFuture")
            .field("pass", &self.pass.as_ref().map(|(_, pass)| pass))
            .finish_non_exhaustive()
    }
}
