//! How an operation of the SDK failed.

use std::{error::Error, fmt};

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use tower_muster::failover;

/// Is an error of the SDK, whatever the operation.
#[derive(Debug)]
pub struct Failure {
    status: Option<u16>,
    code: Option<String>,
    error: Box<dyn Error + Send + Sync>,
}

impl<E> From<SdkError<E, HttpResponse>> for Failure
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        Self {
            status: error.raw_response().map(|raw| raw.status().as_u16()),
            code: error.code().map(str::to_owned),
            error: error.into(),
        }
    }
}

impl Failure {
    /// Returns the status, if there was a response.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Returns the error's name, if the cluster gave one.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Finds an error of a type among the causes.
    pub fn find<T: Error + 'static>(&self) -> Option<&T> {
        sources(&*self.error).find_map(|error| error.downcast_ref())
    }

    /// Returns the error of the stack.
    pub fn stack(&self) -> Option<&failover::Error> {
        self.find()
    }

    /// Tells whether the error admits that the operation may have been carried out.
    pub fn is_ambiguous(&self) -> bool {
        match self.stack() {
            Some(error) => !error.is_safe_to_repeat(),
            None => self.status == Some(500),
        }
    }
}

/// An error and all that caused it, outermost first.
pub fn sources<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<_> = sources(&*self.error).map(ToString::to_string).collect();
        write!(f, "{:?} {:?} {}", self.status, self.code, texts.join(": "))
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.error)
    }
}
