//! All that a site knows and does: a pure machine. Time, chance, answers and notices go in, effects come out.
//!
//! ```text
//!              joined                        caught up with the join
//!   away ────────────────► catching up ──────────────────────────────► member
//!    ▲  ▲                       │                                        │
//!    │  └───────────────────────┘   stranger, another life,              │
//!    └────────────────────────────  a version that went back ◄───────────┘
//! ```
//!
//! Away, and until it has caught up, a site is nothing to any slot: what it was told before may have been given to
//! another since. What it holds it keeps. What is done next about one slot is chosen in [`step`](super::step).

mod ask;
mod done;
mod facts;
mod follow;
mod local;
mod member;
mod work;

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

pub(super) use self::{
    ask::Reply,
    done::Outcome,
    local::{Target, Targets},
    work::Work,
};
use self::{local::Local, work::Lanes};
use super::view::View;
use crate::{Epoch, Role, SiteId, Slot, standing::At, store::Seen};

/// What does not change about a site.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) me: SiteId,
    pub(super) slots: usize,
    pub(super) replicas: usize,
    pub(super) timeout: Duration,
    pub(super) max_moves: usize,
}

/// What is to be done in the world.
#[derive(Debug)]
pub(super) enum Effect {
    /// The lease lasts from then on.
    Renew(At),
    /// The lease is over, at once.
    End,
    /// The site is this to a slot from now on.
    Show(Slot, Option<Role>, Epoch),
    /// Becomes a member again; in a new session if the old one is not known.
    Join {
        anew: bool,
    },
    /// Reads the whole group.
    Snapshot,
    /// Computes the assignment for the members of this moment.
    Assign,
    Start(Work),
    /// Drops what the application does about a slot.
    Abort(Slot),
    Answer(Slot, Reply),
    /// All slots are with others: the site can leave.
    Empty,
}

/// Where the site stands with the group.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    Away,
    /// A member since this version of this life, of which less is known.
    CatchingUp(Seen),
    Member,
}

/// All that a site knows and does.
#[derive(Debug)]
pub(super) struct State {
    rules: Rules,
    view: View,
    phase: Phase,
    /// Counts the sessions, so that an answer to an earlier one is told.
    session: u64,
    /// Leases that wait until these versions are known: the first and the last of them.
    renewals: VecDeque<(u64, At)>,
    /// What the last heartbeat said the version is.
    heard: u64,
    /// Until when nobody is made primary: who held slots in an earlier life says so first.
    held_back: Option<Duration>,
    /// Notices that wait for a snapshot.
    waiting: Option<Vec<crate::record::Notice>>,
    targets: Option<Targets>,
    /// How many other sites slots are assigned to.
    others: usize,
    locals: Box<[Local]>,
    dirty: VecDeque<Slot>,
    resting: BTreeSet<(Duration, Slot)>,
    lanes: Lanes,
    held: usize,
    is_leaving: bool,
    effects: Vec<Effect>,
}

impl State {
    pub(super) fn new(rules: Rules) -> Self {
        let slots = rules.slots;
        Self {
            view: View::new(slots),
            phase: Phase::Away,
            session: 0,
            renewals: VecDeque::new(),
            heard: 0,
            held_back: None,
            waiting: None,
            targets: None,
            others: 0,
            locals: (0..slots).map(|_| Local::default()).collect(),
            dirty: VecDeque::new(),
            resting: BTreeSet::new(),
            lanes: Lanes::new(rules.max_moves),
            held: 0,
            is_leaving: false,
            effects: Vec::new(),
            rules,
        }
    }

    pub(super) fn view(&self) -> &View {
        &self.view
    }

    /// The last that is known of the group, to say when joining again.
    pub(super) fn known(&self) -> Option<Seen> {
        let (life, version) = (self.view.life.clone(), self.view.version);
        (!life.is_empty()).then_some(Seen { life, version })
    }

    /// Chooses what is to be done, and returns it.
    pub(super) fn effects(&mut self, now: Duration) -> Vec<Effect> {
        if self.held_back.is_some_and(|until| until <= now) {
            self.held_back = None;
            self.touch_all();
        }
        self.plan(now);
        std::mem::take(&mut self.effects)
    }

    /// When there is something to choose again though nothing has happened.
    pub(super) fn wakes(&self) -> Option<Duration> {
        let rested = self.resting.first().map(|(at, _)| *at);
        [rested, self.held_back].into_iter().flatten().min()
    }

    /// Whether Redis has the site as a member, as far as it knows: heartbeats make sense.
    pub(super) fn is_in(&self) -> bool {
        self.phase != Phase::Away
    }

    /// The slots for which the application believes to be primary, and since which epochs.
    pub(super) fn primaries(&self) -> impl Iterator<Item = (Slot, Epoch)> {
        let locals = (0..).map(Slot::new).zip(&self.locals);
        locals.filter_map(|(slot, local)| match local.told {
            Some((Role::Primary, epoch)) => Some((slot, epoch)),
            _ => None,
        })
    }

    fn is_member(&self) -> bool {
        self.phase == Phase::Member
    }

    fn touch(&mut self, slot: Slot) {
        if let Some(local) = self.locals.get_mut(slot.index())
            && !std::mem::replace(&mut local.is_dirty, true)
        {
            self.dirty.push_back(slot);
        }
    }

    fn touch_all(&mut self) {
        for slot in 0..self.rules.slots {
            // There are at most 16,384.
            self.touch(Slot::new(u16::try_from(slot).unwrap_or(u16::MAX)));
        }
    }
}
