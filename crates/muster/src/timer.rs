//! Timers that may be moved.

use std::{
    cell::Cell,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::time::{Instant, Sleep, sleep_until};

/// How many a thread keeps for its next calls: as many as one thread has under way at once.
const MOST_SPARE: usize = 64;

/// The room of a timer, which stays where it is.
type Room = Pin<Box<Option<Sleep>>>;

thread_local! {
    static SPARE: Cell<Vec<Room>> = const { Cell::new(Vec::new()) };
}

/// A timer that takes the room of a pointer where it is not set, and where it is.
///
/// tokio's own stays where it was polled, and is larger than a response's head: as a part of calls and bodies it
/// would be copied with them from layer to layer, set or not. So it has room on the heap, which calls hand on to
/// each other: one that follows another in its thread allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Timer(Option<Room>);

impl Timer {
    pub(crate) const fn unset() -> Self {
        Self(None)
    }

    /// Sets it, whatever it was set to before.
    pub(crate) fn set(&mut self, until: Instant) {
        let room = self.0.get_or_insert_with(spare);
        match room.as_mut().as_pin_mut() {
            Some(timer) => timer.reset(until),
            None => room.set(Some(sleep_until(until))),
        }
    }

    /// Waits until then; for ever if it is not set.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.0.as_mut().and_then(|room| room.as_mut().as_pin_mut()) {
            Some(timer) => timer.poll(cx),
            None => Poll::Pending,
        }
    }
}

impl Drop for Timer {
    #[inline]
    fn drop(&mut self) {
        if let Some(room) = self.0.take() {
            give_back(room);
        }
    }
}

fn spare() -> Room {
    let spare = SPARE.try_with(|spare| {
        let mut rooms = spare.take();
        let room = rooms.pop();
        spare.set(rooms);
        room
    });
    spare.ok().flatten().unwrap_or_else(|| Box::pin(None))
}

fn give_back(mut room: Room) {
    // It wakes nobody any more, and keeps no runtime.
    room.set(None);
    // While the thread ends nobody needs it any more.
    let _ = SPARE.try_with(|spare| {
        let mut rooms = spare.take();
        if rooms.len() < MOST_SPARE {
            rooms.push(room);
        }
        spare.set(rooms);
    });
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, ptr, time::Duration};

    use tokio::time::timeout;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn it_wakes_when_it_is_set_to_last_and_never_if_it_is_not() {
        let start = Instant::now();
        let mut timer = Timer::unset();
        let never = timeout(100 * SECOND, poll_fn(|cx| timer.poll(cx)));
        assert!(never.await.is_err());
        let mut timer = Timer::unset();
        for last in [3 * SECOND, SECOND, 2 * SECOND] {
            let now = Instant::now();
            timer.set(now + 10 * SECOND);
            assert!(
                timer
                    .poll(&mut Context::from_waker(std::task::Waker::noop()))
                    .is_pending()
            );
            timer.set(now + last);
            // It may be moved while it waits.
            timer = std::convert::identity(timer);
            poll_fn(|cx| timer.poll(cx)).await;
            assert_eq!(now.elapsed(), last);
        }
        assert_eq!(start.elapsed(), 106 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_has_the_room_of_the_last_and_nothing_else_of_it() {
        let mut last = Timer::unset();
        last.set(Instant::now() + SECOND);
        let place = |timer: &Timer| timer.0.as_deref().map(ptr::from_ref);
        let its = place(&last);
        drop(last);
        let mut next = Timer::unset();
        assert!(
            timeout(2 * SECOND, poll_fn(|cx| next.poll(cx)))
                .await
                .is_err()
        );
        let until = Instant::now() + 3 * SECOND;
        next.set(until);
        assert_eq!(place(&next), its);
        poll_fn(|cx| next.poll(cx)).await;
        assert_eq!(Instant::now(), until);
    }
}
