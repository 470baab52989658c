//! The state of everything, in as few bytes as it takes.

use crate::{
    Epoch, Grant, Role, Slot,
    site::step::{self, Aim, Data, Facts, Lead},
    standing::{is_lease_live, lease_end},
};

pub(super) const SITES: usize = 2;
pub(super) const TIMEOUT: u8 = 3;
/// How much slower a site's clock may go within a lease.
pub(super) const DRIFT: u8 = 1;

/// Which rules hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// The lease is shorter than the timeout by what clocks may drift.
    pub(super) margin: bool,
    /// A site stops acting before it gives its role away.
    pub(super) stop_first: bool,
    /// After data was lost nobody is made primary for a timeout.
    pub(super) hold: bool,
    /// Epochs are at least the time and what the asking site has seen.
    pub(super) epoch_of_time: bool,
    /// A replica refuses lower epochs than it has seen.
    pub(super) fence: bool,
    /// A call that is about an earlier epoch does nothing.
    pub(super) late_guard: bool,
    /// A site never again acts under an epoch that a lost call may have given away.
    pub(super) lost_is_lost: bool,
    /// Who is behind the primary is no holder before it has copied what it lacks.
    pub(super) copy: bool,
    /// What was copied in an earlier session says nothing.
    pub(super) copy_of_session: bool,
    /// Which leases begin anew only when all is known that has happened.
    pub(super) catch_up: CatchUp,
}

/// When a heartbeat's answer that tells of changes which are not known yet renews the lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CatchUp {
    /// At once.
    Never,
    /// At once if the lease has lasted until then.
    AfterGap,
    /// When they are known.
    Always,
}

impl Rules {
    pub(super) const fn lease(&self) -> u8 {
        TIMEOUT - if self.margin { DRIFT } else { 0 }
    }
}

/// What may happen, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The last tick.
    pub(super) last: u8,
    /// How many answers are lost.
    pub(super) answers: u8,
    /// How often Redis loses its data.
    pub(super) data: u8,
    /// How often Redis loses a change of another slot, which one site has seen.
    pub(super) forgets: u8,
    /// How often the assignment changes.
    pub(super) changes: u8,
    /// Whether clocks may be slow.
    pub(super) drift: bool,
    /// Whether writes are let in, which take their time.
    pub(super) writes: bool,
}

/// What is known of the slot: by a site, or by Redis itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Record {
    pub(super) life: u8,
    pub(super) version: u8,
    pub(super) epoch: u8,
    pub(super) primary: Option<u8>,
    /// One bit for each site.
    pub(super) holders: u8,
}

impl Record {
    pub(super) const fn holds(&self, site: usize) -> bool {
        self.holders & (1 << site) != 0
    }
}

/// What a site asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Ask {
    Add,
    HandOver,
    Fail,
}

/// A call that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Call {
    pub(super) ask: Ask,
    pub(super) floor: u8,
    pub(super) copied: u8,
    pub(super) session: u8,
    pub(super) answer: Option<Option<Record>>,
}

/// A heartbeat that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Beat {
    /// How long ago it was sent by the site's clock, and what that has missed since.
    pub(super) age: u8,
    pub(super) lag: u8,
}

/// What a site knows and does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Site {
    /// What the clock has missed since the lease began.
    pub(super) lag: u8,
    /// How much of the lease is left by the site's clock.
    pub(super) left: u8,
    pub(super) session: u8,
    pub(super) is_in: bool,
    /// It has seen a change that Redis has lost, and says so when it joins again.
    pub(super) has_seen_more: bool,
    /// What it has to know before it is anything.
    pub(super) joined: (u8, u8),
    pub(super) view: Record,
    pub(super) highest: u8,
    pub(super) told: Option<(Role, Epoch)>,
    pub(super) lost: u8,
    /// Under which epoch, and in which session, the slot is being copied.
    pub(super) copying: Option<(u8, u8)>,
    pub(super) copied: u8,
    pub(super) beat: Option<Beat>,
    pub(super) call: Option<Call>,
}

impl Site {
    /// Whether nothing is under way about the slot.
    pub(super) const fn is_free(&self) -> bool {
        self.call.is_none() && self.copying.is_none()
    }

    /// A holder needs no copy any more.
    pub(super) const fn keep(&mut self, at: usize) {
        if self.view.holds(at) {
            self.copied = 0;
        }
    }
}

/// What Redis holds, and what still reaches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Redis {
    pub(super) record: Record,
    /// Session, and how long ago the last heartbeat was.
    pub(super) sites: [Option<(u8, u8)>; SITES],
    /// For how long nobody is made primary.
    pub(super) hold: u8,
    /// For how long nobody is evicted.
    pub(super) grace: u8,
    pub(super) is_there: bool,
    /// A call that nobody waits for any more.
    pub(super) late: Option<(u8, Call)>,
}

/// Everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) now: u8,
    pub(super) sites: [Site; SITES],
    pub(super) redis: Redis,
    /// Who is to be primary.
    pub(super) first: u8,
    /// A write that was let in, on its way to the replica at the other site.
    pub(super) write: Option<(u8, u8)>,
    /// Which sites have all that the last primary has let callers know was written, one bit for each.
    pub(super) whole: u8,
    /// Which sites are told of what is written since they have begun to copy.
    pub(super) learners: u8,
    /// The highest epoch that anybody has acted under, and who.
    pub(super) acted: (u8, u8),
    /// What may still go wrong.
    pub(super) answers: u8,
    pub(super) data: u8,
    pub(super) forgets: u8,
    pub(super) changes: u8,
    pub(super) is_bad: bool,
}

impl World {
    /// Both hold the slot, the first is primary, all is known to all.
    pub(super) fn new(rules: &Rules, limits: &Limits) -> Self {
        let record = Record {
            life: 1,
            version: 1,
            epoch: 1,
            primary: Some(0),
            holders: 0b11,
        };
        let now = 1;
        let site = |told| Site {
            lag: 0,
            left: rules.lease(),
            session: 1,
            is_in: true,
            has_seen_more: false,
            joined: (1, 1),
            view: record,
            highest: 1,
            told: Some((told, Epoch::new(1))),
            lost: 0,
            copying: None,
            copied: 0,
            beat: None,
            call: None,
        };
        Self {
            now,
            sites: [site(Role::Primary), site(Role::Secondary)],
            redis: Redis {
                record,
                sites: [Some((1, 0)); SITES],
                hold: 0,
                grace: 0,
                is_there: true,
                late: None,
            },
            first: 0,
            write: None,
            whole: 0b11,
            learners: 0,
            acted: (1, 0),
            answers: limits.answers,
            data: limits.data,
            forgets: limits.forgets,
            changes: limits.changes,
            is_bad: false,
        }
    }

    /// What the real choice is made from.
    pub(super) fn facts(&self, at: usize, rules: &Rules) -> Facts {
        let site = &self.sites[at];
        let view = &site.view;
        let is_known = view.life == site.joined.0 && view.version >= site.joined.1;
        let is_first = usize::from(self.first) == at;
        Facts {
            is_member: site.is_in && is_known,
            data: Data::Ready,
            is_listed: view.holds(at),
            is_behind: self.is_behind(at, rules),
            lead: match view.primary.filter(|_| view.epoch >= site.highest) {
                None => Lead::Nobody,
                Some(primary) if usize::from(primary) == at => Lead::Me,
                Some(_) => Lead::Other,
            },
            epoch: Epoch::new(u64::from(site.highest)),
            told: site.told,
            lost: Epoch::new(u64::from(site.lost)),
            others: (view.holders & !(1 << at)).count_ones() as usize,
            needed: 1,
            aim: Some(Aim {
                wanted: true,
                first: is_first,
                claim: 1,
            }),
            claimed: Some(1),
            is_awaited: !is_first && view.holds(usize::from(self.first)),
            ask: None,
            is_held_back: false,
            rests: false,
            recovers: false,
        }
    }

    fn is_behind(&self, at: usize, rules: &Rules) -> bool {
        let site = &self.sites[at];
        let primary = site
            .view
            .primary
            .filter(|_| site.view.epoch >= site.highest);
        let is_others = primary.is_some_and(|primary| usize::from(primary) != at);
        rules.copy && is_others && !site.view.holds(at) && site.copied < site.highest
    }

    pub(super) fn is_live(&self, at: usize) -> bool {
        is_lease_live(0, u64::from(self.sites[at].left))
    }

    /// Whether a site would let a write in at this moment, were it to run.
    pub(super) fn acts(&self, at: usize, rules: &Rules) -> bool {
        self.is_live(at) && step::acts(&self.facts(at, rules))
    }

    /// What a site may do about the slot, as its fence has it.
    pub(super) fn grant(&self, at: usize, rules: &Rules) -> Option<Grant> {
        let facts = self.facts(at, rules);
        let is_told = facts.is_member && facts.is_listed && facts.told.is_some();
        let role = match self.acts(at, rules) {
            true => Role::Primary,
            false => Role::Secondary,
        };
        (is_told && self.is_live(at)).then(|| Grant::new(Slot::new(0), role, facts.epoch))
    }

    /// The lease of a heartbeat that was sent so long ago.
    pub(super) fn renew(&mut self, at: usize, age: u8, lag: u8, rules: &Rules) {
        let end = lease_end(0, u64::from(rules.lease()));
        let left = end.saturating_sub(u64::from(age));
        let site = &mut self.sites[at];
        site.left = u8::try_from(left).unwrap_or(u8::MAX);
        site.lag = lag;
    }

    /// Checks what must hold, and notes who acts.
    pub(super) fn checked(mut self, rules: &Rules) -> Self {
        let acting = (0..SITES).filter(|at| self.acts(*at, rules));
        let acting: Vec<usize> = acting.collect();
        self.is_bad |= acting.len() > 1;
        for at in acting {
            let (epoch, site) = (self.sites[at].highest, u8::try_from(at).unwrap_or(u8::MAX));
            let (before, owner) = self.acted;
            self.is_bad |= epoch < before || epoch == before && site != owner;
            self.acted = (epoch.max(before), site);
            self.writes(at);
        }
        self
    }

    /// Whoever acts may write at any moment, and tells the holders that it knows of and those who copy.
    fn writes(&mut self, at: usize) {
        let me = 1 << at;
        if self.whole & me == 0 {
            // Nobody who had the rest was left: from here on the whole is what this site has.
            self.whole = me;
        }
        self.whole &= me | self.sites[at].view.holders | self.learners;
    }
}
