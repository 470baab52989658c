//! A client certificate that is read again when its files change.

use std::{
    fmt,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rustls::{
    SignatureScheme, client::ResolvesClientCert, crypto::CryptoProvider, sign::CertifiedKey,
};
use tokio::{task::spawn_blocking, time::Instant};

use super::{
    Pem, TlsError,
    identity::{CERTIFICATE, KEY, certified},
    stamp::Stamp,
};

/// How long a file that could not be read is left alone.
///
/// Why it could not may pass without a trace in the file, as when the process had too many files open. Reading
/// costs little, and the certificate in use is good for a while yet.
const UNREADABLE: Duration = Duration::from_secs(5);

/// Is told how each reload went.
pub(super) type Observer = Arc<dyn Fn(Result<(), TlsError>) + Send + Sync>;

/// Serves the latest certificate and key that fit each other.
pub(super) struct Reloading {
    files: (PathBuf, PathBuf),
    provider: Arc<CryptoProvider>,
    observer: Option<Observer>,
    current: RwLock<Arc<CertifiedKey>>,
    /// How many certificates there were before the current one.
    generation: AtomicU64,
    seen: Mutex<Seen>,
}

/// The last reading of the files.
struct Seen {
    /// What they were like, whether it went well or not.
    stamps: Stamps,
    /// When they are read again although they are the same: if one of them could not be read.
    again_at: Option<Instant>,
}

type Stamps = [Option<Stamp>; 2];

impl Reloading {
    pub(super) fn new(
        files: (PathBuf, PathBuf),
        provider: Arc<CryptoProvider>,
        observer: Option<Observer>,
    ) -> Result<Self, TlsError> {
        // Before the reading: a change between the two is then seen as one.
        let seen = Seen {
            stamps: stamps(&files),
            again_at: None,
        };
        let first = read(&files, &provider)?;
        Ok(Self {
            files,
            provider,
            observer,
            current: RwLock::new(Arc::new(first)),
            generation: AtomicU64::new(0),
            seen: Mutex::new(seen),
        })
    }

    /// Reads the files again if they have changed, away from the runtime's workers.
    pub(super) async fn refresh(self: &Arc<Self>) {
        let (this, now) = (Arc::clone(self), Instant::now());
        let check = move || this.check(now, || read(&this.files, &this.provider));
        // It panics only where the observer does, and then what was in use still is.
        let _ = spawn_blocking(check).await;
    }

    /// Tells certificates apart: it grows when a new one is in use.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    fn check(&self, now: Instant, read: impl FnOnce() -> Result<CertifiedKey, TlsError>) {
        // Another connection is looking at the same moment: what it finds serves the next one.
        let Ok(mut seen) = self.seen.try_lock() else {
            return;
        };
        let stamps = stamps(&self.files);
        let is_changed = seen.stamps != stamps;
        if !is_changed && seen.again_at.is_none_or(|at| now < at) {
            return;
        }
        let result = read().map(|pair| {
            let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
            *current = Arc::new(pair);
            self.generation.fetch_add(1, Ordering::Release);
        });
        let is_unreadable = matches!(result, Err(TlsError::Unreadable { .. }));
        *seen = Seen {
            stamps,
            again_at: is_unreadable.then(|| now + UNREADABLE),
        };
        // The observer may take its time, or panic: nobody waits for it, nothing is left half done.
        drop(seen);
        // Files that are the same are read again only if they could not be, which was told then.
        let is_news = is_changed || !is_unreadable;
        if let Some(observer) = self.observer.as_ref().filter(|_| is_news) {
            observer(result);
        }
    }
}

impl ResolvesClientCert for Reloading {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&current))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl fmt::Debug for Reloading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reloading")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

fn read(files: &(PathBuf, PathBuf), provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let pem = |setting, path: &PathBuf| Pem::File {
        setting,
        path: path.clone(),
    };
    certified(&pem(CERTIFICATE, &files.0), &pem(KEY, &files.1), provider)
}

fn stamps(files: &(PathBuf, PathBuf)) -> Stamps {
    [Stamp::of(&files.0), Stamp::of(&files.1)]
}

#[cfg(test)]
mod tests;
