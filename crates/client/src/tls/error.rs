//! What can be wrong with the settings of TLS.

use std::{error::Error, fmt, io, path::PathBuf};

use crate::BoxError;

/// Says which setting of TLS is wrong.
///
/// No error shows what is in a file: with one mistake a key looks like anything else.
#[derive(Debug)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[non_exhaustive]
    Unreadable {
        /// The setting's name.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A text is no PEM.
    #[non_exhaustive]
    BadPem {
        /// The setting, and its file if it has one.
        input: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A PEM text holds no certificate.
    #[non_exhaustive]
    NoCertificate {
        /// The setting, and its file if it has one.
        input: String,
    },
    /// A PEM text holds no private key.
    #[non_exhaustive]
    NoKey {
        /// The setting, and its file if it has one.
        input: String,
    },
    /// A certificate cannot be used.
    #[non_exhaustive]
    BadCertificate {
        /// The setting, and its file if it has one.
        input: String,
        /// What rustls says.
        source: rustls::Error,
    },
    /// A private key cannot be used.
    #[non_exhaustive]
    BadKey {
        /// The setting, and its file if it has one.
        input: String,
        /// What rustls says.
        source: rustls::Error,
    },
    /// The client's key is not its certificate's.
    #[non_exhaustive]
    KeyMismatch {
        /// Where the certificate is from.
        certificate: String,
        /// Where the key is from.
        key: String,
    },
    /// The machine has no roots to trust, or they cannot be read.
    #[non_exhaustive]
    NoPlatformRoots {
        /// What the first of them failed with.
        source: Option<BoxError>,
    },
    /// A name that servers cannot have.
    #[non_exhaustive]
    ServerName {
        /// The name.
        name: String,
    },
    /// The key log cannot be opened.
    #[non_exhaustive]
    KeyLog {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A setting is already said by the configuration that was given whole.
    #[non_exhaustive]
    OwnConfig {
        /// The setting's name.
        setting: &'static str,
    },
    /// rustls takes none of the protocol versions.
    Versions(rustls::Error),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { setting, path, .. } => {
                write!(f, "{setting} {}: cannot be read", path.display())
            }
            Self::BadPem { input, reason } => write!(f, "{input}: no PEM: {reason}"),
            Self::NoCertificate { input } => write!(f, "{input}: no certificate in it"),
            Self::NoKey { input } => write!(
                f,
                "{input}: no private key in it (PKCS #8, PKCS #1 or SEC1, not encrypted)"
            ),
            Self::BadCertificate { input, .. } => write!(f, "{input}: no usable certificate"),
            Self::BadKey { input, .. } => write!(f, "{input}: no usable private key"),
            Self::KeyMismatch { certificate, key } => {
                write!(f, "{key}: not the key of the certificate of {certificate}")
            }
            Self::NoPlatformRoots { .. } => {
                f.write_str("platform_roots: the machine has no certificates to trust")
            }
            Self::ServerName { name } => {
                write!(f, "server_name {name:?}: neither a DNS name nor an address")
            }
            Self::KeyLog { path, .. } => {
                write!(f, "key_log {}: cannot be opened", path.display())
            }
            Self::OwnConfig { setting } => {
                write!(f, "{setting}: rustls_config is given, which has its own")
            }
            Self::Versions(_) => f.write_str("tls13_only: no version is left"),
        }
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreadable { source, .. } | Self::KeyLog { source, .. } => Some(source),
            Self::BadCertificate { source, .. }
            | Self::BadKey { source, .. }
            | Self::Versions(source) => Some(source),
            Self::NoPlatformRoots { source } => source.as_ref().map(|source| &**source as _),
            Self::BadPem { .. }
            | Self::NoCertificate { .. }
            | Self::NoKey { .. }
            | Self::KeyMismatch { .. }
            | Self::ServerName { .. }
            | Self::OwnConfig { .. } => None,
        }
    }
}
