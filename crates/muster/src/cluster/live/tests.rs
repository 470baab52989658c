//! The live state of a node in every interleaving of two threads, with loom.

mod loom {
    use std::sync::Arc as StdArc;

    use ::loom::{model, sync::Arc, thread};

    use crate::{
        Outcome,
        cluster::{common::Common, live::Live, moment::Moment},
        health::Health,
        tests::fakes::node,
    };

    /// A moment at which whatever waits has waited long enough.
    const LATER: Moment = Moment::from_nanos(3_600_000_000_000);

    fn live() -> Arc<Live> {
        let common = StdArc::<Common>::default();
        let health = Health::active(&common.thresholds);
        Arc::new(Live::new(StdArc::new(node(1)), common, health))
    }

    fn refused() -> Arc<Live> {
        let live = live();
        let begun = live.begin(Moment::from_nanos(1)).expect("it is well");
        live.learn(Outcome::REFUSED, begun, Moment::from_nanos(2));
        live.end();
        live
    }

    #[test]
    fn one_of_two_threads_asks_a_node_that_is_down() {
        model(|| {
            let live = refused();
            let there = Arc::clone(&live);
            let there = thread::spawn(move || there.claim_retry(LATER));
            let here = live.claim_retry(LATER);
            let there = there.join().expect("a thread that ends");
            assert!(here ^ there, "one of them");
        });
    }

    #[test]
    fn one_of_two_probes_is_due() {
        model(|| {
            let live = refused();
            let there = Arc::clone(&live);
            let there = thread::spawn(move || there.due_probe(LATER).is_some());
            let here = live.due_probe(LATER).is_some();
            let there = there.join().expect("a thread that ends");
            assert!(here ^ there, "one of them");
        });
    }

    #[test]
    fn what_begins_and_ends_at_once_leaves_nothing_in_flight() {
        model(|| {
            let live = live();
            let there = Arc::clone(&live);
            let there = thread::spawn(move || {
                let begun = there.begin(LATER).expect("it is well");
                let head = there.answered(begun, LATER);
                there.served(head, begun);
                there.end();
            });
            let begun = live.begin(LATER).expect("it is well");
            assert!(live.in_flight() >= 1);
            live.learn(Outcome::AMBIGUOUS, begun, LATER);
            live.end();
            there.join().expect("a thread that ends");
            assert_eq!((live.in_flight(), live.requests()), (0, 2));
        });
    }
}
