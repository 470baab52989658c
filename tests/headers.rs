//! A node is sent the `User-Agent` that was asked for, and what a request carries besides reaches it or does
//! not by rule, whoever signs.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};
use http_body_util::Full;
use tower_muster::Node;
use tower_muster_alternator::{
    Alternator, Config,
    headers::{Trim, UserAgent},
};
use tower_muster_testkit::TestCluster;
use tower_muster_tests::{
    ACCESS_KEY, Arrived, ENDPOINT_HOST, Result, SECRET, Table, Wire, ask, credentials, get,
    operation, signing_sdk, start, unsigned_sdk,
};

/// One node that checks signatures, and what reads along before it.
struct Scene {
    cluster: TestCluster,
    wire: Wire,
}

impl Scene {
    async fn start() -> Result<Self> {
        let cluster = start("dc1:rack1=1").await;
        let wire = Wire::before(&cluster.nodes()[0]).await;
        let scene = Self { cluster, wire };
        let stack = scene.config()?.signed_above().build()?;
        Table::create(signing_sdk(stack.http_client())).await?;
        Ok(scene)
    }

    fn config(&self) -> Result<Config> {
        Ok(Alternator::at_nodes([Node::new(&self.wire.url())?]))
    }

    fn signs(&self) -> Result<Config> {
        Ok(self.config()?.credentials(credentials(), "us-east-1"))
    }

    /// What arrives of a call of the SDK, which the node takes.
    async fn put(&self, config: Config, sdk_signs: bool) -> Result<Arrived> {
        let table = Table::of(if sdk_signs {
            signing_sdk(config.signed_above().http_client()?)
        } else {
            unsigned_sdk(
                config
                    .credentials(credentials(), "us-east-1")
                    .http_client()?,
            )
        });
        table.put("k", "v").await?;
        Ok(self.wire.last())
    }
}

#[tokio::test]
async fn the_user_agent_is_the_one_that_was_asked_for_whoever_signs() -> Result {
    let scene = Scene::start().await?;
    let ours = concat!("tower-muster/", env!("CARGO_PKG_VERSION_MAJOR"), ".");
    for sdk_signs in [true, false] {
        let sent = scene.put(scene.config()?, sdk_signs).await?;
        assert!(
            sent.header("user-agent").unwrap().starts_with(ours),
            "{sent:?}"
        );

        let with = |agent| Ok::<_, tower_muster_tests::Error>(scene.config()?.user_agent(agent));
        let sent = scene
            .put(with(UserAgent::replace("orders/1.4")?)?, sdk_signs)
            .await?;
        assert_eq!(sent.header("user-agent"), Some("orders/1.4"));

        let first = UserAgent::transform(|agent| {
            let first = agent?.as_bytes().split(|byte| *byte == b' ').next()?;
            HeaderValue::from_bytes(first).ok()
        });
        let sent = scene.put(with(first)?, sdk_signs).await?;
        let agent = sent.header("user-agent").unwrap();
        assert!(
            agent.starts_with("aws-sdk-rust/") && !agent.contains(' '),
            "{agent}"
        );

        let sent = scene.put(with(UserAgent::keep())?, sdk_signs).await?;
        let agent = sent.header("user-agent").unwrap();
        assert!(
            agent.starts_with("aws-sdk-rust/") && agent.contains(" lang/rust"),
            "{agent}"
        );

        let sent = scene.put(with(UserAgent::none())?, sdk_signs).await?;
        assert_eq!(sent.header("user-agent"), None);
    }
    Ok(())
}

/// Signs a request with all of its headers, as a client may that is no SDK.
#[expect(
    clippy::disallowed_methods,
    reason = "the node's clock is the system's"
)]
fn sign_all(request: &mut Request<Full<Bytes>>, body: &str) -> Result {
    let identity = credentials().into();
    let mut settings = SigningSettings::default();
    settings.excluded_headers = None;
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("dynamodb")
        .time(std::time::SystemTime::now())
        .settings(settings)
        .build()?;
    let text = |(name, value): (_, &HeaderValue)| {
        (
            HeaderName::as_str(name).to_owned(),
            value.to_str().unwrap().to_owned(),
        )
    };
    let headers: Vec<_> = request.headers().iter().map(text).collect();
    let headers = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let signable =
        SignableRequest::new("POST", "/", headers, SignableBody::Bytes(body.as_bytes()))?;
    let (instructions, _) = sign(signable, &params.into())?.into_parts();
    let (added, _) = instructions.into_parts();
    for header in added {
        request
            .headers_mut()
            .insert(header.name(), header.value().parse()?);
    }
    Ok(())
}

#[tokio::test]
async fn a_user_agent_that_is_signed_is_not_touched() -> Result {
    let scene = Scene::start().await?;
    let mut request = operation("GetItem", get("k"));
    for (name, value) in [
        ("host", ENDPOINT_HOST),
        ("user-agent", "curl/8"),
        ("x-trace-id", "7"),
    ] {
        request
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    sign_all(&mut request, &get("k"))?;
    for agent in [UserAgent::default(), UserAgent::none()] {
        let stack = scene.config()?.signed_above();
        let stack = stack.user_agent(agent).trim(Trim::needed()).build()?;
        let answer = ask(stack.service(), request.clone()).await?;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let sent = scene.wire.last();
        assert_eq!(sent.header("user-agent"), Some("curl/8"));
        assert_eq!(sent.header("x-trace-id"), Some("7"));
    }
    Ok(())
}

#[tokio::test]
async fn without_credentials_nothing_of_a_signature_is_sent_and_one_that_is_there_is_kept() -> Result
{
    let scene = Scene::start().await?;
    let stack = scene.config()?.trim(Trim::needed()).build()?;
    let failure = Table::of(unsigned_sdk(stack.http_client()))
        .get("k")
        .await
        .unwrap_err();
    assert_eq!(
        failure.code(),
        Some("MissingAuthenticationTokenException"),
        "{failure}"
    );
    let sent = scene.wire.last();
    assert_eq!(sent.header("authorization"), None);
    assert_eq!(sent.header("x-amz-date"), None);

    let mut request = operation("GetItem", get("k"));
    request
        .headers_mut()
        .insert("authorization", HeaderValue::from_static("Bearer token"));
    let answer = ask(stack.service(), request).await?;
    assert_eq!(answer.status, 400);
    assert_eq!(
        scene.wire.last().header("authorization"),
        Some("Bearer token")
    );
    Ok(())
}

#[tokio::test]
async fn a_session_token_arrives_whoever_signs() -> Result {
    let scene = Scene::start().await?;
    let token = "a/token+of==a session";
    let session = || Credentials::new(ACCESS_KEY, SECRET, Some(token.to_owned()), None, "tests");
    for trim in [Trim::off(), Trim::spec(), Trim::needed()] {
        let stack = scene
            .config()?
            .trim(trim.clone())
            .credentials(session(), "us-east-1");
        Table::of(unsigned_sdk(stack.http_client()?))
            .put("k", "v")
            .await?;
        assert_eq!(
            scene.wire.last().header("x-amz-security-token"),
            Some(token)
        );

        let stack = scene.config()?.trim(trim).signed_above();
        let sdk = signing_sdk(stack.http_client()?).credentials_provider(session());
        Table::of(sdk).put("k", "v").await?;
        let sent = scene.wire.last();
        assert_eq!(sent.header("x-amz-security-token"), Some(token));
        assert!(sent.signed().contains(&"x-amz-security-token"), "{sent:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_stack_that_signs_sends_one_authorization_however_many_a_request_brings() -> Result {
    let scene = Scene::start().await?;
    let mut request = operation("GetItem", get("k"));
    for old in ["Bearer token", "AWS4-HMAC-SHA256 Credential=other"] {
        request
            .headers_mut()
            .append("authorization", HeaderValue::from_static(old));
    }
    request
        .headers_mut()
        .insert("x-amz-date", HeaderValue::from_static("20000101T000000Z"));
    for trim in [Trim::off(), Trim::needed()] {
        let stack = scene.signs()?.trim(trim).build()?;
        let answer = ask(stack.service(), request.clone()).await?;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let sent = scene.wire.last();
        let credential = format!("Credential={ACCESS_KEY}/");
        assert!(
            sent.header("authorization").unwrap().contains(&credential),
            "{sent:?}"
        );
        assert_ne!(sent.header("x-amz-date"), Some("20000101T000000Z"));
    }

    // Nobody can tell what two signatures cover, so nothing is dropped.
    request
        .headers_mut()
        .insert("host", HeaderValue::from_static(ENDPOINT_HOST));
    request
        .headers_mut()
        .insert("x-trace-id", HeaderValue::from_static("7"));
    let stack = scene
        .config()?
        .signed_above()
        .trim(Trim::needed())
        .build()?;
    let answer = ask(stack.service(), request).await?;
    assert_eq!(answer.status, 400, "{}", answer.text());
    let sent = scene.wire.last();
    assert_eq!(sent.all("authorization").len(), 2, "{sent:?}");
    assert_eq!(sent.header("x-trace-id"), Some("7"));
    Ok(())
}

#[tokio::test]
async fn a_request_that_expects_to_go_on_or_wants_the_connection_closed_is_served() -> Result {
    let scene = Scene::start().await?;
    let node = &scene.cluster.nodes()[0];
    for trim in [Trim::off(), Trim::needed()] {
        let is_trimmed = trim != Trim::off();
        let stack = scene.signs()?.trim(trim).build()?;
        let mut request = operation("GetItem", get("k"));
        request
            .headers_mut()
            .insert("expect", HeaderValue::from_static("100-continue"));
        let answer = ask(stack.service(), request).await?;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(scene.wire.last().header("expect").is_none(), is_trimmed);

        let connections = node.counters().connections;
        let mut request = operation("GetItem", get("k"));
        request
            .headers_mut()
            .insert("connection", HeaderValue::from_static("close"));
        let answer = ask(stack.service(), request).await?;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(scene.wire.last().header("connection"), Some("close"));
        ask(stack.service(), operation("GetItem", get("k"))).await?;
        assert_eq!(
            node.counters().connections,
            connections + 1,
            "the next one has another"
        );
    }
    Ok(())
}
