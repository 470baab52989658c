//! When an attempt of a peer is late: peers are hedged by the same rule, so that policies are compared.

use std::collections::VecDeque;

use super::events::Nanos;

const REMEMBERED: usize = 60;
const NEEDED: usize = 20;
/// How many answers one look is good for.
const FRESH: u32 = 100;

/// The median over servers of each server's own 95th percentile: a slow server does not move it.
#[derive(Debug)]
pub(crate) struct Trigger {
    recent: Vec<VecDeque<Nanos>>,
    after: Option<Nanos>,
    answers: u32,
}

impl Trigger {
    pub(crate) fn new(servers: usize) -> Self {
        Self {
            recent: vec![VecDeque::new(); servers],
            after: None,
            answers: 0,
        }
    }

    pub(crate) fn learn(&mut self, server: usize, took: Nanos) {
        let recent = &mut self.recent[server];
        if recent.len() == REMEMBERED {
            recent.pop_front();
        }
        recent.push_back(took);
        self.answers += 1;
    }

    pub(crate) fn after(&mut self) -> Option<Nanos> {
        if self.answers < FRESH {
            return self.after;
        }
        self.answers = 0;
        let known = self.recent.iter().filter(|recent| recent.len() >= NEEDED);
        let mut tails: Vec<_> = known.map(tail).collect();
        tails.sort_unstable();
        if tails.len() > 1 {
            self.after = Some(tails[tails.len() / 2]);
        }
        self.after
    }
}

fn tail(recent: &VecDeque<Nanos>) -> Nanos {
    let mut sorted: Vec<_> = recent.iter().copied().collect();
    sorted.sort_unstable();
    sorted[sorted.len() * 95 / 100]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_server_does_not_move_the_trigger() {
        let after = |slow: Nanos| {
            let mut trigger = Trigger::new(3);
            for answer in 0..50 {
                (0..2).for_each(|server| trigger.learn(server, 100 + answer));
                trigger.learn(2, slow + answer);
            }
            trigger.after()
        };
        assert_eq!(after(100), Some(147));
        assert_eq!(after(9_000), Some(147));
    }

    #[test]
    fn nothing_is_late_before_enough_is_known() {
        let mut trigger = Trigger::new(2);
        (0..200).for_each(|_| trigger.learn(0, 100));
        assert_eq!(trigger.after(), None, "one server alone says nothing");
    }
}
