//! Several nodes are asked, and the first answer that will do ends it.

use std::{future::pending, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::time::{Instant, sleep_until};

/// How many are asked at a time: as many as ScyllaDB's clients probe nodes at a time.
const AT_A_TIME: usize = 4;
/// How long one is waited for alone: what connections are given before the next address is tried (RFC 8305,
/// section 5, "Connection Attempt Delay").
const ALONE: Duration = Duration::from_millis(250);

/// Questions, of which the next is asked when the one before has failed, or has been silent for a while.
pub(super) struct Staggered<I: Iterator> {
    rest: I,
    asked: FuturesUnordered<I::Item>,
    /// How long one is waited for alone.
    alone: Duration,
    next: Instant,
    until: Instant,
}

impl<I: Iterator<Item: Future>> Staggered<I> {
    /// One after another: the first good answer is enough.
    pub(super) fn one_by_one(questions: I, until: Instant) -> Self {
        Self::new(questions, until, ALONE)
    }

    /// Side by side: every answer counts.
    pub(super) fn side_by_side(questions: I, until: Instant) -> Self {
        Self::new(questions, until, Duration::ZERO)
    }

    fn new(questions: I, until: Instant, alone: Duration) -> Self {
        Self {
            rest: questions,
            asked: FuturesUnordered::new(),
            alone,
            next: Instant::now(),
            until,
        }
    }

    /// The next answer; `None` when all have answered. Whoever wants another has no use for this one, so the
    /// next question is asked at once.
    ///
    /// Nothing is asked after the time is over. Questions bound their own time.
    pub(super) async fn answer(&mut self) -> Option<<I::Item as Future>::Output> {
        self.next = Instant::now();
        loop {
            let now = Instant::now();
            let may_ask = self.asked.len() < AT_A_TIME && now < self.until;
            if may_ask && (now >= self.next || self.asked.is_empty()) {
                self.next = now + self.alone;
                if let Some(question) = self.rest.next() {
                    self.asked.push(question);
                    continue;
                }
                self.until = now;
            }
            let more = async {
                match may_ask && self.next > now {
                    true => sleep_until(self.next).await,
                    false => pending().await,
                }
            };
            tokio::select! {
                biased;
                answer = self.asked.next() => return answer,
                () = more => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, time::Duration};

    use tokio::time::{Instant, sleep};

    use super::Staggered;

    const MINUTE: Duration = Duration::from_secs(60);

    /// Questions that take so many milliseconds each, and when each was asked.
    async fn asked(take: &[u64], one_by_one: bool, wanted: usize) -> Vec<(usize, u64)> {
        let (begun, log) = (Instant::now(), Cell::new(Vec::new()));
        let questions = take.iter().enumerate().map(|(number, take)| {
            let mut times = log.take();
            times.push((number, begun.elapsed().as_millis() as u64));
            log.set(times);
            async move { sleep(Duration::from_millis(*take)).await }
        });
        let mut staggered = match one_by_one {
            true => Staggered::one_by_one(questions, begun + MINUTE),
            false => Staggered::side_by_side(questions, begun + MINUTE),
        };
        let mut answers = 0;
        while answers < wanted && staggered.answer().await.is_some() {
            answers += 1;
        }
        drop(staggered);
        log.into_inner()
    }

    #[tokio::test(start_paused = true)]
    async fn a_first_answer_that_comes_soon_is_the_only_one() {
        assert_eq!(asked(&[100, 100], true, 1).await, [(0, 0)]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_is_asked_when_one_is_silent_and_at_once_when_one_has_failed() {
        let silent = asked(&[1_000, 1_000, 100], true, 1).await;
        assert_eq!(silent, [(0, 0), (1, 250), (2, 500)]);
        let failed = asked(&[10, 10, 10], true, 3).await;
        assert_eq!(failed, [(0, 0), (1, 10), (2, 20)]);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_four_are_asked_at_a_time() {
        let asked = asked(&[1_000; 6], false, 6).await;
        assert_eq!(
            asked,
            [(0, 0), (1, 0), (2, 0), (3, 0), (4, 1_000), (5, 1_000)]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_asked_when_the_time_is_over() {
        let (begun, count) = (Instant::now(), Cell::new(0));
        let questions = (0..1_000).map(|_| {
            count.set(count.get() + 1);
            sleep(Duration::from_secs(3))
        });
        let mut staggered = Staggered::side_by_side(questions, begun + Duration::from_secs(7));
        while staggered.answer().await.is_some() {}
        assert_eq!((count.get(), begun.elapsed().as_secs()), (12, 9));
    }
}
