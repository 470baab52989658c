//! What the SDK's client needs of a runtime: a clock, and sleep.

use aws_smithy_async::{
    rt::sleep::SharedAsyncSleep,
    time::{SharedTimeSource, SystemTimeSource},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        auth::{
            AuthScheme, AuthSchemeEndpointConfig, AuthSchemeId, Sign,
            static_resolver::StaticAuthSchemeOptionResolver,
        },
        endpoint::{EndpointFuture, EndpointResolverParams, ResolveEndpoint},
        identity::{
            Identity, IdentityFuture, ResolveCachedIdentity, ResolveIdentity,
            SharedIdentityResolver,
        },
        interceptors::context::InterceptorContext,
        orchestrator::HttpRequest,
        retries::{RetryStrategy, ShouldAttempt},
        runtime_components::{
            BuildError, GetIdentityResolver, RuntimeComponents, RuntimeComponentsBuilder,
        },
    },
};
use aws_smithy_types::config_bag::ConfigBag;

use crate::sleep::TokioSleep;

const NAME: &str = "tower-muster";
const SCHEME: AuthSchemeId = AuthSchemeId::new("none");

pub(super) fn builder() -> RuntimeComponentsBuilder {
    RuntimeComponentsBuilder::new(NAME)
        .with_sleep_impl(Some(SharedAsyncSleep::new(TokioSleep)))
        .with_time_source(Some(SharedTimeSource::new(SystemTimeSource::new())))
        .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME])))
        .with_auth_scheme(Unused)
        .with_endpoint_resolver(Some(Unused))
        .with_identity_cache(Some(Unused))
        .with_identity_resolver(SCHEME, SharedIdentityResolver::new(Unused))
        .with_retry_strategy(Some(Unused))
}

pub(super) fn components() -> Result<RuntimeComponents, BuildError> {
    builder().build()
}

/// What a set of components has to have, and an HTTP client has no use for.
#[derive(Debug)]
struct Unused;

fn unused<T>() -> Result<T, BoxError> {
    Err("there is an HTTP client here and no SDK".into())
}

impl ResolveEndpoint for Unused {
    fn resolve_endpoint<'a>(&'a self, _: &'a EndpointResolverParams) -> EndpointFuture<'a> {
        EndpointFuture::ready(unused())
    }
}

impl AuthScheme for Unused {
    fn scheme_id(&self) -> AuthSchemeId {
        SCHEME
    }

    fn identity_resolver(&self, _: &dyn GetIdentityResolver) -> Option<SharedIdentityResolver> {
        None
    }

    fn signer(&self) -> &dyn Sign {
        self
    }
}

impl Sign for Unused {
    fn sign_http_request(
        &self,
        _: &mut HttpRequest,
        _: &Identity,
        _: AuthSchemeEndpointConfig<'_>,
        _: &RuntimeComponents,
        _: &ConfigBag,
    ) -> Result<(), BoxError> {
        unused()
    }
}

impl ResolveCachedIdentity for Unused {
    fn resolve_cached_identity<'a>(
        &'a self,
        _: SharedIdentityResolver,
        _: &'a RuntimeComponents,
        _: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        IdentityFuture::ready(unused())
    }
}

impl ResolveIdentity for Unused {
    fn resolve_identity<'a>(
        &'a self,
        _: &'a RuntimeComponents,
        _: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        IdentityFuture::ready(unused())
    }
}

impl RetryStrategy for Unused {
    fn should_attempt_initial_request(
        &self,
        _: &RuntimeComponents,
        _: &ConfigBag,
    ) -> Result<ShouldAttempt, BoxError> {
        unused()
    }

    fn should_attempt_retry(
        &self,
        _: &InterceptorContext,
        _: &RuntimeComponents,
        _: &ConfigBag,
    ) -> Result<ShouldAttempt, BoxError> {
        unused()
    }
}
