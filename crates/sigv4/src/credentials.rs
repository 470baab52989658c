//! Where the identity of a request comes from.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::identity::Identity;

use crate::BoxError;
use crate::cached::{CachedCredentials, Held};
use crate::clock::Moment;
use crate::error::{Error, ErrorKind};

/// Credentials that are known, or a provider that is asked.
#[derive(Clone)]
pub(crate) enum Source {
    Known(Arc<Identity>),
    Cached(CachedCredentials),
    Provider(SharedCredentialsProvider),
}

/// What asking a [`Source`] gives.
pub(crate) enum Resolution {
    // Shared: the clone of an identity is one of a map and of several parts.
    Known(Arc<Identity>),
    Pending(PendingIdentity),
}

/// A provider's answer that is being waited for.
///
/// The provider's future borrows the provider, so one allocation holds both.
pub(crate) struct PendingIdentity(
    Pin<Box<dyn Future<Output = Result<Arc<Identity>, BoxError>> + Send>>,
);

impl Source {
    pub(crate) fn new(credentials: impl ProvideCredentials + 'static) -> Self {
        let any = &credentials as &dyn Any;
        // Credentials answer at once with themselves: the identity is made here, not once per request.
        if let Some(known) = any.downcast_ref::<Credentials>() {
            return Self::Known(Arc::new(known.clone().into()));
        }
        match any.downcast_ref::<CachedCredentials>() {
            Some(cached) => Self::Cached(cached.clone()),
            None => Self::Provider(SharedCredentialsProvider::new(credentials)),
        }
    }

    /// Returns when credentials expire that will never be others.
    pub(crate) fn expiry(&self) -> Option<SystemTime> {
        match self {
            Self::Known(identity) => identity.expiration(),
            Self::Cached(_) | Self::Provider(_) => None,
        }
    }

    /// Puts a cache before a provider that has none.
    pub(crate) fn cached(self) -> Self {
        match self {
            Self::Provider(provider) => Self::Cached(CachedCredentials::over(provider)),
            Self::Known(_) | Self::Cached(_) => self,
        }
    }

    /// Tells whether there will never be others.
    pub(crate) const fn is_fixed(&self) -> bool {
        matches!(self, Self::Known(_))
    }

    pub(crate) fn resolve(&self, now: impl FnOnce() -> Moment) -> Resolution {
        match self {
            Self::Known(identity) => Resolution::Known(Arc::clone(identity)),
            Self::Cached(cached) => {
                let now = now();
                match cached.held(now, Held::identity) {
                    Some(identity) => Resolution::Known(identity),
                    None => Resolution::Pending(PendingIdentity::cached(cached, now)),
                }
            }
            Self::Provider(provider) => {
                Resolution::Pending(PendingIdentity::provided(provider.clone()))
            }
        }
    }
}

impl PendingIdentity {
    fn cached(cached: &CachedCredentials, now: Moment) -> Self {
        let wait = cached.wait(now);
        Self(Box::pin(async move { Ok(wait.await?.identity()) }))
    }

    fn provided(provider: SharedCredentialsProvider) -> Self {
        Self(Box::pin(async move {
            Ok(Arc::new(provider.provide_credentials().await?.into()))
        }))
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Arc<Identity>, Error>> {
        let answer = ready!(self.0.as_mut().poll(cx));
        Poll::Ready(answer.map_err(|source| Error::with_source(ErrorKind::Credentials, source)))
    }
}
