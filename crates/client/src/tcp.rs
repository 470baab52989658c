//! One TCP connection to one address.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    iter::{Once, once},
    net::SocketAddr,
    task::{Context, Poll},
    time::Duration,
};

use hyper_util::client::legacy::connect::{HttpConnector, dns::Name};
use tower_service::Service;

/// How many of the questions of keepalive may stay without an answer.
const KEEPALIVE_RETRIES: u32 = 3;

/// How sockets are set up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tcp {
    pub(crate) keepalive: Option<Duration>,
    pub(crate) is_nodelay: bool,
}

impl Tcp {
    /// Makes hyper-util's connector, for this address alone.
    pub(crate) fn connector(self, address: SocketAddr) -> HttpConnector<Known> {
        let mut connector = HttpConnector::new_with_resolver(Known(address));
        // The same connector carries TLS; which scheme is allowed is settled before.
        connector.enforce_http(false);
        connector.set_nodelay(self.is_nodelay);
        connector.set_keepalive(self.keepalive);
        connector.set_keepalive_interval(self.keepalive);
        connector.set_keepalive_retries(self.keepalive.map(|_| KEEPALIVE_RETRIES));
        connector
    }
}

/// A resolver with one answer.
#[derive(Debug, Clone)]
pub(crate) struct Known(SocketAddr);

impl Service<Name> for Known {
    type Response = Once<SocketAddr>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        ready(Ok(once(self.0)))
    }
}

#[cfg(test)]
mod tests {
    use http::Uri;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn sockets_are_set_up_as_asked_and_go_to_the_address_not_the_name() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        for is_nodelay in [true, false] {
            let tcp = Tcp {
                keepalive: None,
                is_nodelay,
            };
            let uri = format!("https://node.example:{}/", address.port());
            let connected = tcp.connector(address).call(uri.parse::<Uri>().unwrap());
            let socket = connected.await.unwrap();
            assert_eq!(socket.inner().nodelay().unwrap(), is_nodelay);
            assert_eq!(socket.inner().peer_addr().unwrap(), address);
        }
    }
}
