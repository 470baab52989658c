//! The client's own certificate.

use std::{fmt, path::PathBuf, sync::Arc};

use rustls::{
    Error, InconsistentKeys,
    client::ResolvesClientCert,
    crypto::CryptoProvider,
    sign::{CertifiedKey, SingleCertAndKey},
};

use super::{Pem, Reloading, TlsError, reload::Observer};

/// Settings that name a client certificate, as errors call them.
pub(super) const CERTIFICATE: &str = "client_cert_file (certificate)";
pub(super) const KEY: &str = "client_cert_file (key)";

/// Who the client says it is.
#[derive(Clone)]
pub(super) enum Identity {
    Files { certificate: PathBuf, key: PathBuf },
    Bytes { certificate: Pem, key: Pem },
    Own(Arc<dyn ResolvesClientCert>),
}

/// An identity that was read, and what watches over its files.
pub(super) type Loaded = (Arc<dyn ResolvesClientCert>, Option<Arc<Reloading>>);

impl Identity {
    pub(super) fn load(
        &self,
        provider: &Arc<CryptoProvider>,
        observer: Option<&Observer>,
    ) -> Result<Loaded, TlsError> {
        match self {
            Self::Files { certificate, key } => {
                let files = (certificate.clone(), key.clone());
                let reloading = Reloading::new(files, Arc::clone(provider), observer.cloned())?;
                let reloading = Arc::new(reloading);
                Ok((Arc::clone(&reloading) as _, Some(reloading)))
            }
            Self::Bytes { certificate, key } => {
                let pair = certified(certificate, key, provider)?;
                Ok((Arc::new(SingleCertAndKey::from(pair)), None))
            }
            Self::Own(resolver) => Ok((Arc::clone(resolver), None)),
        }
    }
}

/// Reads a certificate with its chain, and its key.
pub(super) fn certified(
    certificate: &Pem,
    key: &Pem,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, TlsError> {
    let chain = certificate.certificates()?;
    let signing = provider.key_provider.load_private_key(key.key()?);
    let signing = signing.map_err(|source| TlsError::BadKey {
        input: key.to_string(),
        source,
    })?;
    let pair = CertifiedKey::new(chain, signing);
    match pair.keys_match() {
        // A key that does not tell its public half cannot be compared.
        Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(pair),
        Err(Error::InconsistentKeys(_)) => Err(TlsError::KeyMismatch {
            certificate: certificate.to_string(),
            key: key.to_string(),
        }),
        Err(source) => Err(TlsError::BadCertificate {
            input: certificate.to_string(),
            source,
        }),
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files { certificate, key } => f
                .debug_struct("Files")
                .field("certificate", certificate)
                .field("key", key)
                .finish(),
            Self::Bytes { .. } => f.write_str("Bytes(..)"),
            Self::Own(_) => f.write_str("Own(..)"),
        }
    }
}
