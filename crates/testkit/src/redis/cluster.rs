//! A cluster of three masters.

use std::time::Duration;

use super::{RedisError, RedisServer, folder::Folder, reply::Reply};

/// The slots of each master, <https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/>.
const SLOTS: [(u16, u16); 3] = [(0, 5_460), (5_461, 10_922), (10_923, 16_383)];
/// How often the nodes are asked whether they agree, and how many times: a minute.
const ASK_EVERY: Duration = Duration::from_millis(50);
const ASK_TIMES: u32 = 1_200;
/// How many keys are moved at once, and how long that may take, in milliseconds.
const KEYS: &str = "100";
const MOVE_WITHIN: &str = "5000";

/// Is a Redis Cluster of three masters on loopback; it ends when this is dropped.
///
/// ```
/// use tower_muster_testkit::redis::RedisCluster;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cluster = RedisCluster::start().await?;
/// assert_eq!(cluster.urls().len(), 3);
///
/// // What belongs to one tag belongs together, and can be moved.
/// let home = cluster.home_of("{group}:key").await?;
/// cluster.move_slot("{group}:key", (home + 1) % 3).await?;
/// assert_eq!(cluster.home_of("{group}:other").await?, (home + 1) % 3);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts three masters, and waits until each of them says that all is well.
    ///
    /// # Errors
    ///
    /// [`RedisError`] if one cannot be started, or they do not agree within a minute.
    pub async fn start() -> Result<Self, RedisError> {
        let mut nodes = Vec::new();
        for _ in SLOTS {
            let options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"];
            let folder = Folder::new().map_err(RedisError::Folder)?;
            let options = options.map(ToOwned::to_owned);
            nodes.push(RedisServer::within(folder, false, options).await?);
        }
        let cluster = Self { nodes };
        cluster.introduce().await?;
        cluster.settle().await?;
        Ok(cluster)
    }

    /// Returns the nodes.
    #[must_use]
    pub fn nodes(&self) -> &[RedisServer] {
        &self.nodes
    }

    /// Returns the nodes, to kill and restart them.
    #[must_use]
    pub fn nodes_mut(&mut self) -> &mut [RedisServer] {
        &mut self.nodes
    }

    /// Returns the nodes' addresses as the URLs that clients take.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(RedisServer::url).collect()
    }

    /// Returns which of the nodes has a key, as the first node sees it.
    ///
    /// # Errors
    ///
    /// [`RedisError`] if it cannot be told, or nobody has it.
    pub async fn home_of(&self, key: &str) -> Result<usize, RedisError> {
        let slot = self.slot_of(key).await?;
        let ranges = self.nodes[0].tell(&["CLUSTER", "SLOTS"]).await?.list();
        let port = ranges.into_iter().find_map(|range| home(slot, range));
        let found = self
            .nodes
            .iter()
            .position(|node| port == Some(i64::from(node.port())));
        found.ok_or_else(|| RedisError::Silent(format!("nobody has slot {slot}")))
    }

    /// Moves the slot of a key, with all that is in it, to another of the nodes, and has all of them know.
    ///
    /// # Errors
    ///
    /// [`RedisError`] if one of them cannot be told, or refuses.
    pub async fn move_slot(&self, key: &str, to: usize) -> Result<(), RedisError> {
        let slot = self.slot_of(key).await?.to_string();
        let from = self.home_of(key).await?;
        if from == to {
            return Ok(());
        }
        let (source, target) = (&self.nodes[from], &self.nodes[to]);
        let source_id = id(source).await?;
        let target_id = id(target).await?;
        target
            .tell(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &source_id])
            .await?;
        source
            .tell(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &target_id])
            .await?;
        let port = target.port().to_string();
        loop {
            let keys = source
                .tell(&["CLUSTER", "GETKEYSINSLOT", &slot, KEYS])
                .await?
                .list();
            if keys.is_empty() {
                break;
            }
            let mut words = vec!["MIGRATE", "127.0.0.1", &port, "", "0", MOVE_WITHIN, "KEYS"];
            words.extend(keys.iter().map(Reply::text));
            source.tell(&words).await?;
        }
        // The new home first, so that the slot never has none.
        target
            .tell(&["CLUSTER", "SETSLOT", &slot, "NODE", &target_id])
            .await?;
        for node in &self.nodes {
            node.tell(&["CLUSTER", "SETSLOT", &slot, "NODE", &target_id])
                .await?;
        }
        Ok(())
    }

    async fn slot_of(&self, key: &str) -> Result<i64, RedisError> {
        match self.nodes[0].tell(&["CLUSTER", "KEYSLOT", key]).await? {
            Reply::Number(slot) => Ok(slot),
            other => Err(RedisError::Silent(format!("{other:?} is no slot"))),
        }
    }

    async fn introduce(&self) -> Result<(), RedisError> {
        for (i, (node, (first, last))) in self.nodes.iter().zip(SLOTS).enumerate() {
            // Each its own, or they would have to settle who has which.
            let epoch = (i + 1).to_string();
            node.tell(&["CLUSTER", "SET-CONFIG-EPOCH", &epoch]).await?;
            let (first, last) = (first.to_string(), last.to_string());
            node.tell(&["CLUSTER", "ADDSLOTSRANGE", &first, &last])
                .await?;
        }
        for other in &self.nodes[1..] {
            let port = other.port().to_string();
            self.nodes[0]
                .tell(&["CLUSTER", "MEET", "127.0.0.1", &port])
                .await?;
        }
        Ok(())
    }

    async fn settle(&self) -> Result<(), RedisError> {
        let mut said = String::new();
        for _ in 0..ASK_TIMES {
            let mut well = 0;
            for node in &self.nodes {
                said = node.tell(&["CLUSTER", "INFO"]).await?.text().to_owned();
                let is_well = [
                    "cluster_state:ok",
                    "cluster_known_nodes:3",
                    "cluster_size:3",
                ];
                well += usize::from(is_well.iter().all(|fact| said.contains(fact)));
            }
            if well == self.nodes.len() {
                return Ok(());
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
        Err(RedisError::Silent(said))
    }
}

async fn id(node: &RedisServer) -> Result<String, RedisError> {
    let id = node.tell(&["CLUSTER", "MYID"]).await?;
    Ok(id.text().to_owned())
}

/// The port of the node that has a slot, if it is in the range: `[first, last, [host, port, ..], ..]`.
fn home(slot: i64, range: Reply) -> Option<i64> {
    let range = range.list();
    match (range.first()?, range.get(1)?, range.get(2)?) {
        (Reply::Number(first), Reply::Number(last), Reply::List(node))
            if (*first..=*last).contains(&slot) =>
        {
            match node.get(1)? {
                Reply::Number(port) => Some(*port),
                _ => None,
            }
        }
        _ => None,
    }
}
