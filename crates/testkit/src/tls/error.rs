//! Why a certificate or a node's TLS could not be made.

use std::error::Error;
use std::fmt;

use rustls::server::VerifierBuilderError;

/// The reason why a certificate or a node's TLS could not be made.
#[derive(Debug)]
pub struct TlsError {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Plain,
    Certificate(rcgen::Error),
    Config(Box<dyn Error + Send + Sync>),
}

impl TlsError {
    /// The cluster was started without TLS, so it has no authority.
    pub(crate) fn plain() -> Self {
        Self { kind: Kind::Plain }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Plain => "the cluster was started without TLS",
            Kind::Certificate(_) => "cannot make the certificate",
            Kind::Config(_) => "cannot set up TLS with the certificate",
        })
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            Kind::Plain => None,
            Kind::Certificate(source) => Some(source),
            Kind::Config(source) => Some(&**source),
        }
    }
}

impl From<rcgen::Error> for TlsError {
    fn from(error: rcgen::Error) -> Self {
        let kind = Kind::Certificate(error);
        Self { kind }
    }
}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        let kind = Kind::Config(error.into());
        Self { kind }
    }
}

impl From<VerifierBuilderError> for TlsError {
    fn from(error: VerifierBuilderError) -> Self {
        let kind = Kind::Config(error.into());
        Self { kind }
    }
}
