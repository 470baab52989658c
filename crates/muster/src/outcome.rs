//! What one attempt showed.

use std::sync::Arc;

use crate::node::Node;

/// Says whether an attempt's request was carried out, as far as can be known.
///
/// This alone decides what may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A final answer; nothing is to be done again.
    Served,
    /// Never carried out: it was not sent, or the node says so. Safe to repeat, whatever it asks for.
    Refused,
    /// Perhaps carried out. Safe to repeat only if carrying it out twice does no harm.
    Ambiguous,
    /// Turned away before any work, for now. Safe to repeat at another node.
    Overloaded,
    /// Failed in a way that every node would repeat.
    Failed,
}

/// Says whose fault an attempt's end was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Blame {
    /// The node's; it counts against its health.
    Node,
    /// The request's own; another node would have said the same.
    Request,
    /// Nobody's that one could name; it counts against no node.
    Nobody,
}

/// Is what an attempt showed, and about whom.
///
/// ```
/// use tower_muster::{Blame, Kind, Outcome};
///
/// // A cluster that lacks replicas refuses, and the node that says so is not to blame.
/// let unavailable = Outcome::REFUSED.blaming(Blame::Nobody);
/// assert_eq!(unavailable.kind(), Kind::Refused);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Outcome {
    kind: Kind,
    blame: Blame,
}

impl Outcome {
    /// A final answer.
    pub const SERVED: Self = Self {
        kind: Kind::Served,
        blame: Blame::Nobody,
    };
    /// Never carried out, and the node is to blame.
    pub const REFUSED: Self = Self {
        kind: Kind::Refused,
        blame: Blame::Node,
    };
    /// Perhaps carried out, and the node is to blame.
    pub const AMBIGUOUS: Self = Self {
        kind: Kind::Ambiguous,
        blame: Blame::Node,
    };
    /// Turned away for now; an overloaded node is alive.
    pub const OVERLOADED: Self = Self {
        kind: Kind::Overloaded,
        blame: Blame::Nobody,
    };
    /// Failed for good; the request is to blame.
    pub const FAILED: Self = Self {
        kind: Kind::Failed,
        blame: Blame::Request,
    };

    /// Returns the same outcome with somebody else to blame.
    #[must_use]
    pub const fn blaming(self, blame: Blame) -> Self {
        Self { blame, ..self }
    }

    /// Returns whether the request was carried out.
    #[must_use]
    pub const fn kind(self) -> Kind {
        self.kind
    }

    /// Returns whose fault it was.
    #[must_use]
    pub const fn blame(self) -> Blame {
        self.blame
    }
}

/// Is the outcome of an attempt that was answered, but not served.
///
/// `Select` puts it into the response's extensions for the layers above; a response without one was
/// served.
#[derive(Debug, Clone)]
pub struct Verdict {
    node: Arc<Node>,
    outcome: Outcome,
}

impl Verdict {
    #[cfg(feature = "select")]
    pub(crate) fn new(node: Arc<Node>, outcome: Outcome) -> Self {
        Self { node, outcome }
    }

    /// Returns the node that answered.
    #[must_use]
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Returns what the answer showed.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }
}
