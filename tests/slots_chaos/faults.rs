//! What goes wrong, and when: a schedule that a seed decides.

use std::{fmt, time::Duration};

use super::{TIMEOUT, dice::Dice};

/// One thing that happens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Kill(usize),
    Stop(usize),
    /// The site stops itself at its next write, between the check and the append.
    Freeze(usize),
    Continue(usize),
    Leave(usize),
    /// A site that is gone is started again, under its id.
    Start(usize),
    /// Another one is started in its place.
    Replace(usize),
    KillRedis,
    StartRedis,
    /// With nothing of what it knew.
    StartRedisEmpty,
    StopRedis,
    ContinueRedis,
    ClientPause(Duration),
    DropConnections,
    /// A fault has ended by itself.
    Over,
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(site) => write!(f, "kill {site}"),
            Self::Stop(site) => write!(f, "stop {site}"),
            Self::Freeze(site) => write!(f, "freeze {site}"),
            Self::Continue(site) => write!(f, "continue {site}"),
            Self::Leave(site) => write!(f, "leave {site}"),
            Self::Start(site) => write!(f, "start {site}"),
            Self::Replace(site) => write!(f, "replace {site}"),
            Self::KillRedis => f.write_str("kill redis"),
            Self::StartRedis => f.write_str("start redis"),
            Self::StartRedisEmpty => f.write_str("start redis empty"),
            Self::StopRedis => f.write_str("stop redis"),
            Self::ContinueRedis => f.write_str("continue redis"),
            Self::ClientPause(pause) => write!(f, "client pause {}", pause.as_millis()),
            Self::DropConnections => f.write_str("drop connections"),
            Self::Over => f.write_str("over"),
        }
    }
}

/// What happens in one round, each event at its time since the round began; all is whole again after the last.
pub(crate) struct Round(pub(crate) Vec<(Duration, Event)>);

impl Round {
    pub(crate) fn by_chance(dice: &mut Dice, sites: usize) -> Self {
        let mut round = Self(Vec::new());
        let mut spared: Vec<usize> = (0..sites).collect();
        let hit = match dice.roll(8) {
            0 => sites,
            1 => 0,
            more => more.div_ceil(2),
        };
        for _ in 0..hit.min(sites) {
            let site = spared.swap_remove(dice.roll(spared.len()));
            round.of_a_site(dice, site);
        }
        if hit == 0 || dice.one_in(2) {
            round.of_redis(dice);
        }
        round.0.sort_by_key(|(at, _)| *at);
        round
    }

    fn of_a_site(&mut self, dice: &mut Dice, site: usize) {
        let begin = dice.between(Duration::ZERO, TIMEOUT * 2);
        let back = match dice.one_in(4) {
            true => Event::Replace(site),
            false => Event::Start(site),
        };
        let (first, last, least) = match dice.roll(7) {
            0 | 1 => (Event::Kill(site), back, Duration::ZERO),
            2 => (Event::Leave(site), back, Duration::ZERO),
            3 | 4 => (Event::Freeze(site), Event::Continue(site), TIMEOUT * 2),
            _ => (Event::Stop(site), Event::Continue(site), TIMEOUT / 2),
        };
        let end = begin + dice.between(least, TIMEOUT * 3);
        self.0.extend([(begin, first), (end, last)]);
    }

    fn of_redis(&mut self, dice: &mut Dice) {
        let begin = dice.between(Duration::ZERO, TIMEOUT * 2);
        let away = dice.between(Duration::ZERO, TIMEOUT * 2);
        // Often it is back, knowing nothing, before anybody's lease has ended.
        let lost = dice.between(Duration::ZERO, TIMEOUT);
        let still = dice.between(TIMEOUT / 2, TIMEOUT * 3);
        let events = match dice.roll(7) {
            0 => vec![(begin, Event::KillRedis), (begin + away, Event::StartRedis)],
            1 | 2 => vec![
                (begin, Event::KillRedis),
                (begin + lost, Event::StartRedisEmpty),
            ],
            3 => vec![
                (begin, Event::StopRedis),
                (begin + still, Event::ContinueRedis),
            ],
            4 => vec![
                (begin, Event::ClientPause(still)),
                (begin + still, Event::Over),
            ],
            _ => (0..=dice.roll(3) as u32)
                .map(|time| (begin + TIMEOUT / 3 * time, Event::DropConnections))
                .collect(),
        };
        self.0.extend(events);
    }
}
