//! One fault, and which requests it hits.

use std::time::Duration;

use http::StatusCode;

use super::{Failure, Faults, Reset};
use crate::node::Close;

/// One thing that a node that listens does wrong.
///
/// Given to [`TestNode::inject`](crate::TestNode::inject), for every request
/// or for some:
///
/// ```
/// # use tower_muster_testkit::{Fault, TestCluster};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let cluster = TestCluster::builder().topology("dc1:rack1=1").start().await?;
/// let node = &cluster.nodes()[0];
/// node.inject(Fault::Ambiguous.for_next(1));
/// node.inject(Fault::Slow(std::time::Duration::from_millis(50)).for_share(0.1));
/// assert!(node.faults().ambiguous);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Accepts and reads, and never answers nor executes; hits every request.
    BlackHole,
    /// Holds each answer back for a time; hits every request.
    Slow(Duration),
    /// Closes an idle connection as the next request arrives, unread; hits every request.
    CloseOnArrival(Close),
    /// Closes once a request's head is read, unexecuted; hits every request.
    CloseAfterHead(Close),
    /// Answers, and closes without having said so; hits every request.
    CloseAfterAnswer,
    /// Answers with this error, unexecuted; see [`Fault::fail`].
    Fail(Failure),
    /// Resets the connection, before or after execution.
    Reset(Reset),
    /// Answers as with too few live replicas, unexecuted: safe to send again.
    Refuse,
    /// Answers as over the partition's rate, unexecuted.
    RateLimit,
    /// Executes and answers with a timeout: the client cannot know.
    Ambiguous,
    /// Executes and breaks off in the middle of a 200's chunked body.
    Truncate,
}

/// A fault and the requests that it hits.
#[derive(Clone, Debug, PartialEq)]
pub struct Injection {
    pub(super) fault: Fault,
    pub(super) when: When,
}

/// Which of the requests that come a fault hits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum When {
    Always,
    Next(u64),
    Share(f64),
}

impl Fault {
    /// Makes the error that has this status and Alternator's shape.
    ///
    /// It is `InternalServerError` for a status of 500 and above,
    /// `PayloadTooLarge` for 413, else `ValidationException`.
    pub fn fail(status: StatusCode) -> Self {
        Self::Fail(Failure::of(status))
    }

    /// Makes exactly this error, in Alternator's shape.
    pub fn fail_with(
        status: StatusCode,
        error_type: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::Fail(Failure::new(status, error_type.into(), message.into()))
    }

    /// Lets the fault hit the next requests and then end.
    ///
    /// Counted are the requests that it can hit: every one for those from
    /// [`BlackHole`](Self::BlackHole) to [`CloseAfterAnswer`](Self::CloseAfterAnswer),
    /// operations for the others. [`CloseOnArrival`](Self::CloseOnArrival) cannot hit the
    /// first request of a connection.
    #[must_use]
    pub fn for_next(self, requests: u64) -> Injection {
        Injection {
            fault: self,
            when: When::Next(requests),
        }
    }

    /// Lets the fault hit a share of the requests, 0 to 1, at random.
    #[must_use]
    pub fn for_share(self, share: f64) -> Injection {
        Injection {
            fault: self,
            when: When::Share(share),
        }
    }

    /// The one that ends before another is looked at comes first; one of a kind is kept.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::BlackHole => 0,
            Self::Slow(_) => 1,
            Self::CloseOnArrival(_) => 2,
            Self::CloseAfterHead(_) => 3,
            Self::CloseAfterAnswer => 4,
            Self::Fail(_) => 5,
            Self::Reset(_) => 6,
            Self::Refuse => 7,
            Self::RateLimit => 8,
            Self::Ambiguous => 9,
            Self::Truncate => 10,
        }
    }

    /// Hits every kind of request, also `GET /`.
    pub(super) fn is_of_the_node(&self) -> bool {
        matches!(
            self,
            Self::BlackHole | Self::Slow(_) | Self::CloseAfterHead(_) | Self::CloseAfterAnswer
        )
    }

    pub(super) fn show(&self, faults: &mut Faults) {
        match self {
            Self::BlackHole => faults.black_hole = true,
            Self::Slow(delay) => faults.slow = Some(*delay),
            Self::CloseOnArrival(how) => faults.close_on_arrival = Some(*how),
            Self::CloseAfterHead(how) => faults.close_after_head = Some(*how),
            Self::CloseAfterAnswer => faults.close_after_answer = true,
            Self::Fail(failure) => faults.fail = Some(failure.clone()),
            Self::Reset(reset) => faults.reset = Some(*reset),
            Self::Refuse => faults.refuse = true,
            Self::RateLimit => faults.rate_limit = true,
            Self::Ambiguous => faults.ambiguous = true,
            Self::Truncate => faults.truncate = true,
        }
    }
}

impl From<Fault> for Injection {
    /// Hits every request, until the node is healed.
    fn from(fault: Fault) -> Self {
        Self {
            fault,
            when: When::Always,
        }
    }
}

impl Injection {
    /// Draws whether this request is hit.
    pub(super) fn hits(&mut self) -> bool {
        match &mut self.when {
            When::Always => true,
            When::Next(0) => false,
            When::Next(left) => {
                *left -= 1;
                true
            }
            When::Share(share) => fastrand::f64() < *share,
        }
    }
}
