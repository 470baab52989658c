//! The one task of a site: does what the machine in [`state`](super::state) says, and tells it what came of it.
//!
//! Nothing here holds a heartbeat up. Whatever takes time is a future of its own: the application's handlers and the
//! scripts are tasks, the assignment of a large group is computed on a thread for blocking work, and a heartbeat that
//! is due, or was answered, goes before everything else that is ready. What is done in between is in proportion to the
//! slots that changed. A handler that blocks the thread of a single-threaded runtime blocks the heartbeats, too, as it
//! does everything else.

mod apply;
mod event;
mod finish;
mod member;
mod running;
mod work;

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    task::{AbortHandle, Id, JoinSet},
    time::Instant,
};

pub(super) use self::apply::within;
use self::{event::Event, running::Running};
use super::{
    Handler, SiteError,
    pulse::Pulse,
    state::{Outcome, Reply, Rules, State, Targets, Work},
    step::Ask,
};
use crate::{
    Group, Member, Slot, SlotTable,
    record::Snapshot,
    standing::{At, Standing},
    store::{Beat, Coordinator, Joined, Seen, Session, StoreError},
};

/// Computes what each slot is to this site, of the sites that slots are assigned to.
pub(crate) type Planner = Arc<dyn Fn(&[Member]) -> Option<Targets> + Send + Sync>;

/// What a handle asks of the task.
pub(super) enum Command {
    Ask(Slot, Ask, oneshot::Sender<Reply>),
    Fail(Slot, oneshot::Sender<Reply>),
    Beat(oneshot::Sender<Result<(), SiteError>>),
    Leave(Duration, oneshot::Sender<Result<(), SiteError>>),
}

/// What a site is made of.
pub(super) struct Parts<C, H> {
    pub(super) coordinator: C,
    pub(super) handler: Arc<H>,
    pub(super) planner: Planner,
    pub(super) group: Group,
    pub(super) member: Member,
    pub(super) session: Session,
    pub(super) standing: Standing,
    pub(super) table: SlotTable,
    pub(super) max_moves: usize,
    pub(super) is_manual: bool,
}

/// The one task of a site.
pub(super) struct Driver<C: Coordinator, H> {
    parts: Parts<C, H>,
    state: State,
    pulse: Pulse,
    start: Instant,
    commands: mpsc::Receiver<Command>,
    beat: Running<BeatDone>,
    beat_waits: Vec<oneshot::Sender<Result<(), SiteError>>>,
    join: Running<(At, Result<Joined, StoreError>)>,
    join_failures: u32,
    snapshot: Running<(Seen, Result<Snapshot, StoreError>)>,
    subscribing: Running<Result<C::Notices, StoreError>>,
    notices: Option<C::Notices>,
    /// When the group was read last.
    read_at: Option<Duration>,
    assigning: Running<Option<Targets>>,
    assign_again: bool,
    jobs: JoinSet<Outcome>,
    works: HashMap<Id, (Work, AbortHandle)>,
    asks: HashMap<Slot, oneshot::Sender<Reply>>,
    leave: Option<finish::Leave>,
    is_empty: bool,
}

/// A heartbeat that ended: when it was sent, in which session, what was known then, and its answer.
struct BeatDone {
    begin: At,
    sent: Duration,
    session: Session,
    seen: Seen,
    answer: Result<Beat, StoreError>,
}

impl<C: Coordinator, H: Handler> Driver<C, H> {
    /// Of a site that was made a member by a call that was sent at `begin`.
    pub(super) fn new(
        parts: Parts<C, H>,
        commands: mpsc::Receiver<Command>,
        begin: At,
        joined: &Joined,
    ) -> Self {
        let group = &parts.group;
        let mut state = State::new(Rules {
            me: parts.member.id().clone(),
            slots: usize::from(group.slots().get()),
            replicas: usize::from(group.replicas()),
            timeout: group.timeout(),
            max_moves: parts.max_moves,
        });
        state.joined(Duration::ZERO, begin, joined);
        let mut pulse = Pulse::new(group.timeout(), group.heartbeat());
        let next_expiry = joined.next_expiry;
        pulse.answered(Duration::ZERO, Duration::ZERO, next_expiry, fastrand::f64());
        Self {
            parts,
            state,
            pulse,
            start: Instant::now(),
            commands,
            beat: Running::none(),
            beat_waits: Vec::new(),
            join: Running::none(),
            join_failures: 0,
            snapshot: Running::none(),
            subscribing: Running::none(),
            notices: None,
            read_at: None,
            assigning: Running::none(),
            assign_again: false,
            jobs: JoinSet::new(),
            works: HashMap::new(),
            asks: HashMap::new(),
            leave: None,
            is_empty: false,
        }
    }

    /// Runs until the site has left, or nobody has a handle of it any more: then it stops acting, and is evicted by
    /// the others as if it had crashed.
    pub(super) async fn run(mut self) {
        self.subscribe(Duration::ZERO);
        loop {
            self.apply();
            if self.is_empty {
                return self.finish().await;
            }
            let event = self.event().await;
            match event {
                Event::Closed => return self.parts.standing.end(),
                Event::Deadline => return self.finish().await,
                event => self.handle(event),
            }
        }
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn handle(&mut self, event: Event<C::Notices>) {
        let (now, random) = (self.now(), fastrand::f64());
        match event {
            Event::BeatDue => self.send_beat(),
            Event::Beat(done) => self.beat_done(done),
            Event::Joined(begin, answer) => self.join_done(begin, answer),
            Event::Command(command) => self.command(command),
            Event::Snapshot(seen, answer) => self.snapshot_done(&seen, answer),
            Event::Subscribed(answer) => self.subscribed(answer),
            Event::Notice(Some(notice)) => {
                // Where one is missing the machine asks for the whole group, for both.
                self.parts.table.apply(&notice);
                self.state.notice(notice);
            }
            Event::Notice(None) => {
                self.notices = None;
                self.subscribe(self.pulse.pause(random));
            }
            Event::Work(id, outcome) => {
                if let Some((work, _)) = self.works.remove(&id) {
                    self.state.done(work, outcome, now, random);
                }
            }
            Event::Assigned(targets) => match std::mem::take(&mut self.assign_again) {
                // It is of members that are others by now.
                true => self.assign(),
                false => self.state.assigned(targets),
            },
            Event::Marked(answer) => self.marked(answer),
            Event::Wake | Event::Closed | Event::Deadline => {}
        }
    }

    fn command(&mut self, command: Command) {
        let (now, random) = (self.now(), fastrand::f64());
        match command {
            // Whoever asked may be gone, here and below.
            Command::Ask(slot, _, reply) if self.asks.contains_key(&slot) => {
                let _ = reply.send(Reply::Busy);
            }
            Command::Ask(slot, ask, reply) => {
                self.asks.insert(slot, reply);
                self.state.ask(slot, ask, now);
            }
            Command::Fail(slot, reply) => {
                let overtaken = match self.state.fail(slot, now, random) {
                    true => self.asks.insert(slot, reply),
                    false => Some(reply),
                };
                let _ = overtaken.map(|reply| reply.send(Reply::Busy));
            }
            Command::Beat(reply) => {
                self.beat_waits.push(reply);
                self.send_beat();
            }
            Command::Leave(within, reply) => self.begin_leave(within, reply),
        }
    }
}
