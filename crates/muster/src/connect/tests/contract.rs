//! What is refused when the layer is made, where it connects to, and what it never does.

use std::{error::Error as _, time::Duration};

use tower::ServiceExt;
use tower_layer::Layer;

use super::{Connector, NAME, connect, hosts, layer, layer_by, three};
use crate::{
    Cluster, Node,
    attempt::NoNode,
    connect::{ConnectError, ConnectLayer, ConnectLayerError},
    policy::{Filter, Random, Route},
    tests::fakes::{Found, Source, cluster, node},
};

#[test]
fn a_name_that_is_no_origin_is_an_error_at_build_time() {
    for name in [
        "",
        "cluster",
        "/path",
        "ftp://cluster",
        "http://",
        "http://c:0",
        "http://u:p@c",
    ] {
        let error = ConnectLayer::new(cluster(1), Random::new(), name).expect_err(name);
        assert!(matches!(error, ConnectLayerError::Name(_)), "{error}");
        let source = error.source().expect("a source").to_string();
        assert!(!source.contains("u:p"), "{source}");
    }
}

#[test]
fn a_time_of_zero_is_an_error_that_names_the_setting() {
    let error = layer(&cluster(1)).max_age(Duration::ZERO).expect_err("0");
    assert_eq!(error, ConnectLayerError::Zero { field: "max_age" });
    let error = layer(&cluster(1)).connect_timeout(Duration::ZERO);
    let text = error.expect_err("0").to_string();
    assert_eq!(
        text,
        "connect layer: connect_timeout is 0s, and must be longer"
    );
}

#[tokio::test]
async fn the_made_up_name_is_a_node_in_each_of_its_spellings() {
    for name in [NAME, "http://CLUSTER.made-up:8000/path?q"] {
        let connector = Connector::good();
        let service = layer(&cluster(1)).layer(connector.clone());
        let uri = name.parse().expect("a URI");
        let link = service.oneshot(uri).await.expect("a connection");
        assert_eq!(connector.asked(), ["http://10.0.0.1:8000/"]);
        let to = link.to().expect("a node");
        assert_eq!(to.node().origin().as_str(), "http://10.0.0.1:8000");
    }
}

#[tokio::test]
async fn another_name_passes_through_as_it_is() {
    let (_, connector, service) = three(|_| panic!("no node is asked"));
    let connector_at = Connector::good();
    let service_at = layer(&cluster(3)).layer(connector_at.clone());
    for uri in [
        "https://example.com/",
        "http://10.0.0.1:8000/",
        "http://made-up:8000/",
    ] {
        let uri = uri.parse().expect("a URI");
        let link = service_at.clone().oneshot(uri).await.expect("connected");
        assert!(link.to().is_none());
    }
    assert_eq!(
        connector_at.asked(),
        [
            "https://example.com/",
            "http://10.0.0.1:8000/",
            "http://made-up:8000/"
        ]
    );
    drop(service);
    assert!(connector.asked().is_empty());
}

#[tokio::test]
async fn the_made_up_host_under_another_port_or_scheme_is_refused_and_never_looked_up() {
    let connector = Connector::good();
    let service = layer(&cluster(1)).layer(connector.clone());
    for uri in [
        "http://cluster.made-up/",
        "https://cluster.made-up:8000/",
        "cluster.made-up:8000",
    ] {
        let uri = uri.parse().expect("a URI");
        let error = service.clone().oneshot(uri).await.expect_err("refused");
        assert!(matches!(error, ConnectError::OtherOrigin { .. }), "{error}");
        assert!(error.to_string().contains(NAME), "{error}");
    }
    assert!(connector.asked().is_empty());
}

#[tokio::test]
async fn an_error_shows_where_a_connection_was_asked_for_and_no_secret_of_the_uri() {
    let service = layer(&cluster(1)).layer(Connector::good());
    for (uri, shown) in [
        (
            "http://me:hidden@cluster.made-up:81/hidden?hidden",
            "http://cluster.made-up:81/",
        ),
        ("me:hidden@cluster.made-up:8000", "cluster.made-up:8000"),
    ] {
        let error = service.clone().oneshot(uri.parse().expect("a URI")).await;
        let error = error.expect_err("refused");
        let (said, debug) = (error.to_string(), format!("{error:?}"));
        assert!(said.starts_with(&format!("{shown} has")), "{said}");
        assert!(!said.contains("hidden"), "{said}");
        assert!(!debug.contains("hidden"), "{debug}");
    }
}

#[tokio::test]
async fn without_a_node_nothing_is_connected_to() {
    let nobody = Filter::new(|_: &Route<'_>, _: &Node| false, Random::new());
    let connector = Connector::good();
    let service = layer_by(&cluster(3), nobody).layer(connector.clone());
    let error = connect(&service).await.expect_err("nobody");
    assert!(
        matches!(error, ConnectError::NoNode(NoNode::Declined)),
        "{error}"
    );
    assert!(connector.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_first_list_of_nodes_is_waited_for() {
    let wait = Duration::from_secs(3);
    let cluster = Cluster::discover(Source::new([Found::After(wait, vec![node(7)])]));
    let connector = Connector::good();
    let service = layer(&cluster).layer(connector.clone());
    connect(&service).await.expect("a connection");
    assert_eq!(hosts(&connector), [7]);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_cannot_be_had_is_the_reason() {
    let cluster = Cluster::discover(Source::new([Found::Error("no such rack")]));
    let connector = Connector::good();
    let service = layer(&cluster).layer(connector.clone());
    let error = connect(&service).await.expect_err("no list");
    assert!(
        matches!(error, ConnectError::NoNode(NoNode::Undiscovered(_))),
        "{error}"
    );
    assert!(connector.asked().is_empty());
}

#[test]
fn outside_of_a_runtime_there_is_no_panic_but_an_error() {
    let connector = Connector::good();
    let service = layer(&cluster(1)).layer(connector.clone());
    let mut connecting = tokio_test::task::spawn(connect(&service));
    let result = tokio_test::assert_ready!(connecting.poll());
    let error = result.expect_err("no runtime");
    assert!(
        matches!(error, ConnectError::NoNode(NoNode::NoRuntime)),
        "{error}"
    );
    assert!(connector.asked().is_empty());
}

#[test]
fn hyper_utils_client_takes_it_as_a_connector() {
    use hyper_util::{client::legacy::Client, rt::TokioExecutor};

    let service = layer(&cluster(1)).layer(Connector::good());
    let builder = Client::builder(TokioExecutor::new());
    let client = builder.build::<_, http_body_util::Empty<bytes::Bytes>>(service);
    drop(client);
}
