//! An SDK that leaves the signature to who is below.

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        auth::{AuthScheme, AuthSchemeEndpointConfig, AuthSchemeId, Sign},
        identity::{
            Identity, IdentityCacheLocation, IdentityFuture, ResolveIdentity,
            SharedIdentityResolver,
        },
        orchestrator::HttpRequest,
        runtime_components::{GetIdentityResolver, RuntimeComponents},
    },
};
use aws_smithy_types::config_bag::ConfigBag;

/// The scheme that every operation of a service is signed by, unless it says otherwise.
const SIGV4: AuthSchemeId = AuthSchemeId::new("sigv4");

/// Leaves requests unsigned, for a stack that signs them or a cluster that asks for no signature.
///
/// It takes the place of the SDK's own `sigv4`, and needs no credentials:
/// `Builder::from(&config).push_auth_scheme(SignedBelow::new())`, on any SDK crate's own builder. The SDK's
/// `allow_no_auth()` comes to the same, and costs each call more: the SDK then puts its parts together anew, looks
/// for credentials first, and asks its cache for an identity that nobody has.
///
/// An operation that is signed by another scheme, such as `sigv4a`, is left to that one.
///
/// ```
/// use tower_muster_smithy::SignedBelow;
///
/// let scheme = SignedBelow::new();
/// // aws_sdk_dynamodb::config::Builder::from(&config).push_auth_scheme(scheme)
/// # let _ = scheme;
/// ```
#[derive(Debug, Clone)]
pub struct SignedBelow {
    nobody: SharedIdentityResolver,
}

/// The identity of each request, which no signer looks at.
#[derive(Debug)]
struct Nobody(Identity);

impl SignedBelow {
    /// Makes the scheme.
    #[must_use]
    pub fn new() -> Self {
        Self {
            nobody: SharedIdentityResolver::new(Nobody(Identity::new((), None))),
        }
    }
}

impl Default for SignedBelow {
    fn default() -> Self {
        Self::new()
    }
}

impl AuthScheme for SignedBelow {
    fn scheme_id(&self) -> AuthSchemeId {
        SIGV4
    }

    fn identity_resolver(&self, _: &dyn GetIdentityResolver) -> Option<SharedIdentityResolver> {
        Some(self.nobody.clone())
    }

    fn signer(&self) -> &dyn Sign {
        self
    }
}

impl Sign for SignedBelow {
    fn sign_http_request(
        &self,
        _: &mut HttpRequest,
        _: &Identity,
        _: AuthSchemeEndpointConfig<'_>,
        _: &RuntimeComponents,
        _: &ConfigBag,
    ) -> Result<(), BoxError> {
        Ok(())
    }
}

impl ResolveIdentity for Nobody {
    fn resolve_identity<'a>(
        &'a self,
        _: &'a RuntimeComponents,
        _: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        IdentityFuture::ready(Ok(self.0.clone()))
    }

    /// Here: it is there already, and a cache would ask the clock and set a timer first.
    fn cache_location(&self) -> IdentityCacheLocation {
        IdentityCacheLocation::IdentityResolver
    }
}
