//! One try of one call: what it is told, and how it fails.

use std::{error::Error, fmt, sync::Arc};

use http::StatusCode;

use crate::{
    BoxError,
    node::Node,
    outcome::{Kind, Outcome},
    sources,
};

/// Tells an attempt which number it has and which nodes were tried before.
///
/// `Failover` puts it into the extensions of each request but the first; `Select` leaves the nodes out
/// that were tried. A request without one is a first attempt.
#[derive(Debug, Clone)]
pub struct Attempt {
    number: u32,
    tried: Arc<[Arc<Node>]>,
    before: Arc<[Answered]>,
}

/// Is how an earlier attempt of the same call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    kind: Kind,
    status: Option<StatusCode>,
}

impl Answered {
    /// Makes it of what the attempt showed, and of the response's status, if there was one.
    #[must_use]
    pub fn new(kind: Kind, status: Option<StatusCode>) -> Self {
        Self { kind, status }
    }

    /// Returns whether the request was carried out.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.kind
    }

    /// Returns the response's status, if there was one.
    #[must_use]
    pub fn status(self) -> Option<StatusCode> {
        self.status
    }
}

impl Attempt {
    /// Makes the attempt that has `number` (the first is 1) and follows those at `tried`.
    #[must_use]
    pub fn new(number: u32, tried: impl Into<Arc<[Arc<Node>]>>) -> Self {
        Self {
            number,
            tried: tried.into(),
            before: Arc::default(),
        }
    }

    /// Says how the attempts before ended, in order.
    #[must_use]
    pub fn after(mut self, before: impl Into<Arc<[Answered]>>) -> Self {
        self.before = before.into();
        self
    }

    /// Returns its number within the call; the first is 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns the nodes that were tried before, in the order in which they were.
    #[must_use]
    pub fn tried(&self) -> &[Arc<Node>] {
        &self.tried
    }

    /// Returns how the attempts before ended, in order.
    #[must_use]
    pub fn before(&self) -> &[Answered] {
        &self.before
    }
}

/// Says how an attempt failed that got no response.
#[derive(Debug)]
#[non_exhaustive]
pub enum AttemptError {
    /// No node could be chosen, so nothing was sent anywhere.
    NoNode(NoNode),
    /// The node did not answer.
    #[non_exhaustive]
    Node {
        /// The node that was chosen.
        node: Arc<Node>,
        /// What the failure showed.
        outcome: Outcome,
        /// The client's error.
        source: BoxError,
    },
    /// The client below could take no request, so nothing was sent.
    Client(BoxError),
}

impl AttemptError {
    /// Returns the node that was chosen, if there was one.
    #[must_use]
    pub fn node(&self) -> Option<&Arc<Node>> {
        match self {
            Self::Node { node, .. } => Some(node),
            Self::NoNode(_) | Self::Client(_) => None,
        }
    }

    /// Returns what the failure showed.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Node { outcome, .. } => *outcome,
            // Nothing was sent, and trying again at once would find the same.
            Self::NoNode(_) | Self::Client(_) => Outcome::FAILED,
        }
    }

    /// Finds the attempt's error in an error or its sources.
    ///
    /// Layers between `Failover` and `Select` may wrap the error, as long as they keep it as source.
    #[must_use]
    pub fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        sources(error).find_map(|error| error.downcast_ref())
    }
}

impl fmt::Display for AttemptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoNode(_) => f.write_str("no node could be chosen"),
            Self::Node { node, .. } => write!(f, "node {node} did not answer"),
            Self::Client(_) => f.write_str("the client below takes no requests"),
        }
    }
}

impl Error for AttemptError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NoNode(reason) => Some(reason),
            Self::Node { source, .. } | Self::Client(source) => Some(&**source),
        }
    }
}

/// Says why no node could be chosen.
///
/// A request without a node is never sent to the address that it came with: it would leave the cluster,
/// signature and all.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum NoNode {
    /// Discovery has found no list of nodes yet.
    Undiscovered(Arc<BoxError>),
    /// The first call came outside of a Tokio runtime, so discovery cannot run.
    NoRuntime,
    /// The list of nodes is empty.
    Empty,
    /// Every node was tried by this call.
    #[non_exhaustive]
    AllTried {
        /// How many were tried.
        tried: usize,
    },
    /// Every node that is left has as many requests in flight as it may.
    #[non_exhaustive]
    Full {
        /// How many it may have.
        max_in_flight: u32,
    },
    /// The policy has no use for any node that is left, such as those outside of its scope.
    Declined,
    /// The request cannot be aimed at a node.
    #[non_exhaustive]
    Unaimable {
        /// The node that was chosen.
        node: Arc<Node>,
        /// What is wrong with the request's URI.
        reason: Arc<BoxError>,
    },
}

impl fmt::Display for NoNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undiscovered(_) => f.write_str("no nodes were discovered yet"),
            Self::NoRuntime => {
                f.write_str("discovery needs a Tokio runtime, and the call came outside of one")
            }
            Self::Empty => f.write_str("the list of nodes is empty"),
            Self::AllTried { tried } => write!(f, "all {tried} nodes were tried"),
            Self::Full { max_in_flight } => {
                write!(
                    f,
                    "every node has {max_in_flight} requests in flight, as many as it may"
                )
            }
            Self::Declined => f.write_str("the policy has no use for any node that is left"),
            Self::Unaimable { node, .. } => write!(f, "the request cannot be aimed at {node}"),
        }
    }
}

impl Error for NoNode {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Undiscovered(source) | Self::Unaimable { reason: source, .. } => Some(&***source),
            Self::NoRuntime
            | Self::Empty
            | Self::AllTried { .. }
            | Self::Full { .. }
            | Self::Declined => None,
        }
    }
}
