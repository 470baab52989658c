//! Leaving in order.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::oneshot,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{Driver, apply::within, running::Running};
use crate::{
    Grant, Role,
    site::{Handler, SiteError},
    store::{Coordinator, StoreError},
};

/// How often it is tried to be taken off the members, before the others are left to find out.
const TRIES: u32 = 3;

/// A site that is leaving.
pub(super) struct Leave {
    /// When it has taken long enough, since the start.
    pub(super) deadline: Duration,
    /// Asks that nothing be assigned to the site any more.
    pub(super) marking: Running<Result<(), StoreError>>,
    is_marked: bool,
    replies: Vec<oneshot::Sender<Result<(), SiteError>>>,
}

impl<C: Coordinator, H: Handler> Driver<C, H> {
    pub(super) fn begin_leave(
        &mut self,
        time: Duration,
        reply: oneshot::Sender<Result<(), SiteError>>,
    ) {
        let deadline = self.now().saturating_add(time);
        let (marking, is_marked) = (Running::none(), false);
        let leave = self.leave.get_or_insert_with(|| Leave {
            deadline,
            marking,
            is_marked,
            replies: Vec::new(),
        });
        leave.deadline = leave.deadline.min(deadline);
        leave.replies.push(reply);
        self.state.leave();
        self.mark_leaving();
    }

    /// Says that the site is leaving, if it is; also after it has joined again.
    pub(super) fn mark_leaving(&mut self) {
        self.mark_after(Duration::ZERO);
    }

    fn mark_after(&mut self, wait: Duration) {
        let Some(leave) = &mut self.leave else {
            return;
        };
        leave.is_marked = false;
        let parts = &self.parts;
        let (coordinator, session) = (parts.coordinator.clone(), parts.session.clone());
        let (id, patience) = (parts.member.id().clone(), self.pulse.patience());
        leave.marking.begin(async move {
            sleep(wait).await;
            within(patience, coordinator.leaving(&id, &session)).await
        });
    }

    pub(super) fn marked(&mut self, answer: Result<(), StoreError>) {
        match (answer, &mut self.leave) {
            (Ok(()), Some(leave)) => leave.is_marked = true,
            // It joins again first.
            (Err(StoreError::Stranger), _) | (_, None) => {}
            (Err(_), _) => self.mark_after(self.pulse.pause(fastrand::f64())),
        }
    }

    /// Whether the others know that nothing is to be given to the site any more.
    pub(super) fn is_marked(&self) -> bool {
        self.leave.as_ref().is_some_and(|leave| leave.is_marked)
    }

    /// Stops acting, and takes the site off the members with what nobody has taken over.
    pub(super) async fn finish(mut self) {
        self.parts.standing.end();
        self.jobs.abort_all();
        let patience = self.pulse.patience();
        let mut stops = JoinSet::new();
        for (slot, epoch) in self.state.primaries() {
            let handler = Arc::clone(&self.parts.handler);
            let grant = Grant::new(slot, Role::Secondary, epoch);
            stops.spawn(async move { handler.primary_changed(grant).await });
        }
        // An application that panics or does not come back is not waited for: nothing is let in any more.
        let ends = async { while stops.join_next().await.is_some() {} };
        let _ = timeout(patience, ends).await;
        let mut answer = Ok(());
        for number in 0..TRIES {
            let (id, session) = (self.parts.member.id(), &self.parts.session);
            answer = within(patience, self.parts.coordinator.leave(id, session)).await;
            match &answer {
                Ok(()) => break,
                Err(StoreError::Stranger) => {
                    answer = Ok(());
                    break;
                }
                Err(_) if number + 1 < TRIES => sleep(self.pulse.pause(fastrand::f64())).await,
                Err(_) => {}
            }
        }
        let mut answer = Some(answer.map_err(SiteError::from));
        for reply in self.leave.into_iter().flat_map(|leave| leave.replies) {
            // Whoever asked may be gone.
            let _ = reply.send(answer.take().unwrap_or(Ok(())));
        }
    }
}
