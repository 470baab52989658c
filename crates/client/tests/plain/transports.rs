//! Other ways to connect, and HTTP/2 without TLS.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use http::Uri;
use tower::ServiceBuilder;
use tower_muster_client::ClientBuilder;
#[cfg(feature = "http2")]
use tower_muster_client::HttpClient;

use crate::{get, server::Server};

#[tokio::test]
async fn layers_go_around_the_connector() {
    let server = Server::start().await;
    let settings = ClientBuilder::new();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let connector = ServiceBuilder::new()
        .map_request(move |uri: Uri| {
            counted.fetch_add(1, Ordering::Relaxed);
            uri
        })
        .service(settings.connector().unwrap());
    let client = settings.build_over(connector);
    for _ in 0..3 {
        get(&client, server.uri()).await.unwrap();
    }
    assert_eq!(count.load(Ordering::Relaxed), 1, "one connection is made");
}

#[cfg(feature = "http2")]
#[tokio::test]
async fn http2_is_spoken_without_tls_if_it_is_known_beforehand() {
    let mut server = Server::start_http2().await;
    let client: HttpClient = ClientBuilder::new()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    let (first, second) = tokio::join!(get(&client, server.uri()), get(&client, server.uri()));
    assert_eq!(first.unwrap(), "served by HTTP/2.0");
    assert_eq!(second.unwrap(), "served by HTTP/2.0");
    server.event().await;
    assert!(server.is_quiet(), "two streams, one connection");
}

#[cfg(feature = "http2")]
#[tokio::test]
async fn http1_is_spoken_without_tls_if_http2_is_only_offered() {
    let server = Server::start().await;
    let client: HttpClient = ClientBuilder::new().http2().build().unwrap();
    let said = get(&client, server.uri()).await.unwrap();
    assert_eq!(said, "served by HTTP/1.1");
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_serves_as_well() {
    use std::{env, fs, io, process};

    use hyper_util::rt::TokioIo;
    use tokio::net::{UnixListener, UnixStream};
    use tower::service_fn;

    use crate::server::serve;

    let path = env::temp_dir().join(format!("tower-muster-client-{}.sock", process::id()));
    let _ = fs::remove_file(&path);
    let listener = UnixListener::bind(&path).unwrap();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        serve(TokioIo::new(socket), false).await;
    });
    let connector = {
        let path = path.clone();
        service_fn(move |_: Uri| {
            let path = path.clone();
            Box::pin(
                async move { Ok::<_, io::Error>(TokioIo::new(UnixStream::connect(path).await?)) },
            )
        })
    };
    let client = ClientBuilder::new().build_over(connector);
    let said = get(&client, Uri::from_static("http://local/")).await;
    fs::remove_file(&path).unwrap();
    assert_eq!(said.unwrap(), "served by HTTP/1.1");
}
