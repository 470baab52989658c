//! One more send, with the server's time, of a request that was refused for its date.

use std::sync::Arc;

use aws_sigv4::http_request::SignableBody;
use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use http::request::Parts;
use http::{Extensions, Method, Request, Response, Uri, Version};
use http_body_util::Full;

use crate::host;
use crate::kept::KeptHeaders;
use crate::signer::Signer;
use crate::skew::{self, Look, Offset};

/// What a request that was sent can be signed again from: the request as it came, without our signature.
pub(crate) struct Unsigned {
    method: Method,
    uri: Uri,
    version: Version,
    headers: KeptHeaders,
    extensions: Extensions,
}

/// A request that was sent, and what it was signed with.
pub(crate) struct Spare {
    pub(crate) signer: Arc<Signer>,
    pub(crate) unsigned: Unsigned,
    pub(crate) body: Bytes,
    pub(crate) identity: Arc<Identity>,
    pub(crate) offset: Offset,
}

/// An offset that is kept if the server takes the request that was signed with it.
pub(crate) struct Trial {
    signer: Arc<Signer>,
    host: Box<str>,
    offset: Offset,
    refusal: Look,
}

impl Unsigned {
    pub(crate) fn of(parts: &Parts) -> Self {
        Self {
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            version: parts.version,
            headers: KeptHeaders::of(&parts.headers),
            extensions: parts.extensions.clone(),
        }
    }

    fn restore(self) -> Option<Parts> {
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.method = self.method;
        parts.uri = self.uri;
        parts.version = self.version;
        parts.headers = self.headers.restore()?;
        parts.extensions = self.extensions;
        Some(parts)
    }
}

impl Spare {
    /// Signs the request again if `refusal` shows that our time was wrong.
    ///
    /// What cannot be signed again is not: the caller then gets the refusal.
    pub(crate) fn after<R>(self, refusal: &Response<R>) -> Option<(Request<Full<Bytes>>, Trial)> {
        let now = self.signer.now();
        let offset = skew::learned(refusal.status(), refusal.headers(), now, self.offset)?;
        let mut parts = self.unsigned.restore()?;
        let host: Box<str> = host::of(&parts).ok()?.text.into();
        let skew = self.signer.skew()?;
        if !skew.is_worth_a_send(&host, offset, self.offset, now) {
            return None;
        }
        let body = SignableBody::Bytes(&self.body);
        self.signer
            .sign_with(&mut parts, body, &self.identity, offset)
            .ok()?;
        let request = Request::from_parts(parts, Full::new(self.body));
        let trial = Trial {
            signer: self.signer,
            host,
            offset,
            refusal: Look::of(refusal),
        };
        Some((request, trial))
    }
}

impl Trial {
    /// Keeps the offset, unless it did not help: a proxy whose own clock is wrong may have written the date.
    pub(crate) fn end<R>(self, response: &Response<R>) {
        let Some(skew) = self.signer.skew() else {
            return;
        };
        if !skew::may_be_refused_for_its_date(response.status()) {
            skew.offsets.learn(&self.host, self.offset);
        } else if Look::of(response) == self.refusal {
            skew.was_in_vain(&self.host, self.signer.now());
        }
    }
}
