//! Requests reach the host that their URI names, and are told its name.

use std::{convert::Infallible, io, iter::Empty, net::SocketAddr};

use bytes::Bytes;
use http::{HeaderName, Method, Request, Response, Uri, header::HOST};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service};
use hyper_util::{client::legacy::connect::dns::Name, rt::TokioIo};
use tokio::net::TcpListener;
use tower::service_fn;
use tower_muster_client::{ClientBuilder, HttpClient};

use crate::connect_error;

/// What the body says, too.
const SAID: HeaderName = HeaderName::from_static("x-said");

/// Starts a server that answers with the request's target, its Host, and its own address; returns the latter.
async fn mirror() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().to_string();
    let address = own.clone();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let address = address.clone();
            let service = service::service_fn(move |request: Request<Incoming>| {
                let host = request.headers().get_all(HOST).iter();
                let host: Vec<_> = host.map(|host| host.to_str().expect("text")).collect();
                let said = format!("{} {host:?} at {address}", request.uri());
                let response = Response::builder().header(SAID, &said);
                let response = response.body(Full::<Bytes>::from(said)).expect("a head");
                async move { Ok::<_, Infallible>(response) }
            });
            let connection = http1::Builder::new().serve_connection(TokioIo::new(tcp), service);
            tokio::spawn(connection);
        }
    });
    own
}

async fn said(client: &HttpClient, request: Request<Full<Bytes>>) -> String {
    let response = client.request(request).await.unwrap();
    let body = response.into_body().collect().await.unwrap();
    String::from_utf8(body.to_bytes().to_vec()).unwrap()
}

fn client() -> HttpClient {
    ClientBuilder::new().build().unwrap()
}

#[tokio::test]
async fn each_request_reaches_its_own_host() {
    let (one, two) = (mirror().await, mirror().await);
    let client = client();
    for _ in 0..3 {
        for host in [&one, &two] {
            for target in ["/", "/a/b?c=d"] {
                let request = Request::post(format!("http://{host}{target}"));
                let said = said(&client, request.body(Full::default()).unwrap()).await;
                assert_eq!(said, format!("{target} [{host:?}] at {host}"));
            }
        }
    }
}

#[tokio::test]
async fn a_host_that_the_caller_says_is_left() {
    let host = mirror().await;
    let request = Request::get(format!("http://{host}/")).header(HOST, "other.example");
    let said = said(&client(), request.body(Full::default()).unwrap()).await;
    assert_eq!(said, format!("/ [\"other.example\"] at {host}"));
}

#[tokio::test]
async fn a_proxy_is_told_where_to_connect_to() {
    let (host, client) = (mirror().await, client());
    for uri in [host.clone(), format!("http://{host}")] {
        let mut request = Request::new(Full::default());
        *request.method_mut() = Method::CONNECT;
        *request.uri_mut() = uri.parse().unwrap();
        let response = client.request(request).await.unwrap();
        assert!(response.status().is_success());
        // After its head the answer is a tunnel, so what was told is in the head.
        let told = format!("{host} [{host:?}] at {host}");
        assert_eq!(response.headers()[SAID], told, "of {uri}");
    }
}

#[tokio::test]
async fn a_request_to_what_no_host_is_called_reaches_nobody() {
    let host = mirror().await;
    let nobody =
        service_fn(async |_: Name| Err::<Empty<SocketAddr>, _>(io::Error::other("nobody")));
    let client: HttpClient = ClientBuilder::new().resolver(nobody).build().unwrap();
    let request = Request::get(format!("http://{host}/"));
    said(&client, request.body(Full::default()).unwrap()).await;
    // It has a name by now, which only the pool knows.
    for letter in "!$&'()*+,;=~".chars() {
        let uri: Uri = format!("http://{letter}/").parse().unwrap();
        let error = client.get(uri).await.unwrap_err();
        let said = connect_error(&error).to_string();
        assert_eq!(
            said,
            format!("connect to {letter}: the name gave no address")
        );
    }
}
