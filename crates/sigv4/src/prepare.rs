//! From a request with any body to a signed one: gather, resolve, sign.

use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use aws_sigv4::http_request::SignableBody;
use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use http::Request;
use http::request::Parts;
use http_body::Body;
use http_body_util::Full;
use pin_project_lite::pin_project;

use crate::BoxError;
use crate::again::{Spare, Unsigned};
use crate::credentials::{PendingIdentity, Resolution};
use crate::error::{Error, ErrorKind};
use crate::gather::Gathered;
use crate::signer::Signer;

pin_project! {
    /// Everything that happens to a request before it is handed on.
    pub(crate) struct Prepare<B> {
        signer: Arc<Signer>,
        parts: Option<Parts>,
        #[pin]
        step: Step<B>,
    }
}

pin_project! {
    #[project = StepProj]
    enum Step<B> {
        Gathering { #[pin] body: B, gathered: Gathered },
        Resolving { identity: PendingIdentity, body: Bytes },
    }
}

/// A request to send, and what a second one could be made of.
pub(crate) struct Signed {
    pub(crate) request: Request<Full<Bytes>>,
    pub(crate) spare: Option<Spare>,
}

impl<B> Prepare<B> {
    pub(crate) fn new(signer: Arc<Signer>, request: Request<B>) -> Self {
        let (parts, body) = request.into_parts();
        let step = Step::Gathering {
            body,
            gathered: Gathered::default(),
        };
        Self {
            signer,
            parts: Some(parts),
            step,
        }
    }
}

impl<B> Prepare<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    pub(crate) fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Signed, Error>> {
        let mut this = self.project();
        loop {
            match this.step.as_mut().project() {
                StepProj::Gathering { body, gathered } => {
                    let limit = this.signer.body_limit();
                    let body = ready!(gathered.poll_fill(body, limit, cx))?;
                    let Some(parts) = this.parts else {
                        return Poll::Ready(Err(Error::new(ErrorKind::Ended)));
                    };
                    match this.signer.resolve(&parts.headers, &parts.uri) {
                        Resolution::Known(identity) => {
                            return Poll::Ready(sign(this.signer, this.parts, body, identity));
                        }
                        Resolution::Pending(identity) => {
                            this.step.set(Step::Resolving { identity, body });
                        }
                    }
                }
                StepProj::Resolving { identity, body } => {
                    let identity = ready!(identity.poll(cx))?;
                    let body = mem::take(body);
                    return Poll::Ready(sign(this.signer, this.parts, body, identity));
                }
            }
        }
    }
}

fn sign(
    signer: &Arc<Signer>,
    parts: &mut Option<Parts>,
    body: Bytes,
    identity: Arc<Identity>,
) -> Result<Signed, Error> {
    let mut parts = parts.take().ok_or_else(|| Error::new(ErrorKind::Ended))?;
    let unsigned = signer.heeds_skew().then(|| Unsigned::of(&parts));
    let offset = signer.sign(&mut parts, SignableBody::Bytes(&body), &identity)?;
    let spare = unsigned.map(|unsigned| Spare {
        signer: Arc::clone(signer),
        unsigned,
        body: body.clone(),
        identity,
        offset,
    });
    let request = Request::from_parts(parts, Full::new(body));
    Ok(Signed { request, spare })
}
