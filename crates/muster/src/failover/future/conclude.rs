//! What the end of an attempt means for its call.

use http::Response;

use crate::{
    BoxError,
    attempt::{AttemptError, NoNode},
    failover::{
        Error, Repeat,
        call::Call,
        error::{Answer, Reason},
    },
    outcome::{Kind, Outcome, Verdict},
};

/// Returns the call's result, or `None` if it goes on: with the other attempt, if that `goes_on`, and with
/// another node if not.
pub(super) fn conclude<B, E: Into<BoxError>, R: Repeat>(
    call: &mut Call<R>,
    result: Result<Response<B>, E>,
    goes_on: bool,
) -> Option<Result<Response<B>, Error>> {
    match result {
        Ok(response) => answered(call, response, goes_on).map(Ok),
        Err(error) => failed(call, error.into(), goes_on).map(Err),
    }
}

fn answered<B, R: Repeat>(
    call: &mut Call<R>,
    response: Response<B>,
    goes_on: bool,
) -> Option<Response<B>> {
    let Some(verdict) = response.extensions().get::<Verdict>() else {
        return Some(response);
    };
    let kind = verdict.outcome().kind();
    let is_final = matches!(kind, Kind::Served | Kind::Failed);
    if is_final || (!goes_on && call.stop(kind, Some(verdict.node())).is_some()) {
        // The node's own words say more than any error of ours.
        return Some(response);
    }
    let node = verdict.node().clone();
    call.note(Some(node), kind, Answer::Status(response.status()));
    if !goes_on {
        call.go_on();
    }
    None
}

fn failed<R: Repeat>(call: &mut Call<R>, error: BoxError, goes_on: bool) -> Option<Error> {
    let attempt = AttemptError::find(&*error);
    if let Some(AttemptError::NoNode(reason)) = attempt {
        let no_node_left = matches!(
            reason,
            NoNode::AllTried { .. } | NoNode::Full { .. } | NoNode::Declined
        );
        // The policy has no use for the rest: it is asked about all of them again.
        if goes_on || (no_node_left && call.has_come_back()) {
            return None;
        }
        call.note(None, Kind::Failed, Answer::Error(error));
        return Some(call.exhausted(Reason::NoNode));
    }
    let outcome = attempt.map_or(Outcome::AMBIGUOUS, AttemptError::outcome);
    let node = attempt.and_then(AttemptError::node).cloned();
    let reason = match goes_on {
        true => None,
        false => call.stop(outcome.kind(), node.as_ref()),
    };
    call.note(node, outcome.kind(), Answer::Error(error));
    if reason.is_none() && !goes_on {
        call.go_on();
    }
    reason.map(|reason| call.exhausted(reason))
}
