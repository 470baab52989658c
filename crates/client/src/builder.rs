//! The settings of a client.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use http_body::Body;
use hyper_util::client::legacy::connect::{Connect, dns::Name};
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::TokioTimer;
use tower_service::Service;

#[cfg(feature = "tls")]
use crate::Tls;
use crate::{
    BoxError, ConfigError, Connector, HttpClient, connector::Shared, protocol::Protocol,
    resolve::Resolver, reuse::Background, tcp::Tcp,
};

/// Builds an [`HttpClient`]: how connections are made, kept and shared.
///
/// | setting | default | reason |
/// |---|---|---|
/// | [`connect_timeout`](Self::connect_timeout) | 1 s, for each address | one lost SYN is sent again after 1 s (RFC 6298), and by then another node has answered |
/// | [`idle_timeout`](Self::idle_timeout) | 90 s, swept by a timer | hyper-util's and the AWS SDK's; without a timer, idle sockets stay for ever |
/// | [`max_idle_per_host`](Self::max_idle_per_host) | no limit | each node has its own pool, which has as many connections as calls were under way there |
/// | [`tcp_keepalive`](Self::tcp_keepalive) | 30 s | a node that vanished is noticed within two minutes; the AWS CRT client's example |
/// | [`nodelay`](Self::nodelay) | on | a request is one small write; waiting to fill a packet only adds to its latency |
/// | [`resolver`](Self::resolver) | `getaddrinfo` | what every other program of the machine uses |
/// | [`connection_info`](Self::connection_info) | off | a response under a stack says which node it came from |
/// | `tls` | none, https is refused | trust is said, not guessed |
/// | `http2`, `http2_prior_knowledge` | HTTP/1.1 | Alternator's server speaks nothing else |
///
/// The pool grows with the cluster by itself: idle connections are counted for each node, never over all.
///
/// A request that finds no idle connection waits for one that comes back, if any are open, for at most 10 ms
/// before it opens another. At each node requests wait for no more than a hundredth of the time, so that a
/// growing load gets its connections at once, and a moment's crowd opens none. It needs the [`Connector`] of
/// this crate; where no connection is open, or HTTP/2 shares one, nothing is waited for.
///
/// # Clone
///
/// Clones are settings of their own. What is built from them shares nothing; to share TLS sessions between
/// clients, build over clones of one [`connector`](Self::connector).
#[derive(Clone)]
#[must_use = "settings do nothing until they are built"]
pub struct ClientBuilder {
    connect_timeout: Duration,
    idle_timeout: Option<Duration>,
    max_idle: usize,
    tcp: Tcp,
    resolver: Resolver,
    is_shown: bool,
    protocol: Protocol,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(1),
            idle_timeout: Some(Duration::from_secs(90)),
            max_idle: usize::MAX,
            tcp: Tcp {
                keepalive: Some(Duration::from_secs(30)),
                is_nodelay: true,
            },
            resolver: Resolver::default(),
            is_shown: false,
            protocol: Protocol::Http1,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}

impl ClientBuilder {
    /// Returns the defaults, as the table above has them.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how long one address may take, with TLS; 1 s by default.
    ///
    /// It is each address's own: TCP and the TLS handshake of one address together. A name with several
    /// addresses does not divide it: the next is tried as soon as one has failed, or 300 ms after it was
    /// begun, side by side, and the first to be ready is taken. At most 8 are tried, so a connection takes at
    /// most this and 2.1 s. Asking for the addresses may take as long once more.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Sets how long a connection may sit idle before it is closed; 90 s by default.
    ///
    /// `None` keeps it until its other side closes it, also that of a node that left.
    pub fn idle_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.idle_timeout = limit.into();
        self
    }

    /// Sets how many idle connections to one node are kept; all by default.
    ///
    /// Fewer than calls are under way at a node in busy times means new connections, and TLS handshakes, all
    /// the time. 0 makes a new connection for every request.
    pub fn max_idle_per_host(mut self, connections: usize) -> Self {
        self.max_idle = connections;
        self
    }

    /// Sets after how long a silent connection is asked whether it is there; 30 s by default.
    ///
    /// It is asked again as often, and is lost after three questions without an answer. `None` never asks.
    pub fn tcp_keepalive(mut self, after: impl Into<Option<Duration>>) -> Self {
        self.tcp.keepalive = after.into();
        self
    }

    /// Sets whether small writes go out at once; they do by default.
    pub fn nodelay(mut self, at_once: bool) -> Self {
        self.tcp.is_nodelay = at_once;
        self
    }

    /// Sets who turns names into addresses; `getaddrinfo` by default.
    ///
    /// The port is the URI's. Hosts that are addresses are not asked for.
    pub fn resolver<R>(mut self, resolver: R) -> Self
    where
        R: Service<Name> + Clone + Send + Sync + 'static,
        R::Response: Iterator<Item = SocketAddr> + Send,
        R::Error: Into<BoxError>,
        R::Future: Send,
    {
        self.resolver = Resolver::new(resolver);
        self
    }

    /// Sets whether each response has hyper-util's `HttpInfo` among its extensions: both ends of its connection.
    ///
    /// It is off by default, unlike in hyper-util's own connector: it costs each response three allocations.
    pub fn connection_info(mut self, shown: bool) -> Self {
        self.is_shown = shown;
        self
    }

    /// Sets how https is done; without it, https is refused.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Tells whether it was said how https is done.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn has_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Speaks HTTP/2 with each server that agrees to it by TLS (ALPN).
    ///
    /// HTTP/1.1 with the others, and without TLS. All calls to a node share a connection, which is asked by a
    /// ping after 30 s of silence while calls are under way, and given up 20 s later. A stream may have 2 MiB
    /// unread, twice a page of DynamoDB's; a connection 16 MiB.
    #[cfg(feature = "http2")]
    pub fn http2(mut self) -> Self {
        self.protocol = Protocol::Http2;
        self
    }

    /// Speaks nothing but HTTP/2, with or without TLS.
    ///
    /// A server that does not understand it breaks the connection; see [`http2`](Self::http2) for the rest.
    #[cfg(feature = "http2")]
    pub fn http2_prior_knowledge(mut self) -> Self {
        self.protocol = Protocol::Http2Only;
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// Fails if a setting is out of its range or TLS cannot be set up, with what is wrong with it.
    pub fn build<B>(&self) -> Result<HttpClient<B>, ConfigError>
    where
        B: Body + Send,
        B::Data: Send,
    {
        Ok(self.build_from(&self.connector()?))
    }

    /// Builds the client over a connector of these settings that has another [connect timeout].
    ///
    /// [connect timeout]: Connector::with_connect_timeout
    pub fn build_from<B>(&self, connector: &Connector) -> HttpClient<B>
    where
        B: Body + Send,
        B::Data: Send,
    {
        // HTTP/2 tells the server the URI.
        let is_http1 = self.protocol.is_http1() && !connector.offers_http2();
        let names = is_http1.then(Arc::default);
        let mut pool = self.pool();
        // By another name the host is not what is to be said in the header; the client says it.
        pool.set_host(names.is_none());
        HttpClient::new(pool.build(connector.known_by(names.clone())), names)
    }

    /// Builds the client's pool over another way to connect.
    ///
    /// For Unix sockets, for layers around a [`Connector`], for anything that hyper-util can use. Timeout,
    /// addresses, TCP and TLS are the connector's own; the pool and the protocol are as set here.
    pub fn build_over<C, B>(&self, connector: C) -> Client<C, B>
    where
        C: Connect + Clone,
        B: Body + Send,
        B::Data: Send,
    {
        self.pool().build(connector)
    }

    fn pool(&self) -> legacy::Builder {
        let mut builder = legacy::Builder::new(Background);
        builder
            .pool_idle_timeout(self.idle_timeout)
            .pool_max_idle_per_host(self.max_idle)
            // Without a timer idle connections are never swept.
            .pool_timer(TokioTimer::new());
        self.protocol.apply(&mut builder);
        builder
    }

    /// Builds what makes the connections, without the pool.
    ///
    /// # Errors
    ///
    /// Fails as [`build`](Self::build) does.
    pub fn connector(&self) -> Result<Connector, ConfigError> {
        if self.connect_timeout.is_zero() {
            let setting = "connect_timeout";
            return Err(ConfigError::Zero { setting });
        }
        let shared = Shared {
            tcp: self.tcp,
            resolver: self.resolver.clone(),
            is_shown: self.is_shown,
            #[cfg(feature = "tls")]
            tls: self
                .tls
                .as_ref()
                .map(|tls| tls.handshakes(self.protocol.alpn()))
                .transpose()?,
        };
        let come_back = self.max_idle > 0 && !self.protocol.is_shared();
        Ok(Connector::new(shared, self.connect_timeout, come_back))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("ClientBuilder");
        debug
            .field("connect_timeout", &self.connect_timeout)
            .field("idle_timeout", &self.idle_timeout)
            .field("max_idle_per_host", &self.max_idle)
            .field("tcp", &self.tcp)
            .field("protocol", &self.protocol);
        #[cfg(feature = "tls")]
        debug.field("tls", &self.tls);
        debug.finish_non_exhaustive()
    }
}
