//! Describes a site, and makes it a member.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

use super::{
    Handler, Site, SiteError,
    driver::{Driver, Parts, Planner, within},
    planner::planner,
    pulse::{patience, silence},
};
use crate::{
    Group, Member, Redis, SlotTable,
    redis::Link,
    standing::{At, Standing},
    store::{Coordinator, Joined, Session, Store, StoreError},
};

/// How many slots move at once: enough to fill a network with copies that wait for disks in turn, and few enough that
/// what a site serves meanwhile does not suffer.
const MAX_MOVES: usize = 8;
/// How many wishes of the application wait for the task.
const MOST_COMMANDS: usize = 64;

/// Describes a site, step by step; [`join`](Self::join) makes it a member.
#[derive(Debug)]
pub struct SiteBuilder<H> {
    redis: Redis,
    group: Group,
    member: Member,
    handler: H,
    max_moves: usize,
    is_manual: bool,
}

impl<H: Handler> SiteBuilder<H> {
    pub(super) fn new(redis: Redis, group: Group, member: Member, handler: H) -> Self {
        Self {
            redis,
            group,
            member,
            handler,
            max_moves: MAX_MOVES,
            is_manual: false,
        }
    }

    /// Sets for how many slots the application is asked at once; by default 8, and at least 1.
    ///
    /// Enough to fill a network with copies that wait for disks in turn, and few enough that what the site serves
    /// meanwhile does not suffer.
    #[must_use]
    pub fn max_moves(mut self, slots: NonZeroUsize) -> Self {
        self.max_moves = slots.get();
        self
    }

    /// Leaves heartbeats to the application, which calls [`Site::beat`]; by default the site sends them itself.
    ///
    /// For a process that is alive and of no use when its main loop stands still: it then loses its slots, and is a
    /// member again after the next heartbeat.
    #[must_use]
    pub fn manual_heartbeat(mut self) -> Self {
        self.is_manual = true;
        self
    }

    /// Becomes a member, and starts the site's task.
    ///
    /// A process of the same id that has ended without leaving is waited for, for 2.25 timeouts at most.
    ///
    /// # Errors
    ///
    /// [`SiteError`] if Redis cannot be used, if the group's sites have settled on something else, if another live
    /// site has the id, or outside of a tokio runtime.
    ///
    /// # Cancel safety
    ///
    /// The site may have become a member, and is then replaced after the timeout.
    pub async fn join(self) -> Result<Site, SiteError> {
        let runtime = tokio::runtime::Handle::try_current();
        runtime.map_err(|_| SiteError::NoRuntime)?;
        let link = Link::connect(&self.redis, silence(self.group.timeout())).await;
        let store = Store::new(
            link.map_err(|error| SiteError::Redis(error.into()))?,
            self.group.name(),
        );
        let planner = planner(self.group.clone(), self.member.id().clone());
        let plan = Plan {
            max_moves: self.max_moves,
            is_manual: self.is_manual,
            ..Plan::new(store, self.group, self.member, self.handler, planner)
        };
        plan.join().await
    }
}

/// What a site is to be, whatever coordinates it.
pub(super) struct Plan<C, H> {
    pub(super) coordinator: C,
    pub(super) handler: H,
    pub(super) planner: Planner,
    pub(super) group: Group,
    pub(super) member: Member,
    pub(super) max_moves: usize,
    pub(super) is_manual: bool,
}

impl<C: Coordinator, H: Handler> Plan<C, H> {
    pub(super) fn new(
        coordinator: C,
        group: Group,
        member: Member,
        handler: H,
        planner: Planner,
    ) -> Self {
        let (max_moves, is_manual) = (MAX_MOVES, false);
        Self {
            coordinator,
            handler,
            planner,
            group,
            member,
            max_moves,
            is_manual,
        }
    }

    /// Becomes a member, and starts the site's task.
    pub(super) async fn join(self) -> Result<Site, SiteError> {
        let (site, task) = self.start().await?;
        tokio::spawn(task);
        Ok(site)
    }

    /// Becomes a member; the site's task is to be run.
    pub(super) async fn start(
        self,
    ) -> Result<(Site, impl Future<Output = ()> + Send + 'static), SiteError> {
        let session = Session::random();
        let (begin, joined) = self.enter(&session).await?;
        let standing = Standing::new(self.group.slots());
        let (sender, commands) = mpsc::channel(MOST_COMMANDS);
        let table = SlotTable::empty();
        let site = Site::new(sender, standing.clone(), table.clone(), &self.group);
        let parts = Parts {
            coordinator: self.coordinator,
            handler: Arc::new(self.handler),
            planner: self.planner,
            group: self.group,
            member: self.member,
            session,
            standing,
            table,
            max_moves: self.max_moves,
            is_manual: self.is_manual,
        };
        Ok((site, Driver::new(parts, commands, begin, &joined).run()))
    }

    /// Waits for a process of the same id that has ended without leaving; one that lives keeps the id.
    ///
    /// Twice the timeout at most: the second one is what a group in which nobody was heard at all gives everybody.
    async fn enter(&self, session: &Session) -> Result<(At, Joined), SiteError> {
        let begin = Instant::now();
        loop {
            match self.try_enter(session).await {
                Err(StoreError::Taken { free_in, .. })
                    if begin.elapsed() + free_in <= self.group.timeout() * 9 / 4 =>
                {
                    sleep(free_in + self.group.timeout() / 100 + Duration::from_millis(1)).await;
                }
                answer => return answer.map_err(SiteError::from),
            }
        }
    }

    async fn try_enter(&self, session: &Session) -> Result<(At, Joined), StoreError> {
        let begin = At::now();
        let call = self
            .coordinator
            .join(&self.group, &self.member, session, None);
        Ok((begin, within(patience(self.group.timeout()), call).await?))
    }
}
