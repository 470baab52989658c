//! Sessions that are taken up again when a connection is made anew.

use rustls::HandshakeKind;
use tower_muster_client::{HttpClient, Tls};

use crate::{
    authority::{Authority, Pair},
    client, get,
    server::{ONLY_1_2, ONLY_1_3, Server, Setup, Versions},
    settings,
};

static BOTH: [Versions; 2] = [&ONLY_1_2, &ONLY_1_3];

async fn server(versions: Versions, pair: &Pair) -> Server {
    let setup = Setup {
        versions,
        ..Setup::default()
    };
    setup.start(pair).await
}

fn is_full(kind: Option<HandshakeKind>) -> bool {
    matches!(
        kind,
        Some(HandshakeKind::Full | HandshakeKind::FullWithHelloRetryRequest)
    )
}

#[tokio::test]
async fn a_node_that_is_known_is_greeted_with_its_session() {
    let authority = Authority::new();
    let pair = authority.issue(&["127.0.0.1"]);
    for versions in BOTH {
        let mut server = server(versions, &pair).await;
        let client = client(Tls::new().ca_pem(authority.pem()));
        get(&client, server.uri()).await.unwrap();
        assert!(is_full(server.seen().await.kind));
        for _ in 0..5 {
            get(&client, server.uri()).await.unwrap();
            assert_eq!(server.seen().await.kind, Some(HandshakeKind::Resumed));
        }
    }
}

#[tokio::test]
async fn nodes_that_share_a_name_keep_their_own_sessions() {
    let authority = Authority::new();
    let pair = authority.issue(&["cluster.example"]);
    for versions in BOTH {
        let tls = Tls::new().ca_pem(authority.pem());
        let client = client(tls.server_name("cluster.example"));
        let mut nodes = Vec::new();
        for _ in 0..20 {
            nodes.push(server(versions, &pair).await);
        }
        for node in &mut nodes {
            get(&client, node.uri()).await.unwrap();
            assert!(is_full(node.seen().await.kind));
        }
        for node in &mut nodes {
            get(&client, node.uri()).await.unwrap();
            assert_eq!(node.seen().await.kind, Some(HandshakeKind::Resumed));
        }
    }
}

#[tokio::test]
async fn sessions_are_forgotten_where_they_are_not_wanted() {
    let authority = Authority::new();
    let pair = authority.issue(&["127.0.0.1"]);
    for versions in BOTH {
        let mut server = server(versions, &pair).await;
        let tls = Tls::new().ca_pem(authority.pem());
        let client = client(tls.session_resumption(false));
        for _ in 0..3 {
            get(&client, server.uri()).await.unwrap();
            assert!(is_full(server.seen().await.kind));
        }
    }
}

#[tokio::test]
async fn clients_over_one_connector_share_their_sessions() {
    let authority = Authority::new();
    let mut server = server(&ONLY_1_3, &authority.issue(&["127.0.0.1"])).await;
    let settings = settings(Tls::new().ca_pem(authority.pem()));
    let connector = settings.connector().unwrap();
    for wanted in [false, true] {
        let client: HttpClient = settings.build_from(&connector);
        get(&client, server.uri()).await.unwrap();
        assert_eq!(!is_full(server.seen().await.kind), wanted);
    }
}
