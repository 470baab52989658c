//! Everything that can happen next.

use super::world::{Ask, Beat, Call, CatchUp, DRIFT, Limits, Record, Rules, SITES, TIMEOUT, World};
use crate::{
    Epoch, FenceLayer, Role,
    site::step::{self, Facts, Lead, Step},
};

/// Whether a site stops before it gives its role away; it always does when the role is another's already.
fn stops_first(facts: &Facts, rules: &Rules) -> bool {
    rules.stop_first || facts.lead != Lead::Me || !facts.is_member
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    /// A tick passes; one bit for each site whose clock misses it.
    Tick(u8),
    SendBeat(usize),
    /// The heartbeat arrives, and is answered.
    Beat(usize),
    /// It arrives, and its answer does not.
    BeatLost(usize),
    Join(usize),
    /// The site learns what the slot is at this moment.
    Learn(usize),
    /// The site begins to copy the slot, and has copied it.
    Copy(usize),
    Copied(usize),
    /// The site does what is to be done next.
    Do(usize),
    CarryOut(usize),
    Answered(usize),
    AnswerLost(usize),
    CarryOutLate,
    LoseData,
    /// Redis loses a change of another slot; the site that has seen it learns so.
    LoseOther(usize),
    Reassign,
    Write(usize),
    Accept,
}

pub(super) fn moves() -> impl Iterator<Item = Move> {
    let of = |at| {
        [
            Move::SendBeat(at),
            Move::Beat(at),
            Move::BeatLost(at),
            Move::Join(at),
            Move::Learn(at),
            Move::Copy(at),
            Move::Copied(at),
            Move::Do(at),
            Move::CarryOut(at),
            Move::Answered(at),
            Move::AnswerLost(at),
            Move::LoseOther(at),
            Move::Write(at),
        ]
    };
    let ticks = (0..1 << SITES).map(Move::Tick);
    let rest = [
        Move::CarryOutLate,
        Move::LoseData,
        Move::Reassign,
        Move::Accept,
    ];
    ticks.chain((0..SITES).flat_map(of)).chain(rest)
}

impl World {
    /// What the world is after something has happened, if it can.
    pub(super) fn after(mut self, what: Move, rules: &Rules, limits: &Limits) -> Option<Self> {
        match what {
            Move::Tick(slow) => self.tick(slow, limits)?,
            Move::SendBeat(at) => {
                let site = &mut self.sites[at];
                // One for each tick is enough: the next would change nothing.
                if !site.is_in || site.beat.is_some() || site.left == rules.lease() {
                    return None;
                }
                site.beat = Some(Beat { age: 0, lag: 0 });
            }
            Move::Beat(at) => self.beat(at, rules)?,
            Move::BeatLost(at) => {
                self.answers = self.answers.checked_sub(1)?;
                self.sites[at].beat.take()?;
                self.hear(at, self.sites[at].session, rules);
            }
            Move::Join(at) => self.join(at, rules)?,
            Move::Learn(at) => self.learn(at)?,
            Move::Copy(at) => self.copy(at, rules)?,
            Move::Copied(at) => self.copied(at, rules)?,
            Move::Do(at) => self.act(at, rules)?,
            Move::CarryOut(at) => {
                let call = self.sites[at].call.filter(|call| call.answer.is_none())?;
                let answer = self.carry_out(at, &call, rules);
                self.sites[at].call = Some(Call {
                    answer: Some(answer),
                    ..call
                });
            }
            Move::Answered(at) => self.answered(at)?,
            Move::AnswerLost(at) => self.answer_lost(at, rules)?,
            Move::CarryOutLate => {
                let (at, call) = self.redis.late.take()?;
                self.carry_out(usize::from(at), &call, rules);
            }
            Move::LoseData => {
                self.data = self.data.checked_sub(1)?;
                let life = self.redis.record.life + 1;
                self.redis.record = Record {
                    life,
                    ..Record::default()
                };
                (self.redis.sites, self.redis.is_there) = ([None; SITES], false);
            }
            Move::LoseOther(at) => self.lose_other(at)?,
            Move::Reassign => {
                self.changes = self.changes.checked_sub(1)?;
                self.first = 1 - self.first;
            }
            Move::Write(at) => self.write(at, limits, rules)?,
            Move::Accept => self.accept(rules)?,
        }
        // What the application is told takes no time.
        for at in 0..SITES {
            while self.tell(at, rules) {}
        }
        Some(self.checked(rules))
    }

    fn lose_other(&mut self, at: usize) -> Option<()> {
        self.forgets = self.forgets.checked_sub(1)?;
        self.sites[at].is_in.then_some(())?;
        self.forgotten(at);
        self.sites[at].has_seen_more = true;
        Some(())
    }

    fn write(&mut self, at: usize, limits: &Limits, rules: &Rules) -> Option<()> {
        if !limits.writes || self.write.is_some() || !self.acts(at, rules) {
            return None;
        }
        self.write = Some((1 - u8::try_from(at).ok()?, self.sites[at].highest));
        Some(())
    }

    /// The replica at the other site takes the write in, if the fence lets it through.
    fn accept(&mut self, rules: &Rules) -> Option<()> {
        let (at, epoch) = self.write.take()?;
        let at = usize::from(at);
        let asked = Some(Epoch::new(u64::from(epoch)));
        let grant = self.grant(at, rules);
        let is_let_in = grant.is_some_and(|grant| FenceLayer::admits(&grant, asked, true));
        let is_old = epoch < self.sites[at].highest;
        self.is_bad |= is_old && (is_let_in || !rules.fence);
        Some(())
    }

    fn tick(&mut self, slow: u8, limits: &Limits) -> Option<()> {
        if self.now >= limits.last || slow != 0 && !limits.drift {
            return None;
        }
        self.now += 1;
        self.redis.hold = self.redis.hold.saturating_sub(1);
        self.redis.grace = self.redis.grace.saturating_sub(1);
        for (_, age) in self.redis.sites.iter_mut().flatten() {
            *age = (*age + 1).min(TIMEOUT);
        }
        for (at, site) in self.sites.iter_mut().enumerate() {
            let is_slow = slow & (1 << at) != 0;
            if is_slow && (site.lag == DRIFT || site.left == 0 && site.beat.is_none()) {
                return None;
            }
            let passed = u8::from(!is_slow);
            site.left = site.left.saturating_sub(passed);
            site.lag += 1 - passed;
            if let Some(beat) = &mut site.beat {
                (beat.age, beat.lag) = (beat.age + passed, beat.lag + 1 - passed);
            }
        }
        Some(())
    }

    fn beat(&mut self, at: usize, rules: &Rules) -> Option<()> {
        let beat = self.sites[at].beat.take()?;
        let answer = self.hear(at, self.sites[at].session, rules);
        let is_live = self.is_live(at);
        let site = &mut self.sites[at];
        match answer {
            Some((life, version)) if life == site.joined.0 => {
                let view = &site.view;
                let is_known = view.life == life && view.version >= version;
                let is_soon = match rules.catch_up {
                    CatchUp::Never => true,
                    CatchUp::AfterGap => is_live,
                    CatchUp::Always => false,
                };
                if is_known || is_soon {
                    self.renew(at, beat.age, beat.lag, rules);
                }
            }
            _ => self.forgotten(at),
        }
        Some(())
    }

    fn forgotten(&mut self, at: usize) {
        let site = &mut self.sites[at];
        (site.is_in, site.left, site.lag, site.beat) = (false, 0, 0, None);
    }

    fn join(&mut self, at: usize, rules: &Rules) -> Option<()> {
        if self.sites[at].is_in {
            return None;
        }
        let site = &mut self.sites[at];
        if !site.has_seen_more {
            site.session += 1;
            if rules.copy_of_session {
                site.copied = 0;
            }
        }
        let session = site.session;
        self.enter(at, session, rules);
        let record = self.redis.record;
        let site = &mut self.sites[at];
        (site.is_in, site.joined) = (true, (record.life, record.version));
        self.renew(at, 0, 0, rules);
        Some(())
    }

    fn learn(&mut self, at: usize) -> Option<()> {
        let (record, site) = (self.redis.record, &mut self.sites[at]);
        let is_its = site.is_in && record.life == site.joined.0;
        if !is_its || site.view == record {
            return None;
        }
        (site.view, site.highest) = (record, site.highest.max(record.epoch));
        site.keep(at);
        Some(())
    }

    /// Tells the application what the site is, if that is what is to be done; whether it was.
    fn tell(&mut self, at: usize, rules: &Rules) -> bool {
        let facts = self.facts(at, rules);
        let site = &mut self.sites[at];
        let is_free = site.is_free();
        match step::next(&facts) {
            Step::Stop if is_free && stops_first(&facts, rules) => {
                site.told = Some((Role::Secondary, facts.epoch));
            }
            Step::Tell(role, epoch) if is_free => {
                site.told = Some((role, epoch));
                // One that goes on under its own epoch still tells those who copy from it.
                if role == Role::Primary && epoch.number() > u64::from(self.acted.0) {
                    self.learners = 0;
                }
            }
            _ => return false,
        }
        true
    }

    /// The application begins to copy the slot from its primary, which tells it of all that is written from now on.
    fn copy(&mut self, at: usize, rules: &Rules) -> Option<()> {
        let facts = self.facts(at, rules);
        let is_asked = step::next(&facts) == Step::Acquire;
        if !is_asked || !self.sites[at].is_free() || !self.acts(1 - at, rules) {
            return None;
        }
        let (me, whole) = (1 << at, self.whole & 1 << (1 - at));
        self.whole = self.whole & !me | if whole != 0 { me } else { 0 };
        self.learners |= me;
        let site = &mut self.sites[at];
        site.copying = Some((site.highest, site.session));
        Some(())
    }

    fn copied(&mut self, at: usize, rules: &Rules) -> Option<()> {
        let site = &mut self.sites[at];
        let (epoch, session) = site.copying.take()?;
        let is_its = session == site.session || !rules.copy_of_session;
        site.copied = if is_its { epoch } else { 0 };
        Some(())
    }

    fn act(&mut self, at: usize, rules: &Rules) -> Option<()> {
        let facts = self.facts(at, rules);
        let site = &mut self.sites[at];
        if !site.is_free() {
            return None;
        }
        let ask = match step::next(&facts) {
            Step::Add(_) => Ask::Add,
            // What is to be stopped first is not only where that rule is left out.
            Step::HandOver | Step::Stop => Ask::HandOver,
            Step::Fail => Ask::Fail,
            _ => return None,
        };
        let (floor, session) = (site.highest, site.session);
        let copied = site.copied;
        site.call = Some(Call {
            ask,
            floor,
            copied,
            session,
            answer: None,
        });
        Some(())
    }

    fn answered(&mut self, at: usize) -> Option<()> {
        let site = &mut self.sites[at];
        let call = site.call.take_if(|call| call.answer.is_some())?;
        if call.session != site.session {
            return Some(());
        }
        let Some(record) = call.answer? else {
            self.forgotten(at);
            return Some(());
        };
        // Without a version; only a higher epoch is surely newer.
        let version = site.view.version;
        if record.epoch > site.highest {
            site.view = Record {
                version,
                life: site.view.life,
                ..record
            };
            site.highest = record.epoch;
        } else if record.holds(at) {
            site.view.holders |= 1 << at;
        } else {
            site.view.holders &= !(1 << at);
        }
        site.keep(at);
        Some(())
    }

    fn answer_lost(&mut self, at: usize, rules: &Rules) -> Option<()> {
        let call = self.sites[at].call.take()?;
        self.answers = self.answers.checked_sub(1)?;
        if call.answer.is_none() {
            self.redis.late = Some((u8::try_from(at).ok()?, call));
        }
        if rules.lost_is_lost && call.ask != Ask::Add {
            let site = &mut self.sites[at];
            site.lost = site.lost.max(call.floor);
        }
        Some(())
    }
}
