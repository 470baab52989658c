//! From many runs to one figure each.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    client::Method,
    metrics::Summary,
    runs::{Case, Results},
    scenarios::number_of,
};
use crate::figures::{Better, Figure};

/// Of which runs a figure is made, and how.
pub(crate) struct Spec {
    pub(crate) id: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) bound: f64,
    pub(crate) better: Better,
    pub(crate) pool: Pool,
    /// The worst of these is the figure.
    pub(crate) cases: Vec<Case>,
    /// These are reported beside it.
    pub(crate) beside: Vec<Case>,
    /// The scenario it is relative to, with one client or as many.
    pub(crate) against: Option<&'static str>,
    /// Of a run and of the one it is relative to, which is itself if there is none.
    pub(crate) value: fn(&Summary, &Summary) -> f64,
}

/// What becomes of the values of several seeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pool {
    Median,
    /// Over all cases, too.
    Sum,
}

impl Spec {
    /// Whether it is made of the scenario with this number.
    pub(crate) fn is_of(&self, number: &str) -> bool {
        self.cases
            .iter()
            .any(|case| number_of(case.scenario).eq_ignore_ascii_case(number_of(number)))
    }

    /// All runs that it needs.
    pub(crate) fn needs(&self) -> BTreeSet<Case> {
        let own = self.cases.iter().chain(&self.beside).copied();
        let others = own.clone().map(|case| self.base(case));
        own.chain(others).collect()
    }

    fn base(&self, case: Case) -> Case {
        Case {
            scenario: self.against.unwrap_or(case.scenario),
            ..case
        }
    }

    fn values(&self, results: &Results, case: Case, seeds: u64) -> Vec<f64> {
        (1..=seeds)
            .filter_map(|seed| {
                let base = results.of(self.base(case), seed)?;
                Some((self.value)(results.of(case, seed)?, base))
            })
            .collect()
    }

    /// The figure, and what stands behind it.
    pub(crate) fn judge(&self, results: &Results, seeds: u64) -> (Figure, Value) {
        let by_case: Vec<_> = self
            .cases
            .iter()
            .map(|&case| self.values(results, case, seeds))
            .collect();
        let value = match self.pool {
            // What was not measured holds no bound.
            _ if by_case.iter().any(|values| median(values).is_nan()) => f64::NAN,
            Pool::Sum => by_case.iter().flatten().sum(),
            Pool::Median => by_case
                .iter()
                .map(|values| median(values))
                .reduce(|one, other| match self.better {
                    Better::Lower => one.max(other),
                    Better::Higher => one.min(other),
                })
                .unwrap_or(f64::NAN),
        };
        let figure = Figure {
            id: self.id.to_owned(),
            value,
            unit: self.unit,
            bound: self.bound,
            better: self.better,
        };
        (figure, self.detail(results, seeds))
    }

    /// Median and range of each case.
    fn detail(&self, results: &Results, seeds: u64) -> Value {
        let mut detail = Map::new();
        for &case in self.cases.iter().chain(&self.beside) {
            let values = self.values(results, case, seeds);
            let calls = (1..=seeds).filter_map(|seed| results.of(case, seed));
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let name = name(case);
            detail.insert(
                name,
                json!({
                    "median": median(&values),
                    "range": [least, most],
                    "calls": calls.map(|summary| summary.calls).sum::<usize>(),
                    "in_figure": self.cases.contains(&case),
                }),
            );
        }
        Value::Object(detail)
    }
}

fn name(case: Case) -> String {
    let Case {
        scenario,
        method,
        clients,
    } = case;
    let how = if method == Method::Ours {
        String::new()
    } else {
        format!(" {}", method.name())
    };
    format!("{scenario} M={clients}{how}")
}

/// The one in the middle; of an even number the lower of the two.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len().saturating_sub(1) / 2;
    sorted.get(middle).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.0);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_figure_without_its_runs_holds_no_bound() {
        let case = Case {
            scenario: "S1",
            method: Method::Ours,
            clients: 1,
        };
        for pool in [Pool::Median, Pool::Sum] {
            let spec = Spec {
                id: "sim.test",
                unit: "ms",
                bound: 1.0,
                better: Better::Lower,
                pool,
                cases: vec![case],
                beside: Vec::new(),
                against: None,
                value: |run, _| run.latency.p50,
            };
            let (figure, _) = spec.judge(&Results::default(), 5);
            assert!(!figure.holds(), "{pool:?}");
            assert!(spec.is_of("s1") && !spec.is_of("S10"));
        }
    }
}
