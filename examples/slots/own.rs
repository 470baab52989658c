//! A Redis and three sites, each in a runtime of its own, so that one can be ended as a crash ends a process.

use std::{future::pending, thread, time::Duration};

use tokio::{runtime, sync::oneshot};
use tower_muster::BoxError;
use tower_muster_slots::{Group, Redis};
use tower_muster_testkit::redis::RedisServer;

use crate::{
    load::Progress,
    run::{self, Settings},
};

const SITES: [&str; 3] = ["one", "two", "three"];

/// A group that ends with this process.
pub(crate) struct OwnGroup {
    redis: RedisServer,
    group: Group,
    sites: Vec<Running>,
}

/// A site that runs until this is dropped, which it does not notice.
struct Running {
    _end: oneshot::Sender<()>,
}

impl OwnGroup {
    pub(crate) async fn start(name: &str, timeout: Duration) -> Result<Self, BoxError> {
        let redis = RedisServer::start().await?;
        let group = Group::builder(name)
            .replicas(2)
            .min_sites(2)
            .timeout(timeout)
            .build()?;
        let mut own = Self {
            redis,
            group,
            sites: Vec::new(),
        };
        for id in SITES {
            let site = own.site(id).await?;
            own.sites.push(site);
        }
        Ok(own)
    }

    pub(crate) fn url(&self) -> String {
        self.redis.url()
    }

    /// Kills the first site after a third of the load, and starts it again after two.
    pub(crate) async fn lose_one_and_get_it_back(
        &mut self,
        progress: Progress,
    ) -> Result<(), BoxError> {
        if !progress.reach(1, 3).await {
            return Ok(());
        }
        drop(self.sites.remove(0));
        progress.say("site one is killed");
        // Whether or not there is more to count.
        progress.reach(2, 3).await;
        progress.say("site one starts again");
        let site = self.site(SITES[0]).await?;
        self.sites.insert(0, site);
        Ok(())
    }

    async fn site(&self, id: &str) -> Result<Running, BoxError> {
        let settings = Settings {
            id: id.to_owned(),
            rack: Some(("dc1".to_owned(), format!("rack-{id}"))),
            redis: Redis::at(&self.url())?,
            group: self.group.clone(),
        };
        let (joined, has_joined) = oneshot::channel();
        let (end, ended) = oneshot::channel::<()>();
        thread::spawn(move || live(settings, joined, ended));
        has_joined.await??;
        Ok(Running { _end: end })
    }
}

/// Runs a site until it is ended from outside; sockets and timers go with the runtime, at once.
fn live(
    settings: Settings,
    joined: oneshot::Sender<Result<(), BoxError>>,
    ended: oneshot::Receiver<()>,
) {
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return drop(joined.send(Err(error.into()))),
    };
    runtime.spawn(async move {
        match run::join(settings, ([127, 0, 0, 1], 0).into()).await {
            Ok(_site) => {
                let _ = joined.send(Ok(()));
                pending::<()>().await;
            }
            Err(error) => drop(joined.send(Err(error))),
        }
    });
    let _ = ended.blocking_recv();
    runtime.shutdown_background();
}
