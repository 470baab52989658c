use std::sync::Arc;

use proptest::prelude::*;

use super::{Gauge, Live};
use crate::{
    Outcome,
    cluster::{Begun, Moment, common::Common, load::plain_cost},
    health::Health,
    tests::fakes::node,
};

/// What happens at one of the nodes.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Begin,
    Serve,
    Learn(Outcome),
    GiveUp,
}

struct Scene {
    nodes: Vec<Arc<Live>>,
    flights: Vec<(usize, Begun)>,
    now: Moment,
}

impl Scene {
    fn new() -> Self {
        let common = Arc::<Common>::default();
        let live = |(host, health)| {
            let node = Arc::new(node(host));
            Arc::new(Live::new(node, Arc::clone(&common), health))
        };
        let active = Health::active(&common.thresholds);
        let health = [active, active, active, Health::joining()];
        Self {
            nodes: (1..).zip(health).map(live).collect(),
            flights: Vec::new(),
            now: Moment::default(),
        }
    }

    fn happens(&mut self, deed: Deed, at: usize, millis: u64) {
        self.now = Moment::from_nanos(self.now.as_nanos() + millis * 1_000_000);
        let common = &self.nodes[0].common;
        common.usual.refresh(&self.nodes, self.now);
        if let Deed::Begin = deed {
            let place = at % self.nodes.len();
            let begun = self.nodes[place].begin(self.now);
            self.flights.extend(begun.map(|begun| (place, begun)));
            return;
        }
        if self.flights.is_empty() {
            return;
        }
        let (place, begun) = self.flights.swap_remove(at % self.flights.len());
        let live = &self.nodes[place];
        match deed {
            Deed::Begin | Deed::Serve => live.served(live.answered(begun, self.now), begun),
            Deed::Learn(outcome) => live.learn(outcome, begun, self.now),
            Deed::GiveUp => live.given_up(begun, self.now),
        }
        live.end();
    }

    fn glances(&self) -> impl Iterator<Item = (&Live, Option<u32>)> {
        let gauge = Gauge::of(self.nodes[0].common.usual.limits(), self.now);
        let glance = move |live: &Arc<Live>| live.glance(&gauge);
        self.nodes.iter().map(move |live| (&**live, glance(live)))
    }
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        8 => Just(Deed::Begin),
        8 => Just(Deed::Serve),
        1 => Just(Deed::GiveUp),
        1 => Just(Deed::Learn(Outcome::AMBIGUOUS)),
        1 => Just(Deed::Learn(Outcome::OVERLOADED)),
        1 => Just(Deed::Learn(Outcome::REFUSED)),
    ]
}

proptest! {
    #[test]
    fn a_glance_says_what_a_closer_look_says(
        deeds in proptest::collection::vec((deed(), 0..12_usize, 0..60_u64), 0..120),
        others in 0..4_u32,
    ) {
        let mut scene = Scene::new();
        for (deed, at, millis) in deeds {
            scene.happens(deed, at, millis);
            let now = scene.now;
            for (live, glance) in scene.glances() {
                let (is_well, cost) = (live.is_well(now), live.cost(now));
                match glance {
                    Some(in_flight) => {
                        prop_assert!(is_well, "{live:?}");
                        prop_assert_eq!(cost, plain_cost(in_flight), "{:?}", live);
                    }
                    None if live.is_no_better(others, now) => {
                        prop_assert!(!is_well || cost >= plain_cost(others), "{live:?}");
                        let asks = live.in_flight() == 0 && live.claim_probe(now);
                        prop_assert!(!asks, "{live:?}");
                    }
                    None => {}
                }
            }
        }
    }
}

#[test]
fn nodes_that_answer_alike_are_told_at_a_glance_and_others_are_not() {
    let mut scene = Scene::new();
    for round in 0..40 {
        let place = round % 3;
        scene.happens(Deed::Begin, place, 1);
        // The third takes ten times as long as the others.
        scene.happens(Deed::Serve, 0, if place == 2 { 20 } else { 2 });
    }
    scene.happens(Deed::Begin, 0, 10);
    let glances: Vec<_> = scene.glances().map(|(_, glance)| glance).collect();
    assert_eq!(glances, [Some(1), Some(0), None, Some(0)]);
    scene.happens(Deed::Begin, 1, 10);
    let glances: Vec<_> = scene.glances().map(|(_, glance)| glance).collect();
    assert_eq!(glances, [None, Some(1), None, Some(0)], "one is silent");
}
