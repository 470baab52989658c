//! How fast a node answers, in two numbers that fit one word each.

use super::moment::Moment;

/// A node is slow when it takes so many times as long as is usual among the nodes.
///
/// Healthy nodes are within it, however small their sample, and are told apart by requests in flight
/// alone. Without such a band the noise of the estimates moves load about: peak-EWMA without one puts 10
/// to 20 % more on the luckiest of nine healthy nodes.
pub(crate) const BAND: f32 = 2.0;

/// So many times what is usual is the most that one request can say.
///
/// Without a cap a single stall of a second is remembered for the many seconds in which it fades.
const PEAK: f32 = 16.0;

/// After so many seconds without an answer most of an estimate is forgotten with the next.
const MEMORY: f32 = 1.0;

/// What an answer counts for when answers come fast.
const GAIN: f32 = 0.1;
/// What an answer counts for at most that is slower than expected: one alone makes no node slow.
const GAIN_SLOWER: f32 = 0.3;
/// What a good answer counts for at least, from a node that is doubted for a single bad moment.
const GAIN_CLEARED: f32 = 0.5;
/// The same, from a node whose slowness was confirmed.
const GAIN_CONFIRMED: f32 = 0.15;

/// About a millisecond, so that 32 bits of it last for 52 days.
const TICK_BITS: u32 = 20;

/// An estimate of a node's latency up to the response's head: a moving average that forgets with time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Latency {
    /// Zero while nothing is known.
    nanos: f32,
    /// When it was last changed, in ticks.
    at: u32,
}

/// What a node was thought of before an answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt {
    None,
    /// For a single bad moment.
    Fresh,
    /// And a later answer bore it out.
    Confirmed,
}

impl Latency {
    pub(crate) const UNKNOWN: Self = Self { nanos: 0.0, at: 0 };

    pub(crate) fn from_bits(bits: u64) -> Self {
        Self {
            nanos: f32::from_bits((bits >> 32) as u32),
            at: bits as u32,
        }
    }

    pub(crate) fn to_bits(self) -> u64 {
        u64::from(self.nanos.to_bits()) << 32 | u64::from(self.at)
    }

    /// The greatest bits of an estimate of no more than so many nanoseconds: of numbers that are not
    /// negative, the bits are in the same order.
    pub(crate) fn greatest_bits(nanos: f32) -> u64 {
        Self {
            nanos,
            at: u32::MAX,
        }
        .to_bits()
    }

    /// The estimate in nanoseconds; zero while nothing is known.
    pub(crate) fn nanos(self) -> f32 {
        self.nanos
    }

    /// How old the estimate is in nanoseconds, to about a millisecond.
    pub(crate) fn age(self, now: Moment) -> u64 {
        u64::from(ticks(now).wrapping_sub(self.at)) << TICK_BITS
    }

    /// Whether it is beyond the band around what is `usual`, where that is known.
    pub(crate) fn is_slow(self, usual: f32) -> bool {
        usual > 0.0 && self.nanos > BAND * usual
    }

    /// The estimate after an answer that took `sample` nanoseconds.
    pub(crate) fn after(self, sample: f32, usual: f32, doubt: Doubt, now: Moment) -> Self {
        let at = ticks(now);
        let sample = capped(sample, usual);
        let before = capped(self.nanos, usual);
        if self.nanos <= 0.0 {
            return Self { nanos: sample, at };
        }
        let gain = gain_after(at.wrapping_sub(self.at));
        let is_good = usual > 0.0 && sample <= BAND * usual;
        let gain = match doubt {
            Doubt::Fresh if is_good => gain.max(GAIN_CLEARED),
            Doubt::Confirmed if is_good => gain.max(GAIN_CONFIRMED),
            _ if sample > before => gain.min(GAIN_SLOWER),
            _ => gain,
        };
        Self {
            nanos: before + gain * (sample - before),
            at,
        }
    }

    /// The estimate after a request that was given up after `sample` nanoseconds, unanswered: it would
    /// have taken longer, so it may raise the estimate and never lowers it.
    pub(crate) fn after_at_least(self, sample: f32, usual: f32, now: Moment) -> Self {
        if self.nanos <= 0.0 || sample <= self.nanos {
            return self;
        }
        self.after(sample + self.nanos, usual, Doubt::None, now)
    }
}

/// What an answer counts for so many ticks after the one before.
fn gain_after(ticks: u32) -> f32 {
    /// So many ticks are a tenth of a second, in which 9.5 % is forgotten: less than [`GAIN`], and nearly
    /// every answer comes within it.
    const SOON: u32 = 95;
    if ticks <= SOON {
        return GAIN;
    }
    let seconds = ticks as f32 * ((1_u64 << TICK_BITS) as f32 / 1e9);
    GAIN.max(1.0 - (-seconds / MEMORY).exp())
}

/// The most that one request can say where something is usual.
fn capped(sample: f32, usual: f32) -> f32 {
    // A node that answers within a nanosecond is known all the same.
    let sample = sample.max(1.0);
    if usual > 0.0 {
        sample.min(PEAK * usual)
    } else {
        sample
    }
}

/// What a request counts as that the node turned away because it is overloaded: about as much as the
/// slowest that counts.
///
/// It is taken from the usual 95th percentile, which only good answers teach. What is usual may come from
/// requests that were turned away: where all are, each would raise the next without end.
pub(crate) fn turned_away(usual_tail: f32) -> f32 {
    PEAK / 3.0 * usual_tail
}

fn ticks(now: Moment) -> u32 {
    // The bits above are cut off: only differences are of interest.
    (now.as_nanos() >> TICK_BITS) as u32
}

/// The estimate of a node's 95th percentile after one more answer, in nanoseconds; zero is unknown.
///
/// Stochastic approximation (Robbins and Monro, 1951) in relative steps: up by 19 parts when an answer is
/// slower, down by one when it is not, which balances where one in twenty is slower.
pub(crate) fn tail_after(tail: f32, sample: f32, answers: u64) -> f32 {
    const TAIL: f32 = 0.95;
    /// The step to which a node with many answers has come down: the estimate then wavers by a tenth.
    const STEP: f32 = 0.05;
    if tail <= 0.0 {
        return 2.0 * sample.max(1.0);
    }
    let step = STEP.max(2.0 / (answers as f32 + 4.0));
    if sample > tail {
        tail * (1.0 + step * TAIL)
    } else {
        tail * (1.0 - step * (1.0 - TAIL))
    }
}

/// What a node costs that is no slower than is usual: requests in flight and this one.
pub(crate) fn plain_cost(in_flight: u32) -> f32 {
    in_flight as f32 + 1.0
}

/// What a node costs: requests in flight and this one, more if it is slower than is usual.
pub(crate) fn cost(in_flight: u32, nanos: f32, usual: f32) -> f32 {
    let load = plain_cost(in_flight);
    let band = BAND * usual;
    if nanos <= band || usual <= 0.0 {
        return load;
    }
    let slower = (nanos / band).min(2.0 * PEAK);
    // Steeper than in proportion: what is in flight at a slow node waits there, too.
    load * slower * slower.sqrt()
}
