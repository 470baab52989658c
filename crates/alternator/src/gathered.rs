//! Bodies that were read ahead.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};

/// Is a body after a layer has looked into it: whole, or as it came.
///
/// Layers that read bodies refuse none: one that is too large, that breaks off or that ends with trailers is
/// passed on with all that was read of it. Of a request [`Failover`](tower_muster::failover::Failover) below
/// says what is wrong; of a response, whoever reads it.
pub struct Gathered<B: Body> {
    /// What was read ahead.
    data: Bytes,
    then: Then<B>,
}

enum Then<B: Body> {
    /// Nothing: the data are the whole body.
    End,
    Rest(B),
    /// Boxed: few bodies end with trailers, and every response would have the room for them.
    Frame(Box<Frame<Bytes>>, B),
    Error(B::Error),
}

impl<B: Body> Gathered<B> {
    /// Passes a body on that nobody looks into.
    pub fn unread(body: B) -> Self {
        Self {
            data: Bytes::new(),
            then: Then::Rest(body),
        }
    }

    /// Makes a body of data that are all of it.
    #[must_use]
    pub fn whole(data: Bytes) -> Self {
        Self {
            data,
            then: Then::End,
        }
    }

    /// Returns the body, if it was read whole and nothing of it was taken yet.
    #[must_use]
    pub fn data(&self) -> Option<&Bytes> {
        matches!(self.then, Then::End).then_some(&self.data)
    }
}

/// Nothing but the body is ever pinned.
impl<B: Body + Unpin> Unpin for Gathered<B> {}

impl<B: Body + Unpin> Body for Gathered<B> {
    type Data = Bytes;
    type Error = B::Error;

    #[inline]
    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = &mut *self;
        if !this.data.is_empty() {
            let data = std::mem::take(&mut this.data);
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        if let Then::Rest(rest) = &mut this.then {
            let frame = Pin::new(rest).poll_frame(cx);
            return frame.map(|frame| frame.map(|frame| frame.map(copied)));
        }
        Poll::Ready(match std::mem::replace(&mut this.then, Then::End) {
            Then::End | Then::Rest(_) => None,
            Then::Error(error) => Some(Err(error)),
            Then::Frame(frame, rest) => {
                this.then = Then::Rest(rest);
                Some(Ok(*frame))
            }
        })
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        self.data.is_empty()
            && match &self.then {
                Then::End => true,
                Then::Rest(rest) => rest.is_end_stream(),
                Then::Frame(..) | Then::Error(_) => false,
            }
    }

    fn size_hint(&self) -> SizeHint {
        let ahead = self.data.len() as u64;
        let rest = match &self.then {
            Then::End => SizeHint::with_exact(0),
            Then::Rest(rest) | Then::Frame(_, rest) => rest.size_hint(),
            Then::Error(_) => SizeHint::default(),
        };
        let mut hint = SizeHint::default();
        hint.set_lower(ahead.saturating_add(rest.lower()));
        if let Some(upper) = rest.upper().and_then(|upper| upper.checked_add(ahead)) {
            hint.set_upper(upper);
        }
        hint
    }
}

impl<B: Body> fmt::Debug for Gathered<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The data are the caller's.
        f.debug_struct("Gathered")
            .field("read", &self.data.len())
            .field("whole", &self.data().is_some())
            .finish_non_exhaustive()
    }
}

/// The same frame over `Bytes`, which is a copy only if its data are not such already.
fn copied<D: Buf>(frame: Frame<D>) -> Frame<Bytes> {
    frame.map_data(|mut data| data.copy_to_bytes(data.remaining()))
}

/// Reads a body to its end, and no further than the frame that passes a number of bytes.
///
/// A body of one frame, as most are, is not copied.
#[must_use = "futures do nothing unless polled"]
pub(crate) struct Gather<B> {
    body: Option<B>,
    cap: usize,
    first: Bytes,
    more: BytesMut,
}

impl<B: Body + Unpin> Gather<B> {
    pub(crate) fn new(body: B, cap: usize) -> Self {
        Self {
            body: Some(body),
            cap,
            first: Bytes::new(),
            more: BytesMut::new(),
        }
    }

    fn append(&mut self, data: Bytes) {
        if self.first.is_empty() && self.more.is_empty() {
            self.first = data;
            return;
        }
        if self.more.is_empty() {
            self.more.reserve(self.first.len() + data.len());
            self.more.put(std::mem::take(&mut self.first));
        }
        self.more.put(data);
    }

    fn end(&mut self, then: Then<B>) -> Poll<Gathered<B>> {
        let data = match self.more.is_empty() {
            true => std::mem::take(&mut self.first),
            false => self.more.split().freeze(),
        };
        Poll::Ready(Gathered { data, then })
    }
}

impl<B: Body + Unpin> Future for Gather<B> {
    type Output = Gathered<B>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Gathered<B>> {
        let this = &mut *self;
        loop {
            let Some(body) = &mut this.body else {
                // Polled again after it resolved, which no executor does.
                return Poll::Pending;
            };
            let is_over = this.first.len() + this.more.len() > this.cap
                || body.size_hint().lower() > this.cap as u64;
            let frame = match is_over || body.is_end_stream() {
                true => None,
                false => ready!(Pin::new(body).poll_frame(cx)),
            };
            let frame = match frame {
                Some(Ok(frame)) => copied(frame),
                Some(Err(error)) => return this.end(Then::Error(error)),
                None => {
                    let rest = this.body.take().filter(|_| is_over);
                    return this.end(rest.map_or(Then::End, Then::Rest));
                }
            };
            match frame.into_data() {
                Ok(data) => this.append(data),
                Err(trailers) => {
                    let rest = this.body.take();
                    let then = rest.map_or(Then::End, |rest| Then::Frame(Box::new(trailers), rest));
                    return this.end(then);
                }
            }
        }
    }
}

impl<B> fmt::Debug for Gather<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gather")
            .field("cap", &self.cap)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
