//! Configures what of its headers a node is sent.

use std::sync::Arc;

use http::{HeaderMap, Version, header::USER_AGENT};
use tower_layer::Layer;

use super::{Headers, Trim, UserAgent, signed::Signed};

/// Sets the `User-Agent`, and drops headers that no node reads.
///
/// Used at all, it sends [our own `User-Agent`](UserAgent::default) unless it is given another; nothing is
/// dropped unless it is told [what to keep](Self::trim). The [module](super) has an example.
///
/// # Clone
///
/// A clone has the same settings; later settings of one do not change the other.
#[derive(Debug, Clone)]
#[must_use = "it does nothing until it wraps a service"]
pub struct HeadersLayer {
    position: Position,
    trim: Trim,
    user_agent: UserAgent,
}

#[derive(Debug, Clone, Copy)]
enum Position {
    BeforeSigning,
    AfterSigning,
}

impl HeadersLayer {
    /// Makes a layer that stands above the one that signs.
    ///
    /// A signature that a request has already is going to be replaced, so it protects nothing: trimming drops
    /// it, and with it `X-Amz-Date` and `X-Amz-Security-Token`.
    pub fn before_signing() -> Self {
        Self::at(Position::BeforeSigning)
    }

    /// Makes a layer that stands below the one that signs, as one under an AWS SDK does.
    ///
    /// No header that the signature covers is dropped, changed or added, the `User-Agent` among them; nor is
    /// what the signature consists of: `Authorization`, `X-Amz-Date`, `X-Amz-Security-Token` and
    /// `X-Amz-Content-Sha256`. A request whose signature cannot be read is passed on as it is.
    ///
    /// For requests that nobody signs it is the right one, too.
    pub fn after_signing() -> Self {
        Self::at(Position::AfterSigning)
    }

    fn at(position: Position) -> Self {
        Self {
            position,
            trim: Trim::off(),
            user_agent: UserAgent::default(),
        }
    }

    /// Sets which headers are kept; by default all.
    pub fn trim(mut self, trim: Trim) -> Self {
        self.trim = trim;
        self
    }

    /// Sets which `User-Agent` is sent; by default [our own](UserAgent::default).
    pub fn user_agent(mut self, user_agent: UserAgent) -> Self {
        self.user_agent = user_agent;
        self
    }

    pub(super) fn apply(&self, headers: &mut HeaderMap, version: Version) {
        let signed = match self.position {
            Position::BeforeSigning => Signed::Nothing,
            Position::AfterSigning => Signed::in_headers(headers),
        };
        let is_agent_signed = match &signed {
            Signed::Parts => false,
            signed => signed.covers(&USER_AGENT),
        };
        let dropped = self.trim.dropped(headers, version, &signed);
        for name in dropped {
            headers.remove(name);
        }
        if !is_agent_signed {
            self.user_agent.apply(headers);
        }
    }
}

impl<S> Layer<S> for HeadersLayer {
    type Service = Headers<S>;

    fn layer(&self, inner: S) -> Headers<S> {
        Headers::new(inner, Arc::new(self.clone()))
    }
}
