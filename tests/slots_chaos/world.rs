//! Redis and the sites, and what is done to them.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use tokio::time::{Instant, sleep_until};
use tower_muster_slots::{Redis, SlotTable};
use tower_muster_testkit::redis::RedisServer;
use tower_muster_tests::{Folder, Result};

use super::{
    GROUP,
    faults::{Event, Round},
    process::{Launcher, Process},
    site::{FREEZE, LEAVE},
};

/// Redis and the sites. All of it ends when this is dropped.
pub(crate) struct World {
    // Sites first: so they do not see Redis go.
    sites: Vec<Option<Process>>,
    leaving: Vec<Process>,
    ids: Vec<String>,
    launcher: Launcher,
    redis: RedisServer,
    /// How often Redis has lost its data.
    pub(crate) lives: usize,
    /// How often each event was.
    happened: BTreeMap<&'static str, usize>,
    pub(crate) log: PathBuf,
    _folder: Folder,
}

impl World {
    /// Starts Redis and so many sites, some of which go by rules of their own.
    pub(crate) async fn start(name: &str, kinds: &[&str]) -> Result<Self> {
        let redis = RedisServer::start().await?;
        let folder = Folder::new(name);
        let log = folder.path("accepted.log");
        let mut launcher = Launcher::new(redis.url(), log.clone());
        let ids: Vec<_> = (0..kinds.len()).map(|site| format!("s{site}")).collect();
        let mut sites = Vec::new();
        for (id, kind) in ids.iter().zip(kinds) {
            sites.push(Some(launcher.start(id, kind)?));
        }
        Ok(Self {
            sites,
            leaving: Vec::new(),
            ids,
            launcher,
            redis,
            lives: 1,
            happened: BTreeMap::new(),
            log,
            _folder: folder,
        })
    }

    pub(crate) fn follow(&self) -> Result<SlotTable> {
        Ok(SlotTable::follow(&Redis::at(&self.redis.url())?, GROUP)?)
    }

    pub(crate) fn url(&self) -> String {
        self.redis.url()
    }

    pub(crate) fn len(&self) -> usize {
        self.sites.len()
    }

    /// The processes that there are now, in the order of their sites' ids.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut sites: Vec<_> = self.ids.iter().zip(&self.sites).collect();
        sites.sort_by_key(|(id, _)| *id);
        let there = sites.into_iter().filter_map(|(_, site)| site.as_ref());
        there.map(|process| process.name.clone()).collect()
    }

    /// Has a round of faults come and go.
    pub(crate) async fn endure(&mut self, round: &Round) -> Result {
        let begin = Instant::now();
        for (at, event) in &round.0 {
            sleep_until(begin + *at).await;
            let done = self.apply(*event).await;
            done.map_err(|error| format!("{event:?}: {error}"))?;
            *self.happened.entry(event.name()).or_default() += 1;
        }
        Ok(())
    }

    /// Which of some events never were.
    pub(crate) fn missing(&self, names: &[&'static str]) -> Vec<&'static str> {
        let never = |name: &&&str| !self.happened.contains_key(**name);
        names.iter().filter(never).copied().collect()
    }

    async fn apply(&mut self, event: Event) -> Result {
        match event {
            Event::Kill(site) => self.sites[site] = None,
            Event::Stop(site) => self.site(site)?.signal("STOP")?,
            Event::Freeze(site) => self.site(site)?.tell(FREEZE)?,
            Event::Continue(site) => self.site(site)?.signal("CONT")?,
            Event::Leave(site) => {
                let mut process = self.sites[site].take().ok_or("there is no such site")?;
                process.tell(LEAVE)?;
                self.leaving.push(process);
            }
            Event::Start(site) => self.start_site(site)?,
            Event::Replace(site) => {
                self.ids[site].push('x');
                self.start_site(site)?;
            }
            Event::KillRedis => self.redis.kill(),
            Event::StartRedis => self.redis.restart().await?,
            Event::StartRedisEmpty => {
                self.lives += 1;
                self.redis.restart_empty().await?;
            }
            Event::StopRedis => self.redis.pause().await?,
            Event::ContinueRedis => self.redis.resume()?,
            Event::ClientPause(pause) => self.redis.client_pause(pause).await?,
            Event::DropConnections => self.redis.drop_connections().await?,
            Event::Over => {}
        }
        Ok(())
    }

    fn site(&mut self, site: usize) -> Result<&mut Process> {
        Ok(self.sites[site].as_mut().ok_or("there is no such site")?)
    }

    fn start_site(&mut self, site: usize) -> Result {
        self.sites[site] = Some(self.launcher.start(&self.ids[site], "sound")?);
        Ok(())
    }

    /// Stops a site for a while.
    pub(crate) async fn stop(&mut self, site: usize, pause: Duration) -> Result {
        let events = vec![
            (Duration::ZERO, Event::Stop(site)),
            (pause, Event::Continue(site)),
        ];
        self.endure(&Round(events)).await
    }

    /// Waits until those that leave have left, and sees that the others are there.
    pub(crate) async fn settle(&mut self) -> Result {
        for process in self.leaving.drain(..) {
            process.left().await?;
        }
        for process in self.sites.iter_mut().flatten() {
            process.is_there()?;
            // One that heard late that it was to freeze.
            process.signal("CONT")?;
        }
        Ok(())
    }
}
