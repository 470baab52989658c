//! A body in one piece, up to a limit.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http_body::{Body, SizeHint};

use crate::BoxError;
use crate::error::{Error, ErrorKind};

/// What has been read of a body; a single frame is kept as it came.
#[derive(Debug, Default)]
pub(crate) enum Gathered {
    #[default]
    Nothing,
    One(Bytes),
    Many(BytesMut),
}

impl Gathered {
    /// Reads `body` to its end and takes what was gathered.
    pub(crate) fn poll_fill<B>(
        &mut self,
        mut body: Pin<&mut B>,
        limit: u64,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Bytes, Error>>
    where
        B: Body,
        B::Error: Into<BoxError>,
    {
        loop {
            // A body that says it is too large is not read at all.
            self.fits(0, limit, &body.size_hint())?;
            let frame = match ready!(body.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) => frame,
                Some(Err(source)) => {
                    return Poll::Ready(Err(Error::with_source(ErrorKind::Body, source)));
                }
                None => return Poll::Ready(Ok(mem::take(self).into_bytes())),
            };
            match frame.into_data() {
                Ok(data) => self.push(data, limit, &body.size_hint())?,
                Err(other) => {
                    if other
                        .trailers_ref()
                        .is_some_and(|trailers| !trailers.is_empty())
                    {
                        return Poll::Ready(Err(Error::new(ErrorKind::Trailers)));
                    }
                }
            }
        }
    }

    fn push(&mut self, mut data: impl Buf, limit: u64, rest: &SizeHint) -> Result<(), Error> {
        let length = data.remaining();
        if length == 0 {
            return Ok(());
        }
        self.fits(length, limit, rest)?;
        *self = match mem::take(self) {
            Self::Nothing => Self::One(data.copy_to_bytes(length)),
            Self::One(first) => {
                // `fits` bounds the hint by the limit, so a wrong hint cannot reserve more than that.
                let expected = usize::try_from(rest.lower()).unwrap_or(0);
                let mut all = BytesMut::with_capacity(first.len() + length + expected);
                all.put(first);
                all.put(data);
                Self::Many(all)
            }
            Self::Many(mut all) => {
                all.put(data);
                Self::Many(all)
            }
        };
        Ok(())
    }

    fn fits(&self, more: usize, limit: u64, rest: &SizeHint) -> Result<(), Error> {
        let read = (self.len() + more) as u64;
        let at_least = read.saturating_add(rest.lower());
        if at_least <= limit {
            return Ok(());
        }
        let declared = rest.exact().map(|rest| read.saturating_add(rest));
        Err(Error::new(ErrorKind::BodyTooLarge {
            limit,
            at_least,
            declared,
        }))
    }

    fn len(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::One(bytes) => bytes.len(),
            Self::Many(bytes) => bytes.len(),
        }
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Self::Nothing => Bytes::new(),
            Self::One(bytes) => bytes,
            Self::Many(bytes) => bytes.freeze(),
        }
    }
}
