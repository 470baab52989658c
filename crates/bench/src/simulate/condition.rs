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

/// How an attempt fails that is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The connection was refused: nothing was sent.
    Refused,
    /// An error of the server, or a reset: perhaps carried out.
    Ambiguous,
    /// Turned away for now.
    Overloaded,
}

/// What is wrong with a server, and when. A sound one has nothing of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Condition {
    /// Work takes so many times as long.
    pub(crate) slower: Option<(Span, f64)>,
    /// Work takes this long, whatever it is.
    pub(crate) constant: Option<(Span, Nanos)>,
    /// Every request is answered at once, with an error.
    pub(crate) failing: Option<(Span, Failure)>,
    /// Connections are refused.
    pub(crate) down: Vec<Span>,
    /// What is in service when the server goes down is finished first; without it, it fails.
    pub(crate) drains: bool,
    /// Nothing that arrives is ever answered.
    pub(crate) silent: Option<Span>,
    /// With it, answers are lost, too: the network drops packets either way.
    pub(crate) cut_off: bool,
    /// All work stands still; in order, and apart from each other.
    pub(crate) pauses: Vec<Span>,
}

impl Condition {
    pub(crate) fn is_down(&self, now: Nanos) -> bool {
        self.down.iter().any(|span| span.holds(now))
    }

    pub(crate) fn is_silent(&self, now: Nanos) -> bool {
        self.silent.is_some_and(|span| span.holds(now))
    }

    /// Whether an answer that is sent now is lost on its way.
    pub(crate) fn loses_answers(&self, now: Nanos) -> bool {
        self.cut_off && self.is_silent(now)
    }

    pub(crate) fn is_paused(&self, now: Nanos) -> bool {
        self.pauses.iter().any(|span| span.holds(now))
    }

    /// The answer to whatever arrives now, if the server answers without any work.
    pub(crate) fn answer_at_once(&self, now: Nanos) -> Option<Failure> {
        if self.is_down(now) {
            return Some(Failure::Refused);
        }
        self.failing
            .filter(|(span, _)| span.holds(now))
            .map(|(_, failure)| failure)
    }

    /// Whether work that is done now is lost.
    pub(crate) fn loses_work(&self, now: Nanos) -> bool {
        !self.drains && self.is_down(now)
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
        let span = |from, until| Span { from, until };
        let paused = Condition {
            pauses: vec![span(100, 120), span(130, 135)],
            ..Condition::default()
        };
        assert_eq!(paused.done(90, 10), 100, "over before the pause");
        assert_eq!(paused.done(95, 10), 125, "interrupted");
        assert_eq!(paused.done(110, 10), 130, "begun within");
        assert_eq!(paused.done(95, 20), 140, "interrupted twice");
        assert_eq!(paused.done(140, 10), 150, "begun after");
    }

    #[test]
    fn a_server_that_drains_loses_nothing_and_takes_nothing() {
        let down = |drains| Condition {
            down: vec![Span::new(1.0, 2.0)],
            drains,
            ..Condition::default()
        };
        let now = nanos(1.5);
        assert_eq!(down(true).answer_at_once(now), Some(Failure::Refused));
        assert!(!down(true).loses_work(now));
        assert!(down(false).loses_work(now));
        assert!(!down(false).loses_work(nanos(2.0)), "it is back");
    }
}
