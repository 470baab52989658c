//! The connector that chooses.

use std::{
    fmt, mem,
    task::{Context, Poll},
};

use http::{Uri, uri::Authority};
use tower_service::Service;

use super::{ConnectError, ConnectFuture, ConnectLayer, Link};
use crate::{BoxError, origin::Origin, policy::Policy};

/// Connects to a node of the cluster whenever the made-up name is asked for, and to any other as it is.
///
/// # Clone
///
/// Clones share the cluster, the policy with its state and the count of connections, and whatever clones of the
/// connector below share. A clone is not ready before its own `poll_ready`.
pub struct Connect<S, P> {
    inner: S,
    layer: ConnectLayer<P>,
}

/// Whose business a URI is.
enum Asked {
    Cluster,
    /// The made-up host under another scheme or port, which must not be looked up.
    Nobody,
    Elsewhere,
}

impl<S, P> Connect<S, P> {
    pub(super) fn new(inner: S, layer: ConnectLayer<P>) -> Self {
        Self { inner, layer }
    }

    /// Returns the connector below.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns the connector below, to be changed.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Gives the connector below back.
    pub fn into_inner(self) -> S {
        self.inner
    }

    fn asked(&self, uri: &Uri) -> Asked {
        let name = &*self.layer.name;
        let host = uri.host().unwrap_or_default();
        if !host.eq_ignore_ascii_case(name.authority().host()) {
            return Asked::Elsewhere;
        }
        match Origin::of_uri(uri) {
            Ok(origin) if origin == *name => Asked::Cluster,
            _ => Asked::Nobody,
        }
    }
}

impl<S, P> Service<Uri> for Connect<S, P>
where
    S: Service<Uri, Error: Into<BoxError>> + Clone,
    P: Policy,
{
    type Response = Link<S::Response>;
    type Error = ConnectError;
    type Future = ConnectFuture<S, P>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        self.inner
            .poll_ready(cx)
            .map_err(|error| ConnectError::Connector(error.into()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        match self.asked(&uri) {
            Asked::Elsewhere => ConnectFuture::elsewhere(self.inner.call(uri)),
            Asked::Nobody => ConnectFuture::failed(ConnectError::OtherOrigin {
                uri: without_secrets(&uri),
                name: self.layer.name.clone(),
            }),
            Asked::Cluster => {
                // The one that was polled is ready; its clone may not be.
                let clone = self.inner.clone();
                let ready = mem::replace(&mut self.inner, clone);
                ConnectFuture::dial(ready, self.layer.clone(), uri)
            }
        }
    }
}

/// Scheme, host and port of a URI; what else it holds is nobody's to read in an error.
fn without_secrets(uri: &Uri) -> Uri {
    let authority = uri.authority().map_or("", Authority::as_str);
    let (_, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let built = match uri.scheme() {
        Some(scheme) => Uri::builder()
            .scheme(scheme.clone())
            .authority(host)
            .path_and_query("/"),
        None => Uri::builder().authority(host),
    };
    // Parts of a URI make one.
    built.build().unwrap_or_default()
}

impl<S: Clone, P> Clone for Connect<S, P> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.layer.clone())
    }
}

impl<S: fmt::Debug, P: fmt::Debug> fmt::Debug for Connect<S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect")
            .field("inner", &self.inner)
            .field("layer", &self.layer)
            .finish()
    }
}
