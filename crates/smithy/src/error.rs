//! How the stack's errors look to the SDK.

use std::{error::Error, fmt, time::Duration};

use aws_smithy_runtime_api::client::result::ConnectorError;
use tower_muster::{
    AttemptError, BoxError, NoNode,
    failover::{self, Reason},
};

/// Shows an error such that the SDK repeats the call only if that is safe.
///
/// The SDK's standard classifier repeats `timeout` and `io`, and neither `user` nor `other` of no kind.
pub(crate) fn connector_error(error: BoxError) -> ConnectorError {
    let Some(failed) = find(&*error) else {
        // Nothing is known of it, so neither is whether it may be repeated.
        return ConnectorError::other(error, None);
    };
    match failed {
        failover::Error::Exhausted { reason, .. } => match reason {
            _ if !failed.is_safe_to_repeat() => ConnectorError::other(error, None),
            // The SDK's attempts would come on top of a budget that has just said no.
            Reason::BudgetSpent => ConnectorError::other(error, None),
            Reason::Deadline { .. } => ConnectorError::timeout(error),
            // The cluster may have nodes the next time.
            Reason::NoNode if lacks_nodes(failed) => ConnectorError::io(error),
            // A request that cannot be signed or aimed stays so.
            Reason::Final | Reason::NoNode => ConnectorError::user(error),
            _ => ConnectorError::io(error),
        },
        failover::Error::NotReady(_) => ConnectorError::io(error),
        _ => ConnectorError::user(error),
    }
}

fn lacks_nodes(failed: &failover::Error) -> bool {
    matches!(
        AttemptError::find(failed),
        Some(AttemptError::NoNode(
            NoNode::Undiscovered(_) | NoNode::Empty | NoNode::AllTried { .. } | NoNode::Declined
        ))
    )
}

fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a failover::Error> {
    std::iter::successors(Some(error), |&error| error.source())
        .find_map(|error| error.downcast_ref())
}

/// Says that the SDK's read timeout has passed.
#[derive(Debug)]
pub(crate) struct ReadTimeout(pub(crate) Duration);

impl fmt::Display for ReadTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no response within the read timeout of {:?}", self.0)
    }
}

impl Error for ReadTimeout {}

#[cfg(test)]
mod tests;
