//! A group that is followed through Redis.

use std::time::Duration;

use tokio::{sync::OnceCell, time::timeout};

use super::{FollowError, Head, Notices, Pace, Source};
use crate::{
    Group, SlotTable,
    record::{Notice, Snapshot},
    redis::{Link, Redis, RedisError},
    store::{self, Coordinator, Seen, Store, StoreError},
};

/// How long one command may take: more than a Redis that is well needs for the largest group.
const COMMAND: Duration = Duration::from_secs(2);
/// How long a whole snapshot may take, with connecting and asking again.
const SNAPSHOT: Duration = Duration::from_secs(30);

impl SlotTable {
    /// Follows a group through Redis: the way for a client that is no site.
    ///
    /// Returns at once; [`ready`](Self::ready) waits until the group's state was read. One task reads it,
    /// applies what changes, and ends with the table's last handle. While Redis is away it tries again and again, and
    /// the table stays as it is; so it does while there is no group of that name. [`trouble`](Self::trouble) says why.
    ///
    /// ```no_run
    /// # async fn follow() -> Result<(), Box<dyn std::error::Error>> {
    /// use tower_muster_slots::{Redis, SlotTable};
    ///
    /// let table = SlotTable::follow(&Redis::at("redis://10.0.0.9:6379")?, "counters")?;
    /// table.ready().await;
    /// println!("{:?}", table.slot_of(b"user:17").map(|slot| table.route(slot)));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`FollowError`] if no group can have that name, or outside of a Tokio runtime.
    pub fn follow(redis: &Redis, group: &str) -> Result<Self, FollowError> {
        let named = Group::builder(group).build().map_err(FollowError::Name)?;
        let source = RedisSource::new(redis.clone(), named.name());
        Self::follow_source(source, Pace::default())
    }
}

/// A group in Redis; the link to it is made when it is first needed.
pub(crate) struct RedisSource {
    redis: Redis,
    group: String,
    open: OnceCell<Store>,
}

impl RedisSource {
    pub(crate) fn new(redis: Redis, group: &str) -> Self {
        Self {
            redis,
            group: group.to_owned(),
            open: OnceCell::new(),
        }
    }

    async fn open(&self) -> Result<&Store, StoreError> {
        let open = self.open.get_or_try_init(async || {
            let link = Link::connect(&self.redis, COMMAND).await?;
            Ok(Store::new(link, &self.group))
        });
        open.await.map_err(StoreError::Redis)
    }
}

impl Source for RedisSource {
    type Notices = store::Notices;

    async fn subscribe(&self) -> Result<store::Notices, StoreError> {
        let store = self.open().await?;
        store.notices().await
    }

    async fn snapshot(&self) -> Result<Option<Snapshot>, StoreError> {
        let store = self.open().await?;
        let snapshot = timeout(SNAPSHOT, store.snapshot()).await;
        match snapshot.map_err(|_| StoreError::Silent { after: SNAPSHOT })? {
            Ok(snapshot) => Ok(Some(snapshot)),
            Err(StoreError::NoGroup) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn head(&self) -> Result<Option<Head>, StoreError> {
        let store = self.open().await?;
        match store.head().await {
            Ok(head) => Ok(head.map(|Seen { life, version }| Head { life, version })),
            // What reads everything finds out which key it is.
            Err(error) if is_of_another_type(&error) => {
                Err(self.snapshot().await.err().unwrap_or(error))
            }
            Err(error) => Err(error),
        }
    }
}

impl Notices for store::Notices {
    async fn next(&mut self) -> Option<Notice> {
        loop {
            match Self::next(self).await? {
                Ok(notice) => return Some(notice),
                // Its number is missing then, which the next one shows.
                Err(error) => {
                    tracing::warn!(target: "tower_muster_slots", %error, "a notice cannot be read");
                }
            }
        }
    }
}

fn is_of_another_type(error: &StoreError) -> bool {
    matches!(error, StoreError::Redis(RedisError::Script { code, .. }) if code == "WRONGTYPE")
}
