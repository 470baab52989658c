//! A client's certificate and key.

use std::fmt;

use rcgen::{CertificateParams, DnType, Error, ExtendedKeyUsagePurpose, KeyUsagePurpose};

/// A certificate that a client shows, and its key.
///
/// Made by [`TestCluster::issue_client`](crate::TestCluster::issue_client).
#[derive(Clone)]
pub struct ClientIdentity {
    pub(super) name: String,
    pub(super) certificate: String,
    pub(super) key: String,
}

impl ClientIdentity {
    /// Returns the name that nodes tell at [`client_names`](crate::TestNode::client_names).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the certificate as PEM.
    pub fn cert_pem(&self) -> &str {
        &self.certificate
    }

    /// Returns the private key as PEM, PKCS #8.
    pub fn key_pem(&self) -> &str {
        &self.key
    }
}

/// The key stays out of logs, though it opens nothing but a test cluster.
impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientIdentity")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

pub(super) fn parameters(name: &str) -> Result<CertificateParams, Error> {
    let mut parameters = CertificateParams::new([])?;
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    parameters.use_authority_key_identifier_extension = true;
    Ok(parameters)
}
