//! How the server that takes writes is found.

use std::fmt;

use futures_util::stream::{FuturesUnordered, StreamExt};
use redis::Value;

use super::{
    RedisError,
    connection::{Connected, Dialer},
    endpoint::Endpoint,
    place::Place,
};

/// Bounds the nodes of a cluster that are remembered.
const MOST_KNOWN: usize = 64;

/// Finds the server that takes writes, and connects to it; who calls bounds the time.
///
/// Of a cluster it is any node that is well: it names the one that has the key. `known` are its nodes as far as they
/// have been heard of.
pub(super) async fn find(
    dialer: &Dialer,
    place: &Place,
    known: &[Endpoint],
) -> Result<Connected, RedisError> {
    match place {
        Place::Server(endpoint) => dialer.server(endpoint, None).await,
        // All are asked at once: one that is silent would use up the time.
        Place::Sentinel { name, by } => {
            first(by.iter().map(|sentinel| master(dialer, sentinel, name))).await
        }
        Place::Cluster(seeds) => {
            let others = known.iter().filter(|known| !seeds.contains(known));
            first(seeds.iter().chain(others).map(|node| well(dialer, node))).await
        }
    }
}

/// The first that succeeds; if none does, the error of the one that came furthest.
async fn first<F: Future<Output = Result<Connected, RedisError>>>(
    tries: impl Iterator<Item = F>,
) -> Result<Connected, RedisError> {
    let mut tries: FuturesUnordered<_> = tries.collect();
    let mut worst = None;
    while let Some(tried) = tries.next().await {
        match (tried, &worst) {
            (Ok(connected), _) => return Ok(connected),
            // That a server cannot be reached says less than what another has answered.
            (Err(RedisError::Unreachable { .. }), Some(_)) => {}
            (Err(error), _) => worst = Some(error),
        }
    }
    Err(worst.unwrap_or_else(|| RedisError::setting("urls", "0", "must be at least one")))
}

async fn master(dialer: &Dialer, sentinel: &Endpoint, name: &str) -> Result<Connected, RedisError> {
    const ASK: &str = "SENTINEL GET-MASTER-ADDR-BY-NAME";
    let asked = dialer.sentinel(sentinel).await?;
    let mut ask = redis::cmd("SENTINEL");
    ask.arg("GET-MASTER-ADDR-BY-NAME").arg(name);
    let answer = asked.find(ASK, &ask).await?;
    let address: Option<(String, u16)> = redis::from_redis_value(answer)
        .map_err(|error| RedisError::unreachable(sentinel, error))?;
    let endpoint = address.and_then(|(host, port)| sentinel.at(&host, port));
    let unknown = || RedisError::unreachable(sentinel, format!("it knows no master {name:?}"));
    let endpoint = endpoint.ok_or_else(unknown)?;
    drop(asked);
    let master = dialer.server(&endpoint, None).await?;
    // Sentinel may not have noticed yet, or not have told the server yet. Who may not ask finds out by a write.
    let role = master.ask(&redis::cmd("ROLE")).await;
    match role.unwrap_or(Value::Nil) {
        Value::Array(role) if role.first() != Some(&Value::BulkString(b"master".to_vec())) => {
            Err(RedisError::unreachable(endpoint, "it is no master"))
        }
        _ => Ok(master),
    }
}

/// A node that is cut off from most others still answers, but not for the cluster.
async fn well(dialer: &Dialer, node: &Endpoint) -> Result<Connected, RedisError> {
    let connected = dialer.server(node, None).await?;
    let mut info = redis::cmd("CLUSTER");
    info.arg("INFO");
    let answer = connected.ask(&info).await.unwrap_or(Value::Nil);
    let text: String = redis::from_redis_value(answer).unwrap_or_default();
    match text.contains("cluster_state:fail") {
        true => Err(RedisError::Unready {
            address: node.to_string(),
            code: "CLUSTERDOWN".to_owned(),
            detail: "its cluster_state is fail".to_owned(),
        }),
        false => Ok(connected),
    }
}

/// Asks a node of a cluster for the others; none if it does not say.
pub(super) async fn nodes(connected: &Connected) -> Vec<Endpoint> {
    let mut ask = redis::cmd("CLUSTER");
    ask.arg("SLOTS");
    let Ok(Value::Array(ranges)) = connected.ask(&ask).await else {
        return Vec::new();
    };
    let mut nodes = Vec::new();
    for range in ranges {
        let Value::Array(range) = range else { continue };
        // The first two say which slots it is.
        for node in range.iter().skip(2) {
            let node = address(node, connected.endpoint());
            nodes.extend(node.filter(|node| !nodes.contains(node)));
        }
    }
    nodes.truncate(MOST_KNOWN);
    nodes
}

/// Reads `[host, port, ...]`; a node that does not know its own host leaves it out.
fn address(node: &Value, asked: &Endpoint) -> Option<Endpoint> {
    let Value::Array(fields) = node else {
        return None;
    };
    let host: Option<String> = redis::from_redis_value(fields.first()?.clone()).ok()?;
    let port: u16 = redis::from_redis_value(fields.get(1)?.clone()).ok()?;
    asked.at(host.as_deref().unwrap_or_default(), port)
}

#[cfg(feature = "tls")]
impl Place {
    pub(super) fn has_tls(&self) -> bool {
        match self {
            Self::Server(endpoint) => endpoint.has_tls(),
            Self::Sentinel { by, .. } => by.iter().any(Endpoint::has_tls),
            Self::Cluster(nodes) => nodes.iter().any(Endpoint::has_tls),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, endpoints) = match self {
            Self::Server(endpoint) => return endpoint.fmt(f),
            Self::Sentinel { name, by } => (format!("{name}, watched by "), by),
            Self::Cluster(nodes) => (String::new(), nodes),
        };
        f.write_str(&before)?;
        for (i, endpoint) in endpoints.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            write!(f, "{comma}{endpoint}")?;
        }
        Ok(())
    }
}
