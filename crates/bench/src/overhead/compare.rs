//! Two sides by turns, in short slices.

use std::time::Duration;

use serde::Serialize;
use tower_muster::BoxError;

use super::{
    caller::{Caller, Load, slice},
    clock,
};
use crate::stats::Summary;

/// How many rounds are not counted: they make the connections and fill the caches.
const WARM_ROUNDS: u32 = 15;

/// What two sides came to.
#[derive(Debug, Serialize)]
pub(super) struct Compared {
    /// Ours to bare, round by round.
    pub(super) ratio: Summary,
    /// The same of the medians of both sides' slices.
    ratio_of_medians: f64,
    /// Microseconds of the processor per call.
    pub(super) bare_us: Summary,
    pub(super) ours_us: Summary,
    rounds: u32,
    pub(super) tasks: usize,
    calls_per_slice: usize,
}

/// The times of one round: two slices of each side.
#[derive(Debug, Default, Clone, Copy)]
struct Round {
    bare: [Duration; 2],
    ours: [Duration; 2],
}

/// Lets both sides make their calls by turns.
pub(super) async fn compare(
    bare: &impl Caller,
    ours: &impl Caller,
    load: Load,
    rounds: u32,
) -> Result<Compared, BoxError> {
    let mut counted = Vec::new();
    for nth in 0..WARM_ROUNDS + rounds {
        let round = if nth % 2 == 0 {
            round(bare, ours, load).await?
        } else {
            let Round { bare, ours } = round(ours, bare, load).await?;
            Round {
                bare: ours,
                ours: bare,
            }
        };
        if nth >= WARM_ROUNDS {
            counted.push(round);
        }
    }
    sum_up(&counted, load).ok_or_else(|| "there were no rounds".into())
}

/// The first side, the other one twice, and the first again: what slowly changes favours none.
async fn round(bare: &impl Caller, ours: &impl Caller, load: Load) -> Result<Round, BoxError> {
    let mut round = Round::default();
    round.bare[0] = timed(bare, load).await?;
    round.ours[0] = timed(ours, load).await?;
    round.ours[1] = timed(ours, load).await?;
    round.bare[1] = timed(bare, load).await?;
    Ok(round)
}

async fn timed(caller: &impl Caller, load: Load) -> Result<Duration, BoxError> {
    let begun = clock::processor();
    slice(caller, load).await?;
    Ok(clock::processor().saturating_sub(begun))
}

fn sum_up(rounds: &[Round], load: Load) -> Option<Compared> {
    let both = |slices: [Duration; 2]| (slices[0] + slices[1]).as_secs_f64();
    let ratios = rounds
        .iter()
        .map(|round| both(round.ours) / both(round.bare));
    let us = |slice: Duration| slice.as_secs_f64() * 1e6 / load.all_calls() as f64;
    let bare_us = Summary::of(rounds.iter().flat_map(|round| round.bare.map(us)).collect())?;
    let ours_us = Summary::of(rounds.iter().flat_map(|round| round.ours.map(us)).collect())?;
    Some(Compared {
        ratio: Summary::of(ratios.collect())?,
        ratio_of_medians: ours_us.median / bare_us.median,
        bare_us,
        ours_us,
        rounds: u32::try_from(rounds.len()).ok()?,
        tasks: load.tasks,
        calls_per_slice: load.all_calls(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_ratio_is_of_one_round_and_the_figure_their_median() {
        let round = |bare, ours| Round {
            bare: [millis(bare); 2],
            ours: [millis(ours); 2],
        };
        // The machine was slow in the second round, for both.
        let rounds = [round(10, 11), round(100, 110), round(10, 12)];
        let load = Load {
            tasks: 2,
            calls: 500,
        };
        let compared = sum_up(&rounds, load).expect("rounds");
        assert!((compared.ratio.median - 1.1).abs() < 1e-9, "{compared:?}");
        assert_eq!(compared.bare_us.median, 10.0, "10 ms for 1,000 calls");
        assert_eq!(compared.ratio_of_medians, 1.2);
    }

    #[derive(Clone)]
    struct Spins(u32);

    impl Caller for Spins {
        async fn call(&mut self) -> Result<(), BoxError> {
            for n in 0..self.0 {
                std::hint::black_box(n);
            }
            Ok(())
        }
    }

    #[tokio::test]
    async fn who_does_more_takes_more() {
        let load = Load { tasks: 1, calls: 4 };
        let compared = compare(&Spins(20_000), &Spins(200_000), load, 20)
            .await
            .expect("rounds");
        assert!(compared.ratio.median > 2.0, "{compared:?}");
    }
}
