//! Being a member: joining, heartbeats, and being forgotten.

use std::time::Duration;

use super::{Effect, Phase, State};
use crate::{
    standing::At,
    store::{Beat, Joined, Seen},
};

impl State {
    /// Is a member since a join that was sent at `begin`.
    pub(in crate::site) fn joined(&mut self, now: Duration, begin: At, joined: &Joined) {
        self.held_back = Some(now + joined.hold);
        let (life, version) = (joined.life.clone(), joined.version);
        self.heard = 0;
        self.phase = Phase::CatchingUp(Seen { life, version });
        self.renewals.clear();
        self.targets = None;
        for local in &mut self.locals {
            local.claimed = None;
        }
        self.effects.push(Effect::Renew(begin));
        self.ask_snapshot();
    }

    /// The last that was seen of the life that the site is a member of, to compare later answers with.
    pub(in crate::site) fn seen(&self) -> Seen {
        let (life, joined) = match &self.phase {
            Phase::CatchingUp(known) => (&known.life, known.version),
            Phase::Away | Phase::Member => (&self.view.life, 0),
        };
        let viewed = if *life == self.view.life {
            self.view.version
        } else {
            0
        };
        Seen {
            life: life.clone(),
            version: viewed.max(joined).max(self.heard),
        }
    }

    /// Whether an answer shows that Redis has lost what was known when it was asked for.
    pub(super) fn went_back(&self, life: &str, version: u64, known: &Seen) -> bool {
        *life != *self.seen().life || *life == *known.life && version < known.version
    }

    /// A heartbeat of this session that was sent at `begin`, when so much was known, is answered; `is_live` says
    /// whether the lease of before has lasted until now.
    ///
    /// The lease is renewed when all is known that had happened by then. That the site was not evicted is not enough:
    /// where Redis has lost changes, all roles were taken away, and others have them a timeout later.
    pub(in crate::site) fn beat(&mut self, begin: At, known: &Seen, is_live: bool, beat: &Beat) {
        if self.phase == Phase::Away {
            return;
        }
        let has_lost = *beat.life == *known.life && beat.lacks(known.version);
        if has_lost || self.went_back(&beat.life, beat.version, known) {
            return self.forgotten(false);
        }
        let is_behind = self.view.life != beat.life || self.view.version < beat.version;
        // Behind for a whole heartbeat: the notice was lost, and nothing came after it that shows the gap.
        if is_behind && (!is_live || self.view.version < self.heard) {
            self.ask_snapshot();
        }
        self.heard = beat.version;
        // Of many the first is known soonest, and the last is worth most.
        self.renewals.truncate(1);
        self.renewals.push_back((beat.version, begin));
        self.renew();
    }

    /// Redis does not know the site, or has lost what the site knows: it is nothing to any slot, and joins again.
    pub(in crate::site) fn forgotten(&mut self, anew: bool) {
        if self.phase == Phase::Away {
            return;
        }
        self.phase = Phase::Away;
        self.renewals.clear();
        if anew {
            self.session += 1;
            for local in &mut self.locals {
                local.copied = None;
            }
        }
        self.effects.push(Effect::End);
        self.effects.push(Effect::Join { anew });
        self.touch_all();
    }

    /// Whether what is known suffices to act; called after each change of it.
    pub(super) fn catch_up(&mut self) {
        if let Phase::CatchingUp(known) = &self.phase
            && known.life == self.view.life
            && known.version <= self.view.version
        {
            self.phase = Phase::Member;
            self.touch_all();
        }
        self.renew();
    }

    /// Renews the lease as far as what was to be known of it is known.
    fn renew(&mut self) {
        if let Phase::CatchingUp(known) = &self.phase
            && known.life != self.view.life
        {
            return;
        }
        while let Some(&(version, begin)) = self.renewals.front()
            && version <= self.view.version
        {
            self.renewals.pop_front();
            self.effects.push(Effect::Renew(begin));
        }
    }
}
