//! The addresses of one name, tried side by side when the first does not answer.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Poll, ready},
    time::Duration,
};

use tokio::time::{Sleep, sleep};

/// How much later the next address is tried while the one before has not answered: hyper-util's time between
/// families, within the 100 ms to 2 s of RFC 8305, section 5.
pub(crate) const STAGGER: Duration = Duration::from_millis(300);

/// Tries each of `addresses` until one connects; `None` without addresses, the first error if all fail.
///
/// The next one is tried when one has failed, or `STAGGER` after the last one was begun, so that an address
/// which swallows packets costs `STAGGER`, and none takes from another's time.
pub(crate) async fn race<A, T, E, F>(
    addresses: impl IntoIterator<Item = A>,
    mut attempt: impl FnMut(A) -> F,
) -> Option<Result<T, E>>
where
    F: Future<Output = Result<T, E>>,
{
    let mut waiting = addresses.into_iter().peekable();
    let mut running = Vec::new();
    let mut first_error = None;
    loop {
        if let Some(address) = waiting.next() {
            running.push(Box::pin(attempt(address)));
        } else if running.is_empty() {
            return first_error.map(Err);
        }
        let stagger = waiting.peek().map(|_| Box::pin(sleep(STAGGER)));
        match next(&mut running, stagger).await {
            Some(Ok(connected)) => return Some(Ok(connected)),
            Some(Err(error)) => {
                first_error.get_or_insert(error);
            }
            None => {}
        }
    }
}

/// Waits for one attempt to end, or for the time of the next one to come.
async fn next<T, F: Future<Output = T>>(
    running: &mut Vec<Pin<Box<F>>>,
    mut stagger: Option<Pin<Box<Sleep>>>,
) -> Option<T> {
    poll_fn(|cx| {
        for at in 0..running.len() {
            if let Poll::Ready(ended) = running[at].as_mut().poll(cx) {
                drop(running.swap_remove(at));
                return Poll::Ready(Some(ended));
            }
        }
        let Some(stagger) = &mut stagger else {
            return Poll::Pending;
        };
        ready!(stagger.as_mut().poll(cx));
        Poll::Ready(None)
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::{Instant, timeout};

    use super::*;

    /// Ends after so many milliseconds, well or not.
    async fn ends(after: u64, well: bool) -> Result<u64, u64> {
        sleep(Duration::from_millis(after)).await;
        if well { Ok(after) } else { Err(after) }
    }

    #[tokio::test(start_paused = true)]
    async fn without_addresses_there_is_nothing_to_try() {
        assert_eq!(race([], |()| ends(1, true)).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_fails_is_followed_at_once_by_the_next() {
        let start = Instant::now();
        let ended = race([(10, false), (20, true)], |(ms, well)| ends(ms, well)).await;
        assert_eq!(ended, Some(Ok(20)));
        assert_eq!(start.elapsed(), Duration::from_millis(30));
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_does_not_answer_costs_the_stagger_only() {
        let start = Instant::now();
        let ended = race([false, true], async |answers| {
            if answers {
                Ok::<_, ()>("connected")
            } else {
                pending().await
            }
        });
        let ended = timeout(STAGGER * 10, ended).await;
        assert_eq!(ended, Ok(Some(Ok("connected"))));
        assert_eq!(start.elapsed(), STAGGER);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_address_may_still_win_while_the_next_is_tried() {
        let ended = race([(400, true), (900, true)], |(ms, well)| ends(ms, well)).await;
        assert_eq!(ended, Some(Ok(400)));
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_error_is_told_when_all_fail() {
        let ended = race([(50, false), (10, false), (5, false)], |(ms, well)| {
            ends(ms, well)
        })
        .await;
        assert_eq!(ended, Some(Err(50)));
    }
}
