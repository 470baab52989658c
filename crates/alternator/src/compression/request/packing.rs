//! Where a body is compressed.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use flate2::Compression;
use tokio::{runtime::Handle, task::JoinHandle};

use super::compress::compress;
use crate::compression::Encoding;

/// The largest body that is compressed where it is polled: 64 KiB.
///
/// So much JSON takes a millisecond at level 6, in which the thread serves no other request. To hand it over takes
/// about 10 µs and a thread of the pool: for an item or a few, which is most of what is sent, that is waste.
const INLINE: usize = 64 * 1024;

/// A compression under way: resolves to the smaller body, or to `None` if it is not smaller.
pub(super) enum Packing {
    Here(Option<Bytes>),
    Pool(JoinHandle<Option<Bytes>>),
}

impl Packing {
    pub(super) fn start(plain: &Bytes, encoding: Encoding, level: Compression) -> Self {
        if plain.len() > INLINE
            && let Ok(runtime) = Handle::try_current()
        {
            let plain = plain.clone();
            return Self::Pool(runtime.spawn_blocking(move || compress(&plain, encoding, level)));
        }
        Self::Here(compress(plain, encoding, level))
    }
}

impl Future for Packing {
    type Output = Option<Bytes>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match &mut *self {
            Self::Here(packed) => Poll::Ready(packed.take()),
            // When the runtime shuts down the body is left as it is.
            Self::Pool(task) => Poll::Ready(ready!(Pin::new(task).poll(cx)).unwrap_or_default()),
        }
    }
}

impl Drop for Packing {
    fn drop(&mut self) {
        if let Self::Pool(task) = self {
            // One that waits for a thread need not begin.
            task.abort();
        }
    }
}
