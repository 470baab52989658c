//! What scripts answer.

use std::time::Duration;

use redis::Value;

use super::{error::StoreError, line};
use crate::{SiteId, Slot, record::SlotRecord};

/// The last that a site knows of its group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) life: Box<str>,
    /// The highest of the notices, snapshots and answers that it has seen in that life.
    pub(crate) version: u64,
}

/// A site is a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Joined {
    pub(crate) life: Box<str>,
    pub(crate) version: u64,
    /// How long until primaries are given; zero if they are.
    pub(crate) hold: Duration,
    /// When the next beat could change something: evict a site, or give primaries.
    pub(crate) next_expiry: Duration,
}

/// A site was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Beat {
    pub(crate) life: Box<str>,
    pub(crate) version: u64,
    /// When the next beat could change something: evict a site, or give primaries. At most the timeout.
    pub(crate) next_expiry: Duration,
    /// Who was evicted by this one.
    pub(crate) evicted: Vec<SiteId>,
    /// Between which versions there are some that Redis has lost.
    pub(crate) lost: Vec<(u64, u64)>,
}

/// What became of a wish to hold a slot no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Removal {
    /// The site holds it no more.
    Removed(SlotRecord),
    /// The slot has an epoch that the site had not seen when it asked: nothing was taken from it.
    ///
    /// The call was made before a change that the site did not know, and may have taken away what was given to it
    /// since. To ask again with this epoch as the floor is right, if it is still meant.
    Overtaken(SlotRecord),
    /// Too few others hold it who stay.
    Kept {
        /// How many do.
        others: u32,
        /// How many have to.
        needed: u32,
    },
}

impl Joined {
    pub(super) fn of(answer: Answer) -> Result<Self, StoreError> {
        let mut words = answer.words();
        let joined = Self {
            life: words.next()?.into(),
            version: words.number()?,
            hold: words.millis()?,
            next_expiry: words.millis()?,
        };
        words.end().map(|()| joined)
    }
}

impl Beat {
    pub(super) fn of(answer: Answer) -> Result<Self, StoreError> {
        let mut words = answer.words();
        let (life, version) = (words.next()?.into(), words.number()?);
        let next_expiry = words.millis()?;
        let lost = gaps(&words.next()?)?;
        let evicted = words.0.map(|id| site_id(&id)).collect::<Result<_, _>>()?;
        Ok(Self {
            life,
            version,
            next_expiry,
            evicted,
            lost,
        })
    }

    /// Whether Redis lacks a version of this life that was seen, so that the site has to join again with it.
    ///
    /// It may lack it though it has gone on to higher ones: another server took over that had not heard of it.
    pub(crate) fn lacks(&self, seen: u64) -> bool {
        let is_lost = |(after, before): &(u64, u64)| *after < seen && seen < *before;
        seen > self.version || self.lost.iter().any(is_lost)
    }
}

impl Removal {
    pub(super) fn of(slot: Slot, answer: Answer) -> Result<Self, StoreError> {
        let mut words = answer.words();
        let removal = match words.next()?.as_str() {
            "removed" => Self::Removed(line::parse(slot, &words.next()?)?),
            "overtaken" => Self::Overtaken(line::parse(slot, &words.next()?)?),
            "kept" => Self::Kept {
                others: words.number()?,
                needed: words.number()?,
            },
            other => return Err(StoreError::malformed("an answer", other)),
        };
        words.end().map(|()| removal)
    }
}

/// What a script answers: words.
pub(super) struct Answer(Vec<String>);

impl Answer {
    pub(super) fn of(value: Value) -> Result<Self, StoreError> {
        let words = match value {
            Value::Array(values) => values.into_iter().map(text).collect::<Result<_, _>>()?,
            value => vec![text(value)?],
        };
        Ok(Self(words))
    }

    /// The one line of a slot that it is.
    pub(super) fn slot(self, slot: Slot) -> Result<SlotRecord, StoreError> {
        let mut words = self.words();
        let record = line::parse(slot, &words.next()?)?;
        words.end().map(|()| record)
    }

    fn words(self) -> Words {
        Words(self.0.into_iter())
    }
}

struct Words(std::vec::IntoIter<String>);

impl Words {
    fn next(&mut self) -> Result<String, StoreError> {
        let word = self.0.next();
        word.ok_or_else(|| StoreError::malformed("an answer", "nothing"))
    }

    fn number<N: std::str::FromStr>(&mut self) -> Result<N, StoreError> {
        let word = self.next()?;
        let number = word.parse();
        number.map_err(|_| StoreError::malformed("a number", &word))
    }

    fn millis(&mut self) -> Result<Duration, StoreError> {
        self.number().map(Duration::from_millis)
    }

    fn end(mut self) -> Result<(), StoreError> {
        match self.0.next() {
            None => Ok(()),
            Some(word) => Err(StoreError::malformed("an answer", &word)),
        }
    }
}

/// Such as `7-100 120-200`.
fn gaps(text: &str) -> Result<Vec<(u64, u64)>, StoreError> {
    let gap = |gap: &str| {
        let (after, before) = gap.split_once('-')?;
        Some((after.parse().ok()?, before.parse().ok()?))
    };
    let gaps: Option<_> = text.split_ascii_whitespace().map(gap).collect();
    gaps.ok_or_else(|| StoreError::malformed("gaps", text))
}

/// A bulk or a simple string, whichever protocol is spoken.
pub(super) fn text(value: Value) -> Result<String, StoreError> {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes)
            .map_err(|error| StoreError::malformed("a text", &error.to_string())),
        Value::SimpleString(text) => Ok(text),
        value => Err(StoreError::malformed("an answer", &format!("{value:?}"))),
    }
}

pub(super) fn site_id(id: &str) -> Result<SiteId, StoreError> {
    id.parse()
        .map_err(|_| StoreError::malformed("a site id", id))
}
