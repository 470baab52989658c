//! The state machine itself: a pure function from one word to the next.

use std::{fmt, time::Duration};

use super::{Event, State, Thresholds};

/// For how long a node must stay active to be waited for half as long when it fails next.
///
/// Envoy looks once in ten seconds, too, whether a host that was ejected has stayed in since, and
/// shortens its next ejection (outlier detection, `interval`).
pub(crate) const SETTLES_IN: Duration = Duration::from_secs(10);

/// The health of one node at one moment.
///
/// From the lowest bit: the state (8 bits), failures (8), successes (8), backoff (8), generation (16).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Health(u64);

/// A [`Health`], unpacked.
#[derive(Clone, Copy)]
struct Parts {
    state: State,
    /// Failures in a row; of a node that is down, those that put it out.
    failures: u8,
    /// Requests served in a row, or probes answered of a node that is down; at the threshold while active.
    successes: u8,
    /// How often the first wait is doubled.
    backoff: u8,
    /// How often the node was put out.
    generation: u16,
}

impl Health {
    /// A node that is well.
    pub(crate) const fn active(thresholds: &Thresholds) -> Self {
        Self::pack(Parts {
            state: State::Active,
            successes: thresholds.promotion_successes,
            ..Self::joining().unpack()
        })
    }

    /// A node of which nothing is known.
    pub(crate) const fn joining() -> Self {
        Self::pack(Parts {
            state: State::Quarantined,
            failures: 0,
            successes: 0,
            backoff: 0,
            generation: 0,
        })
    }

    pub(crate) const fn state(self) -> State {
        self.unpack().state
    }

    /// Whether it is active and has not failed since it last served.
    pub(crate) const fn is_plain(self) -> bool {
        // Both are zero, and stand in the two lowest bytes.
        self.0 as u16 == 0
    }

    /// Whether it is quarantined and may have one more request in flight.
    ///
    /// A node that comes, or comes back, is given as many requests at a time as it has served, and one more:
    /// load doubles with each round of answers until it is active.
    pub(crate) const fn admits(self, in_flight: u32) -> bool {
        let parts = self.unpack();
        matches!(parts.state, State::Quarantined) && in_flight <= parts.successes as u32
    }

    pub(crate) const fn failures(self) -> u8 {
        self.unpack().failures
    }

    /// A node of which nothing is known but how long it was to be waited for when it left.
    pub(crate) const fn joining_again(self, thresholds: &Thresholds) -> Self {
        let before = self.unpack();
        let before = match before.state {
            // It would have been waited for longer if it had recovered here.
            State::Down => before.longer(thresholds),
            State::Active | State::Quarantined => before,
        };
        Self::pack(Parts {
            backoff: before.backoff,
            ..Self::joining().unpack()
        })
    }

    #[cfg(test)]
    pub(crate) const fn successes(self) -> u8 {
        self.unpack().successes
    }

    /// How often the first wait is doubled, now or when the node is put out next.
    pub(crate) const fn backoff(self) -> u8 {
        self.unpack().backoff
    }

    /// How often the node was put out, modulo 65,536.
    ///
    /// A late answer is misjudged only if the node was put out 65,536 times since its request began.
    pub(crate) const fn generation(self) -> u16 {
        self.unpack().generation
    }

    /// How long a node that is down waits from now to be asked again.
    pub(crate) fn wait(self, thresholds: &Thresholds) -> Duration {
        thresholds.wait(self.backoff())
    }

    /// The health after one more event.
    pub(crate) const fn after(self, event: Event, thresholds: &Thresholds) -> Self {
        let parts = self.unpack();
        let next = match (parts.state, event) {
            (State::Active, Event::Served) => parts.promoted(thresholds),
            (State::Active, Event::Failed) => parts.failed(thresholds.active_failures),
            (State::Active, Event::Refused | Event::Silent) => {
                parts.refused(thresholds.active_failures, thresholds)
            }
            (State::Quarantined, Event::Served) => parts.served(thresholds),
            (State::Quarantined, Event::Failed) => parts.failed(thresholds.quarantine_failures),
            (State::Quarantined, Event::Refused | Event::Silent) => {
                parts.refused(thresholds.quarantine_failures, thresholds)
            }
            (State::Quarantined, Event::ProbeSucceeded) => parts.promoted(thresholds),
            (State::Down, Event::ProbeSucceeded) => parts.answered(thresholds),
            (State::Down, Event::ProbeFailed) => Parts {
                successes: 0,
                ..parts.longer(thresholds)
            },
            (State::Active, Event::ProbeSucceeded | Event::ProbeFailed)
            | (State::Quarantined, Event::ProbeFailed)
            | (State::Down, Event::Served | Event::Failed | Event::Refused | Event::Silent) => {
                parts
            }
        };
        Self::pack(next)
    }

    /// The health after [`SETTLES_IN`] during which the node was active.
    pub(crate) const fn settled(self) -> Self {
        let parts = self.unpack();
        match parts.state {
            State::Active => Self::pack(Parts {
                backoff: parts.backoff.saturating_sub(1),
                ..parts
            }),
            State::Quarantined | State::Down => self,
        }
    }

    const fn pack(parts: Parts) -> Self {
        let state = match parts.state {
            State::Active => 0,
            State::Quarantined => 1,
            State::Down => 2,
        };
        Self(
            state
                | (parts.failures as u64) << 8
                | (parts.successes as u64) << 16
                | (parts.backoff as u64) << 24
                | (parts.generation as u64) << 32,
        )
    }

    const fn unpack(self) -> Parts {
        Parts {
            state: match self.0 as u8 {
                0 => State::Active,
                1 => State::Quarantined,
                _ => State::Down,
            },
            failures: (self.0 >> 8) as u8,
            successes: (self.0 >> 16) as u8,
            backoff: (self.0 >> 24) as u8,
            generation: (self.0 >> 32) as u16,
        }
    }

    pub(super) const fn to_bits(self) -> u64 {
        self.0
    }

    pub(super) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }
}

impl Parts {
    const fn promoted(self, thresholds: &Thresholds) -> Self {
        Self {
            state: State::Active,
            failures: 0,
            successes: thresholds.promotion_successes,
            ..self
        }
    }

    /// A quarantined node has served one more request.
    const fn served(self, thresholds: &Thresholds) -> Self {
        let successes = self.successes.saturating_add(1);
        if successes >= thresholds.promotion_successes {
            return self.promoted(thresholds);
        }
        Self {
            failures: 0,
            successes,
            ..self
        }
    }

    /// One more failure, of the `most` that the node may have.
    const fn failed(self, most: u8) -> Self {
        let failed = Self {
            failures: self.failures.saturating_add(1),
            successes: 0,
            ..self
        };
        if failed.failures >= most {
            failed.down()
        } else {
            failed
        }
    }

    const fn refused(self, most: u8, thresholds: &Thresholds) -> Self {
        self.failed(if thresholds.refusal_is_enough {
            1
        } else {
            most
        })
    }

    const fn down(self) -> Self {
        Self {
            state: State::Down,
            generation: self.generation.wrapping_add(1),
            ..self
        }
    }

    /// A node that is down has answered one more probe.
    const fn answered(self, thresholds: &Thresholds) -> Self {
        let successes = self.successes.saturating_add(1);
        if successes < thresholds.recovery_probes {
            return Self { successes, ..self };
        }
        // Waited for longer if it fails again; to have recovered is no proof of health in a node that flaps.
        Self {
            state: State::Quarantined,
            failures: 0,
            successes: 0,
            ..self.longer(thresholds)
        }
    }

    const fn longer(self, thresholds: &Thresholds) -> Self {
        let most = thresholds.most_doublings;
        Self {
            backoff: if self.backoff < most {
                self.backoff + 1
            } else {
                most
            },
            ..self
        }
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            state,
            failures,
            successes,
            backoff,
            generation,
        } = self.unpack();
        f.debug_struct("Health")
            .field("state", &state)
            .field("failures", &failures)
            .field("successes", &successes)
            .field("backoff", &backoff)
            .field("generation", &generation)
            .finish()
    }
}
