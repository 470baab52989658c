use proptest::prelude::*;

use super::super::{
    load::{BAND, Doubt, Latency, cost, tail_after},
    moment::Moment,
};

const MS: f32 = 1e6;

fn at(millis: u64) -> Moment {
    Moment::from_nanos(millis * 1_000_000)
}

/// The estimate after answers of so many milliseconds, one each 10 ms from 1 s on.
fn estimate(samples: impl IntoIterator<Item = f32>, usual: f32) -> Latency {
    let answers = (100..).zip(samples);
    answers.fold(Latency::UNKNOWN, |latency, (tick, sample)| {
        latency.after(sample * MS, usual * MS, Doubt::None, at(tick * 10))
    })
}

#[test]
fn the_first_answer_is_believed() {
    let latency = Latency::UNKNOWN.after(3.0 * MS, 0.0, Doubt::None, at(5));
    assert_eq!(latency.nanos(), 3.0 * MS);
    assert!(!latency.is_slow(0.0), "nothing is usual yet");
}

#[test]
fn one_slow_answer_makes_no_healthy_node_slow() {
    let before = estimate([2.0; 50], 2.0);
    let after = before.after(5.0 * MS, 2.0 * MS, Doubt::None, at(1_510));
    assert!(after.nanos() > before.nanos());
    assert!(!after.is_slow(2.0 * MS), "{after:?}");
}

#[test]
fn a_node_that_becomes_ten_times_slower_is_slow_after_two_answers() {
    let before = estimate([2.0; 50], 2.0);
    let after = before.after(20.0 * MS, 2.0 * MS, Doubt::None, at(1_510));
    let after = after.after(20.0 * MS, 2.0 * MS, Doubt::None, at(1_512));
    assert!(after.is_slow(2.0 * MS), "{after:?}");
}

#[test]
fn a_stall_counts_no_more_than_its_cap_and_is_forgiven_by_one_good_answer() {
    let stalled = estimate([2.0; 50], 2.0).after(1_000.0 * MS, 2.0 * MS, Doubt::None, at(2_500));
    assert!(stalled.is_slow(2.0 * MS));
    assert!(stalled.nanos() < 0.31 * 32.0 * MS + 2.0 * MS, "{stalled:?}");
    let mut latency = stalled;
    for tick in 0..3 {
        latency = latency.after(2.0 * MS, 2.0 * MS, Doubt::Fresh, at(2_750 + tick));
    }
    assert!(!latency.is_slow(2.0 * MS), "{latency:?}");
}

#[test]
fn slowness_that_was_confirmed_is_forgiven_slowly() {
    let slow = Latency::UNKNOWN.after(20.0 * MS, 2.0 * MS, Doubt::None, at(0));
    let after = slow.after(2.0 * MS, 2.0 * MS, Doubt::Confirmed, at(1));
    assert!(after.is_slow(2.0 * MS), "{after:?}");
}

#[test]
fn after_a_second_without_answers_the_next_counts_for_most() {
    let before = estimate([4.0; 50], 2.0);
    let after = before.after(2.0 * MS, 2.0 * MS, Doubt::None, at(1_490 + 3_000));
    assert!((1.9..2.2).contains(&(after.nanos() / MS)), "{after:?}");
}

#[test]
fn an_estimate_survives_its_word() {
    let latency = estimate([1.5, 2.5], 0.0);
    assert_eq!(Latency::from_bits(latency.to_bits()), latency);
    assert_eq!(Latency::from_bits(0), Latency::UNKNOWN);
}

#[test]
fn the_bits_of_estimates_are_in_the_order_of_their_nanoseconds() {
    let (latency, after) = (estimate([2.0], 0.0), 2.000_001 * MS);
    assert!(latency.to_bits() <= Latency::greatest_bits(2.0 * MS));
    assert!(latency.to_bits() <= Latency::greatest_bits(after));
    assert!(latency.to_bits() > Latency::greatest_bits(1.999_999 * MS));
    assert!(latency.to_bits() <= Latency::greatest_bits(f32::INFINITY));
}

#[test]
fn an_answer_counts_for_no_less_the_longer_none_came() {
    let latency = estimate([2.0; 20], 0.0);
    let estimates = (1_190..2_500).map(|millis| {
        let after = latency.after(1.0 * MS, 0.0, Doubt::None, at(millis));
        after.nanos()
    });
    let estimates: Vec<_> = estimates.collect();
    assert!(estimates.is_sorted_by(|one, next| one >= next));
    let steps = estimates.windows(2).map(|pair| pair[0] - pair[1]);
    assert!(steps.fold(0.0, f32::max) < 0.001 * MS, "without a leap");
}

#[test]
fn times_that_are_equal_or_go_back_change_no_estimate_for_good() {
    let latency = estimate([2.0; 20], 2.0);
    for now in [at(1_190), at(0), at(86_400_000 * 60)] {
        let after = latency.after(2.0 * MS, 2.0 * MS, Doubt::None, now);
        assert!(
            (after.nanos() / MS - 2.0).abs() < 0.01,
            "{after:?} at {now:?}"
        );
    }
}

#[test]
fn the_tail_settles_where_one_answer_in_twenty_is_slower() {
    // Answers of 1 to 100 ms, each as often, in an order without a pattern.
    let samples = (0..20_000_u64).map(|n| ((n * 7_919) % 100 + 1) as f32 * MS);
    let mut tails = Vec::new();
    (1..).zip(samples).fold(0.0, |tail, (answers, sample)| {
        tails.push(tail);
        tail_after(tail, sample, answers)
    });
    let settled = &tails[10_000..];
    let mean = settled.iter().sum::<f32>() / settled.len() as f32 / MS;
    assert!((90.0..100.0).contains(&mean), "{mean}");
}

#[test]
fn healthy_nodes_cost_by_their_requests_in_flight_alone() {
    assert_eq!(cost(3, 0.0, 2.0), 4.0);
    assert_eq!(cost(3, 1.0, 2.0), cost(3, BAND * 2.0, 2.0));
    assert_eq!(cost(3, 9.0, 0.0), 4.0, "nothing is usual yet");
    assert!(cost(0, 20.0, 2.0) > cost(7, 2.0, 2.0), "ten times slower");
}

proptest! {
    #[test]
    fn an_estimate_stays_between_its_samples(
        samples in proptest::collection::vec(0.001_f32..10_000.0, 1..100),
        usual in prop_oneof![Just(0.0_f32), 0.1_f32..100.0],
    ) {
        let latency = estimate(samples.iter().copied(), usual).nanos() / MS;
        let least = samples.iter().copied().fold(f32::MAX, f32::min);
        let most = samples.iter().copied().fold(0.0, f32::max);
        let cap = if usual > 0.0 { 16.0 * usual } else { f32::MAX };
        prop_assert!(latency.is_finite());
        prop_assert!(latency <= most * 1.001);
        prop_assert!(latency >= (least * 0.999).min(cap * 0.999));
    }

    #[test]
    fn a_request_that_was_given_up_never_lowers_an_estimate(
        known in 0.1_f32..100.0, given_up in 0.001_f32..1_000.0, usual in 0.1_f32..100.0, wait in 0_u64..10_000,
    ) {
        let before = Latency::UNKNOWN.after(known * MS, 0.0, Doubt::None, at(0));
        let after = before.after_at_least(given_up * MS, usual * MS, at(wait));
        // More than the cap, and a second sample would lower it: what is usual has fallen.
        prop_assume!(known <= 16.0 * usual);
        prop_assert!(after.nanos() >= before.nanos());
    }

    #[test]
    fn a_cost_is_positive_and_grows_with_load_and_latency(
        in_flight in 0_u32..10_000, nanos in 0.0_f32..1e12, more in 0.0_f32..1e12, usual in 0.0_f32..1e10,
    ) {
        let here = cost(in_flight, nanos, usual);
        prop_assert!(here.is_finite() && here > 0.0);
        prop_assert!(cost(in_flight + 1, nanos, usual) > here);
        prop_assert!(cost(in_flight, nanos + more, usual) >= here);
    }
}
