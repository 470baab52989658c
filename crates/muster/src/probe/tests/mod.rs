//! What is refused, and what a probe by HTTP takes for an answer.

mod http;

use std::time::Duration;

use super::Probing;

const SECOND: Duration = Duration::from_secs(1);

fn probing() -> Probing {
    Probing::new(async |_| true)
}

#[test]
fn a_probe_takes_longer_than_nothing() {
    let error = probing().timeout(Duration::ZERO).expect_err("no time");
    assert_eq!((error.field(), error.value()), ("timeout", "0ns"));
    assert_eq!(
        error.to_string(),
        "probing: timeout is 0ns, and must be longer than nothing"
    );
}

#[test]
fn from_1_to_64_nodes_are_asked_at_once() {
    for concurrency in [0, 65, u16::MAX] {
        let error = probing().concurrency(concurrency).expect_err("too many");
        let value = concurrency.to_string();
        assert_eq!((error.field(), error.value()), ("concurrency", &*value));
    }
    for concurrency in [1, 64] {
        let _ = probing().concurrency(concurrency).expect("in range");
    }
}

#[test]
fn from_1_to_128_connections_are_kept_warm() {
    for connections in [0, 129, u16::MAX] {
        let error = probing().keep_warm(connections, SECOND);
        let error = error.expect_err("too many");
        let value = connections.to_string();
        assert_eq!((error.field(), error.value()), ("connections", &*value));
    }
    for connections in [1, 128] {
        let _ = probing().keep_warm(connections, SECOND).expect("in range");
    }
}

#[test]
fn connections_are_kept_warm_no_more_often_than_all_the_time() {
    let error = probing().keep_warm(1, Duration::ZERO).expect_err("no time");
    assert_eq!((error.field(), error.value()), ("every", "0ns"));
    let _ = probing().keep_warm(1, Duration::MAX).expect("never again");
}

#[test]
fn what_is_shown_tells_the_settings() {
    let shown = format!("{:?}", probing().keep_warm(2, SECOND).expect("in range"));
    for part in [
        "timeout: 5s",
        "concurrency: 4",
        "connections: 2",
        "every: 1s",
    ] {
        assert!(shown.contains(part), "{shown} has {part}");
    }
}
