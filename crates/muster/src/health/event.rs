//! What moves a node from state to state.

/// Is what one attempt or one probe showed of the node that it was sent to.
///
/// What shows nothing of the node is no event: a request that every node would refuse, an answer that
/// blames the cluster, a caller who has lost interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event {
    /// The node served a request.
    Served,
    /// The node took a request and failed it: a bad answer, or a connection that broke.
    Failed,
    /// The node took no connection.
    Refused,
    /// The node took a request and left it unanswered for too long.
    Silent,
    /// The node answered a probe, or the request that was let through to it while it was down.
    ProbeSucceeded,
    /// The node did not answer a probe, or failed the request that was let through to it.
    ProbeFailed,
}
