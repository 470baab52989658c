//! How the stack's errors look to the SDK.

use std::{error::Error, fmt, time::Duration};

use aws_smithy_runtime_api::client::result::ConnectorError;
use tower_muster::{
    AttemptError, BoxError, Kind, NoNode, Outcome,
    failover::{self, Reason},
    select::{Classify, Transport},
};

/// Shows an error such that the SDK repeats the call only if that is safe.
///
/// The SDK's standard classifier repeats `timeout` and `io`, and neither `user` nor `other` of no kind.
pub(crate) fn connector_error(error: BoxError) -> ConnectorError {
    // A layer that speaks the SDK's language has said all.
    let error = match error.downcast::<ConnectorError>() {
        Ok(error) => return *error,
        Err(error) => error,
    };
    let failed = sources(&*error).find_map(|error| error.downcast_ref());
    let shown = match (failed, AttemptError::find(&*error)) {
        (Some(failed), _) => of_call(failed),
        (None, Some(attempt)) => of_attempt(attempt),
        (None, None) => of_client(Transport::default().error(&*error)),
    };
    match shown {
        Shown::Io => ConnectorError::io(error),
        Shown::Timeout => ConnectorError::timeout(error),
        Shown::User => ConnectorError::user(error),
        Shown::Final => ConnectorError::other(error, None),
    }
}

/// A kind of error, as the SDK knows them.
enum Shown {
    Io,
    Timeout,
    User,
    /// Other, of no kind.
    Final,
}

fn of_call(failed: &failover::Error) -> Shown {
    match failed {
        failover::Error::Exhausted { reason, .. } => match reason {
            _ if !failed.is_safe_to_repeat() => Shown::Final,
            // The SDK's attempts would come on top of a budget that has just said no.
            Reason::BudgetSpent => Shown::Final,
            Reason::Deadline { .. } => Shown::Timeout,
            // The cluster may have nodes, or room at them, the next time.
            Reason::NoNode if AttemptError::find(failed).is_some_and(lacks_nodes) => Shown::Io,
            // A request that cannot be signed or aimed stays so.
            Reason::Final | Reason::NoNode => Shown::User,
            _ => Shown::Io,
        },
        failover::Error::NotReady(_) => Shown::Io,
        _ => Shown::User,
    }
}

/// Of a stack that makes no further attempt.
fn of_attempt(attempt: &AttemptError) -> Shown {
    match attempt {
        AttemptError::NoNode(_) if lacks_nodes(attempt) => Shown::Io,
        AttemptError::NoNode(_) => Shown::User,
        AttemptError::Client(_) => Shown::Io,
        _ => of_client(attempt.outcome()),
    }
}

/// Of a client, by whether it has sent the request.
fn of_client(outcome: Outcome) -> Shown {
    match outcome.kind() {
        Kind::Refused | Kind::Overloaded => Shown::Io,
        Kind::Failed => Shown::User,
        _ => Shown::Final,
    }
}

fn lacks_nodes(attempt: &AttemptError) -> bool {
    matches!(
        attempt,
        AttemptError::NoNode(
            NoNode::Undiscovered(_)
                | NoNode::Empty
                | NoNode::AllTried { .. }
                | NoNode::Full { .. }
                | NoNode::Declined
        )
    )
}

/// An error and all that caused it, outermost first.
pub(crate) fn sources<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
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
