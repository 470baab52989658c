//! What the SDK wants of one client, and what was made for it.

use std::{
    collections::VecDeque,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;
use aws_smithy_runtime_api::client::http::HttpConnectorSettings;

/// Says how long connecting and waiting for a response may take.
///
/// The SDK has one pair for each client, and perhaps others for single operations. Every request that
/// comes through an [`http_client`](crate::http_client) carries its pair in its extensions, for any layer
/// below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Timeouts {
    connect: Option<Duration>,
    read: Option<Duration>,
}

impl Timeouts {
    /// Makes a pair; `None` is no bound.
    #[must_use]
    pub fn new(connect: Option<Duration>, read: Option<Duration>) -> Self {
        Self { connect, read }
    }

    pub(crate) fn of(settings: &HttpConnectorSettings) -> Self {
        Self::new(settings.connect_timeout(), settings.read_timeout())
    }

    pub(crate) fn settings(self) -> HttpConnectorSettings {
        let mut settings = HttpConnectorSettings::builder();
        settings
            .set_connect_timeout(self.connect)
            .set_read_timeout(self.read);
        settings.build()
    }

    /// Returns how long making a connection may take.
    #[must_use]
    pub fn connect_timeout(&self) -> Option<Duration> {
        self.connect
    }

    /// Returns how long a response's head may take, from the call's begin.
    #[must_use]
    pub fn read_timeout(&self) -> Option<Duration> {
        self.read
    }
}

/// How many are remembered: an application has a few pairs of timeouts, and one that makes up a new one
/// for each call must not fill the memory.
pub(crate) const MOST: usize = 64;

/// What was made, by what it was made for; the newest [`MOST`].
///
/// It is read without a lock and written rarely.
#[derive(Debug)]
pub(crate) struct Remembered<K, V> {
    made: ArcSwap<VecDeque<(K, V)>>,
    making: Mutex<()>,
}

impl<K: Copy + Eq + Hash, V: Clone> Remembered<K, V> {
    pub(crate) fn new() -> Self {
        Self {
            made: ArcSwap::default(),
            making: Mutex::default(),
        }
    }

    /// Returns what was made for `key`, or makes it; no two threads make the same.
    pub(crate) fn get_or_make(&self, key: K, make: impl FnOnce() -> V) -> V {
        if let Some(value) = self.get(key) {
            return value;
        }
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have been faster.
        if let Some(value) = self.get(key) {
            return value;
        }
        let value = make();
        let mut made = VecDeque::clone(&self.made.load());
        if made.len() >= MOST {
            made.pop_front();
        }
        made.push_back((key, value.clone()));
        self.made.store(Arc::new(made));
        value
    }

    fn get(&self, key: K) -> Option<V> {
        let made = self.made.load();
        let found = made.iter().find(|(other, _)| *other == key);
        found.map(|(_, value)| value.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, sync::Barrier};

    use super::{MOST, Remembered};

    #[test]
    fn each_is_made_once_until_it_is_the_oldest_of_too_many() {
        let remembered = Remembered::new();
        let made = Cell::new(0);
        let get = |key: usize| {
            remembered.get_or_make(key, || {
                made.set(made.get() + 1);
                key * 10
            })
        };
        for _ in 0..3 {
            for key in 0..MOST {
                assert_eq!(get(key), key * 10);
            }
        }
        assert_eq!(made.get(), MOST);
        get(MOST);
        assert_eq!(made.get(), MOST + 1);
        get(1);
        assert_eq!(made.get(), MOST + 1, "the second is still there");
        get(0);
        assert_eq!(made.get(), MOST + 2, "the first had to go");
        assert_eq!(remembered.made.load().len(), MOST);
    }

    #[test]
    fn threads_that_ask_at_once_are_given_the_same() {
        let remembered = Remembered::new();
        let made = std::sync::atomic::AtomicUsize::new(0);
        let barrier = Barrier::new(8);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    barrier.wait();
                    remembered.get_or_make(1, || {
                        made.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
                    })
                });
            }
        });
        assert_eq!(made.into_inner(), 1);
    }
}
