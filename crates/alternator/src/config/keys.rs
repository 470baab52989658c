//! The credentials that attempts are signed with.

use std::any::Any;

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};
use tower_muster_sigv4::{ConfigError, SigV4Layer};

/// Credentials, or who is asked for them.
#[derive(Debug, Clone)]
pub(crate) enum Keys {
    /// They stay the same, and need not be asked for with each attempt.
    Known(Credentials),
    Asked(SharedCredentialsProvider),
}

impl Keys {
    pub(super) fn of(credentials: impl ProvideCredentials + 'static) -> Self {
        let any = &credentials as &dyn Any;
        match any.downcast_ref::<Credentials>() {
            Some(known) => Self::Known(known.clone()),
            None => Self::Asked(SharedCredentialsProvider::new(credentials)),
        }
    }

    /// Makes the layer that signs with them.
    pub(crate) fn sign(&self, region: &str, service: &str) -> Result<SigV4Layer, ConfigError> {
        match self.clone() {
            Self::Known(known) => SigV4Layer::new(known, region, service),
            Self::Asked(provider) => SigV4Layer::new(provider, region, service),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{Credentials, Keys, SharedCredentialsProvider};

    fn that_expired() -> Credentials {
        let past = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        Credentials::new("key", "secret", None, Some(past), "tests")
    }

    #[test]
    fn credentials_that_are_known_are_judged_before_the_first_request() {
        let known = Keys::of(that_expired());
        assert!(known.sign("us-east-1", "dynamodb").is_err());
        // Who is asked may have others by then.
        let asked = Keys::of(SharedCredentialsProvider::new(that_expired()));
        assert!(asked.sign("us-east-1", "dynamodb").is_ok());
    }
}
