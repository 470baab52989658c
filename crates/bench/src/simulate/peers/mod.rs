//! How others choose, and how somebody would who knows everything.

mod least_loaded;
mod oracle;
mod peak_ewma;
mod round_robin;

use fastrand::Rng;

pub(crate) use self::{
    least_loaded::{LeastLoaded, Pending},
    oracle::Oracle,
    peak_ewma::PeakEwma,
    round_robin::RoundRobin,
};
use super::{client::End, events::Nanos, server::Server};

/// Chooses among servers by what one client sees of them.
pub(crate) trait Balancer {
    /// Chooses a server that is not among `tried`. `servers` is for the one who knows everything.
    fn pick(&mut self, now: Nanos, tried: &[usize], servers: &[Server]) -> Option<usize>;

    fn begin(&mut self, _server: usize) {}

    fn end(&mut self, _server: usize, _took: Nanos, _now: Nanos, _end: End) {}
}

/// The servers that were not tried.
fn untried(servers: usize, tried: &[usize]) -> impl Iterator<Item = usize> + '_ {
    (0..servers).filter(|server| !tried.contains(server))
}

/// Two different servers by chance, or the last one twice.
fn two(servers: usize, tried: &[usize], chance: &mut Rng) -> Option<(usize, usize)> {
    let left = servers - tried.len();
    if left < 2 {
        return untried(servers, tried).next().map(|last| (last, last));
    }
    let one = chance.usize(..left);
    let two = chance.usize(..left - 1);
    let two = if two >= one { two + 1 } else { two };
    if tried.is_empty() {
        return Some((one, two));
    }
    let nth = |n| untried(servers, tried).nth(n);
    nth(one).zip(nth(two))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_are_of_two_servers_that_were_not_tried() {
        let mut chance = Rng::with_seed(1);
        for _ in 0..100 {
            let (one, other) = two(5, &[1, 3], &mut chance).unwrap();
            assert_ne!(one, other);
            assert!([0, 2, 4].contains(&one) && [0, 2, 4].contains(&other));
        }
        assert_eq!(two(3, &[0, 1], &mut chance), Some((2, 2)));
        assert_eq!(two(2, &[0, 1], &mut chance), None);
    }
}
