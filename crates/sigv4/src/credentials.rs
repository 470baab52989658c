//! Where the identity of a request comes from.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::identity::Identity;

use crate::error::{Error, ErrorKind};

/// Credentials that are known, or a provider that is asked.
#[derive(Clone)]
pub(crate) enum Source {
    Known(Identity),
    Provider(SharedCredentialsProvider),
}

/// What asking a [`Source`] gives.
pub(crate) enum Resolution {
    Known(Identity),
    Pending(PendingIdentity),
}

/// A provider's answer that is being waited for.
///
/// The provider's future borrows the provider, so one allocation holds both.
pub(crate) struct PendingIdentity(Pin<Box<dyn Future<Output = provider::Result> + Send>>);

impl Source {
    pub(crate) fn new(credentials: impl ProvideCredentials + 'static) -> Self {
        // Credentials answer at once with themselves: the identity is made here, not once per request.
        match (&credentials as &dyn Any).downcast_ref::<Credentials>() {
            Some(known) => Self::Known(known.clone().into()),
            None => Self::Provider(SharedCredentialsProvider::new(credentials)),
        }
    }

    pub(crate) fn resolve(&self) -> Resolution {
        match self {
            Self::Known(identity) => Resolution::Known(identity.clone()),
            Self::Provider(provider) => {
                let provider = provider.clone();
                let answer = Box::pin(async move { provider.provide_credentials().await });
                Resolution::Pending(PendingIdentity(answer))
            }
        }
    }
}

impl PendingIdentity {
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Identity, Error>> {
        let answer = ready!(self.0.as_mut().poll(cx));
        Poll::Ready(match answer {
            Ok(credentials) => Ok(credentials.into()),
            Err(source) => Err(Error::with_source(ErrorKind::Credentials, source)),
        })
    }
}
