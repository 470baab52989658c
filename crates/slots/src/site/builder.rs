//! Describes a site, and makes it a member.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

use super::{
    Handler, Site, SiteError,
    coordinator::{Coordinator, Joined, Session, StoreError},
    driver::{Driver, Parts, Planner, within},
};
use crate::{
    Group, Member,
    standing::{At, Standing},
};

/// How many slots move at once: enough to fill a network with copies that wait for disks in turn, and few enough that
/// what a site serves meanwhile does not suffer.
const MAX_MOVES: usize = 8;
/// How many wishes of the application wait for the task.
const MOST_COMMANDS: usize = 64;

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
    #[allow(dead_code, reason = "until the store coordinates")]
    pub(super) async fn join(self) -> Result<Site, SiteError> {
        let runtime = tokio::runtime::Handle::try_current();
        let runtime = runtime.map_err(|_| SiteError::NoRuntime)?;
        let (site, task) = self.start().await?;
        runtime.spawn(task);
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
        let site = Site::new(sender, standing.clone(), &self.group);
        let parts = Parts {
            coordinator: self.coordinator,
            handler: Arc::new(self.handler),
            planner: self.planner,
            group: self.group,
            member: self.member,
            session,
            standing,
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
        Ok((begin, within(self.group.timeout() / 4, call).await?))
    }
}
