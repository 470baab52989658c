//! Many runs, on all cores, with results in an order that does not depend on them.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZero,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use tokio::runtime::{Builder, Runtime};
use tower_muster::BoxError;

use super::{client::Method, engine, metrics::Summary, scenarios::Scenario, world::World};

/// One way to be judged: a scenario, a method, and how many clients there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Case {
    pub(crate) scenario: &'static str,
    pub(crate) method: Method,
    pub(crate) clients: usize,
}

/// What came out of each case with each seed.
#[derive(Debug, Default)]
pub(crate) struct Results {
    runs: BTreeMap<(Case, u64), Summary>,
}

impl Results {
    pub(crate) fn of(&self, case: Case, seed: u64) -> Option<&Summary> {
        self.runs.get(&(case, seed))
    }

    /// Runs each case with each of its seeds.
    pub(crate) fn run(
        scenarios: &[Scenario],
        cases: &BTreeSet<(Case, u64)>,
        servers: usize,
    ) -> Result<Self, BoxError> {
        let jobs: Vec<_> = cases.iter().copied().collect();
        let run = |&(case, seed): &(Case, u64)| {
            let scenario = scenarios.iter().find(|known| known.id == case.scenario);
            let scenario = scenario.ok_or_else(|| format!("no scenario {}", case.scenario))?;
            let world = (scenario.world)(servers, seed);
            summarize(&world, case.method, case.clients, seed)
        };
        let done = on_all_cores(&jobs, run)?;
        Ok(Self {
            runs: jobs.into_iter().zip(done).collect(),
        })
    }
}

pub(crate) fn summarize(
    world: &World,
    method: Method,
    clients: usize,
    seed: u64,
) -> Result<Summary, BoxError> {
    // Budgets read the runtime's clock when they are made; nothing of it ever runs.
    let runtime = paused()?;
    let _within = runtime.enter();
    let log = engine::run(&runtime, world, method, clients, seed)?;
    Ok(Summary::of(&log, world, clients))
}

fn paused() -> Result<Runtime, BoxError> {
    let mut builder = Builder::new_current_thread();
    Ok(builder.enable_time().start_paused(true).build()?)
}

/// Does all jobs; the results are in the order of the jobs.
fn on_all_cores<J: Sync, R: Send>(
    jobs: &[J],
    work: impl Fn(&J) -> Result<R, BoxError> + Sync,
) -> Result<Vec<R>, BoxError> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        for _ in 0..cores.min(jobs.len()) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Relaxed);
                    let Some(job) = jobs.get(number) else {
                        return;
                    };
                    let result = work(job);
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    done.insert(number, result);
                }
            });
        }
    });
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_jobs() {
        let jobs: Vec<_> = (0..100).collect();
        let doubled = on_all_cores(&jobs, |job| Ok(job * 2)).unwrap();
        assert!(doubled.iter().enumerate().all(|(n, &twice)| twice == n * 2));
    }
}
