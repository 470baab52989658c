//! The handle's methods that break a node that goes on listening, and mend it.

use std::io;
use std::time::Duration;

use http::StatusCode;

use super::{Fault, Faults, Injection, Reset};
use crate::node::{Close, TestNode};

/// Faults of a node that goes on listening.
impl TestNode {
    /// Gives the node a fault, for every request or for some.
    ///
    /// A fault replaces an earlier one of its kind; those of different kinds
    /// stand side by side. The first that hits an operation decides, in the
    /// order of [`Fault`].
    pub fn inject(&self, fault: impl Into<Injection>) {
        self.node().faults.arm(fault.into());
    }

    /// Makes the node accept and read, and never answer nor execute.
    ///
    /// Holds for every request, `GET /` and `GET /localnodes` too, and for
    /// connections that are already open.
    pub fn black_hole(&self) {
        self.inject(Fault::BlackHole);
    }

    /// Makes the node hold back each answer for a time.
    ///
    /// An operation is executed when it arrives: a client that stops waiting
    /// cannot know, but it was applied.
    pub fn slow(&self, delay: Duration) {
        self.inject(Fault::Slow(delay));
    }

    /// Makes the node close an idle connection as the next request arrives on it.
    ///
    /// This is the race of keep-alive: the request was written, and nothing of it is
    /// read or executed. Holds for every request but the first of each connection, and
    /// not over HTTP/2, where an idle connection has other things to say. Over TLS the
    /// `close_notify` of a client that leaves looks like a request.
    pub fn close_on_arrival(&self, how: Close) {
        self.inject(Fault::CloseOnArrival(how));
    }

    /// Makes the node read the head of each request, and then close the connection.
    ///
    /// Nothing is executed, which the client cannot know. Holds for every request; over
    /// HTTP/2 the other streams of the connection end with it.
    pub fn close_after_head(&self, how: Close) {
        self.inject(Fault::CloseAfterHead(how));
    }

    /// Makes the node close each connection after an answer that does not say so.
    ///
    /// There is no `Connection: close`, so the FIN races the client's next request. Holds
    /// for every request; over HTTP/2 a GOAWAY is sent.
    pub fn close_after_answer(&self) {
        self.inject(Fault::CloseAfterAnswer);
    }

    /// Makes the node answer every operation with an error, unexecuted.
    ///
    /// The error has Alternator's shape; see [`Fault::fail`]. The other
    /// requests are answered as ever, so the node looks healthy.
    pub fn fail(&self, status: StatusCode) {
        self.inject(Fault::fail(status));
    }

    /// Makes the node answer every operation with this error, unexecuted.
    ///
    /// For texts that a client tells apart and that no other fault has.
    pub fn fail_with(
        &self,
        status: StatusCode,
        error_type: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.inject(Fault::fail_with(status, error_type, message));
    }

    /// Makes the node execute every operation and then reset the connection.
    ///
    /// This is the truly ambiguous failure: the client cannot know. The other
    /// requests are answered as ever.
    pub fn reset(&self) {
        self.inject(Fault::Reset(Reset::AfterExecution));
    }

    /// Makes the node read every operation and reset instead of executing it.
    pub fn reset_before_execution(&self) {
        self.inject(Fault::Reset(Reset::BeforeExecution));
    }

    /// Makes the node answer that too few replicas are alive, unexecuted.
    ///
    /// `Cannot achieve consistency level for cl LOCAL_QUORUM. Requires 2,
    /// alive 1`, with status 500: what comes before anything was sent to a
    /// replica, so the operation is safe to send again.
    pub fn refuse(&self) {
        self.inject(Fault::Refuse);
    }

    /// Makes the node execute every operation and answer with a timeout.
    ///
    /// `Operation timed out for ...`, with status 500. The client cannot know
    /// that it was applied.
    pub fn ambiguous(&self) {
        self.inject(Fault::Ambiguous);
    }

    /// Makes the node answer that a partition is over its rate, unexecuted.
    ///
    /// A read is told `RequestLimitExceeded` with status 400, a write an
    /// `InternalServerError` with status 500. Another node would say the same.
    pub fn rate_limit(&self) {
        self.inject(Fault::RateLimit);
    }

    /// Makes the node execute every operation and send half of its answer.
    ///
    /// The head is that of a chunked 200; the connection is closed before the
    /// last chunk. An error is answered whole.
    pub fn truncate(&self) {
        self.inject(Fault::Truncate);
    }

    /// Lets at most this many requests be in flight; more are shed.
    ///
    /// A shed operation is answered with status 400 and `RequestLimitExceeded`,
    /// `too many in-flight requests ...`. `GET /` and `GET /localnodes` count and
    /// are never shed. With 0 every operation is. Up to 2026.1 a node looks at the
    /// limit after it has read the body and verified the signature; later ones do
    /// so before, and close the connection after the answer without saying so.
    pub fn overload(&self, in_flight: u64) {
        self.node().gate.set_limit(Some(in_flight));
    }

    /// Makes the system drop what asks for a new connection, without a word.
    ///
    /// A client waits until its own limit; connections that were accepted already
    /// go on. The queue of connections that wait to be accepted is shortened and
    /// filled, so it is as good as the system is at dropping what does not fit:
    /// Linux does so unless `net.ipv4.tcp_abort_on_overflow` is set. Ended by
    /// [`heal`](Self::heal). Does nothing if the node does not listen.
    ///
    /// # Errors
    ///
    /// Returns what the system said when the queue was filled, and
    /// [`io::ErrorKind::Unsupported`] where it goes on taking connections. The
    /// node then listens as before.
    ///
    /// # Cancel safety
    ///
    /// Dropped early, the fault comes all the same.
    pub async fn drop_syns(&self) -> io::Result<()> {
        let (node, runtime) = (self.clone(), &self.shared.runtime);
        // On the cluster's own runtime: the caller's clock may stand still.
        let filled = runtime.spawn(async move { node.stop_hearing().await });
        filled
            .await
            .unwrap_or_else(|ended| Err(io::Error::other(ended)))
    }

    /// Clears all faults of this kind.
    ///
    /// What was swallowed stays unanswered. A killed or drained node stays
    /// so; see [`restart`](Self::restart).
    pub fn heal(&self) {
        let node = self.node();
        node.faults.clear();
        node.gate.set_limit(None);
        self.hear_again();
    }

    /// Returns the faults that the node has now.
    pub fn faults(&self) -> Faults {
        let node = self.node();
        let mut faults = Faults {
            max_in_flight: node.gate.limit(),
            drop_syns: node.hearing.is_deaf(),
            ..Faults::default()
        };
        node.faults.show(&mut faults);
        faults
    }
}
