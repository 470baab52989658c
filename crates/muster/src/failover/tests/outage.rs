//! What an outage costs.

use tokio::time::{Instant, sleep};
use tower::ServiceExt;

use super::{Reason, millis, post, reason, stack};
use crate::{
    failover::Budget,
    tests::fakes::{Client, Reply, cluster},
};

#[tokio::test(start_paused = true)]
async fn a_spent_budget_stops_the_call_with_what_it_has() {
    let client = Client::new(|seen| match seen.host {
        1 => Reply::REFUSED,
        _ => Reply::Status(200),
    });
    let nothing = Budget::new(0.0, 0.0).expect("a budget");
    let service = stack(&client, &cluster(3), |layer| layer.budget(nothing));
    let error = service.oneshot(post()).await.expect_err("refused");
    assert_eq!((reason(&error), client.calls()), (Reason::BudgetSpent, 1));
    assert!(error.is_safe_to_repeat(), "nothing was sent");
}

#[tokio::test(start_paused = true)]
async fn a_total_outage_costs_a_tenth_more_and_the_reserve() {
    let client = Client::new(|_| Reply::REFUSED);
    let service = stack(&client, &cluster(9), |layer| layer);
    let (mut calls, begun) = (0, Instant::now());
    while begun.elapsed() < millis(10_000) {
        let error = service.clone().oneshot(post()).await;
        error.expect_err("an outage");
        calls += 1;
        sleep(millis(2)).await;
    }
    let (calls, attempts) = (calls as f64, client.calls() as f64);
    assert!(calls > 3_000.0);
    assert!(attempts <= 1.10 * calls + 100.0, "{attempts} for {calls}");
    assert!(
        attempts >= 1.05 * calls,
        "the budget is spent: {attempts} for {calls}"
    );
}

#[tokio::test(start_paused = true)]
async fn one_budget_bounds_all_stacks_that_share_it() {
    let client = Client::new(|_| Reply::REFUSED);
    let budget = Budget::new(0.0, 1.0).expect("a budget");
    let one = stack(&client, &cluster(9), |layer| layer.budget(budget.clone()));
    let two = stack(&client, &cluster(9), |layer| layer.budget(budget));
    for _ in 0..20 {
        one.clone().oneshot(post()).await.expect_err("an outage");
        two.clone().oneshot(post()).await.expect_err("an outage");
    }
    assert_eq!(client.calls(), 40 + 10, "ten seconds of one a second");
}
