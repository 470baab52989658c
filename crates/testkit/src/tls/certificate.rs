//! What a node's certificate says.

use std::net::IpAddr;

use rcgen::{
    CertificateParams, DnType, Error, ExtendedKeyUsagePurpose, KeyUsagePurpose, date_time_ymd,
};

/// What the certificate of a node says, and who has signed it.
///
/// Each node has one of its own, with a key of its own, made when it is needed.
///
/// ```
/// use tower_muster_testkit::NodeCertificate;
///
/// let usual = NodeCertificate::for_address();
/// let shared = NodeCertificate::for_name("cluster.example");
/// let doubly_bad = shared.clone().expired().by_untrusted_authority();
/// # let _ = (usual, doubly_bad);
/// ```
#[derive(Clone, Debug)]
pub struct NodeCertificate {
    subject: Subject,
    validity: Validity,
    pub(super) trusted: bool,
}

#[derive(Clone, Debug)]
enum Subject {
    Address,
    Name(String),
}

#[derive(Clone, Copy, Debug)]
enum Validity {
    Now,
    Past,
    Future,
}

impl Default for NodeCertificate {
    fn default() -> Self {
        Self::for_address()
    }
}

impl NodeCertificate {
    /// Makes one for the node's IP address, and for no name.
    #[must_use]
    pub fn for_address() -> Self {
        Self::of(Subject::Address)
    }

    /// Makes one for a name, such as one that all nodes share.
    ///
    /// It does not hold for the node's address: a client that looks for that, or for
    /// another name, must refuse it. An IP address in place of a name is one.
    #[must_use]
    pub fn for_name(name: impl Into<String>) -> Self {
        Self::of(Subject::Name(name.into()))
    }

    /// Lets it have run out, at the end of 2000.
    #[must_use]
    pub fn expired(mut self) -> Self {
        self.validity = Validity::Past;
        self
    }

    /// Lets it hold from 2200 on only.
    #[must_use]
    pub fn not_yet_valid(mut self) -> Self {
        self.validity = Validity::Future;
        self
    }

    /// Lets it be signed by an authority that no client has reason to trust.
    ///
    /// For tests of those who trust it all the same, see
    /// [`TestCluster::untrusted_ca_pem`](crate::TestCluster::untrusted_ca_pem).
    #[must_use]
    pub fn by_untrusted_authority(mut self) -> Self {
        self.trusted = false;
        self
    }

    fn of(subject: Subject) -> Self {
        Self {
            subject,
            validity: Validity::Now,
            trusted: true,
        }
    }

    /// What is to be signed for the node at this address.
    pub(super) fn parameters(&self, address: IpAddr) -> Result<CertificateParams, Error> {
        let name = match &self.subject {
            Subject::Address => address.to_string(),
            Subject::Name(name) => name.clone(),
        };
        let mut parameters = CertificateParams::new([name.clone()])?;
        parameters.distinguished_name.push(DnType::CommonName, name);
        let years = match self.validity {
            Validity::Now => (2000, 2200),
            Validity::Past => (1999, 2000),
            Validity::Future => (2200, 2201),
        };
        parameters.not_before = date_time_ymd(years.0, 1, 1);
        parameters.not_after = date_time_ymd(years.1, 12, 31);
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // Without it OpenSSL's strict mode, Python's default since 3.13, refuses the chain.
        parameters.use_authority_key_identifier_extension = true;
        Ok(parameters)
    }
}
