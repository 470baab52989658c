//! Says what the SDK's client has sent.

use std::error::Error;

use aws_smithy_runtime_api::client::{dns::ResolveDnsError, result::ConnectorError};
use http::Response;
use hyper_util::client::legacy;
use tower_muster::{
    Outcome,
    select::{Classify, Transport},
};

use crate::error::sources;

/// Classifies the errors of the SDK's own client.
///
/// Responses, and errors of other clients, are classified as [`Transport`] does. The [module](super) has the
/// table.
#[derive(Debug, Clone, Copy, Default)]
pub struct SdkClientErrors(());

impl Classify for SdkClientErrors {
    fn response<B>(&self, response: &Response<B>) -> Outcome {
        Transport::default().response(response)
    }

    fn error(&self, error: &(dyn Error + 'static)) -> Outcome {
        let is_hypers = sources(error).any(|error| error.is::<legacy::Error>());
        if is_hypers {
            return Transport::default().error(error);
        }
        if sources(error).any(|error| error.is::<ResolveDnsError>()) {
            return Outcome::REFUSED;
        }
        let shown: Option<&ConnectorError> = sources(error).find_map(|error| error.downcast_ref());
        match shown {
            Some(error) if error.is_user() => Outcome::FAILED,
            _ => Transport::default().error(error),
        }
    }
}
