//! hyper's pooled client over rustls, as users have it.

use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::time::timeout;
use tower_muster_testkit::{ClientIdentity, TestNode};

use super::PATIENCE;

pub type Https = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// What a client believes, shows and speaks.
pub struct Trust {
    pub ca: String,
    /// The certificate and its key.
    pub identity: Option<(String, String)>,
    pub server_name: Option<&'static str>,
    pub versions: Vec<&'static SupportedProtocolVersion>,
    pub http2: bool,
    /// Whether connections are kept.
    pub pooled: bool,
}

impl Trust {
    pub fn in_ca(pem: &str) -> Self {
        Self {
            ca: pem.to_owned(),
            identity: None,
            server_name: None,
            versions: vec![&TLS13, &TLS12],
            http2: false,
            pooled: true,
        }
    }

    pub fn showing(mut self, identity: &ClientIdentity) -> Self {
        let pair = (
            identity.cert_pem().to_owned(),
            identity.key_pem().to_owned(),
        );
        self.identity = Some(pair);
        self
    }

    pub fn config(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        if !self.ca.is_empty() {
            let ca = CertificateDer::from_pem_slice(self.ca.as_bytes()).unwrap();
            roots.add(ca).unwrap();
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&self.versions)
            .unwrap()
            .with_root_certificates(roots);
        match &self.identity {
            None => config.with_no_client_auth(),
            Some((certificate, key)) => {
                let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
                config
                    .with_client_auth_cert(vec![certificate], key)
                    .unwrap()
            }
        }
    }

    pub fn client(self) -> Https {
        let config = self.config();
        let mut connector = HttpsConnectorBuilder::new()
            .with_tls_config(config)
            .https_or_http();
        if let Some(name) = self.server_name {
            let name = ServerName::try_from(name).unwrap();
            connector = connector.with_server_name_resolver(FixedServerNameResolver::new(name));
        }
        let connector = connector.enable_http1();
        let connector = if self.http2 {
            connector.enable_http2().build()
        } else {
            connector.build()
        };
        let mut client = Client::builder(TokioExecutor::new());
        if !self.pooled {
            client.pool_max_idle_per_host(0);
        }
        client.build(connector)
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub version: Version,
    pub body: String,
}

pub async fn get(client: &Https, node: &TestNode, path: &str) -> Result<Got, String> {
    let request = Request::get(format!("{}{path}", node.url()));
    send(client, request.body(Full::default()).unwrap()).await
}

/// `ListTables`, which is executed.
pub fn list_tables(node: &TestNode) -> Request<Full<Bytes>> {
    Request::post(node.url())
        .header("x-amz-target", "DynamoDB_20120810.ListTables")
        .body(Full::from("{}"))
        .unwrap()
}

/// Sends and reads; a failure is told with all of its causes.
pub async fn send(client: &Https, request: Request<Full<Bytes>>) -> Result<Got, String> {
    let answer = timeout(PATIENCE, client.request(request)).await.unwrap();
    read(answer.map_err(|error| causes(&error))?).await
}

async fn read(answer: Response<hyper::body::Incoming>) -> Result<Got, String> {
    let (head, body) = answer.into_parts();
    let body = timeout(PATIENCE, body.collect()).await.unwrap();
    let body = body.map_err(|error| causes(&error))?.to_bytes();
    Ok(Got {
        status: head.status.as_u16(),
        version: head.version,
        body: String::from_utf8(body.to_vec()).unwrap(),
    })
}

pub fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
