//! What a slot costs, however many there are already.

use std::time::Duration;

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    task::JoinSet,
};
use tower_muster_slots::{Role, Slot};
use tower_muster_testkit::redis::RedisServer;
use tower_muster_tests::{
    Result,
    slots::{Actor, Raw, Scene, group},
};

const SLOTS: u16 = 4_096;

/// By how many bytes calls may differ whatever they do: numbers of slots, epochs and versions grow by some digits.
const DIGITS: usize = 64;

/// Commands that read a whole key, or all keys.
const WHOLE: [&str; 10] = [
    "HGETALL",
    "HKEYS",
    "HVALS",
    "HSCAN",
    "ZRANGE",
    "ZRANGEBYSCORE",
    "ZSCAN",
    "SMEMBERS",
    "KEYS",
    "SCAN",
];

/// Sees every command that a server carries out, those of scripts among them.
struct Monitor {
    seen: BufReader<TcpStream>,
    raw: Raw,
    marks: usize,
}

/// What a call made Redis do.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    /// Of all that the script was told, and has told and written.
    bytes: usize,
    /// The names of the commands, in order.
    commands: Vec<String>,
}

impl Monitor {
    async fn of(redis: &RedisServer) -> Result<Self> {
        let mut stream = TcpStream::connect(("127.0.0.1", redis.port())).await?;
        stream.write_all(b"MONITOR\r\n").await?;
        let raw = Raw::to(&redis.url()).await?;
        let seen = BufReader::new(stream);
        let mut monitor = Self {
            seen,
            raw,
            marks: 0,
        };
        monitor.lines().await?;
        Ok(monitor)
    }

    /// What scripts were called, and have done, since the last time.
    async fn lines(&mut self) -> Result<Vec<String>> {
        self.marks += 1;
        let mark = format!("mark-{}-", self.marks);
        self.raw.tell::<String>(&["ECHO", &mark]).await?;
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if self.seen.read_line(&mut line).await? == 0 {
                return Err("the server has ended".into());
            }
            match () {
                () if line.contains(&mark) => return Ok(lines),
                () if line.contains(" lua] ") || line.contains("\"EVALSHA\"") => lines.push(line),
                () => {}
            }
        }
    }

    /// The least that it costs to add one of some slots.
    async fn least(&mut self, site: &Actor, slots: std::ops::Range<u16>) -> Result<Cost> {
        let mut costs = Vec::new();
        for slot in slots {
            self.lines().await?;
            site.request_add(Slot::new(slot)).await?;
            let lines = self.lines().await?;
            // The time and the address stand before what was called.
            let calls = lines
                .iter()
                .filter_map(|line| Some(line.split_once("] ")?.1));
            let name = |call: &str| call.split('"').nth(1).unwrap_or_default().to_uppercase();
            costs.push(Cost {
                bytes: calls.clone().map(str::len).sum(),
                commands: calls.map(name).collect(),
            });
        }
        Ok(costs.into_iter().min().ok_or("nothing was added")?)
    }
}

/// Adds some slots to a site, many at once.
async fn add_all(site: &Actor, slots: std::ops::Range<u16>) -> Result {
    let mut adding = JoinSet::new();
    for slot in slots {
        let site = (*site).clone();
        adding.spawn(async move { site.request_add(Slot::new(slot)).await });
    }
    while let Some(added) = adding.join_next().await {
        added??;
    }
    Ok(())
}

#[tokio::test]
async fn a_slot_costs_as_much_to_add_as_the_first_however_many_a_site_holds() -> Result {
    let redis = RedisServer::start().await?;
    // Nothing is assigned, so the site holds just what it adds; and no heartbeat comes between.
    let group = group().slots(SLOTS.into()).min_sites(2);
    let scene = Scene::at(&redis, group.timeout(Duration::from_secs(3_600)))?;
    let site = scene.site("a").await?;
    let mut monitor = Monitor::of(&redis).await?;
    // As if the time in which no primary is given was over.
    let hold = ["HSET", "muster:{counters}:group", "hold", "0"];
    monitor.raw.tell::<i64>(&hold).await?;

    add_all(&site, 0..10).await?;
    let few = monitor.least(&site, 10..15).await?;
    add_all(&site, 15..4_000).await?;
    let many = monitor.least(&site, 4_000..4_005).await?;
    assert_eq!(site.held().len(), 4_005);
    let last = site.request_add(Slot::new(4_004)).await?;
    assert_eq!(last.role, Role::Primary);

    assert!(
        few.commands.iter().any(|command| command == "HSET"),
        "{few:?}"
    );
    let more = many.commands.len();
    assert!(
        few.commands == many.commands,
        "{more} commands, and with few {few:?}"
    );
    let is_whole = |command: &&String| WHOLE.contains(&command.as_str());
    let whole: Vec<_> = many.commands.iter().filter(is_whole).collect();
    assert!(whole.is_empty(), "it reads all: {whole:?}");
    assert!(
        many.bytes <= few.bytes + DIGITS,
        "{few:?} with few, and with many {many:?}"
    );
    // Nor does it name each of the slots, held or not.
    assert!(many.bytes < usize::from(SLOTS), "{many:?}");
    Ok(())
}
