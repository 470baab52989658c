use std::time::Duration;

use crate::cluster::{Clock, Moment};

#[test]
fn time_neither_wraps_nor_runs_backwards() {
    let (early, late) = (Moment::from_nanos(5), Moment::from_nanos(8));
    assert_eq!(late.since(early), Duration::from_nanos(3));
    assert_eq!(early.since(late), Duration::ZERO);
    assert_eq!(early.since(early), Duration::ZERO);
    assert_eq!(early.after(Duration::MAX), Moment::from_nanos(u64::MAX));
    assert_eq!(early.after(Duration::from_nanos(3)), late);
}

#[tokio::test(start_paused = true)]
async fn the_clock_follows_the_runtime() {
    let clock = Clock::start();
    tokio::time::advance(Duration::from_secs(3)).await;
    assert_eq!(clock.now().since(Moment::default()), Duration::from_secs(3));
}
