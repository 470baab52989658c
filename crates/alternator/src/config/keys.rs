//! The credentials that attempts are signed with.

use std::any::Any;

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};
use tower_muster_sigv4::{CachedCredentials, ConfigError, SigV4Layer};

/// Credentials, or who is asked for them.
#[derive(Debug, Clone)]
pub(crate) enum Keys {
    /// They stay the same, and need not be asked for with each attempt.
    Known(Credentials),
    /// A cache of the caller's, with the caller's settings.
    Cached(CachedCredentials),
    /// Who is asked, and the cache before it, which all stacks of the configuration share.
    Asked(SharedCredentialsProvider, CachedCredentials),
}

impl Keys {
    pub(super) fn of(credentials: impl ProvideCredentials + 'static) -> Self {
        let any = &credentials as &dyn Any;
        if let Some(known) = any.downcast_ref::<Credentials>() {
            return Self::Known(known.clone());
        }
        // Wrapped in anything else it would be a provider, with a future on the heap for each attempt.
        if let Some(cached) = any.downcast_ref::<CachedCredentials>() {
            return Self::Cached(cached.clone());
        }
        let provider = SharedCredentialsProvider::new(credentials);
        Self::Asked(provider.clone(), CachedCredentials::new(provider))
    }

    /// Makes the layer that signs with them; `keeps` says whether a provider's are kept.
    pub(crate) fn sign(
        &self,
        region: &str,
        service: &str,
        keeps: bool,
    ) -> Result<SigV4Layer, ConfigError> {
        match self.clone() {
            Self::Known(known) => SigV4Layer::new(known, region, service),
            Self::Asked(provider, _) if !keeps => SigV4Layer::new(provider, region, service),
            Self::Cached(cache) | Self::Asked(_, cache) => SigV4Layer::new(cache, region, service),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{CachedCredentials, Credentials, Keys, SharedCredentialsProvider};

    fn that_expired() -> Credentials {
        let past = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        Credentials::new("key", "secret", None, Some(past), "tests")
    }

    #[test]
    fn credentials_that_are_known_are_judged_before_the_first_request() {
        let known = Keys::of(that_expired());
        assert!(known.sign("us-east-1", "dynamodb", true).is_err());
        // Who is asked may have others by then.
        let asked = Keys::of(SharedCredentialsProvider::new(that_expired()));
        for keeps in [true, false] {
            assert!(asked.sign("us-east-1", "dynamodb", keeps).is_ok());
        }
    }

    #[test]
    fn a_cache_stays_what_it_is() {
        let cache = CachedCredentials::new(that_expired());
        assert!(matches!(Keys::of(cache), Keys::Cached(_)));
    }
}
