//! One simulated server: some workers and one queue.

use std::collections::VecDeque;

use super::condition::Condition;

/// Serves in the order of arrival, as many requests at a time as it has workers.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) condition: Condition,
    workers: usize,
    serving: usize,
    waiting: VecDeque<usize>,
}

impl Server {
    pub(crate) fn new(workers: usize, condition: Condition) -> Self {
        Self {
            condition,
            workers,
            serving: 0,
            waiting: VecDeque::new(),
        }
    }

    pub(crate) fn workers(&self) -> usize {
        self.workers
    }

    /// Requests that have arrived and are not answered.
    pub(crate) fn in_flight(&self) -> usize {
        self.serving + self.waiting.len()
    }

    /// A request arrives; returns whether it is begun at once.
    pub(crate) fn arrive(&mut self, request: usize) -> bool {
        let begins = self.serving < self.workers;
        if begins {
            self.serving += 1;
        } else {
            self.waiting.push_back(request);
        }
        begins
    }

    /// A request is done; returns the one that is begun in its place.
    pub(crate) fn finish(&mut self) -> Option<usize> {
        let next = self.waiting.pop_front();
        if next.is_none() {
            self.serving -= 1;
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::{
        events::{Events, Nanos, nanos},
        workload::{gap, generator},
    };

    #[test]
    fn requests_are_begun_in_the_order_of_arrival() {
        let mut server = Server::new(2, Condition::default());
        let begun = [0, 1, 2, 3].map(|request| server.arrive(request));
        assert_eq!(begun, [true, true, false, false]);
        assert_eq!(server.in_flight(), 4);
        assert_eq!(server.finish(), Some(2));
        assert_eq!(server.finish(), Some(3));
        assert_eq!(server.finish(), None);
        assert_eq!(server.in_flight(), 1);
    }

    /// The mean time in the queue of exponential arrivals and exponential work.
    fn mean_wait(workers: usize, rate: f64, work: f64) -> f64 {
        enum Event {
            Arrive,
            Finish,
        }
        const CALLS: usize = 200_000;
        let (mut chance, mut events) = (generator(3, 0), Events::new());
        let mut server = Server::new(workers, Condition::default());
        let (mut arrived, mut waited): (Vec<Nanos>, Nanos) = (Vec::new(), 0);
        events.plan(0, Event::Arrive);
        while let Some((now, event)) = events.next() {
            let begun = match event {
                Event::Arrive => {
                    let call = arrived.len();
                    arrived.push(now);
                    if arrived.len() < CALLS {
                        events.plan(now + nanos(gap(rate, &mut chance)), Event::Arrive);
                    }
                    server.arrive(call).then_some(call)
                }
                Event::Finish => server.finish(),
            };
            if let Some(call) = begun {
                waited += now - arrived[call];
                events.plan(now + nanos(gap(1.0 / work, &mut chance)), Event::Finish);
            }
        }
        waited as f64 / 1e9 / CALLS as f64
    }

    /// Erlang's C formula.
    fn erlang_wait(workers: usize, rate: f64, work: f64) -> f64 {
        let (offered, count) = (rate * work, workers as f64);
        let mut term = 1.0;
        let mut below = 0.0;
        for k in 0..workers {
            below += term;
            term *= offered / (k + 1) as f64;
        }
        let all_busy = term * count / (count - offered);
        all_busy / (below + all_busy) * work / (count - offered)
    }

    #[test]
    fn the_mean_wait_is_what_queueing_theory_says() {
        for (workers, rate) in [(1, 300.0), (1, 400.0), (4, 1_200.0), (4, 1_600.0)] {
            let (seen, due) = (
                mean_wait(workers, rate, 0.002),
                erlang_wait(workers, rate, 0.002),
            );
            let ratio = seen / due;
            assert!(
                (ratio - 1.0).abs() < 0.06,
                "{workers} workers at {rate}/s: {seen}, not {due}"
            );
        }
    }
}
