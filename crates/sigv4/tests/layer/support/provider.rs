//! Credentials providers that are late, or have nothing.

use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use tokio::sync::Notify;

/// Has no credentials.
#[derive(Debug)]
pub(crate) struct Failing;

impl ProvideCredentials for Failing {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err(CredentialsError::not_loaded("no profile")))
    }
}

/// Answers once it is told to. Its `Debug` shows the secret: nothing may print it.
#[derive(Debug)]
pub(crate) struct Late {
    pub(crate) go: Arc<Notify>,
    pub(crate) secret: String,
}

impl ProvideCredentials for Late {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            self.go.notified().await;
            Ok(Credentials::from_keys(
                super::ACCESS_KEY,
                self.secret.clone(),
                None,
            ))
        })
    }
}
