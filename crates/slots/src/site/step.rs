//! What a site does next about one slot: a pure choice.
//!
//! ```text
//!                    acquire ok     ┌─┐ acquire   add             tell (secondary)
//!   absent ─────────────────────► ready ◄┘ ──────────────► listed ───────────────────────► secondary
//!     ▲  ▲                          │ enough others hold it   │  ▲                           │  ▲
//!     │  └──────── release ─────────┘                         │  │ remove                    │  │ stop, then
//!     │                                                       │  └── surplus ◄───────────────┤  │ hand over
//!     │            release                                    ▼            tell (primary)    ▼  │
//!     └───────────────────────── broken ◄── fail ◄──── anything           ──────────────► primary
//! ```
//!
//! A site that is ready and no holder, while another is primary, counts as a holder only with what it copied from that
//! one: it acquires again what may have been written meanwhile.
//!
//! A site never gives its role away while it acts: `Stop` comes first, and once a call that gives it away was sent
//! and its answer is unknown, the role of that epoch is never taken up again.

use crate::{Epoch, Role};

/// Whether a slot can be served here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub(super) enum Data {
    /// It is not here.
    #[default]
    Absent,
    /// It is.
    Ready,
    /// It was, and is to be let go: others hold it, or the application cannot go on with it.
    Broken,
}

/// Who is a slot's primary, seen from one site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub(super) enum Lead {
    #[default]
    Nobody,
    Me,
    Other,
}

/// What the assignment says about this site and a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub(super) struct Aim {
    /// Whether the site is to hold it.
    pub(super) wanted: bool,
    /// Whether it is to be its primary.
    pub(super) first: bool,
    /// What orders it among the holders.
    pub(super) claim: u64,
}

/// What the application asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Ask {
    Add,
    Remove,
}

/// All that the choice is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub(super) struct Facts {
    /// The site is a member, and knows all that happened before it became one.
    pub(super) is_member: bool,
    pub(super) data: Data,
    /// The site is one of the holders in Redis.
    pub(super) is_listed: bool,
    /// It is not, and what it has may lack what the primary has written.
    pub(super) is_behind: bool,
    pub(super) lead: Lead,
    /// The highest that was seen.
    pub(super) epoch: Epoch,
    /// What the application was told last.
    pub(super) told: Option<(Role, Epoch)>,
    /// A call that gives the role of this epoch away may still be under way.
    pub(super) lost: Epoch,
    /// How many others hold it, and how many must before the site may let go.
    pub(super) others: usize,
    pub(super) needed: usize,
    /// None while too few sites are there for an assignment.
    pub(super) aim: Option<Aim>,
    /// The claim that Redis has.
    pub(super) claimed: Option<u64>,
    /// The site that is to be primary holds it, and is another one.
    pub(super) is_awaited: bool,
    pub(super) ask: Option<Ask>,
    /// A life of the group has just begun: somebody may still hold the slot who has not said so yet.
    pub(super) is_held_back: bool,
    /// Redis was asked in vain a moment ago.
    pub(super) rests: bool,
    /// The application failed with it a moment ago.
    pub(super) recovers: bool,
}

/// One thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Step {
    Nothing,
    /// Asks the application to make it ready, or to copy what it lacks.
    Acquire,
    /// Tells the application that it can let go.
    Release,
    /// Acts no more as primary, and tells the application.
    Stop,
    /// Tells the application what it is; then acts so.
    Tell(Role, Epoch),
    /// Says to Redis that the site holds it, with a claim.
    Add(u64),
    Remove,
    HandOver,
    /// Takes the site off the holders at once; the slot stays ready if it is not broken.
    Fail,
}

/// Chooses what is to be done next about a slot.
pub(super) fn next(facts: &Facts) -> Step {
    let is_primary = matches!(facts.told, Some((Role::Primary, _)));
    if !facts.is_member {
        return if is_primary {
            Step::Stop
        } else {
            Step::Nothing
        };
    }
    match (facts.data, facts.is_listed) {
        (Data::Absent, is_listed) => absent(facts, is_listed),
        (Data::Broken, true) => patiently(facts, Step::Fail),
        (Data::Broken, false) => Step::Release,
        (Data::Ready, false) if is_primary => Step::Stop,
        (Data::Ready, false) => unlisted(facts),
        (Data::Ready, true) => listed(facts, is_primary),
    }
}

/// Whether the site may act as primary: it was told so of this very epoch, and has not begun to give it away.
pub(super) fn acts(facts: &Facts) -> bool {
    facts.is_member
        && facts.data == Data::Ready
        && facts.is_listed
        && facts.lead == Lead::Me
        && facts.told == Some((Role::Primary, facts.epoch))
        && facts.epoch > facts.lost
}

fn absent(facts: &Facts, is_listed: bool) -> Step {
    let is_wanted = facts.aim.is_some_and(|aim| aim.wanted);
    match is_listed {
        // A call that was long thought lost has added the site.
        true => patiently(facts, Step::Fail),
        false if facts.ask == Some(Ask::Remove) => Step::Remove,
        false if is_wanted && !facts.is_held_back => acquire(facts),
        false => Step::Nothing,
    }
}

fn unlisted(facts: &Facts) -> Step {
    let is_surplus = facts.aim.is_some_and(|aim| !aim.wanted) && facts.others >= facts.needed;
    // Also what is not wanted, until there are others to copy it from.
    match facts.ask {
        Some(Ask::Remove) => Step::Remove,
        None if is_surplus => Step::Release,
        _ if facts.is_behind => acquire(facts),
        _ => patiently(facts, Step::Add(claim(facts))),
    }
}

fn listed(facts: &Facts, is_primary: bool) -> Step {
    let is_surplus = facts.aim.is_some_and(|aim| !aim.wanted) && facts.others >= facts.needed;
    let yields = facts.is_awaited && facts.aim.is_some_and(|aim| !aim.first);
    let gives = facts.ask == Some(Ask::Remove) || !facts.rests && (is_surplus || yields);
    let leads = facts.lead == Lead::Me;
    if is_primary && (!leads || gives || facts.epoch <= facts.lost) {
        return Step::Stop;
    }
    if leads && facts.epoch <= facts.lost && !gives {
        // Still ours by the table: only a new epoch tells it from what the lost call may give away.
        return patiently(facts, Step::Fail);
    }
    if leads && !gives && facts.told != Some((Role::Primary, facts.epoch)) {
        return Step::Tell(Role::Primary, facts.epoch);
    }
    if facts.told.is_none() {
        return Step::Tell(Role::Secondary, facts.epoch);
    }
    match facts.ask {
        Some(Ask::Add) => return Step::Add(claim(facts)),
        Some(Ask::Remove) => return Step::Remove,
        None => {}
    }
    let is_claim_old = facts.aim.is_some() && facts.claimed != Some(claim(facts));
    match () {
        () if facts.rests => Step::Nothing,
        () if is_surplus => Step::Remove,
        () if leads && yields => Step::HandOver,
        () if is_claim_old => Step::Add(claim(facts)),
        () => Step::Nothing,
    }
}

fn claim(facts: &Facts) -> u64 {
    match facts.aim {
        Some(aim) => aim.claim,
        None => facts.claimed.unwrap_or_default(),
    }
}

fn acquire(facts: &Facts) -> Step {
    match facts.recovers {
        true => Step::Nothing,
        false => patiently(facts, Step::Acquire),
    }
}

fn patiently(facts: &Facts, step: Step) -> Step {
    match facts.rests && facts.ask.is_none() {
        true => Step::Nothing,
        false => step,
    }
}

#[cfg(test)]
mod tests;
