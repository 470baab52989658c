//! Which HTTP is spoken, and HTTP/2's own settings.

use hyper_util::client::legacy::Builder;

/// What is spoken, and how it is agreed on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Protocol {
    Http1,
    /// HTTP/2 where TLS agrees on it.
    #[cfg(feature = "http2")]
    Http2,
    #[cfg(feature = "http2")]
    Http2Only,
}

impl Protocol {
    /// The protocols to offer in the TLS handshake.
    #[cfg(feature = "tls")]
    pub(crate) fn alpn(self) -> &'static [&'static [u8]] {
        match self {
            // Without an offer every server speaks HTTP/1.1, also those that know no ALPN.
            Self::Http1 => &[],
            #[cfg(feature = "http2")]
            Self::Http2 => &[b"h2", b"http/1.1"],
            #[cfg(feature = "http2")]
            Self::Http2Only => &[b"h2"],
        }
    }

    /// Whether all requests to a host share one connection, whatever it says.
    pub(crate) fn is_shared(self) -> bool {
        match self {
            Self::Http1 => false,
            #[cfg(feature = "http2")]
            Self::Http2 => false,
            #[cfg(feature = "http2")]
            Self::Http2Only => true,
        }
    }

    /// Whether nothing but HTTP/1.1 is ever spoken.
    pub(crate) fn is_http1(self) -> bool {
        matches!(self, Self::Http1)
    }

    #[cfg(not(feature = "http2"))]
    pub(crate) fn apply(self, _: &mut Builder) {
        let Self::Http1 = self;
    }

    #[cfg(feature = "http2")]
    pub(crate) fn apply(self, builder: &mut Builder) {
        http2::apply(builder);
        builder.http2_only(matches!(self, Self::Http2Only));
    }
}

#[cfg(feature = "http2")]
mod http2 {
    use std::time::Duration;

    use hyper_util::{client::legacy::Builder, rt::TokioTimer};

    /// A page of DynamoDB's Query or Scan is at most 1 MB, so that one never waits for the window.
    const STREAM_WINDOW: u32 = 2 << 20;

    /// All calls to a node share one connection: eight such streams may be unread at a time.
    const CONNECTION_WINDOW: u32 = 8 * STREAM_WINDOW;

    /// As TCP's keepalive, but the question reaches the server's HTTP/2, not only its kernel. Only while calls
    /// are under way: some servers end a connection that asks without need (gRPC's proposal A8).
    const PING_EVERY: Duration = Duration::from_secs(30);

    /// One connection carries all calls to a node; twenty seconds without an answer end it (hyper's default).
    const PING_TIMEOUT: Duration = Duration::from_secs(20);

    pub(super) fn apply(builder: &mut Builder) {
        builder
            .timer(TokioTimer::new())
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(CONNECTION_WINDOW)
            .http2_keep_alive_interval(PING_EVERY)
            .http2_keep_alive_timeout(PING_TIMEOUT);
    }
}
