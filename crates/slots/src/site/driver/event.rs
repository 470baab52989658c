//! What a site waits for.

use std::{future::pending, time::Duration};

use tokio::{
    sync::mpsc,
    task::Id,
    time::{Instant, sleep_until},
};

use super::{BeatDone, Command, Driver};
use crate::{
    record::{Notice, Snapshot},
    site::{
        Handler,
        state::{Outcome, Targets},
    },
    standing::At,
    store::{Coordinator, Joined, Seen, StoreError},
    table::follow::Notices,
};

/// What has happened.
pub(super) enum Event<N> {
    Beat(BeatDone),
    BeatDue,
    Joined(At, Result<Joined, StoreError>),
    Command(Command),
    /// Nobody has a handle any more.
    Closed,
    Snapshot(Seen, Result<Snapshot, StoreError>),
    Subscribed(Result<N, StoreError>),
    Notice(Option<Notice>),
    Work(Id, Outcome),
    Assigned(Option<Targets>),
    Marked(Result<(), StoreError>),
    Wake,
    /// It was tried for long enough to leave in order.
    Deadline,
}

impl<C: Coordinator, H: Handler> Driver<C, H> {
    /// Waits for what happens next; heartbeats go before everything.
    pub(super) async fn event(&mut self) -> Event<C::Notices> {
        let is_beating = self.state.is_in() && !self.parts.is_manual && !self.beat.is_some();
        let due = is_beating.then(|| self.pulse.next());
        let (start, wakes) = (self.start, self.state.wakes());
        let is_leaving = self.leave.is_some();
        let deadline = self.leave.as_ref().map(|leave| leave.deadline);
        let marking = self.leave.as_mut().map(|leave| &mut leave.marking);
        let marked = async {
            match marking {
                Some(marking) => marking.end().await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            done = self.beat.end() => Event::Beat(done),
            () = at(start, due) => Event::BeatDue,
            (begin, answer) = self.join.end() => Event::Joined(begin, answer),
            () = at(start, deadline) => Event::Deadline,
            event = next_command(&mut self.commands, is_leaving) => event,
            (seen, answer) = self.snapshot.end() => Event::Snapshot(seen, answer),
            answer = self.subscribing.end() => Event::Subscribed(answer),
            answer = marked => Event::Marked(answer),
            notice = next_of(&mut self.notices) => Event::Notice(notice),
            Some(ended) = self.jobs.join_next_with_id() => match ended {
                Ok((id, outcome)) => Event::Work(id, outcome),
                // It has panicked, or was dropped and is not waited for.
                Err(error) => Event::Work(error.id(), Outcome::Failed),
            },
            targets = self.assigning.end() => Event::Assigned(targets),
            () = at(start, wakes) => Event::Wake,
        }
    }
}

async fn at(start: Instant, after: Option<Duration>) {
    match after.and_then(|after| start.checked_add(after)) {
        Some(at) => sleep_until(at).await,
        None => pending().await,
    }
}

/// A site that leaves goes on with that also when nobody has a handle any more.
async fn next_command<N>(commands: &mut mpsc::Receiver<Command>, is_leaving: bool) -> Event<N> {
    match commands.recv().await {
        Some(command) => Event::Command(command),
        None if is_leaving => pending().await,
        None => Event::Closed,
    }
}

async fn next_of<N: Notices>(notices: &mut Option<N>) -> Option<Notice> {
    match notices {
        Some(notices) => notices.next().await,
        None => pending().await,
    }
}
