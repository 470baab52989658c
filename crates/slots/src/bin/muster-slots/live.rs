//! A group that is there.

use std::{error::Error, time::Duration};

use tower_muster_slots::{Redis, SlotTable};

use crate::args::Live;

/// Follows the group, and waits until it is known.
pub(crate) async fn follow(live: &Live) -> Result<SlotTable, Box<dyn Error>> {
    let table = SlotTable::follow(&redis(live)?, &live.group)?;
    let wait = Duration::from(live.wait);
    let known = tokio::time::timeout(wait, table.ready()).await;
    known.map_err(|_| format!("no group {:?} was found within {wait:?}", live.group))?;
    Ok(table)
}

fn redis(live: &Live) -> Result<Redis, Box<dyn Error>> {
    let redis = match (&live.sentinel, live.cluster, &live.redis[..]) {
        (Some(name), _, urls) => Redis::sentinel(name, urls)?,
        (None, true, urls) => Redis::cluster(urls)?,
        (None, false, [url]) => Redis::at(url)?,
        (None, false, _) => return Err("several URLs are for --sentinel or --cluster".into()),
    };
    Ok(match std::env::var("MUSTER_REDIS_PASSWORD") {
        Ok(password) => redis.password(password),
        Err(_) => redis,
    })
}
