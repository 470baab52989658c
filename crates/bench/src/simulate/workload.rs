//! What clients ask for: when, and how much work it is.

use fastrand::Rng;

/// A generator of its own for each use of chance, so that a policy which draws more often does not
/// change when requests come.
pub(crate) fn generator(seed: u64, stream: u64) -> Rng {
    // The odd constant of the golden ratio keeps the streams of neighbouring seeds apart.
    let mut mixer = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ stream);
    Rng::with_seed(mixer.u64(..))
}

/// Draws the time until the next arrival of a Poisson process, in seconds.
pub(crate) fn gap(rate: f64, chance: &mut Rng) -> f64 {
    // `f64` draws from [0, 1), so the logarithm is finite.
    -(1.0 - chance.f64()).ln() / rate
}

/// Service times, in seconds: many short ones and a long tail.
#[derive(Debug, Clone)]
pub(crate) struct LogNormal {
    location: f64,
    scale: f64,
    /// The polar method makes two normal numbers at a time.
    spare: Option<f64>,
}

impl LogNormal {
    /// `variation` is the standard deviation in units of the mean.
    pub(crate) fn new(mean: f64, variation: f64) -> Self {
        let variance = (1.0 + variation * variation).ln();
        Self {
            location: mean.ln() - variance / 2.0,
            scale: variance.sqrt(),
            spare: None,
        }
    }

    pub(crate) fn draw(&mut self, chance: &mut Rng) -> f64 {
        (self.location + self.scale * self.normal(chance)).exp()
    }

    /// Marsaglia's polar method (SIAM Review 6, 1964).
    fn normal(&mut self, chance: &mut Rng) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (x, y) = (2.0 * chance.f64() - 1.0, 2.0 * chance.f64() - 1.0);
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                let factor = (-2.0 * square.ln() / square).sqrt();
                self.spare = Some(y * factor);
                return x * factor;
            }
        }
    }
}

/// How much work requests are: of one sort, or a few large ones among many small.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    usual: LogNormal,
    /// Which share of the requests is large, and how large.
    large: Option<(f64, LogNormal)>,
}

impl Service {
    pub(crate) fn new(mean: f64, variation: f64) -> Self {
        Self {
            usual: LogNormal::new(mean, variation),
            large: None,
        }
    }

    /// The same, and `share` of the requests are of `mean` seconds.
    pub(crate) fn with_large(self, share: f64, mean: f64) -> Self {
        Self {
            large: Some((share, LogNormal::new(mean, 0.3))),
            ..self
        }
    }

    pub(crate) fn draw(&mut self, chance: &mut Rng) -> f64 {
        match &mut self.large {
            Some((share, large)) if chance.f64() < *share => large.draw(chance),
            _ => self.usual.draw(chance),
        }
    }
}

/// Which keys are asked for: the n-th most popular one in proportion to 1 / n, as Zipf has it.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    /// The share of all keys up to each.
    up_to: Vec<f64>,
}

impl Keys {
    pub(crate) fn new(keys: usize) -> Self {
        let mut sum = 0.0;
        let sums = (1..=keys).map(|n| {
            sum += 1.0 / n as f64;
            sum
        });
        let mut up_to: Vec<_> = sums.collect();
        up_to.iter_mut().for_each(|part| *part /= sum);
        Self { up_to }
    }

    pub(crate) fn draw(&self, chance: &mut Rng) -> u32 {
        let drawn = chance.f64();
        self.up_to.partition_point(|part| *part <= drawn) as u32
    }
}

/// How many requests come in a second, over time: steps of one length from a first rate on, each a
/// factor higher than the one before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    first: f64,
    factor: f64,
    step: f64,
}

impl Rate {
    pub(crate) fn constant(rate: f64) -> Self {
        Self::rising(rate, 1.0, 1.0)
    }

    /// Grows by `factor` every `step` seconds.
    pub(crate) fn rising(first: f64, factor: f64, step: f64) -> Self {
        Self {
            first,
            factor,
            step,
        }
    }

    pub(crate) fn at(&self, seconds: f64) -> f64 {
        self.first * self.factor.powi((seconds / self.step) as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: usize = 400_000;

    fn mean_and_variation(mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..DRAWS {
            let x = draw();
            sum += x;
            squares += x * x;
        }
        let mean = sum / DRAWS as f64;
        (mean, (squares / DRAWS as f64 - mean * mean).sqrt() / mean)
    }

    #[test]
    fn a_lognormal_has_the_mean_and_the_variation_it_was_made_with() {
        for (mean, variation) in [(0.002, 1.0), (0.167, 0.3)] {
            let (mut service, mut chance) = (LogNormal::new(mean, variation), generator(7, 0));
            let (m, v) = mean_and_variation(|| service.draw(&mut chance));
            assert!((m / mean - 1.0).abs() < 0.01, "mean {m}, not {mean}");
            assert!(
                (v / variation - 1.0).abs() < 0.03,
                "variation {v}, not {variation}"
            );
        }
    }

    #[test]
    fn the_second_key_is_asked_for_half_as_often_as_the_first() {
        let (keys, mut chance, mut counts) = (Keys::new(50), generator(7, 2), [0.0; 50]);
        (0..DRAWS).for_each(|_| counts[keys.draw(&mut chance) as usize] += 1.0);
        for n in [2, 5, 50] {
            let ratio = counts[0] / counts[n - 1] / n as f64;
            assert!((ratio - 1.0).abs() < 0.05, "{n}: {ratio}");
        }
    }

    #[test]
    fn gaps_are_exponential() {
        let mut chance = generator(7, 1);
        let (mean, variation) = mean_and_variation(|| gap(5_000.0, &mut chance));
        assert!((mean * 5_000.0 - 1.0).abs() < 0.01, "mean {mean}");
        assert!((variation - 1.0).abs() < 0.01, "variation {variation}");
    }

    #[test]
    fn streams_of_one_seed_differ_and_repeat_themselves() {
        let draw = |seed, stream| generator(seed, stream).u64(..);
        assert_ne!(draw(1, 0), draw(1, 1));
        assert_ne!(draw(1, 0), draw(2, 0));
        assert_eq!(draw(3, 2), draw(3, 2));
    }
}
