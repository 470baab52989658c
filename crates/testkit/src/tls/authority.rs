//! One authority: a key that signs certificates, and the certificate that says so.

use std::fmt;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, Error, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::CertificateDer;

/// Lives as long as its cluster, in memory only.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pem: String,
}

impl Authority {
    pub(super) fn new(name: &str) -> Result<Self, Error> {
        let key = KeyPair::generate()?;
        let mut parameters = CertificateParams::new([])?;
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = parameters.self_signed(&key)?;
        Ok(Self {
            certificate: certificate.der().clone(),
            pem: certificate.pem(),
            issuer: Issuer::new(parameters, key),
        })
    }

    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    pub(super) fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Signs a certificate for a new key, ECDSA P-256, which takes no time to make.
    pub(super) fn issue(
        &self,
        parameters: &CertificateParams,
    ) -> Result<(Certificate, KeyPair), Error> {
        let key = KeyPair::generate()?;
        Ok((parameters.signed_by(&key, &self.issuer)?, key))
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}
