//! How sites talk to each other: copies of slots, and changes.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use serde::Serialize;
use tower_muster::BoxError;
use tower_muster_client::{ClientBuilder, HttpClient};
use tower_muster_slots::{Member, Slot};

use crate::counters::{Change, Shelf};

/// A site that does not answer within this time is as good as gone for one request.
const PATIENCE: Duration = Duration::from_secs(1);
/// Bounds a copy.
const MOST: usize = 64 << 20;

/// Asks other sites.
#[derive(Clone)]
pub(crate) struct Peers {
    client: HttpClient,
    /// Where this site is.
    own: String,
}

impl Peers {
    /// Of a site that is at the origin `own`.
    pub(crate) fn new(own: String) -> Result<Self, BoxError> {
        let client = ClientBuilder::new().build()?;
        Ok(Self { client, own })
    }

    /// Copies a slot from its primary, which tells this site of what changes afterwards.
    pub(crate) async fn learn(&self, from: &Member, slot: Slot) -> Result<Shelf, BoxError> {
        let uri = format!("{}/learners/{slot}", from.node().origin());
        let body = Bytes::from(self.own.clone());
        Ok(serde_json::from_slice(
            &self.send(Method::POST, &uri, body).await?,
        )?)
    }

    /// Copies a slot.
    pub(crate) async fn copy(&self, from: &Member, slot: Slot) -> Result<Shelf, BoxError> {
        let uri = format!("{}/shelves/{slot}", from.node().origin());
        let answer = self.send(Method::GET, &uri, Bytes::new()).await?;
        Ok(serde_json::from_slice(&answer)?)
    }

    /// Gives a site the whole slot.
    pub(crate) async fn give(&self, to: &str, slot: Slot, shelf: &Shelf) -> Result<(), BoxError> {
        self.put(&format!("{to}/shelves/{slot}"), shelf).await
    }

    /// Tells a site of one change.
    pub(crate) async fn tell(&self, to: &str, slot: Slot, change: &Change) -> Result<(), BoxError> {
        self.put(&format!("{to}/changes/{slot}"), change).await
    }

    async fn put(&self, uri: &str, what: &impl Serialize) -> Result<(), BoxError> {
        self.send(Method::PUT, uri, serde_json::to_vec(what)?.into())
            .await?;
        Ok(())
    }

    async fn send(&self, method: Method, uri: &str, body: Bytes) -> Result<Bytes, BoxError> {
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .body(Full::new(body))?;
        let answer = async {
            let response = self.client.request(request).await?;
            if response.status() != StatusCode::OK {
                return Err(BoxError::from(format!(
                    "{uri} answered {}",
                    response.status()
                )));
            }
            let body = Limited::new(response.into_body(), MOST);
            Ok(body.collect().await?.to_bytes())
        };
        tokio::time::timeout(PATIENCE, answer).await?
    }
}
