//! Reads PEM, from a file or from memory.

use std::{borrow::Cow, fmt, fs, path::PathBuf};

use rustls::pki_types::{
    CertificateDer, PrivateKeyDer,
    pem::{Error, PemObject},
};

use super::TlsError;

/// Where a PEM text is from. Its `Debug` and `Display` do not show it.
#[derive(Clone)]
pub(super) enum Pem {
    File {
        setting: &'static str,
        path: PathBuf,
    },
    Bytes {
        setting: &'static str,
        bytes: Vec<u8>,
    },
}

impl Pem {
    /// All certificates in it, at least one.
    pub(super) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let text = self.read()?;
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
        match found {
            Ok(found) if found.is_empty() => Err(TlsError::NoCertificate {
                input: self.to_string(),
            }),
            Ok(found) => Ok(found),
            Err(error) => Err(self.bad(&error)),
        }
    }

    /// The first private key in it.
    pub(super) fn key(&self) -> Result<PrivateKeyDer<'static>, TlsError> {
        match PrivateKeyDer::from_pem_slice(&self.read()?) {
            Ok(key) => Ok(key),
            Err(Error::NoItemsFound) => Err(TlsError::NoKey {
                input: self.to_string(),
            }),
            Err(error) => Err(self.bad(&error)),
        }
    }

    fn read(&self) -> Result<Cow<'_, [u8]>, TlsError> {
        match self {
            Self::Bytes { bytes, .. } => Ok(bytes.into()),
            Self::File { setting, path } => match fs::read(path) {
                Ok(bytes) => Ok(bytes.into()),
                Err(source) => Err(TlsError::Unreadable {
                    setting,
                    path: path.clone(),
                    source,
                }),
            },
        }
    }

    /// The parser's own error may hold a whole line of the text, and so a key.
    fn bad(&self, error: &Error) -> TlsError {
        let reason = match error {
            Error::MissingSectionEnd { .. } => "a section has no end",
            Error::IllegalSectionStart { .. } => "a section's first line has no end",
            Error::Base64Decode(_) => "a section is not base64",
            Error::SectionTooLarge => "a section is too large",
            _ => "it cannot be parsed",
        };
        let input = self.to_string();
        TlsError::BadPem { input, reason }
    }
}

impl fmt::Display for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { setting, path } => write!(f, "{setting} {}", path.display()),
            Self::Bytes { setting, .. } => f.write_str(setting),
        }
    }
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
