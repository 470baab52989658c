//! What holds whatever lists come one after the other.

use std::{collections::BTreeSet, time::Duration};

use proptest::{
    collection::{btree_set, vec},
    prelude::*,
};
use tokio::time::sleep;

use super::{hosts, pick};
use crate::{
    Cluster, Lease, Outcome,
    tests::fakes::{Found, Source, host, in_flight, node},
};

const OUTCOMES: [Outcome; 4] = [
    Outcome::SERVED,
    Outcome::REFUSED,
    Outcome::AMBIGUOUS,
    Outcome::OVERLOADED,
];

/// What happens between one list and the next: how many requests begin, and how they end, if they do.
fn between() -> impl Strategy<Value = Vec<Option<usize>>> {
    vec(proptest::option::of(0..OUTCOMES.len()), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn nobody_is_picked_who_has_left_the_list_and_nothing_stays_in_flight(
        lists in vec((btree_set(1_u8..12, 1..8), between()), 1..8),
    ) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
        runtime.block_on(async {
            let source = Source::of([node(1)]);
            let cluster = Cluster::discover(source.clone());
            cluster.ready().await.expect("a list");
            let mut held = Vec::<Lease>::new();
            for (list, between) in lists {
                source.find(Found::Nodes(list.iter().copied().map(node).collect()));
                cluster.refresh();
                sleep(Duration::from_millis(1)).await;
                let there: BTreeSet<_> = hosts(&cluster).into_iter().collect();
                prop_assert_eq!(&there, &list);
                for end in between {
                    let mut lease = pick(&cluster).expect("a node");
                    prop_assert!(list.contains(&host(lease.node())));
                    match end {
                        Some(outcome) => lease.learn(OUTCOMES[outcome]),
                        None => held.push(lease),
                    }
                }
                let here = held.iter().filter(|lease| list.contains(&host(lease.node())));
                // Requests to a node that left and came back are in flight where they began.
                prop_assert!(in_flight(&cluster) as usize <= here.count());
            }
            drop(held);
            prop_assert_eq!(in_flight(&cluster), 0);
            Ok(())
        })?;
    }
}
