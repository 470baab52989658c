//! Reads a request's body, so that it can be sent more than once.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http_body::Body;

use super::error::Error;
use crate::BoxError;

/// A body's data so far. A body of one frame, as most are, is not copied.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    first: Bytes,
    more: BytesMut,
}

impl Gathered {
    /// Reads `body` to its end, and no further than `cap` bytes.
    pub(super) fn poll<B>(
        &mut self,
        mut body: Pin<&mut B>,
        cap: usize,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Bytes, Error>>
    where
        B: Body<Error: Into<BoxError>>,
    {
        let too_large = |at_least| Error::BodyTooLarge {
            replay_cap: cap,
            at_least,
        };
        let announced = body.size_hint().lower() + self.len() as u64;
        if announced > cap as u64 {
            return Poll::Ready(Err(too_large(announced)));
        }
        while !body.is_end_stream() {
            let Some(frame) = ready!(body.as_mut().poll_frame(cx)) else {
                break;
            };
            let frame = match frame {
                Ok(frame) => frame,
                Err(error) => return Poll::Ready(Err(Error::Body(error.into()))),
            };
            let Ok(mut data) = frame.into_data() else {
                return Poll::Ready(Err(Error::Trailers));
            };
            let length = self.len() + data.remaining();
            if length > cap {
                return Poll::Ready(Err(too_large(length as u64)));
            }
            self.append(&mut data);
        }
        Poll::Ready(Ok(self.take()))
    }

    fn len(&self) -> usize {
        self.first.len() + self.more.len()
    }

    fn append(&mut self, data: &mut impl Buf) {
        if self.len() == 0 {
            self.first = data.copy_to_bytes(data.remaining());
            return;
        }
        if self.more.is_empty() {
            self.more.reserve(self.first.len() + data.remaining());
            self.more.put(std::mem::take(&mut self.first));
        }
        self.more.put(data);
    }

    fn take(&mut self) -> Bytes {
        if self.more.is_empty() {
            std::mem::take(&mut self.first)
        } else {
            self.more.split().freeze()
        }
    }
}
