//! Against real servers, each started for one test.

mod access;
mod cluster;
mod faults;
mod late;
mod listen;
mod old;
mod sentinel;
mod server;
mod settings;
#[cfg(feature = "tls")]
mod tls;

use std::time::Duration;

use redis::Value;

use super::{Link, Redis, Script};

/// Long enough for a machine that is ten times slower.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a link waits for a server that is known not to answer.
const SHORT: Duration = Duration::from_secs(1);

/// Puts a value under a key, and returns what was there.
static SWAP: Script = Script::new(
    "swap",
    "local old = redis.call('GET', KEYS[1]) redis.call('SET', KEYS[1], ARGV[1]) return old",
);

async fn swap(link: &Link, value: &str) -> Result<Option<String>, super::RedisError> {
    let answer = link.run(&SWAP, &["{g}:key"], &[value]).await?;
    Ok(redis::from_redis_value(answer).expect("a text or nothing"))
}

/// Asks until the link works, as its users do.
async fn swap_in_the_end(link: &Link, value: &str) -> Option<String> {
    let trying = async {
        loop {
            match swap(link, value).await {
                Ok(old) => return old,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    let tried = tokio::time::timeout(6 * PATIENCE, trying).await;
    tried.expect("the link finds a server that works")
}

async fn link(redis: &Redis) -> Link {
    Link::connect(redis, PATIENCE).await.expect("a link")
}

fn at(url: &str) -> Redis {
    Redis::at(url).expect("a URL")
}
