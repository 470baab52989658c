//! Writes the secrets of connections where Wireshark can read them.

use std::{
    env, fmt,
    fs::{File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use rustls::KeyLog;

use super::TlsError;

/// The variable that browsers and curl read.
const VARIABLE: &str = "SSLKEYLOGFILE";

/// Where secrets are written.
#[derive(Debug, Clone)]
pub(super) enum KeyLogTo {
    Path(PathBuf),
    Env,
}

impl KeyLogTo {
    /// Opens the file; `None` if the environment names none.
    pub(super) fn open(&self) -> Result<Option<KeyLogFile>, TlsError> {
        match self {
            Self::Path(path) => KeyLogFile::open(path).map(Some),
            Self::Env => match env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
                Some(path) => KeyLogFile::open(Path::new(&path)).map(Some),
                None => Ok(None),
            },
        }
    }
}

/// A file that gets a line for each secret.
pub(super) struct KeyLogFile(Mutex<File>);

impl KeyLogFile {
    fn open(path: &Path) -> Result<Self, TlsError> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        // Who reads it reads the traffic.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(path) {
            Ok(file) => Ok(Self(Mutex::new(file))),
            Err(source) => Err(TlsError::KeyLog {
                path: path.to_owned(),
                source,
            }),
        }
    }
}

impl KeyLog for KeyLogFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let (random, secret) = (Hex(client_random), Hex(secret));
        let line = format!("{label} {random} {secret}\n");
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A full disk costs the log, not the connection.
        let _ = file.write_all(line.as_bytes());
    }
}

impl fmt::Debug for KeyLogFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyLogFile").finish_non_exhaustive()
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
