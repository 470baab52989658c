#[cfg(feature = "failover")]
mod witness;

use proptest::prelude::*;

use super::Lease;
use crate::{
    Blame, Cluster, Outcome,
    policy::{PowerOfTwo, Route},
    tests::fakes::{cluster, in_flight, status},
};

fn lease(cluster: &Cluster) -> Lease {
    let request = http::Request::new(());
    let policy = PowerOfTwo::least_in_flight();
    cluster.pick(&policy, &Route::of(&request)).expect("a node")
}

#[derive(Debug, Clone)]
enum Deed {
    Begin,
    Drop(usize),
    Learn(usize, Outcome),
    DropElsewhere(usize),
    Panic(usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    let outcome = prop_oneof![
        Just(Outcome::SERVED),
        Just(Outcome::REFUSED),
        Just(Outcome::AMBIGUOUS),
        Just(Outcome::OVERLOADED),
        Just(Outcome::FAILED),
    ];
    prop_oneof![
        3 => Just(Deed::Begin),
        2 => any::<usize>().prop_map(Deed::Drop),
        1 => (any::<usize>(), outcome).prop_map(|(at, outcome)| Deed::Learn(at, outcome)),
        // In another thread, as a body that is dropped by a worker.
        1 => any::<usize>().prop_map(Deed::DropElsewhere),
        1 => any::<usize>().prop_map(Deed::Panic),
    ]
}

proptest! {
    #[test]
    fn as_many_are_in_flight_as_there_are_leases(deeds in proptest::collection::vec(deed(), 0..80)) {
        let cluster = cluster(3);
        let (mut leases, mut begun) = (Vec::<Lease>::new(), 0);
        for deed in deeds {
            let count = leases.len();
            match deed {
                Deed::Begin => {
                    leases.push(lease(&cluster));
                    begun += 1;
                }
                Deed::Drop(at) if count > 0 => drop(leases.swap_remove(at % count)),
                Deed::Learn(at, outcome) if count > 0 => leases[at % count].learn(outcome),
                Deed::Panic(at) if count > 0 => {
                    let lease = leases.swap_remove(at % count);
                    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                        let _lease = lease;
                        std::panic::resume_unwind(Box::new("without a word"));
                    }));
                    prop_assert!(unwound.is_err());
                }
                Deed::DropElsewhere(at) if count > 0 => {
                    let lease = leases.swap_remove(at % count);
                    std::thread::spawn(move || drop(lease)).join().expect("no panic");
                }
                _ => {}
            }
            prop_assert_eq!(in_flight(&cluster) as usize, leases.len());
        }
        drop(leases);
        prop_assert_eq!(in_flight(&cluster), 0);
        let requests: u64 = cluster.nodes().iter().map(crate::cluster::NodeStatus::requests).sum();
        prop_assert_eq!(requests, begun);
    }
}

#[tokio::test(start_paused = true)]
async fn one_lesson_sets_a_node_aside_only_if_it_refused() {
    let table = [
        (Outcome::SERVED, false),
        (Outcome::AMBIGUOUS, false),
        (Outcome::OVERLOADED, false),
        (Outcome::FAILED, false),
        (Outcome::REFUSED, true),
        (Outcome::REFUSED.blaming(Blame::Nobody), false),
        (Outcome::REFUSED.blaming(Blame::Request), false),
        (Outcome::OVERLOADED.blaming(Blame::Node), false),
    ];
    for (outcome, set_aside) in table {
        let cluster = cluster(1);
        lease(&cluster).learn(outcome);
        assert_eq!(status(&cluster, 1).is_set_aside(), set_aside, "{outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_third_bad_answer_in_a_row_sets_a_node_aside() {
    let table: [(&[Outcome], bool); 4] = [
        (&[Outcome::AMBIGUOUS; 2], false),
        (&[Outcome::AMBIGUOUS; 3], true),
        (&[Outcome::AMBIGUOUS.blaming(Blame::Nobody); 9], false),
        (
            &[
                Outcome::AMBIGUOUS,
                Outcome::AMBIGUOUS,
                Outcome::SERVED,
                Outcome::AMBIGUOUS,
                Outcome::AMBIGUOUS,
            ],
            false,
        ),
    ];
    for (outcomes, set_aside) in table {
        let cluster = cluster(1);
        for outcome in outcomes {
            lease(&cluster).learn(*outcome);
        }
        assert_eq!(
            status(&cluster, 1).is_set_aside(),
            set_aside,
            "{outcomes:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_first_lesson_counts() {
    let cluster = cluster(1);
    let mut lease = lease(&cluster);
    lease.learn(Outcome::SERVED);
    lease.learn(Outcome::REFUSED);
    assert!(!status(&cluster, 1).is_set_aside());
    assert_eq!(
        status(&cluster, 1).in_flight(),
        1,
        "a lesson does not end it"
    );
}

#[tokio::test(start_paused = true)]
async fn a_node_whose_answers_break_off_is_set_aside_however_good_their_heads_are() {
    let cluster = cluster(1);
    for n in 0..3 {
        assert!(!status(&cluster, 1).is_set_aside(), "after {n}");
        let mut lease = lease(&cluster);
        lease.answered();
        lease.learn(Outcome::AMBIGUOUS);
    }
    assert!(status(&cluster, 1).is_set_aside());
}

#[tokio::test(start_paused = true)]
async fn an_answer_whose_rest_nobody_wants_is_a_good_one() {
    let cluster = cluster(1);
    for _ in 0..4 {
        lease(&cluster).learn(Outcome::AMBIGUOUS);
        let mut lease = lease(&cluster);
        lease.answered();
    }
    assert!(!status(&cluster, 1).is_set_aside(), "never twice in a row");
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_dropped_teaches_nothing() {
    let cluster = cluster(1);
    drop(lease(&cluster));
    assert!(!status(&cluster, 1).is_set_aside());
}

#[tokio::test(start_paused = true)]
async fn a_lease_tells_where_and_since_when() {
    let cluster = cluster(1);
    tokio::time::advance(std::time::Duration::from_secs(2)).await;
    let lease = lease(&cluster);
    assert_eq!(lease.begun().as_nanos(), 2_000_000_000);
    assert_eq!(crate::tests::fakes::host(lease.node()), 1);
    assert!(format!("{lease:?}").contains("10.0.0.1"), "{lease:?}");
}
