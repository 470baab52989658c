//! How a call fails, and what each node answered.

use std::{fmt, sync::Arc, time::Duration};

use http::StatusCode;

use crate::{BoxError, attempt::Answered, node::Node, outcome::Kind, sources};

/// Says why a call has no response to give.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The request's body could not be read, so nothing was sent.
    Body(BoxError),
    /// The request's body is over the replay cap, so nothing was sent.
    #[non_exhaustive]
    BodyTooLarge {
        /// The cap, in bytes; see [`Limits::replay_cap`](super::Limits::replay_cap).
        replay_cap: usize,
        /// The least that is known of the body's size, in bytes.
        at_least: u64,
    },
    /// The request has trailers, which are not kept for another attempt, so nothing was sent.
    Trailers,
    /// All that was allowed was tried.
    #[non_exhaustive]
    Exhausted {
        /// Why no further attempt was made.
        reason: Reason,
        /// Each attempt, in order: which node, and what it answered.
        tried: Vec<Tried>,
        /// Whether the whole call may be sent again, by what is known of every attempt.
        safe_to_repeat: bool,
    },
    /// The layers below could take no request, so nothing was sent.
    NotReady(BoxError),
}

/// Says why no further attempt was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Another node would answer the same.
    Final,
    /// No node could be chosen; the last attempt's error says why.
    NoNode,
    /// The request may have been carried out, and is not known to be repeatable.
    NotRepeatable,
    /// Every node was tried.
    NoNodeLeft,
    /// The limit of attempts per call was reached.
    AttemptsSpent,
    /// The budget of extra attempts was spent.
    BudgetSpent,
    /// The layers below took no further request.
    NotReady,
    /// The deadline of the call has passed.
    #[non_exhaustive]
    Deadline {
        /// How long the call was allowed to take.
        after: Duration,
    },
}

/// Is one attempt of a call that failed.
#[derive(Debug)]
pub struct Tried {
    pub(super) node: Option<Arc<Node>>,
    pub(super) kind: Kind,
    pub(super) answer: Answer,
}

/// Is what a node answered to one attempt.
#[derive(Debug)]
#[non_exhaustive]
pub enum Answer {
    /// A response with this status.
    Status(StatusCode),
    /// No response but an error.
    Error(BoxError),
    /// Nothing, for this long.
    Silence(Duration),
}

impl Tried {
    /// Returns the node, unless none was chosen.
    #[must_use]
    pub fn node(&self) -> Option<&Arc<Node>> {
        self.node.as_ref()
    }

    pub(super) fn answered(&self) -> Answered {
        let status = match self.answer {
            Answer::Status(status) => Some(status),
            Answer::Error(_) | Answer::Silence(_) => None,
        };
        Answered::new(self.kind, status)
    }

    /// Returns what it answered.
    #[must_use]
    pub fn answer(&self) -> &Answer {
        &self.answer
    }
}

impl Error {
    /// Returns the attempts, in order.
    #[must_use]
    pub fn tried(&self) -> &[Tried] {
        match self {
            Self::Exhausted { tried, .. } => tried,
            _ => &[],
        }
    }

    /// Tells whether the whole call may be sent again: nothing of it can have been carried out, or it
    /// is repeatable.
    #[must_use]
    pub fn is_safe_to_repeat(&self) -> bool {
        match self {
            Self::Exhausted { safe_to_repeat, .. } => *safe_to_repeat,
            _ => true,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(_) => f.write_str("the request's body could not be read"),
            Self::BodyTooLarge {
                replay_cap,
                at_least,
            } => {
                write!(
                    f,
                    "the request's body has {at_least} bytes or more, over the replay_cap of {replay_cap}"
                )
            }
            Self::Trailers => f.write_str("the request has trailers, which cannot be replayed"),
            Self::NotReady(_) => f.write_str("the layers below take no requests"),
            Self::Exhausted { reason, tried, .. } if tried.is_empty() => {
                write!(f, "{reason}; nothing was sent")
            }
            Self::Exhausted { reason, tried, .. } => {
                write!(f, "{reason}; tried")?;
                let separators = std::iter::once(": ").chain(std::iter::repeat("; "));
                tried
                    .iter()
                    .zip(separators)
                    .try_for_each(|(tried, separator)| write!(f, "{separator}{tried}"))
            }
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Final => f.write_str("another node would answer the same"),
            Self::NoNode => f.write_str("no node could be chosen"),
            Self::NotRepeatable => {
                f.write_str("the request may have been carried out and is not repeatable")
            }
            Self::NoNodeLeft => f.write_str("no node is left"),
            Self::AttemptsSpent => f.write_str("the attempts of the call are spent"),
            Self::BudgetSpent => f.write_str("the budget of extra attempts is spent"),
            Self::NotReady => f.write_str("the layers below take no further request"),
            Self::Deadline { after } => write!(f, "the deadline of {after:?} has passed"),
        }
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node {
            Some(node) => write!(f, "{node} ")?,
            None => f.write_str("no node ")?,
        }
        match &self.answer {
            Answer::Status(status) => write!(f, "answered {status}"),
            Answer::Silence(silence) => write!(f, "was silent for {silence:?}"),
            // The innermost cause is what a reader of a log line needs: "connection refused".
            Answer::Error(error) => match sources(&**error).last() {
                Some(cause) => write!(f, "failed ({cause})"),
                None => f.write_str("failed"),
            },
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Body(source) | Self::NotReady(source) => Some(&**source),
            Self::Exhausted { tried, .. } => match &tried.last()?.answer {
                Answer::Error(error) => Some(&**error),
                Answer::Status(_) | Answer::Silence(_) => None,
            },
            Self::BodyTooLarge { .. } | Self::Trailers => None,
        }
    }
}
