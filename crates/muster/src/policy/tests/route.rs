use http::Request;

use super::Route;
use crate::{
    cluster::Moment,
    tests::fakes::{attempt_after, cluster},
};

#[test]
fn a_draw_is_below_its_bound_and_even() {
    let request = Request::new(());
    for bound in [1, 2, 3, 7, 10, 100] {
        let route = Route::of(&request).seeded(bound as u64);
        let mut counts = vec![0_u32; bound];
        for _ in 0..bound * 10_000 {
            counts[route.draw(bound)] += 1;
        }
        for count in &counts {
            assert!((9_500..=10_500).contains(count), "{bound}: {counts:?}");
        }
    }
}

#[test]
fn a_draw_out_of_nothing_is_zero_and_a_draw_out_of_all_is_large() {
    let request = Request::new(());
    let route = Route::of(&request).seeded(1);
    assert_eq!(route.draw(0), 0);
    assert!((0..100).any(|_| route.draw(usize::MAX) > usize::MAX / 2));
}

#[test]
fn first_draws_of_neighbouring_seeds_are_even_too() {
    let request = Request::new(());
    let mut counts = [0_u32; 5];
    for seed in 0..50_000 {
        counts[Route::of(&request).seeded(seed).draw(5)] += 1;
    }
    for count in counts {
        assert!((9_500..=10_500).contains(&count), "{counts:?}");
    }
}

#[test]
fn one_seed_is_one_sequence_and_routes_differ() {
    let request = Request::new(());
    let draws = |route: &Route<'_>| (0..8).map(|_| route.draw(1_000)).collect::<Vec<_>>();
    let seeded = || draws(&Route::of(&request).seeded(5));
    assert_eq!(seeded(), seeded());
    assert_ne!(draws(&Route::of(&request)), draws(&Route::of(&request)));
}

#[test]
fn a_route_shows_the_request_and_no_headers() {
    let mut request = Request::put("/path?q")
        .header("authorization", "hunter2")
        .body(())
        .expect("a request");
    let route = Route::of(&request);
    assert_eq!((route.attempt(), route.tried().len()), (1, 0));
    assert_eq!(
        (route.method(), route.uri().query()),
        (&http::Method::PUT, Some("q"))
    );
    assert_eq!(route.headers()["authorization"], "hunter2");
    assert!(!format!("{route:?}").contains("hunter2"), "{route:?}");

    let attempt = attempt_after(&cluster(3), &[1, 3]);
    request.extensions_mut().insert(attempt);
    let route = Route::of(&request).at(Moment::from_nanos(7));
    assert_eq!((route.attempt(), route.tried().len()), (3, 2));
    assert_eq!(route.now(), Moment::from_nanos(7));
    assert!(route.extensions().get::<crate::Attempt>().is_some());
}
