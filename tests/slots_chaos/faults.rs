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

/// Every event that is a fault, or undoes one, by its name.
pub(crate) const NAMES: [&str; 14] = [
    "kill",
    "stop",
    "freeze",
    "continue",
    "leave",
    "start",
    "replace",
    "kill redis",
    "start redis",
    "start redis empty",
    "stop redis",
    "continue redis",
    "client pause",
    "drop connections",
];

impl Event {
    /// What it is, whichever site it is done to.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kill(_) => "kill",
            Self::Stop(_) => "stop",
            Self::Freeze(_) => "freeze",
            Self::Continue(_) => "continue",
            Self::Leave(_) => "leave",
            Self::Start(_) => "start",
            Self::Replace(_) => "replace",
            Self::KillRedis => "kill redis",
            Self::StartRedis => "start redis",
            Self::StartRedisEmpty => "start redis empty",
            Self::StopRedis => "stop redis",
            Self::ContinueRedis => "continue redis",
            Self::ClientPause(_) => "client pause",
            Self::DropConnections => "drop connections",
            Self::Over => "over",
        }
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Kill(site)
            | Self::Stop(site)
            | Self::Freeze(site)
            | Self::Continue(site)
            | Self::Leave(site)
            | Self::Start(site)
            | Self::Replace(site) => write!(f, " {site}"),
            Self::ClientPause(pause) => write!(f, " {}", pause.as_millis()),
            _ => Ok(()),
        }
    }
}

/// What can be done to a site.
#[derive(Clone, Copy)]
enum OfASite {
    Kill,
    Leave,
    Freeze,
    Stop,
}

/// What can be done to Redis.
#[derive(Clone, Copy)]
enum OfRedis {
    Restart,
    RestartEmpty,
    Stop,
    Pause,
    Drop,
}

/// Deals every fault once, in an order of chance; then whichever chance brings.
#[derive(Clone)]
pub(crate) struct Deck {
    /// With whether another one comes in the site's place, if it goes.
    sites: Vec<(OfASite, bool)>,
    redis: Vec<OfRedis>,
}

impl Deck {
    pub(crate) fn shuffled(dice: &mut Dice) -> Self {
        let mut deck = Self {
            sites: vec![
                (OfASite::Kill, false),
                (OfASite::Kill, true),
                (OfASite::Leave, false),
                (OfASite::Freeze, false),
                (OfASite::Stop, false),
            ],
            redis: vec![
                OfRedis::Restart,
                OfRedis::RestartEmpty,
                OfRedis::Stop,
                OfRedis::Pause,
                OfRedis::Drop,
            ],
        };
        dice.shuffle(&mut deck.sites);
        dice.shuffle(&mut deck.redis);
        deck
    }

    /// Whether every fault was dealt: after 5 rounds at the latest.
    pub(crate) fn is_dealt(&self) -> bool {
        self.sites.is_empty() && self.redis.is_empty()
    }

    fn of_a_site(&mut self, dice: &mut Dice) -> (OfASite, bool) {
        self.sites.pop().unwrap_or_else(|| {
            let kind = match dice.roll(7) {
                0 | 1 => OfASite::Kill,
                2 => OfASite::Leave,
                3 | 4 => OfASite::Freeze,
                _ => OfASite::Stop,
            };
            (kind, dice.one_in(4))
        })
    }

    fn of_redis(&mut self, dice: &mut Dice) -> OfRedis {
        self.redis.pop().unwrap_or_else(|| match dice.roll(7) {
            0 => OfRedis::Restart,
            1 | 2 => OfRedis::RestartEmpty,
            3 => OfRedis::Stop,
            4 => OfRedis::Pause,
            _ => OfRedis::Drop,
        })
    }
}

/// What happens in one round, each event at its time since the round began; all is whole again after the last.
pub(crate) struct Round(pub(crate) Vec<(Duration, Event)>);

impl Round {
    /// Of the deck as long as it lasts, a fault of each of its halves at least; then by chance.
    pub(crate) fn dealt(deck: &mut Deck, dice: &mut Dice, sites: usize) -> Self {
        let mut round = Self(Vec::new());
        let mut spared: Vec<usize> = (0..sites).collect();
        let hit = match dice.roll(8) {
            0 => sites,
            1 => usize::from(!deck.sites.is_empty()),
            more => more.div_ceil(2),
        };
        for _ in 0..hit.min(sites) {
            let site = spared.swap_remove(dice.roll(spared.len()));
            round.of_a_site(deck, dice, site);
        }
        if hit == 0 || dice.one_in(2) || !deck.redis.is_empty() {
            round.of_redis(deck, dice);
        }
        round.0.sort_by_key(|(at, _)| *at);
        round
    }

    fn of_a_site(&mut self, deck: &mut Deck, dice: &mut Dice, site: usize) {
        let begin = dice.between(Duration::ZERO, TIMEOUT * 2);
        let (kind, is_replaced) = deck.of_a_site(dice);
        let back = match is_replaced {
            true => Event::Replace(site),
            false => Event::Start(site),
        };
        let (first, last, least) = match kind {
            OfASite::Kill => (Event::Kill(site), back, Duration::ZERO),
            OfASite::Leave => (Event::Leave(site), back, Duration::ZERO),
            OfASite::Freeze => (Event::Freeze(site), Event::Continue(site), TIMEOUT * 2),
            OfASite::Stop => (Event::Stop(site), Event::Continue(site), TIMEOUT / 2),
        };
        let end = begin + dice.between(least, TIMEOUT * 3);
        self.0.extend([(begin, first), (end, last)]);
    }

    fn of_redis(&mut self, deck: &mut Deck, dice: &mut Dice) {
        let begin = dice.between(Duration::ZERO, TIMEOUT * 2);
        let away = dice.between(Duration::ZERO, TIMEOUT * 2);
        // Often it is back, knowing nothing, before anybody's lease has ended.
        let lost = dice.between(Duration::ZERO, TIMEOUT);
        let still = dice.between(TIMEOUT / 2, TIMEOUT * 3);
        let events = match deck.of_redis(dice) {
            OfRedis::Restart => {
                vec![(begin, Event::KillRedis), (begin + away, Event::StartRedis)]
            }
            OfRedis::RestartEmpty => vec![
                (begin, Event::KillRedis),
                (begin + lost, Event::StartRedisEmpty),
            ],
            OfRedis::Stop => vec![
                (begin, Event::StopRedis),
                (begin + still, Event::ContinueRedis),
            ],
            OfRedis::Pause => vec![
                (begin, Event::ClientPause(still)),
                (begin + still, Event::Over),
            ],
            OfRedis::Drop => (0..=dice.roll(3) as u32)
                .map(|time| (begin + TIMEOUT / 3 * time, Event::DropConnections))
                .collect(),
        };
        self.0.extend(events);
    }
}
