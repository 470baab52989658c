//! How much of the load a node is to take.

use std::{error::Error, fmt};

/// The least and the greatest weight: far enough apart for any two machines, and near enough for sums of
/// ten thousand of them to be exact to a millionth.
const LEAST: f64 = 0.001;
const MOST: f64 = 1_000.0;

/// A weight that is known to be a number between [`LEAST`] and [`MOST`], to a thousandth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Weight(f64);

// Never NaN.
impl Eq for Weight {}

impl Weight {
    pub(crate) const ONE: Self = Self(1.0);

    pub(crate) fn new(weight: f64) -> Result<Self, WeightError> {
        match (LEAST..=MOST).contains(&weight) {
            true => Ok(Self((weight * 1_000.0).round() / 1_000.0)),
            false => Err(WeightError { weight }),
        }
    }

    pub(crate) fn get(self) -> f64 {
        self.0
    }

    /// The same in whole thousandths, of which sums are exact.
    #[cfg(feature = "select")]
    pub(crate) fn thousandths(self) -> u64 {
        // Between one and a million.
        (self.0 * 1_000.0).round() as u64
    }
}

/// Says which number is no weight.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightError {
    weight: f64,
}

impl fmt::Display for WeightError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = self.weight;
        write!(
            f,
            "weight is {weight}, and must be between {LEAST} and {MOST}"
        )
    }
}

impl Error for WeightError {}

#[cfg(test)]
mod tests {
    use super::Weight;

    #[test]
    fn what_is_no_weight_is_refused_by_its_value() {
        for weight in [
            0.0,
            -0.0,
            -1.0,
            1e-9,
            1e9,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
        ] {
            let error = Weight::new(weight).expect_err("no weight").to_string();
            assert!(error.contains(&format!("weight is {weight}")), "{error}");
        }
        for weight in [0.001, 0.5, 1.0, 3.0, 1_000.0] {
            assert_eq!(Weight::new(weight).expect("a weight").get(), weight);
        }
    }

    #[test]
    fn a_weight_is_rounded_to_a_thousandth() {
        for (weight, rounded) in [(1.0004, 1.0), (1.0006, 1.001), (999.9999, 1_000.0)] {
            assert_eq!(Weight::new(weight).expect("a weight").get(), rounded);
        }
    }
}
