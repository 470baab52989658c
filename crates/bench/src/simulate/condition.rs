//! How one server is, over time.

use super::events::{Nanos, nanos};

/// From when until when; the end is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    pub(crate) from: Nanos,
    pub(crate) until: Nanos,
}

impl Span {
    /// Of seconds.
    pub(crate) fn new(from: f64, until: f64) -> Self {
        Self {
            from: nanos(from),
            until: nanos(until),
        }
    }

    pub(crate) fn holds(&self, now: Nanos) -> bool {
        (self.from..self.until).contains(&now)
    }
}

/// What is wrong with a server, and when. A sound one has nothing of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Condition {
    /// Work takes so many times as long.
    pub(crate) slower: Option<(Span, f64)>,
    /// Work takes this long, whatever it is.
    pub(crate) constant: Option<(Span, Nanos)>,
    /// Every request is answered at once, with an error.
    pub(crate) failing: Option<Span>,
    /// Connections are refused, and those that were open are reset.
    pub(crate) down: Option<Span>,
    /// All work stands still; in order, and apart from each other.
    pub(crate) pauses: Vec<Span>,
}

impl Condition {
    pub(crate) fn is_down(&self, now: Nanos) -> bool {
        self.down.is_some_and(|span| span.holds(now))
    }

    pub(crate) fn is_failing(&self, now: Nanos) -> bool {
        self.failing.is_some_and(|span| span.holds(now))
    }

    pub(crate) fn is_paused(&self, now: Nanos) -> bool {
        self.pauses.iter().any(|span| span.holds(now))
    }

    /// How many times as long work takes.
    pub(crate) fn slowness(&self, now: Nanos) -> f64 {
        match self.slower {
            Some((span, factor)) if span.holds(now) => factor,
            _ => 1.0,
        }
    }

    /// When work is done that begins now and takes `work` on a sound server.
    pub(crate) fn done(&self, now: Nanos, work: Nanos) -> Nanos {
        let work = match self.constant {
            Some((span, constant)) if span.holds(now) => constant,
            _ => (work as f64 * self.slowness(now)) as Nanos,
        };
        let mut done = now + work;
        for pause in &self.pauses {
            if pause.until > now && pause.from < done {
                done += pause.until - pause.from.max(now);
            }
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_on_a_sound_server_takes_its_time() {
        assert_eq!(Condition::default().done(100, 7), 107);
    }

    #[test]
    fn work_on_a_slow_server_takes_longer_while_it_is_slow() {
        let slow = Condition {
            slower: Some((Span { from: 0, until: 50 }, 3.0)),
            ..Condition::default()
        };
        assert_eq!((slow.done(49, 10), slow.done(50, 10)), (79, 60));
    }

    #[test]
    fn work_stands_still_in_a_pause() {
        let pauses = vec![Span { from: 100, until: 120 }, Span { from: 130, until: 135 }];
        let paused = Condition { pauses, ..Condition::default() };
        assert_eq!(paused.done(90, 10), 100, "over before the pause");
        assert_eq!(paused.done(95, 10), 125, "interrupted");
        assert_eq!(paused.done(110, 10), 130, "begun within");
        assert_eq!(paused.done(95, 20), 140, "interrupted twice");
        assert_eq!(paused.done(140, 10), 150, "begun after");
    }
}
