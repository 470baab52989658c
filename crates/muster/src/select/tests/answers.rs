//! What the layers above and the cluster are told of an answer.

use super::{get, send};
use crate::{
    AttemptError, Blame, Outcome, Verdict,
    tests::fakes::{Client, Reply, cluster, host, in_flight, status},
};

#[tokio::test(start_paused = true)]
async fn only_an_answer_that_does_not_serve_carries_a_verdict() {
    for (code, outcome) in [
        (200, None),
        (400, None),
        (404, None),
        (501, None),
        (429, Some(Outcome::OVERLOADED)),
        (500, Some(Outcome::AMBIGUOUS)),
        (503, Some(Outcome::AMBIGUOUS)),
    ] {
        let cluster = cluster(1);
        let client = Client::new(move |_| Reply::Status(code));
        let response = send(&cluster, &client, get("/")).await.expect("an answer");
        let verdict = response.extensions().get::<Verdict>();
        assert_eq!(verdict.map(Verdict::outcome), outcome, "of {code}");
        assert!(verdict.is_none_or(|verdict| host(verdict.node()) == 1));
        assert!(!status(&cluster, 1).is_set_aside(), "it answered {code}");
        assert_eq!(response.status(), code);
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_names_the_node_and_what_it_showed() {
    let cluster = cluster(1);
    let client = Client::new(|_| Reply::REFUSED);
    let error = send(&cluster, &client, get("/"))
        .await
        .expect_err("refused");
    assert_eq!(error.node().map(|node| host(node)), Some(1));
    assert_eq!(error.outcome(), Outcome::REFUSED);
    assert_eq!(
        error.to_string(),
        "node http://10.0.0.1:8000 did not answer"
    );
    assert!(crate::sources(&error).any(|e| e.is::<std::io::Error>()));
    assert!(status(&cluster, 1).is_set_aside());
    assert_eq!(in_flight(&cluster), 0);
}

#[tokio::test(start_paused = true)]
async fn an_error_after_sending_does_not_set_the_node_aside() {
    let cluster = cluster(1);
    let client = Client::new(|_| Reply::RESET);
    let error = send(&cluster, &client, get("/")).await.expect_err("reset");
    assert_eq!(error.outcome(), Outcome::AMBIGUOUS);
    assert!(!status(&cluster, 1).is_set_aside());
}

#[test]
fn an_attempt_error_is_found_under_whatever_wraps_it() {
    #[derive(Debug)]
    struct Wrapped(crate::BoxError);
    impl std::fmt::Display for Wrapped {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("wrapped")
        }
    }
    impl std::error::Error for Wrapped {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&*self.0)
        }
    }

    let error = AttemptError::Client("shut".into());
    let wrapped = Wrapped(Wrapped(error.into()).into());
    let found = AttemptError::find(&wrapped).expect("found");
    assert_eq!(found.outcome().blame(), Blame::Request);
    assert!(AttemptError::find(&Wrapped("another".into())).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_request_is_in_flight_until_it_is_answered_or_dropped() {
    let cluster = cluster(1);
    let client = Client::new(|_| Reply::Silence);
    let request = get("/");
    let mut sending = tokio_test::task::spawn(send(&cluster, &client, request));
    tokio_test::assert_pending!(sending.poll());
    assert_eq!(in_flight(&cluster), 1);
    drop(sending);
    assert_eq!(in_flight(&cluster), 0);
    assert!(
        !status(&cluster, 1).is_set_aside(),
        "its caller lost interest"
    );
    assert_eq!(status(&cluster, 1).requests(), 1);
}
