//! A response body that is decoded as it is read.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_muster::BoxError;

use super::decoding::{Decoding, Step};
use crate::compression::Encoding;

pin_project! {
    /// Is the body of a response: decoded, or as it came.
    ///
    /// An error of the body below is passed on; one of decoding is a [`DecodeError`](super::DecodeError).
    /// Trailers are passed on.
    #[derive(Debug)]
    pub struct DecodedBody<B> {
        #[pin]
        inner: B,
        state: State,
    }
}

#[derive(Debug)]
enum State {
    AsItCame,
    Decoding(Box<Decoding>),
    Over,
}

impl<B> DecodedBody<B> {
    pub(super) const fn as_it_came(inner: B) -> Self {
        Self {
            inner,
            state: State::AsItCame,
        }
    }

    pub(super) fn decoding(inner: B, encoding: Encoding, limit: u64) -> Self {
        Self {
            inner,
            state: State::Decoding(Box::new(Decoding::new(encoding, limit))),
        }
    }

    /// Returns the body below.
    pub fn get_ref(&self) -> &B {
        &self.inner
    }
}

impl<B> Body for DecodedBody<B>
where
    B: Body<Error: Into<BoxError>>,
{
    type Data = Bytes;
    type Error = BoxError;

    #[inline]
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut this = self.project();
        loop {
            let decoding = match this.state {
                State::AsItCame => {
                    let frame = ready!(this.inner.poll_frame(cx));
                    return Poll::Ready(frame.map(|frame| match frame {
                        Ok(frame) => Ok(frame.map_data(to_bytes)),
                        Err(error) => Err(error.into()),
                    }));
                }
                State::Decoding(decoding) => decoding,
                State::Over => return Poll::Ready(None),
            };
            let error = match decoding.step() {
                Ok(Step::Data(data)) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                Ok(Step::Hungry) => match ready!(this.inner.as_mut().poll_frame(cx)) {
                    Some(Ok(frame)) => {
                        decoding.feed(frame.map_data(to_bytes));
                        continue;
                    }
                    None => {
                        decoding.end(None);
                        continue;
                    }
                    Some(Err(error)) => error.into(),
                },
                Ok(Step::Over(trailers)) => {
                    *this.state = State::Over;
                    return Poll::Ready(trailers.map(Frame::trailers).map(Ok));
                }
                Err(error) => error.into(),
            };
            *this.state = State::Over;
            return Poll::Ready(Some(Err(error)));
        }
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        match &self.state {
            State::AsItCame => self.inner.is_end_stream(),
            State::Decoding(_) => false,
            State::Over => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.state {
            State::AsItCame => self.inner.size_hint(),
            State::Decoding(_) => SizeHint::default(),
            State::Over => SizeHint::with_exact(0),
        }
    }
}

impl<B: Default> Default for DecodedBody<B> {
    /// An empty body of no response.
    fn default() -> Self {
        Self::as_it_came(B::default())
    }
}

/// Copies nothing if the data are `Bytes` already.
fn to_bytes(mut data: impl Buf) -> Bytes {
    data.copy_to_bytes(data.remaining())
}
