//! Retries of the layers above.

use http::{Request, request::Parts};
use http_body_util::Full;
use tower::ServiceExt;

use super::{Reason, post, reason, stack};
use crate::{
    failover::{Budget, Repeat},
    tests::fakes::{Client, Reply, cluster},
};

#[derive(Clone)]
struct Numbered;

impl Repeat for Numbered {
    fn is_repeatable(&self, _: &Parts, _: &[u8]) -> bool {
        true
    }

    fn is_repetition(&self, head: &Parts) -> bool {
        head.headers.contains_key("again")
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_from_above_is_an_extra_attempt_and_no_call() {
    let client = Client::new(|seen| match seen.host {
        1 => Reply::Status(429),
        _ => Reply::Status(200),
    });
    let cluster = cluster(2);
    let budget = Budget::new(0.5, 0.0).expect("a budget");
    let service = stack(&client, &cluster, |layer| {
        layer.repeat(Numbered).budget(budget.clone())
    });
    let again = || {
        let request = Request::post("/").header("again", "1");
        request
            .body(Full::<bytes::Bytes>::default())
            .expect("a request")
    };
    for _ in 0..4 {
        budget.deposit();
    }
    // Two attempts are left for all, and one of them for one node; this one takes another.
    service.clone().oneshot(again()).await.expect("served");
    assert_eq!(client.calls(), 2);
    let response = service
        .clone()
        .oneshot(again())
        .await
        .expect("the node's own answer");
    assert_eq!(response.status(), 429, "nothing is left");
    assert_eq!(client.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn retries_above_and_below_do_not_multiply() {
    let client = Client::new(|_| Reply::REFUSED);
    let cluster = cluster(9);
    let service = stack(&client, &cluster, |layer| {
        layer
            .repeat(Numbered)
            .budget(Budget::new(0.1, 0.0).expect("a budget"))
    });
    // Ten retries above for each of a hundred calls, five attempts below for each of them.
    for _ in 0..100 {
        let error = service.clone().oneshot(post()).await.expect_err("refused");
        assert!(matches!(
            reason(&error),
            Reason::BudgetSpent | Reason::AttemptsSpent
        ));
        for _ in 0..10 {
            let request = Request::post("/").header("again", "1");
            let request = request
                .body(Full::<bytes::Bytes>::default())
                .expect("a request");
            service.clone().oneshot(request).await.expect_err("refused");
        }
    }
    let calls = client.calls();
    assert!(
        calls <= 100 + 1_000 + 10,
        "no more than the layers above ask for, and a tenth: {calls}"
    );
}
