//! Where the asking begins.

use std::{
    error::Error,
    fmt, iter,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use futures_util::future::join_all;
use http::uri::Scheme;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tokio::time::{Instant, timeout};
use tower::{
    ServiceExt,
    util::{BoxCloneSyncService, Oneshot},
};
use tower_muster::{BoxError, Origin, OriginError};
use tower_service::Service;

/// How long a name's addresses may take to be found; ScyllaDB's Java client gives it as long.
const LOOKUP: Duration = Duration::from_secs(3);
/// How many addresses of one name are asked; the same client's limit.
const MOST_ADDRESSES: usize = 8;
/// How long addresses are used without looking them up again: as long as short-lived DNS records live.
const FRESH: Duration = Duration::from_secs(30);

type Resolver = BoxCloneSyncService<Name, Vec<SocketAddr>, BoxError>;

/// The nodes that are asked first, by address or by name.
#[derive(Clone)]
pub(super) struct Seeds {
    seeds: Vec<Origin>,
    resolver: Resolver,
    /// What the names stood for, and until when that is believed.
    resolved: Option<(Instant, Vec<Origin>)>,
}

impl Seeds {
    pub(super) fn new(seeds: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, SeedError> {
        let seeds = seeds.into_iter().map(|seed| Ok(seed.as_ref().parse()?));
        let seeds = seeds.collect::<Result<Vec<_>, SeedError>>()?;
        if seeds.is_empty() {
            return Err(SeedError::Empty);
        }
        Ok(Self {
            seeds,
            resolver: boxed(GaiResolver::new()),
            resolved: None,
        })
    }

    pub(super) fn resolve_by<R>(&mut self, resolver: R)
    where
        R: Service<Name, Response: IntoIterator<Item = SocketAddr>, Error: Into<BoxError>>,
        R: Clone + Send + Sync + 'static,
        R::Future: Send,
    {
        self.resolver = boxed(resolver);
        self.resolved = None;
    }

    /// The addresses of all seeds. A name that cannot be looked up stays a name, for the client to reach in its
    /// own way, and so does one under https: its certificate is for the name.
    pub(super) async fn origins(&mut self) -> Vec<Origin> {
        if self.seeds.iter().all(|seed| name_of(seed).is_none()) {
            return self.seeds.clone();
        }
        let now = Instant::now();
        if let Some((until, origins)) = &self.resolved
            && now < *until
        {
            return origins.clone();
        }
        let lookups = self.seeds.iter().map(|seed| self.addresses(seed));
        let found = join_all(lookups).await;
        let is_known = found.iter().all(Option::is_some);
        let origins = iter::zip(&self.seeds, found)
            .flat_map(|(seed, found)| found.unwrap_or_else(|| vec![seed.clone()]));
        let origins: Vec<_> = origins.collect();
        // What failed is tried again with the next look.
        self.resolved = is_known.then(|| (now + FRESH, origins.clone()));
        origins
    }

    /// Has the names looked up again: nobody was found where they pointed.
    pub(super) fn doubt(&mut self) {
        self.resolved = None;
    }

    async fn addresses(&self, seed: &Origin) -> Option<Vec<Origin>> {
        let Some(name) = name_of(seed) else {
            return Some(vec![seed.clone()]);
        };
        let lookup = self.resolver.clone().oneshot(name);
        let addresses = timeout(LOOKUP, lookup).await.ok()?.ok()?;
        let addresses = addresses.into_iter().map(|address| address.ip());
        let origins = addresses.filter_map(|address| at(seed, address));
        let origins: Vec<_> = origins.take(MOST_ADDRESSES).collect();
        (!origins.is_empty()).then_some(origins)
    }
}

impl fmt::Debug for Seeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.seeds).finish()
    }
}

fn boxed<R>(resolver: R) -> Resolver
where
    R: Service<Name, Response: IntoIterator<Item = SocketAddr>, Error: Into<BoxError>>,
    R: Clone + Send + Sync + 'static,
    R::Future: Send,
{
    let resolver = tower::service_fn(move |name| {
        let lookup: Oneshot<R, Name> = resolver.clone().oneshot(name);
        async move {
            let addresses = lookup.await.map_err(Into::into)?;
            Ok(addresses.into_iter().collect())
        }
    });
    BoxCloneSyncService::new(resolver)
}

/// The name to look up, if the seed is one whose addresses may stand for it.
fn name_of(seed: &Origin) -> Option<Name> {
    let host = seed.authority().host();
    let is_address = host.starts_with('[') || host.parse::<IpAddr>().is_ok();
    if is_address || seed.scheme() == &Scheme::HTTPS {
        return None;
    }
    host.parse().ok()
}

/// The origin of an address that a node has, by what is known of another node: ports are the same everywhere.
pub(super) fn at(other: &Origin, address: IpAddr) -> Option<Origin> {
    if address.is_unspecified() || address.is_multicast() {
        return None;
    }
    let scheme = other.scheme();
    let port = match other.authority().port_u16() {
        Some(port) => format!(":{port}"),
        None => String::new(),
    };
    let origin = match address {
        IpAddr::V4(address) => format!("{scheme}://{address}{port}"),
        IpAddr::V6(address) => format!("{scheme}://[{address}]{port}"),
    };
    origin.parse().ok()
}

/// Says why seeds name no cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SeedError {
    /// The list of seeds is empty.
    Empty,
    /// A seed is not the address of a node.
    Origin(OriginError),
}

impl From<OriginError> for SeedError {
    fn from(error: OriginError) -> Self {
        Self::Origin(error)
    }
}

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("seeds: the list is empty"),
            Self::Origin(_) => f.write_str("seeds: one is no address"),
        }
    }
}

impl Error for SeedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Empty => None,
            Self::Origin(error) => Some(error),
        }
    }
}

#[cfg(test)]
mod tests;
