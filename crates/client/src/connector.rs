//! Makes connections: name, TCP, TLS, each address within the connect timeout.

use std::{
    fmt,
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{Uri, uri::Scheme};
use tokio::time::timeout;
use tower_service::Service;

#[cfg(feature = "tls")]
use crate::tls::Handshakes;
use crate::{
    ConnectError, Stream, error::Kind, names::Names, race::race, resolve::Resolver, reuse::Hosts,
    tcp::Tcp,
};

/// Makes the connections of an [`HttpClient`](crate::HttpClient).
///
/// A tower service from a URI to a [`Stream`], for
/// [`ClientBuilder::build_over`](crate::ClientBuilder::build_over) with layers around it, or for any other
/// pool. One type, whether the feature `tls` is on or not.
///
/// # Clone
///
/// Clones share everything: settings, TLS sessions and the client certificate.
#[derive(Clone)]
// One pointer: hyper-util's pool clones and moves its connector about with each request.
pub struct Connector(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    timeout: Duration,
    /// Unless connections never come back.
    hosts: Option<Arc<Hosts>>,
    /// What its pool calls hosts, if not by their own names.
    names: Option<Arc<Names>>,
}

pub(crate) struct Shared {
    pub(crate) tcp: Tcp,
    pub(crate) resolver: Resolver,
    pub(crate) is_shown: bool,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Handshakes>,
}

impl Connector {
    pub(crate) fn new(shared: Shared, timeout: Duration, come_back: bool) -> Self {
        Self(Arc::new(Inner {
            shared: Arc::new(shared),
            timeout,
            hosts: come_back.then(Arc::default),
            names: None,
        }))
    }

    /// Whether TLS may agree on HTTP/2.
    pub(crate) fn offers_http2(&self) -> bool {
        self.0.shared.offers_http2()
    }

    /// The same connector, for a pool that knows hosts by these names.
    pub(crate) fn known_by(&self, names: Option<Arc<Names>>) -> Self {
        Self(Arc::new(Inner {
            shared: Arc::clone(&self.0.shared),
            timeout: self.0.timeout,
            hosts: self.0.hosts.clone(),
            names,
        }))
    }

    /// Returns how long one address may take.
    pub fn connect_timeout(&self) -> Duration {
        self.0.timeout
    }

    /// Returns the same connector with another time for one address.
    ///
    /// It shares TLS sessions and the client certificate with this one. Within no time at all each connection
    /// fails, as one that took too long.
    #[must_use]
    pub fn with_connect_timeout(&self, limit: Duration) -> Self {
        Self(Arc::new(Inner {
            shared: Arc::clone(&self.0.shared),
            timeout: limit,
            // It is for another pool.
            hosts: self.0.hosts.as_ref().map(|_| Arc::default()),
            names: None,
        }))
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = ConnectError;
    type Future = Connecting;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Connecting {
        let connector = Arc::clone(&self.0);
        let own = self.0.names.as_ref().and_then(|names| names.own(&uri));
        let uri = own.unwrap_or(uri);
        Connecting(Box::pin(async move { connector.connect(&uri).await }))
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("connect_timeout", &self.0.timeout)
            .finish_non_exhaustive()
    }
}

/// Is the future of a [`Connector`].
///
/// # Cancel safety
///
/// Dropping it gives the connection up; nothing of a request was sent.
#[must_use = "futures do nothing unless polled"]
pub struct Connecting(Pin<Box<dyn Future<Output = Result<Stream, ConnectError>> + Send>>);

impl Future for Connecting {
    type Output = Result<Stream, ConnectError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for Connecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connecting").finish_non_exhaustive()
    }
}

impl Inner {
    async fn connect(&self, uri: &Uri) -> Result<Stream, ConnectError> {
        let (host, port, is_tls) = target(uri)?;
        let known = self.hosts.as_ref().and_then(|hosts| hosts.of(uri));
        if let Some(known) = &known {
            known.wait().await;
        }
        self.shared.prepare(uri, is_tls, self.timeout).await?;
        let resolved = timeout(self.timeout, self.shared.resolver.resolve(host, port)).await;
        let addresses = resolved
            .map_err(|_| self.too_long(host))?
            .map_err(|error| ConnectError::new(host, Kind::Resolve).because(error))?;
        let attempt = async |address: SocketAddr| match timeout(
            self.timeout,
            self.shared.open(uri, address, is_tls),
        )
        .await
        {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(ConnectError::new(address, Kind::Failed).because(error)),
            Err(_) => Err(self.too_long(address)),
        };
        let raced = race(addresses, attempt).await;
        let stream = raced.unwrap_or_else(|| Err(ConnectError::new(host, Kind::Resolve)))?;
        Ok(match known {
            Some(known) => stream.counted(|| known.opened()),
            None => stream,
        })
    }

    fn too_long(&self, to: impl fmt::Display) -> ConnectError {
        ConnectError::new(to, Kind::Timeout(self.timeout))
            .because(io::Error::from(io::ErrorKind::TimedOut))
    }
}

#[cfg(feature = "tls")]
impl Shared {
    fn offers_http2(&self) -> bool {
        self.tls.as_ref().is_some_and(Handshakes::offers_http2)
    }

    async fn prepare(&self, uri: &Uri, is_tls: bool, limit: Duration) -> Result<(), ConnectError> {
        if !is_tls {
            return Ok(());
        }
        let Some(tls) = &self.tls else {
            return Err(no_tls(uri));
        };
        // Files that do not answer leave the certificate as it is.
        let _ = timeout(limit, tls.refresh()).await;
        Ok(())
    }

    async fn open(
        &self,
        uri: &Uri,
        address: SocketAddr,
        is_tls: bool,
    ) -> Result<Stream, crate::BoxError> {
        let mut tcp = self.tcp.connector(address);
        match &self.tls {
            Some(tls) if is_tls => {
                let mut connector = tls.over(tcp, uri);
                Ok(Stream::tls(
                    connector.call(uri.clone()).await?,
                    self.is_shown,
                ))
            }
            _ => Ok(Stream::plain(tcp.call(uri.clone()).await?, self.is_shown)),
        }
    }
}

#[cfg(not(feature = "tls"))]
impl Shared {
    fn offers_http2(&self) -> bool {
        false
    }

    async fn prepare(&self, uri: &Uri, is_tls: bool, _: Duration) -> Result<(), ConnectError> {
        if is_tls { Err(no_tls(uri)) } else { Ok(()) }
    }

    async fn open(
        &self,
        uri: &Uri,
        address: SocketAddr,
        _: bool,
    ) -> Result<Stream, crate::BoxError> {
        Ok(Stream::plain(
            self.tcp.connector(address).call(uri.clone()).await?,
            self.is_shown,
        ))
    }
}

fn no_tls(uri: &Uri) -> ConnectError {
    ConnectError::new(uri.host().unwrap_or_default(), Kind::NoTls)
}

/// Host, port, and whether TLS is asked for.
fn target(uri: &Uri) -> Result<(&str, u16, bool), ConnectError> {
    // The authority and the query may hold what nobody should read; host and scheme do not.
    let wrong = || ConnectError::new(uri.host().unwrap_or("nowhere"), Kind::Uri);
    let is_tls = match uri.scheme() {
        Some(scheme) if *scheme == Scheme::HTTP => false,
        Some(scheme) if *scheme == Scheme::HTTPS => true,
        _ => return Err(wrong()),
    };
    let host = uri.host().filter(|host| !host.is_empty());
    let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    Ok((host.ok_or_else(wrong)?, port, is_tls))
}
