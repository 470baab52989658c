//! Whom to trust.

use rustls::RootCertStore;

use super::{Pem, TlsError};

/// Where trusted roots are from; the machine's own if nothing is said.
#[derive(Debug, Clone, Default)]
pub(super) struct Roots {
    pub(super) private: Vec<Pem>,
    pub(super) is_platform: bool,
}

impl Roots {
    pub(super) fn store(&self) -> Result<RootCertStore, TlsError> {
        let mut store = RootCertStore::empty();
        for pem in &self.private {
            for certificate in pem.certificates()? {
                let added = store.add(certificate);
                added.map_err(|source| TlsError::BadCertificate {
                    input: pem.to_string(),
                    source,
                })?;
            }
        }
        if self.is_platform || self.private.is_empty() {
            add_platform(&mut store)?;
        }
        Ok(store)
    }
}

/// Adds what can be used: most machines have a root or two that cannot.
fn add_platform(store: &mut RootCertStore) -> Result<(), TlsError> {
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = store.add_parsable_certificates(found.certs);
    if added > 0 {
        return Ok(());
    }
    let source = found.errors.into_iter().next().map(Into::into);
    Err(TlsError::NoPlatformRoots { source })
}
