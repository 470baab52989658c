//! A client certificate that is read again when its files change.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use rustls::{
    SignatureScheme, client::ResolvesClientCert, crypto::CryptoProvider, sign::CertifiedKey,
};
use tokio::task::spawn_blocking;

use super::{
    Pem, TlsError,
    identity::{CERTIFICATE, KEY, certified},
};

/// Is told how each reload went.
pub(super) type Observer = Arc<dyn Fn(Result<(), TlsError>) + Send + Sync>;

/// When a file was written and how long it is; `None` if it cannot be asked.
type Stamp = Option<(SystemTime, u64)>;

/// Serves the latest certificate and key that fit each other.
pub(super) struct Reloading {
    files: (PathBuf, PathBuf),
    provider: Arc<CryptoProvider>,
    observer: Option<Observer>,
    current: RwLock<Arc<CertifiedKey>>,
    /// How many certificates there were before the current one.
    generation: AtomicU64,
    /// What the files were like when they were last read, whether that went well or not.
    seen: Mutex<(Stamp, Stamp)>,
}

impl Reloading {
    pub(super) fn new(
        files: (PathBuf, PathBuf),
        provider: Arc<CryptoProvider>,
        observer: Option<Observer>,
    ) -> Result<Self, TlsError> {
        // Before the reading: a change between the two is then seen as one.
        let seen = (stamp(&files.0), stamp(&files.1));
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
        let this = Arc::clone(self);
        // It panics only where the observer does, and then what was in use still is.
        let _ = spawn_blocking(move || this.check()).await;
    }

    /// Tells certificates apart: it grows when a new one is in use.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    fn check(&self) {
        // Another connection is looking at the same moment: what it finds serves the next one.
        let Ok(mut seen) = self.seen.try_lock() else {
            return;
        };
        let now = (stamp(&self.files.0), stamp(&self.files.1));
        if *seen == now {
            return;
        }
        *seen = now;
        let result = read(&self.files, &self.provider).map(|pair| {
            let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
            *current = Arc::new(pair);
            self.generation.fetch_add(1, Ordering::Release);
        });
        // The observer may take its time, or panic: nobody waits for it, nothing is left half done.
        drop(seen);
        if let Some(observer) = &self.observer {
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

fn stamp(path: &Path) -> Stamp {
    let file = fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.len()))
}
