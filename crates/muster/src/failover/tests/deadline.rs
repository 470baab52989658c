//! The time that a whole call may take.

use http::Request;
use tokio::time::Instant;
use tower::ServiceExt;

use super::{Answer, Reason, get, millis, post, reason, stack, tried};
use crate::tests::fakes::{Client, Reply, ScriptedBody, Step, cluster, in_flight, status};

#[tokio::test(start_paused = true)]
async fn a_deadline_tells_after_how_long_and_who_was_silent() {
    let client = Client::new(|_| Reply::Silence);
    let cluster = cluster(3);
    let begun = Instant::now();
    let service = stack(&client, &cluster, |layer| layer.deadline(millis(300)));
    let error = service.oneshot(post()).await.expect_err("silence");
    assert!((300..=302).contains(&begun.elapsed().as_millis()));
    assert!(
        matches!(reason(&error), Reason::Deadline { after, .. } if after == millis(300)),
        "{error:?}"
    );
    assert_eq!(tried(&error), [Some(1)]);
    assert_eq!(
        error.to_string(),
        "the deadline of 300ms has passed; tried: http://10.0.0.1:8000 was silent for 300ms"
    );
    assert!(!error.is_safe_to_repeat(), "it may have been carried out");
    assert_eq!(in_flight(&cluster), 0);
    assert!(
        !status(&cluster, 1).is_set_aside(),
        "it was the caller who had no time"
    );
}

#[tokio::test(start_paused = true)]
async fn a_node_that_was_silent_for_an_attempts_time_is_set_aside_by_a_deadline_too() {
    for (patience, is_set_aside) in [(200, true), (400, false)] {
        let cluster = cluster(1);
        let client = Client::new(|_| Reply::Silence);
        let service = stack(&client, &cluster, |layer| {
            layer
                .attempt_timeout(millis(patience))
                .deadline(millis(300))
        });
        service.oneshot(post()).await.expect_err("silence");
        assert_eq!(
            status(&cluster, 1).is_set_aside(),
            is_set_aside,
            "{patience} ms"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_is_of_the_call_and_not_of_an_attempt() {
    let client = Client::new(|seen| match seen.host {
        1 | 2 => Reply::after_millis(100, Reply::REFUSED),
        _ => Reply::Silence,
    });
    let service = stack(&client, &cluster(3), |layer| layer.deadline(millis(300)));
    let begun = Instant::now();
    let error = service.oneshot(post()).await.expect_err("silence");
    assert!((300..=303).contains(&begun.elapsed().as_millis()));
    assert_eq!(tried(&error), [Some(1), Some(2), Some(3)]);
    let Answer::Silence(silence) = error.tried()[2].answer() else {
        unreachable!("{error}");
    };
    assert!(
        (95..=100).contains(&silence.as_millis()),
        "{silence:?} of its own time"
    );
}

#[tokio::test(start_paused = true)]
async fn a_deadline_also_bounds_attempts_that_have_their_own_time() {
    let client = Client::new(|_| Reply::Silence);
    let begun = Instant::now();
    let service = stack(&client, &cluster(5), |layer| {
        layer.deadline(millis(250)).attempt_timeout(millis(100))
    });
    let error = service.oneshot(get()).await.expect_err("silence");
    assert!((250..=253).contains(&begun.elapsed().as_millis()));
    assert!(
        matches!(reason(&error), Reason::Deadline { .. }),
        "{error:?}"
    );
    assert_eq!(tried(&error), [Some(1), Some(2), Some(3)]);
    assert!(error.is_safe_to_repeat(), "a GET is");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_is_the_nearer_bound_is_the_one_told() {
    let client = Client::new(|_| Reply::Silence);
    for attempt_timeout in [100, 200] {
        let service = stack(&client, &cluster(5), |layer| {
            let attempt_timeout = millis(attempt_timeout);
            layer.deadline(millis(100)).attempt_timeout(attempt_timeout)
        });
        let error = service.oneshot(get()).await.expect_err("silence");
        assert!(
            matches!(reason(&error), Reason::Deadline { .. }),
            "{error:?}"
        );
        assert_eq!(error.tried().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_is_ended_by_the_deadline_and_nothing_was_sent() {
    let client = Client::new(|_| Reply::Status(200));
    let body = ScriptedBody::new([Step::Data(b"half"), Step::Stall]);
    let request = Request::post("/").body(body).expect("a request");
    let service = stack(&client, &cluster(3), |layer| layer.deadline(millis(100)));
    let error = service.oneshot(request).await.expect_err("too late");
    assert_eq!((tried(&error), client.calls()), (vec![], 0));
    assert!(error.is_safe_to_repeat(), "nothing was sent");
    assert_eq!(
        error.to_string(),
        "the deadline of 100ms has passed; nothing was sent"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_time_is_no_matter_of_the_deadline() {
    let client = Client::new(|_| Reply::after_millis(99, Reply::Status(200)));
    for _ in 0..3 {
        let service = stack(&client, &cluster(1), |layer| layer.deadline(millis(100)));
        service.oneshot(post()).await.expect("served");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_beyond_all_time_is_none() {
    let client = Client::new(|_| Reply::after_millis(99, Reply::Status(200)));
    let service = stack(&client, &cluster(1), |layer| {
        let forever = std::time::Duration::MAX;
        layer.deadline(forever).attempt_timeout(forever)
    });
    service.oneshot(get()).await.expect("served");
}
