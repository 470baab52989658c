//! The certificates of one cluster: two authorities, and the clients they have signed for.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use super::authority::Authority;
use super::client::{self, ClientIdentity};
use super::config::{self, Shown};
use super::{NodeCertificate, Tls, TlsError};
use crate::sync::lock;

#[derive(Debug)]
pub(crate) struct Certificates {
    trusted: Authority,
    untrusted: Authority,
    client: ClientIdentity,
    /// The names of clients by their certificates, so that no certificate need be read.
    names: Mutex<HashMap<CertificateDer<'static>, String>>,
}

impl Certificates {
    pub(crate) fn new() -> Result<Self, TlsError> {
        let trusted = Authority::new("testkit authority")?;
        let names = Mutex::default();
        Ok(Self {
            untrusted: Authority::new("testkit authority that nobody trusts")?,
            client: issue(&trusted, "client", &names)?,
            trusted,
            names,
        })
    }

    pub(crate) fn ca_pem(&self) -> &str {
        self.trusted.pem()
    }

    pub(crate) fn untrusted_ca_pem(&self) -> &str {
        self.untrusted.pem()
    }

    pub(crate) fn client(&self) -> &ClientIdentity {
        &self.client
    }

    pub(crate) fn issue_client(
        &self,
        name: &str,
        trusted: bool,
    ) -> Result<ClientIdentity, TlsError> {
        issue(self.authority(trusted), name, &self.names)
    }

    /// The name that a client's certificate was issued for.
    pub(crate) fn name_of(&self, certificate: &CertificateDer<'_>) -> Option<String> {
        lock(&self.names).get(certificate).cloned()
    }

    /// Makes what a node needs to accept TLS, with a new certificate.
    pub(crate) fn config(
        &self,
        tls: &Tls,
        address: IpAddr,
        http2: bool,
    ) -> Result<Arc<ServerConfig>, TlsError> {
        let authority = self.authority(tls.certificate.trusted);
        let (certificate, key) = authority.issue(&tls.certificate.parameters(address)?)?;
        let shown = Shown {
            certificate: certificate.der().clone(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()),
        };
        config::server(tls, shown, self.trusted.certificate(), http2)
    }

    /// Makes a new certificate and its key, as PEM, for a server that reads files.
    pub(crate) fn issue_node(
        &self,
        certificate: &NodeCertificate,
        address: IpAddr,
    ) -> Result<(String, String), TlsError> {
        let authority = self.authority(certificate.trusted);
        let (certificate, key) = authority.issue(&certificate.parameters(address)?)?;
        Ok((certificate.pem(), key.serialize_pem()))
    }

    fn authority(&self, trusted: bool) -> &Authority {
        if trusted {
            &self.trusted
        } else {
            &self.untrusted
        }
    }
}

fn issue(
    authority: &Authority,
    name: &str,
    names: &Mutex<HashMap<CertificateDer<'static>, String>>,
) -> Result<ClientIdentity, TlsError> {
    let (certificate, key) = authority.issue(&client::parameters(name)?)?;
    lock(names).insert(certificate.der().clone(), name.to_owned());
    Ok(ClientIdentity {
        name: name.to_owned(),
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    })
}
