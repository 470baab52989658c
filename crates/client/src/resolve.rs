//! From a host's name to the addresses that are tried.

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
};

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower_service::Service;

use crate::BoxError;

/// How many addresses of one name are tried: a node has one or two, and a list without end is a mistake.
pub(crate) const MAX_ADDRESSES: usize = 8;

type Addresses = Pin<Box<dyn Future<Output = Result<Vec<SocketAddr>, BoxError>> + Send>>;

/// Asks for addresses, whoever answers.
#[derive(Clone)]
pub(crate) struct Resolver(Arc<dyn Fn(Name) -> Addresses + Send + Sync>);

impl Default for Resolver {
    fn default() -> Self {
        Self::new(GaiResolver::new())
    }
}

impl Resolver {
    pub(crate) fn new<R>(resolver: R) -> Self
    where
        R: Service<Name> + Clone + Send + Sync + 'static,
        R::Response: Iterator<Item = SocketAddr> + Send,
        R::Error: Into<BoxError>,
        R::Future: Send,
    {
        Self(Arc::new(move |name| {
            let mut resolver = resolver.clone();
            Box::pin(async move {
                poll_fn(|cx| resolver.poll_ready(cx))
                    .await
                    .map_err(Into::into)?;
                let addresses = resolver.call(name).await.map_err(Into::into)?;
                Ok(addresses.take(MAX_ADDRESSES).collect())
            })
        }))
    }

    /// The addresses of `host` in the order to try them; an address is its own.
    pub(crate) async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, BoxError> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(ip) = bare.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(ip, port)]);
        }
        let mut addresses = (self.0)(host.parse()?).await?;
        for address in &mut addresses {
            address.set_port(port);
        }
        Ok(interleave(addresses))
    }
}

/// Takes the families in turn, beginning with the first address's (RFC 8305, section 4).
fn interleave(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let is_preferred_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut preferred, mut others): (VecDeque<_>, VecDeque<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == is_preferred_v6);
    let mut ordered = Vec::with_capacity(preferred.len() + others.len());
    while !preferred.is_empty() || !others.is_empty() {
        ordered.extend(preferred.pop_front());
        ordered.extend(others.pop_front());
    }
    ordered
}

#[cfg(test)]
mod tests {
    use std::iter::repeat_n;

    use tower::service_fn;

    use super::*;

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|a| a.parse().unwrap()).collect()
    }

    #[test]
    fn families_take_turns_and_the_resolvers_first_stays_first() {
        let given = addresses(&["[::1]:1", "[::2]:1", "10.0.0.1:1", "10.0.0.2:1", "[::3]:1"]);
        let wanted = addresses(&["[::1]:1", "10.0.0.1:1", "[::2]:1", "10.0.0.2:1", "[::3]:1"]);
        assert_eq!(interleave(given), wanted);
    }

    #[tokio::test]
    async fn an_address_is_not_asked_for() {
        let resolver = Resolver::new(service_fn(async |_: Name| {
            Err::<std::vec::IntoIter<SocketAddr>, _>("nobody should ask")
        }));
        for (host, wanted) in [("10.0.0.1", "10.0.0.1:80"), ("[::1]", "[::1]:80")] {
            let found = resolver.resolve(host, 80).await.unwrap();
            assert_eq!(found, addresses(&[wanted]));
        }
        assert!(resolver.resolve("node", 80).await.is_err());
    }

    #[tokio::test]
    async fn the_uris_port_is_the_port_and_a_long_list_is_cut() {
        let resolver = Resolver::new(service_fn(async |_: Name| {
            let many = repeat_n(SocketAddr::from(([10, 0, 0, 1], 0)), 1_000);
            Ok::<_, BoxError>(many)
        }));
        let found = resolver.resolve("node", 8043).await.unwrap();
        assert_eq!(found.len(), MAX_ADDRESSES);
        assert!(found.iter().all(|address| address.port() == 8043));
    }
}
