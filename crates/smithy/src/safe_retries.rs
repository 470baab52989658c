//! Keeps the SDK from repeating what may have been carried out.

use std::error::Error;

use aws_smithy_runtime_api::client::{
    interceptors::context::InterceptorContext,
    retries::classifiers::{ClassifyRetry, RetryAction},
};
use tower_muster::{Kind, Verdict};

use crate::error::{ReadTimeout, sources};

/// Forbids the SDK to repeat what may have been carried out.
///
/// For an SDK whose own retries stay on: a classifier beside its others, as in
/// `Config::builder().retry_classifier(SafeRetries::default())`. Without it the SDK repeats each of these, as it does
/// with any client:
///
/// | answer | forbidden, because |
/// |---|---|
/// | a response that the stack holds for ambiguous, as most of 500, 502, 503 and 504 | the stack has repeated it where that was safe |
/// | one that cannot be read, as one that was cut off | it was carried out |
/// | none within the SDK's read timeout, or the timeout of an attempt | it may be under way |
///
/// It says nothing of other errors. Those that a stack makes of its own accord are
/// [shown](crate#what-the-sdk-repeats) such that no classifier repeats what it must not.
///
/// It cannot tell a read from a write, so the SDK repeats no read either after these.
#[derive(Debug, Clone, Copy, Default)]
pub struct SafeRetries(());

impl ClassifyRetry for SafeRetries {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match may_be_carried_out(context) {
            true => RetryAction::RetryForbidden,
            false => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "tower_muster_smithy::SafeRetries"
    }
}

fn may_be_carried_out(context: &InterceptorContext) -> bool {
    let Some(Err(error)) = context.output_or_error() else {
        return false;
    };
    if let Some(error) = error.as_connector_error() {
        return sources(error).any(|error: &(dyn Error + 'static)| error.is::<ReadTimeout>());
    }
    let verdict = context.response().and_then(|response| response.extension());
    let is_ambiguous = |verdict: &Verdict| verdict.outcome().kind() == Kind::Ambiguous;
    error.is_timeout_error() || error.is_response_error() || verdict.is_some_and(is_ambiguous)
}
