//! TLS, held against rustls's server over real sockets and certificates made on the spot.
#![cfg(feature = "tls")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a failed expectation is the report of a test"
)]

mod authority;
mod bad_input;
mod child;
mod files;
mod identity;
mod key_log;
mod limits;
mod machine;
mod own_config;
#[cfg(feature = "http2")]
mod protocols;
mod server;
mod sessions;
mod tap;
mod trust;

use std::{error::Error, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::Uri;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{self, connect::dns::Name};
use tower::service_fn;
use tower_muster_client::{ClientBuilder, HttpClient, Tls};

/// Settings under which each request has a connection of its own, and a slow machine has time for it.
fn settings(tls: Tls) -> ClientBuilder {
    ClientBuilder::new()
        .connect_timeout(Duration::from_secs(30))
        .max_idle_per_host(0)
        .tls(tls)
        // Any name is at the same place, so that names can be tried without a name server.
        .resolver(service_fn(async |_: Name| {
            let here = SocketAddr::from(([127, 0, 0, 1], 0));
            Ok::<_, std::io::Error>(std::iter::once(here))
        }))
}

fn client(tls: Tls) -> HttpClient {
    settings(tls).build().expect("settings that fit")
}

/// Asks for a page and reads it to its end.
async fn get(client: &HttpClient<Full<Bytes>>, uri: Uri) -> Result<String, legacy::Error> {
    let response = client.get(uri).await?;
    let body = response.into_body().collect().await.expect("a body");
    Ok(String::from_utf8(body.to_bytes().to_vec()).expect("text"))
}

/// All that an error says, down to its first cause.
fn chain(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        said = format!("{said}: {error}");
        next = error.source();
    }
    said
}
