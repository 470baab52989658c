//! What many batches say together.

use serde::Serialize;

/// The middle of a set of samples, and how far it spreads.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Summary {
    pub(crate) median: f64,
    pub(crate) p10: f64,
    pub(crate) p90: f64,
}

impl Summary {
    /// Sums up samples, of which there must be at least one.
    pub(crate) fn of(mut samples: Vec<f64>) -> Option<Self> {
        samples.sort_by(f64::total_cmp);
        Some(Self {
            median: quantile(&samples, 0.5)?,
            p10: quantile(&samples, 0.1)?,
            p90: quantile(&samples, 0.9)?,
        })
    }
}

/// A quantile of sorted samples, on the line between its two neighbours.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let rank = share * last as f64;
    // Between 0 and `last`.
    let below = rank as usize;
    let above = (below + 1).min(last);
    let weight = rank - below as f64;
    Some(sorted[below] * (1.0 - weight) + sorted[above] * weight)
}

#[cfg(test)]
mod tests {
    use super::Summary;

    #[test]
    fn the_order_of_samples_does_not_matter() {
        let samples: Vec<_> = (0..=100).rev().map(f64::from).collect();
        let summary = Summary::of(samples).expect("samples");
        assert_eq!(
            (summary.p10, summary.median, summary.p90),
            (10.0, 50.0, 90.0)
        );
    }

    #[test]
    fn a_quantile_lies_on_the_line_between_its_neighbours() {
        let summary = Summary::of(vec![1.0, 2.0]).expect("samples");
        assert_eq!(summary.median, 1.5);
        assert!((summary.p10 - 1.1).abs() < 1e-9, "{summary:?}");
        assert!((summary.p90 - 1.9).abs() < 1e-9, "{summary:?}");
    }

    #[test]
    fn one_sample_is_all_quantiles() {
        let summary = Summary::of(vec![7.0]).expect("a sample");
        assert_eq!((summary.p10, summary.median, summary.p90), (7.0, 7.0, 7.0));
    }

    #[test]
    fn one_outlier_does_not_move_the_median() {
        let mut samples = vec![10.0; 29];
        samples.push(1e9);
        assert_eq!(Summary::of(samples).expect("samples").median, 10.0);
    }

    #[test]
    fn no_samples_say_nothing() {
        assert_eq!(Summary::of(Vec::new()), None);
    }
}
