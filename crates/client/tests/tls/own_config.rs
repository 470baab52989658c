//! Configurations of rustls that are given, and that are taken away.

use std::sync::Arc;

use rustls::ProtocolVersion;
use tower_muster_client::{ConfigError, Tls, TlsError};

use crate::{authority::Authority, client, get, server::Server, settings};

#[tokio::test]
async fn a_configuration_that_was_built_here_serves_as_ones_own() {
    let authority = Authority::new();
    let mut server = Server::start(&authority.issue(&["cluster.example"])).await;
    let tls = Tls::new().ca_pem(authority.pem()).tls13_only();
    let config = Arc::new(tls.client_config().unwrap());
    let tls = Tls::new()
        .rustls_config(config)
        .server_name("cluster.example");
    get(&client(tls), server.uri()).await.unwrap();
    let version = server.seen().await.version;
    assert_eq!(version, Some(ProtocolVersion::TLSv1_3));
}

#[test]
fn beside_ones_own_configuration_nothing_else_is_said() {
    let authority = Authority::new();
    let config = Tls::new().ca_pem(authority.pem()).client_config();
    let own = Tls::new().rustls_config(Arc::new(config.unwrap()));
    for (tls, wanted) in [
        (own.clone().ca_file("/ca.pem"), "ca"),
        (own.clone().ca_pem("pem"), "ca"),
        (own.clone().platform_roots(), "platform_roots"),
        (own.clone().client_cert_pem("", ""), "client_cert"),
        (
            own.clone().on_client_cert_reload(|_| ()),
            "on_client_cert_reload",
        ),
        (
            own.clone().danger_accept_invalid_certs(),
            "danger_accept_invalid_certs",
        ),
        (own.clone().tls13_only(), "tls13_only"),
        (own.clone().session_resumption(false), "session_resumption"),
        (own.clone().key_log_env(), "key_log"),
    ] {
        let error = tls.client_config().unwrap_err();
        let TlsError::OwnConfig { setting, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(setting, wanted);
        let error = settings(tls).connector().unwrap_err();
        assert!(matches!(error, ConfigError::Tls(_)), "{error:?}");
    }
}
