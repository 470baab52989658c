//! Which servers are trusted, and what is said of the others.

use std::net::Ipv6Addr;

use hyper_util::client::legacy::connect::HttpInfo;
use tokio::net::TcpListener;
use tower_muster_client::{ClientBuilder, ConnectError, HttpClient, Tls};

use crate::{
    authority::Authority,
    chain, client,
    files::Folder,
    get,
    server::{ONLY_1_2, ONLY_1_3, Server, Setup},
};

const HERE: &[&str] = &["127.0.0.1", "node1.example"];

#[tokio::test]
async fn a_node_of_the_right_authority_is_trusted_by_address_and_by_name() {
    let authority = Authority::new();
    let mut server = Server::start(&authority.issue(HERE)).await;
    let client = client(Tls::new().ca_pem(authority.pem()));
    let said = get(&client, server.uri()).await.unwrap();
    assert_eq!(said, "served by HTTP/1.1");
    assert_eq!(
        server.seen().await.name,
        None,
        "addresses are not asked for"
    );
    get(&client, server.uri_as("node1.example")).await.unwrap();
    assert_eq!(server.seen().await.name.as_deref(), Some("node1.example"));
}

#[tokio::test]
async fn a_node_is_trusted_by_its_ipv6_address() {
    if TcpListener::bind("[::1]:0").await.is_err() {
        eprintln!("skipped: the machine has no IPv6");
        return;
    }
    let authority = Authority::new();
    let setup = Setup {
        ip: Ipv6Addr::LOCALHOST.into(),
        ..Setup::default()
    };
    let server = setup.start(&authority.issue(&["::1"])).await;
    let settings = ClientBuilder::new().tls(Tls::new().ca_pem(authority.pem()));
    let client: HttpClient = settings.connection_info(true).build().unwrap();
    let response = client.get(server.uri()).await.unwrap();
    let info = response.extensions().get::<HttpInfo>().unwrap();
    assert_eq!(info.remote_addr(), server.address());
}

#[tokio::test]
async fn several_authorities_are_trusted_from_files_and_bytes() {
    let folder = Folder::new();
    let authorities = [Authority::new(), Authority::new(), Authority::new()];
    let both = format!("{}\n{}", authorities[0].pem(), authorities[1].pem());
    let path = folder.write("both.pem", both);
    let tls = Tls::new().ca_file(path).ca_pem(authorities[2].pem());
    let client = client(tls);
    for authority in &authorities {
        let server = Server::start(&authority.issue(HERE)).await;
        get(&client, server.uri()).await.unwrap();
    }
}

#[tokio::test]
async fn refusals_say_why() {
    let right = Authority::new();
    let (other, impostor) = (Authority::named("another's"), Authority::new());
    let cases = [
        (other.issue(HERE), "UnknownIssuer"),
        (impostor.issue(HERE), "BadSignature"),
        (right.issue(&["127.0.0.9"]), "not valid for name"),
        (right.issue(&["node2.example"]), "not valid for name"),
        (right.issue_expired(HERE), "expired"),
    ];
    let client = client(Tls::new().ca_pem(right.pem()));
    for (pair, wanted) in cases {
        let server = Server::start(&pair).await;
        let error = get(&client, server.uri()).await.unwrap_err();
        assert!(error.is_connect(), "nothing was sent");
        let said = chain(&error);
        assert!(said.contains(wanted), "{said}");
        let place = format!("connect to 127.0.0.1:{}: failed: ", server.port());
        assert!(said.contains(&place), "{said}");
        let source = std::error::Error::source(&error).unwrap();
        let source = source.downcast_ref::<ConnectError>().unwrap();
        assert!(!source.is_timeout());
    }
}

#[tokio::test]
async fn one_shared_name_accepts_nodes_that_share_a_certificate() {
    let authority = Authority::new();
    let pair = authority.issue(&["cluster.example"]);
    let tls = Tls::new().ca_pem(authority.pem());
    let (by_node, shared) = (
        client(tls.clone()),
        client(tls.server_name("cluster.example")),
    );
    for last in [1, 2, 3] {
        let ip = [127, 0, 0, last].into();
        let setup = Setup {
            ip,
            ..Setup::default()
        };
        let mut server = setup.start(&pair).await;
        get(&shared, server.uri()).await.unwrap();
        assert_eq!(server.seen().await.name.as_deref(), Some("cluster.example"));
        let error = get(&by_node, server.uri()).await.unwrap_err();
        assert!(chain(&error).contains("not valid for name"), "{error:?}");
    }
}

#[tokio::test]
async fn the_shared_name_is_checked_as_any_other() {
    let authority = Authority::new();
    let server = Server::start(&authority.issue(HERE)).await;
    let tls = Tls::new().ca_pem(authority.pem());
    let client = client(tls.server_name("cluster.example"));
    let error = get(&client, server.uri()).await.unwrap_err();
    assert!(chain(&error).contains("not valid for name"), "{error:?}");
}

#[tokio::test]
async fn an_address_may_be_the_shared_name() {
    let authority = Authority::new();
    let server = Server::start(&authority.issue(&["10.0.0.1"])).await;
    let client = client(Tls::new().ca_pem(authority.pem()).server_name("10.0.0.1"));
    get(&client, server.uri()).await.unwrap();
}

#[tokio::test]
async fn danger_accepts_any_certificate() {
    let client = client(Tls::new().danger_accept_invalid_certs());
    let authority = Authority::new();
    let pairs = [
        authority.issue(HERE),
        authority.issue(&["10.0.0.1"]),
        authority.issue_expired(HERE),
    ];
    for versions in [&ONLY_1_2, &ONLY_1_3] {
        for pair in &pairs {
            let setup = Setup {
                versions,
                ..Setup::default()
            };
            let server = setup.start(pair).await;
            get(&client, server.uri()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn danger_still_asks_for_the_certificates_key() {
    let client = client(Tls::new().danger_accept_invalid_certs());
    let authority = Authority::new();
    for versions in [&ONLY_1_2, &ONLY_1_3] {
        let copied = authority.issue(HERE).with_key_of(authority.issue(HERE));
        let setup = Setup {
            versions,
            ..Setup::default()
        };
        let server = setup.start(&copied).await;
        let error = get(&client, server.uri()).await.unwrap_err();
        assert!(chain(&error).contains("BadSignature"), "{}", chain(&error));
    }
}

#[tokio::test]
async fn tls_1_2_is_spoken_unless_it_is_refused() {
    let authority = Authority::new();
    let setup = Setup {
        versions: &ONLY_1_2,
        ..Setup::default()
    };
    let mut server = setup.start(&authority.issue(HERE)).await;
    let tls = Tls::new().ca_pem(authority.pem());
    get(&client(tls.clone()), server.uri()).await.unwrap();
    let version = server.seen().await.version;
    assert_eq!(version, Some(rustls::ProtocolVersion::TLSv1_2));
    let error = get(&client(tls.tls13_only()), server.uri()).await;
    let error = error.unwrap_err();
    assert!(error.is_connect());
    assert!(chain(&error).contains("ProtocolVersion"), "{error:?}");
}
