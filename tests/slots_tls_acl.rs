//! A group over TLS, as a user who may do no more than it needs.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use tower_muster_slots::{Redis, Site, SiteError};
use tower_muster_testkit::redis::{RedisServer, RedisTls};
use tower_muster_tests::{
    Result,
    slots::{App, Raw, Scene, group, member, until},
};

/// What the link and the scripts use, on the keys and the channel of one group.
const RULES: [&str; 29] = [
    "~muster:{counters}:*",
    "&muster:{counters}:notices",
    "+evalsha",
    "+script|load",
    "+multi",
    "+exec",
    "+ping",
    "+publish",
    "+subscribe",
    "+del",
    "+exists",
    "+type",
    "+time",
    "+hdel",
    "+hget",
    "+hgetall",
    "+hincrby",
    "+hlen",
    "+hmget",
    "+hset",
    "+hvals",
    "+zadd",
    "+zmscore",
    "+zrangebyscore",
    "+zrem",
    "+zscore",
    "+info",
    "+client|info",
    "+client|kill",
];

async fn server(tls: &RedisTls) -> Result<(RedisServer, Redis)> {
    let mut server = RedisServer::with_tls(tls).await?;
    server.set_user("counters", "s3cret", RULES).await?;
    server.set_password("nobody else").await?;
    let redis = Redis::at(&server.tls_url().unwrap())?;
    let client = tls.client();
    let redis = redis.ca_pem(tls.ca_pem())?;
    let redis = redis.client_certificate_pem(client.cert_pem(), client.key_pem())?;
    Ok((server, redis))
}

#[tokio::test]
async fn a_group_needs_no_more_than_these_rights() -> Result {
    let tls = RedisTls::new()?.require_client_certificate();
    let (server, redis) = server(&tls).await?;
    let scene = Scene::over(redis.authenticated("counters", "s3cret"), group())?;
    let mut sites = scene.sites(["a", "b", "c"]).await?;
    scene.settled(&sites).await?;
    let client = scene.client().await?;
    let stream = client.stream(scene.slots());
    stream.more(32).await;
    // Every kind of change: one is killed, one leaves, one fails a slot.
    sites.remove(0).crash().await;
    until("it is evicted", || client.table.members().len() == 2).await;
    scene.settled(&sites).await?;
    sites[0].fail(sites[0].primaries()[0]).await?;
    scene.settled(&sites).await?;
    sites.remove(1).leave().await?;
    scene.settled(&sites).await?;
    stream.more(32).await;
    assert_eq!(stream.end().await?, [""; 0], "calls failed");
    // Nothing was refused on the way.
    let url = format!("redis://:nobody%20else@127.0.0.1:{}", server.port());
    let refused: redis::Value = Raw::to(&url).await?.tell(&["ACL", "LOG"]).await?;
    assert_eq!(refused, redis::Value::Array(Vec::new()));
    Ok(())
}

#[tokio::test]
async fn a_right_that_is_missing_and_a_wrong_password_are_named() -> Result {
    let tls = RedisTls::new()?;
    let (server, redis) = server(&tls).await?;
    let join = async |redis: Redis| {
        let site = Site::builder(
            redis,
            group().build()?,
            member("a", "http://10.0.0.1:7000"),
            App::new(),
        );
        let error = site.join().await.unwrap_err();
        assert!(matches!(error, SiteError::Redis(_)), "{error:?}");
        let said: Vec<String> = tower_muster_tests::sources(&error)
            .map(ToString::to_string)
            .collect();
        Ok::<_, tower_muster_tests::Error>(format!("{error}: {}", said.join(": ")))
    };
    let said = join(redis.clone().authenticated("counters", "wr0ng")).await?;
    assert!(
        said.contains("WRONGPASS") && !said.contains("wr0ng"),
        "{said}"
    );

    server
        .set_user("other", "s3cret", ["+@all", "~other:*", "&*"])
        .await?;
    let said = join(redis.clone().authenticated("other", "s3cret")).await?;
    assert!(said.contains("NOPERM") && said.contains("key"), "{said}");

    let plain = Redis::at(&server.url())?;
    let said = join(plain).await?;
    assert!(said.contains("NOAUTH"), "{said}");
    Ok(())
}
