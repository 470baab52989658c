//! What holds for every policy and every cluster.

use std::{collections::BTreeSet, sync::Arc};

use proptest::{collection::btree_set, prelude::*};

use super::{At, pick, set_aside};
use crate::{
    Cluster, NoNode, Policy,
    policy::{
        AffinityKey, Filter, FirstOf, PowerOfTwo, RackAffinity, Random, Rendezvous, RoundRobin,
        Weighted,
    },
    tests::fakes::{host, in_flight, node, placed, status},
};

/// In which datacenter and rack a node is, if in any.
type Placing = Option<(u8, u8)>;

fn placing() -> impl Strategy<Value = Placing> {
    proptest::option::weighted(0.9, (0_u8..3, 0_u8..3))
}

fn cluster(placings: &[Placing]) -> Cluster {
    let nodes = (1..).zip(placings).map(|(host, placing)| {
        let node = match placing {
            Some((dc, rack)) => placed(host, &format!("dc{dc}"), &format!("rack{rack}")),
            None => node(host),
        };
        let weight = [0.001, 1.0, 2.0, 1_000.0][usize::from(host % 4)];
        node.weighted(weight).expect("a weight")
    });
    Cluster::fixed(nodes).expect("nodes")
}

fn policies() -> [Box<dyn Policy>; 14] {
    let near = |inner| RackAffinity::new("dc1", "rack1", inner).expect("names");
    let bounded = Rendezvous::by(|_| Some(AffinityKey::of(b"the same")), Random::new());
    let bounded = bounded.bounded(1.01).expect("a bound");
    let near_turns = RackAffinity::new("dc2", "rack0", RoundRobin::new()).expect("names");
    [
        Box::new(RoundRobin::new()),
        Box::new(Random::new()),
        Box::new(PowerOfTwo::least_in_flight()),
        Box::new(PowerOfTwo::latency_aware()),
        Box::new(Weighted::new(PowerOfTwo::latency_aware())),
        Box::new(Weighted::new(PowerOfTwo::least_in_flight())),
        Box::new(Weighted::new(RoundRobin::new())),
        Box::new(Weighted::new(Random::new())),
        Box::new(Rendezvous::by(
            |_| Some(AffinityKey::of(b"the same")),
            Random::new(),
        )),
        Box::new(bounded),
        Box::new(FirstOf::new(
            Filter::new(|_: &_, node: &_| host(node) % 2 == 0, Random::new()),
            Random::new(),
        )),
        Box::new(near(PowerOfTwo::least_in_flight())),
        Box::new(Arc::new(near_turns)),
        Box::new(Arc::new(At(1)) as Arc<dyn Policy>),
    ]
}

/// A paused clock, so that what is set aside stays so while a case runs.
fn paused<T>(run: impl FnOnce() -> T) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async { run() })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_pick_is_never_tried_and_never_unwell_without_need(
        placings in proptest::collection::vec(placing(), 1..40),
        tried in btree_set(1_u8..40, 0..40),
        aside in btree_set(1_u8..40, 0..40),
        busy in btree_set(1_u8..40, 0..10),
        seed in any::<u64>(),
    ) {
        paused(|| -> Result<(), TestCaseError> {
            let cluster = cluster(&placings);
            let all: BTreeSet<u8> = (1..=placings.len() as u8).collect();
            let tried: Vec<u8> = tried.intersection(&all).copied().collect();
            let _busy: Vec<_> = busy.intersection(&all)
                .map(|host| pick(&cluster, &At(*host), 0, &[]))
                .collect();
            let before = in_flight(&cluster);
            // The last well node cannot be told apart from the others once all are unwell.
            for host in aside.intersection(&all) {
                set_aside(&cluster, *host);
            }
            let untried: Vec<u8> = all.iter().copied().filter(|host| !tried.contains(host)).collect();
            let some_is_well = untried.iter().any(|host| !status(&cluster, *host).is_set_aside());
            for policy in policies() {
                for seed in seed..seed.saturating_add(5) {
                    match pick(&cluster, &policy, seed, &tried) {
                        Ok(lease) => {
                            let picked = host(lease.node());
                            prop_assert!(untried.contains(&picked), "{} was tried", picked);
                            let is_well = !status(&cluster, picked).is_set_aside();
                            prop_assert_eq!(is_well, some_is_well, "of {:?}", untried);
                        }
                        Err(NoNode::AllTried { tried: count, .. }) => {
                            prop_assert!(untried.is_empty());
                            prop_assert_eq!(count, tried.len());
                        }
                        Err(other) => prop_assert!(false, "{}", other),
                    }
                }
            }
            prop_assert_eq!(in_flight(&cluster), before);
            Ok(())
        })?;
    }
}
