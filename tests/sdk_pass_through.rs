//! One client may serve a whole `SdkConfig`: what is meant for the cluster goes there, and the requests of
//! other services and of providers of credentials go where they were meant to, untouched.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use aws_sdk_dynamodb::config::Builder;
use aws_smithy_http_client::Builder as SdksOwn;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use tower::{Layer, ServiceExt};
use tower_muster_smithy::{
    ENDPOINT_URL, PassThroughLayer, SdkClient, SdkConfig, Timeouts, http_client, sdk_config,
};
use tower_muster_testkit::TestCluster;
use tower_muster_tests::{
    ACCESS_KEY, Error, Rest, Result, SECRET, Table, attempts, config, signature_failures, start,
};

/// Asks a server for the secret, as those of `aws_config` do.
#[derive(Debug, Clone)]
struct FromServer {
    url: String,
    client: SdkClient,
}

impl FromServer {
    async fn fetch(&self) -> Result<Credentials> {
        let request = Request::get(format!("{}/secret", self.url)).body(Full::<Bytes>::default())?;
        let response = self.client.clone().oneshot(request).await?;
        let secret = response.into_body().collect().await?.to_bytes();
        let secret = String::from_utf8(secret.to_vec())?;
        Ok(Credentials::new(ACCESS_KEY, secret, None, None, "server"))
    }
}

impl ProvideCredentials for FromServer {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let credentials = self.fetch().await;
            credentials.map_err(|error: Error| CredentialsError::provider_error(error))
        })
    }
}

fn sdks_own() -> Result<SdkClient> {
    let client = SdksOwn::new().build_http();
    Ok(SdkClient::new(&client, Timeouts::default())?)
}

/// A client that is safe to share, and credentials that are fetched through it.
fn shared(cluster: &TestCluster, secrets: &Rest) -> Result<SdkConfig> {
    let stack = config(cluster).signed_above().build()?;
    let layer = PassThroughLayer::new([ENDPOINT_URL], sdks_own()?)?;
    let client = http_client(layer.layer(stack.service()));
    let credentials = FromServer {
        url: secrets.url(),
        client: SdkClient::new(&client, Timeouts::default())?,
    };
    let credentials = SharedCredentialsProvider::new(credentials);
    Ok(sdk_config(client, "us-east-1", Some(credentials))?)
}

#[tokio::test]
async fn only_what_is_meant_for_the_cluster_goes_there() -> Result {
    let cluster = start("dc1:rack1=3").await;
    let secrets = Rest::start(SECRET).await;
    let other = Rest::start(r#"{"numberOfRecordsUpdated":0}"#).await;
    let config = shared(&cluster, &secrets)?;

    let table = Table::create(Builder::from(&config)).await?;
    table.put_get_query_delete("v").await?;
    let operations = attempts(cluster.nodes());
    assert!(operations >= 5);
    assert!(other.taken().is_empty());

    let builder = aws_sdk_rdsdata::config::Builder::from(&config).endpoint_url(other.url());
    let client = aws_sdk_rdsdata::Client::from_conf(builder.build());
    let execute = client.execute_statement();
    let execute = execute
        .resource_arn("arn")
        .secret_arn("arn")
        .sql("select 1");
    execute.send().await?;

    assert_eq!(
        attempts(cluster.nodes()),
        operations,
        "the cluster saw nothing of it"
    );
    assert_eq!(signature_failures(&cluster), 0);
    let taken = other.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].header("host"), other.address().to_string());
    assert!(
        taken[0].is_signed_with(SECRET),
        "what the SDK signed is untouched"
    );

    let asked = secrets.taken();
    assert!(
        !asked.is_empty(),
        "credentials were fetched through the same client"
    );
    assert!(asked.iter().all(|taken| taken.uri.path() == "/secret"));
    Ok(())
}

#[tokio::test]
async fn a_cluster_that_is_out_keeps_nobody_from_other_services() -> Result {
    let cluster = start("dc1:rack1=3").await;
    let secrets = Rest::start(SECRET).await;
    let other = Rest::start(r#"{"numberOfRecordsUpdated":0}"#).await;
    for node in cluster.nodes() {
        node.kill();
    }
    let config = shared(&cluster, &secrets)?;
    let builder = aws_sdk_rdsdata::config::Builder::from(&config).endpoint_url(other.url());
    let client = aws_sdk_rdsdata::Client::from_conf(builder.build());
    let execute = client.execute_statement();
    let execute = execute
        .resource_arn("arn")
        .secret_arn("arn")
        .sql("select 1");
    execute.send().await?;
    assert_eq!(other.taken().len(), 1);
    Ok(())
}
